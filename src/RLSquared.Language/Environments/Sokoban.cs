using RLSquared.Tensors.Random;

namespace RLSquared.Language.Environments;

/// <summary>
/// Sokoban as text: boxes are pushed onto targets, and a box in a corner is lost. A step costs 0.1, a box that comes
/// onto a target brings 1 and one that leaves it costs 1, and the last one brings 10 more. Text that is no action costs
/// 0.1 and changes nothing.
/// </summary>
public sealed class Sokoban : TextEnvironment
{
    const float StepReward = -0.1f, BoxReward = 1, SolvedReward = 10;

    // In this order: the first of these words that occurs in a reply is the action.
    static readonly string[] actions = ["up", "down", "left", "right"];
    const string Still = "still";

    readonly SokobanOptions options;
    readonly SokobanBoard[] levels;                          // of a file; empty where they are made
    SokobanBoard board;
    List<int> taken = [];
    int[]? plan;                                             // the oracle's way from here
    bool isPlanned;

    internal Sokoban(SokobanOptions options, SokobanBoard[] levels)
    {
        (this.options, this.levels) = (options, levels);
        board = LevelOf(0);
    }

    SokobanBoard LevelOf(ulong level)
    {
        if (levels.Length > 0)
            return levels[level % (ulong)levels.Length].Clone();
        RandomSequence random = new RandomKey(level, RandomPurpose.Environment, 0).Sequence(0);
        return SokobanRooms.Make(ref random, options);
    }

    /// <inheritdoc/>
    public override void Reset(ulong level)
    {
        board = LevelOf(level);
        (taken, plan, isPlanned) = ([], null, false);
    }

    /// <inheritdoc/>
    public override TextEnvironment Clone() => new Sokoban(this);

    Sokoban(Sokoban other) => (options, levels, board, taken, plan, isPlanned) =
        (other.options, other.levels, other.board.Clone(), [.. other.taken], other.plan, other.isPlanned);

    /// <inheritdoc/>
    public override string Observation => options.View switch
    {
        BoardView.Cells => board.Text(options.Border),
        BoardView.Around => board.Around(),
        _ => board.Places(options.Border),
    };

    /// <summary>The board: two boards can look alike from where the player stands.</summary>
    public override string AnchorKey =>
        options.View == BoardView.Around ? board.Places(options.Border) : Observation;

    /// <inheritdoc/>
    public override IReadOnlyList<string> AdmissibleActions => actions;

    /// <inheritdoc/>
    public override bool IsDone => board.IsSolved;

    /// <inheritdoc/>
    public override bool IsSolved => board.IsSolved;

    /// <inheritdoc/>
    public override TextStep Step(string action)
    {
        ArgumentNullException.ThrowIfNull(action);
        RequireRunning();
        int direction = Array.FindIndex(actions, word => action.Contains(word, StringComparison.OrdinalIgnoreCase));
        if (direction < 0)
            return new TextStep(StepReward, action.Contains(Still, StringComparison.OrdinalIgnoreCase));
        int placed = board.Placed;
        taken.Add(direction);
        if (board.Move(direction))
        {
            plan = plan is [int first, ..] && first == direction ? plan[1..] : null;
            isPlanned &= plan is not null;
        }
        return new TextStep(StepReward + BoxReward * Math.Sign(board.Placed - placed)
            + (board.IsSolved ? SolvedReward : 0), true);
    }

    int[]? Plan()
    {
        if (!isPlanned)
            (plan, isPlanned) = (SokobanSearch.Solve(board), true);
        return plan;
    }

    /// <inheritdoc/>
    public override int? OracleDistance => Plan()?.Length;

    /// <inheritdoc/>
    public override string? OracleAction => Plan() is [int first, ..] ? actions[first] : null;

    /// <summary>The steps that were taken.</summary>
    public override string Lesson => string.Join(' ', taken.Select(direction => actions[direction]));
}
