using RLSquared.Language.Tokenizers;
using RLSquared.Settings;

namespace RLSquared.Language.Environments;

/// <summary>What <see cref="MinesweeperTask"/> can be told.</summary>
public sealed record MinesweeperOptions
{
    /// <summary>Rows of the field.</summary>
    public int Rows { get; init => field = Require.Within("rows", value, 2, 9); } = 5;

    /// <summary>Columns of the field.</summary>
    public int Columns { get; init => field = Require.Within("columns", value, 2, 9); } = 5;

    /// <summary>Mines. Few: much opens at once; many: much has to be guessed.</summary>
    public int Mines { get; init => field = Require.Within("mines", value, 1, 40); } = 3;

    /// <summary>The most turns of a play.</summary>
    public int Steps { get; init => field = Require.Within("steps", value, 1, 1000); } = 15;

    /// <summary>How a field is written.</summary>
    public BoardView View
    {
        get;
        init => field = value != BoardView.Around ? value : throw new OptionException(
            "view", "view must be cells or squares, for a field has no player to look around from");
    } = BoardView.Squares;

    /// <summary>The options by name.</summary>
    public static OptionTable<MinesweeperOptions> Table { get; } =
        new OptionTable<MinesweeperOptions>("the task minesweeper", new())
            .Integer("rows", "rows of the field",
                options => options.Rows, (options, value) => options with { Rows = value })
            .Integer("columns", "columns of the field",
                options => options.Columns, (options, value) => options with { Columns = value })
            .Integer("mines", "mines in the field",
                options => options.Mines, (options, value) => options with { Mines = value },
                low: "much opens at once", high: "much has to be guessed")
            .Integer("steps", "most turns of a play",
                options => options.Steps, (options, value) => options with { Steps = value })
            .Choice("view", "how a field is written",
                options => options.View, (options, value) => options with { View = value },
                ("cells", BoardView.Cells), ("squares", BoardView.Squares));
}

/// <summary><see cref="Minesweeper"/> for a language agent.</summary>
public sealed class MinesweeperTask : AgentTask
{
    readonly MinesweeperOptions options;

    /// <summary>The task.</summary>
    /// <param name="options">Null for 5 by 5 cells with 3 mines.</param>
    /// <exception cref="OptionException">There are more mines than leave a safe cell.</exception>
    public MinesweeperTask(MinesweeperOptions? options = null)
    {
        this.options = options ?? new MinesweeperOptions();
        if (this.options.Mines >= this.options.Rows * this.options.Columns)
        {
            throw new OptionException("mines", $"{this.options.Mines} mines leave no safe cell of " +
                $"{this.options.Rows * this.options.Columns}; fewer do");
        }
        bool isCells = this.options.View == BoardView.Cells;
        int cells = this.options.Rows * this.options.Columns;
        string[] squares = [.. Squares.Names(this.options.Rows, this.options.Columns)];
        Tokenizer = isCells ? WordTokenizer.Create("?.*\n 0123456789", [.. AgentTags.All, "mine"])
            : WordTokenizer.Create(" 0123456789",
            [
                .. AgentTags.All, .. squares,
                .. ".*12345678".SelectMany(letter => squares.Select(square => $" {letter}{square}")),
            ]);
        LongestObservation = 1 + cells + (isCells ? this.options.Rows : 0);
        LongestAction = isCells ? 3 : 1;
    }

    /// <inheritdoc/>
    public override string Name => "minesweeper";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => MinesweeperOptions.Table.Show(options);

    /// <inheritdoc/>
    public override TextEnvironment Create() => new Minesweeper(options);

    /// <inheritdoc/>
    public override Tokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public override int MostSteps => options.Steps;

    /// <inheritdoc/>
    public override int LongestObservation { get; }

    /// <summary>Row, space, column; or a square.</summary>
    public override int LongestAction { get; }

    /// <summary>A word, a space, and a cell; or a mine with its square.</summary>
    public override int LongestLesson => options.View == BoardView.Cells ? 5 : 1;
}
