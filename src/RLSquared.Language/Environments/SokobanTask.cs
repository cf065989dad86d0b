using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Settings;

namespace RLSquared.Language.Environments;

/// <summary>What <see cref="SokobanTask"/> can be told.</summary>
public sealed record SokobanOptions
{
    /// <summary>Rows of a level, the border included. 6: solved in a few steps; 10: as in Boxoban.</summary>
    public int Rows { get; init => field = Require.Within("rows", value, 5, SokobanBoard.MostSide); } = 6;

    /// <summary>Columns of a level, the border included.</summary>
    public int Columns { get; init => field = Require.Within("columns", value, 5, SokobanBoard.MostSide); } = 6;

    /// <summary>Boxes of a level, and targets. Each more makes the search of a level much longer.</summary>
    public int Boxes { get; init => field = Require.Within("boxes", value, 1, 4); } = 1;

    /// <summary>How many pulls a level is played backwards. Few: easy; many: boxes that stand far away.</summary>
    public int SearchDepth { get; init => field = Require.Within("search-depth", value, 2, 300); } = 30;

    /// <summary>The most turns of a play: 15 in verl-agent.</summary>
    public int Steps { get; init => field = Require.Within("steps", value, 1, 1000); } = 15;

    /// <summary>
    /// Whether the outermost cells, which are always wall, are written. Without them an observation is half as long.
    /// </summary>
    public bool Border { get; init; }

    /// <summary>
    /// How a level is written. Cells are verl-agent's way. From around the player a small model learns soonest, but
    /// does not see the whole board.
    /// </summary>
    public BoardView View { get; init; } = BoardView.Squares;

    /// <summary>A file of levels in the form of Boxoban; empty for levels that are made.</summary>
    public string Levels { get; init; } = "";

    /// <summary>The options by name.</summary>
    public static OptionTable<SokobanOptions> Table { get; } =
        new OptionTable<SokobanOptions>("the task sokoban", new())
            .Integer("rows", "rows of a level, with the border",
                options => options.Rows, (options, value) => options with { Rows = value },
                low: "short ways", high: "long ways")
            .Integer("columns", "columns of a level, with the border",
                options => options.Columns, (options, value) => options with { Columns = value },
                low: "short ways", high: "long ways")
            .Integer("boxes", "boxes of a level",
                options => options.Boxes, (options, value) => options with { Boxes = value },
                low: "easy", high: "an order among boxes matters")
            .Integer("search-depth", "pulls that a level is played backwards",
                options => options.SearchDepth, (options, value) => options with { SearchDepth = value },
                low: "boxes near their targets", high: "boxes far away")
            .Integer("steps", "most turns of a play",
                options => options.Steps, (options, value) => options with { Steps = value },
                low: "no detours", high: "time for detours")
            .Switch("border", "whether the outermost walls are written",
                options => options.Border, (options, value) => options with { Border = value })
            .Choice("view", "how a level is written",
                options => options.View, (options, value) => options with { View = value },
                ("cells", BoardView.Cells), ("squares", BoardView.Squares), ("around", BoardView.Around))
            .Words("levels", "file of levels in the form of Boxoban; empty for levels that are made",
                options => options.Levels, (options, value) => options with { Levels = value });
}

/// <summary>
/// <see cref="Sokoban"/> for a language agent: 6 by 6 cells and one box, as in verl-agent, or levels of a file. The
/// last tenth of a file only measures.
/// </summary>
public sealed class SokobanTask : AgentTask
{
    readonly SokobanOptions options;
    readonly SokobanBoard[] levels;

    /// <summary>The task.</summary>
    /// <param name="options">Null for levels of 6 by 6 cells with one box.</param>
    /// <exception cref="InvalidDataException">A level of the file is none; the message says which.</exception>
    /// <exception cref="IOException">The file of levels cannot be read.</exception>
    public SokobanTask(SokobanOptions? options = null)
    {
        this.options = options ?? new SokobanOptions();
        levels = this.options.Levels.Length > 0 ? SokobanLevels.Read(this.options.Levels) : [];
        if (levels.Length == 1)
        {
            throw new OptionException("levels",
                $"{this.options.Levels} has one level; two or more are needed, to learn from and to measure");
        }
        (int rows, int columns, int boxes) = levels.Length == 0
            ? (this.options.Rows, this.options.Columns, this.options.Boxes)
            : (levels.Max(level => level.Rows), levels.Max(level => level.Columns),
                levels.Max(level => level.Boxes.Length));
        if (!this.options.Border)
            (rows, columns) = (rows - 2, columns - 2);
        string[] moves = [.. AgentTags.All, "up", "down", "left", "right", "still"];
        // Walls, targets, boxes and the player: a target is no wall.
        (Tokenizer, LongestObservation) = this.options.View switch
        {
            BoardView.Cells => (WordTokenizer.Create(SokobanBoard.Letters + "\n 0123456789", moves),
                1 + rows * (columns + 1)),
            BoardView.Around => (WordTokenizer.Create(" 0123456789", [.. moves, .. Ways(rows, columns)]),
                1 + 4 + 6 * boxes),
            _ => (WordTokenizer.Create(" 0123456789", [.. moves, .. "#OXP".SelectMany(letter =>
                Squares.Names(rows, columns).Select(square => $" {letter}{square}"))]),
                1 + rows * columns + boxes + 1),
        };
    }

    // One token for what lies in a direction, and one for a way.
    static IEnumerable<string> Ways(int rows, int columns) =>
    [
        .. from arrow in SokobanBoard.Arrows
           from near in SokobanBoard.Letters
           from far in SokobanBoard.Letters.Prepend(' ')
           select $" {arrow}{near}{far}".TrimEnd(),
        .. from what in "XO"
           from right in Enumerable.Range(1 - columns, 2 * columns - 1)
           from down in Enumerable.Range(1 - rows, 2 * rows - 1)
           select SokobanBoard.WayName(what, right, down),
    ];

    /// <inheritdoc/>
    public override string Name => "sokoban";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => SokobanOptions.Table.Show(options);

    /// <summary>Moves at random solve a quarter of the small levels; a warm start has to do clearly better.</summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) => [new("warm-start-success", "0.5")];

    /// <inheritdoc/>
    public override TextEnvironment Create() => new Sokoban(options, levels);

    /// <inheritdoc/>
    public override Tokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public override int MostSteps => options.Steps;

    /// <inheritdoc/>
    public override int LongestObservation { get; }

    /// <inheritdoc/>
    public override int LongestAction => 1;

    /// <summary>The steps of an attempt, with spaces between.</summary>
    public override int LongestLesson => 2 * options.Steps;

    /// <inheritdoc/>
    public override ulong Level(ulong seed, long number, PromptSplit split)
    {
        ulong level = base.Level(seed, number, split);
        if (levels.Length == 0)
            return level;
        ulong held = (ulong)Math.Max(1, levels.Length / 10), training = (ulong)levels.Length - held;
        return split == PromptSplit.Training ? level % training : training + level % held;
    }
}
