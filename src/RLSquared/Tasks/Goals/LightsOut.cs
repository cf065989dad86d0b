using RLSquared.Datasets;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks.Goals;

/// <summary>Options of <see cref="LightsOut"/> and of <see cref="LightsOutArm"/>.</summary>
public sealed record LightsOutOptions
{
    /// <summary>
    /// Which board. With more buttons there are more states to reach, and goals are more presses away.
    /// </summary>
    public LightsOutSize Board { get; init; } = LightsOutSize.FourByFour;

    /// <summary>The options by name.</summary>
    public static OptionTable<LightsOutOptions> Table { get; } = TableFor("lights-out");

    internal static OptionTable<LightsOutOptions> TableFor(string task) =>
        new OptionTable<LightsOutOptions>($"the task {task}", new())
            .Choice("board", "rows and columns of buttons",
                options => options.Board, (options, value) => options with { Board = value },
                ("3x3", LightsOutSize.ThreeByThree), ("4x4", LightsOutSize.FourByFour),
                ("4x5", LightsOutSize.FourByFive), ("4x6", LightsOutSize.FourBySix));
}

/// <summary>
/// Lights Out without a robot: an action presses a button of a <see cref="LightsOutBoard"/>, an observation is all
/// lights, a goal such a board. The published puzzle has the same boards and tasks behind a robot's arm, which takes
/// some 35 steps a press; this is a variant of our own, and its figures are not comparable with published ones.
/// </summary>
public sealed class LightsOut : GoalTask
{
    /// <summary>The board 4 × 4.</summary>
    public LightsOut() : this(new LightsOutOptions()) { }

    /// <summary>A board.</summary>
    public LightsOut(LightsOutOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (Options, Board) = (options, LightsOutBoard.Of(options.Board));
    }

    /// <summary>Which board it is.</summary>
    public LightsOutOptions Options { get; }

    /// <summary>The board.</summary>
    public LightsOutBoard Board { get; }

    /// <inheritdoc/>
    public override string Name => "lights-out";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => LightsOutOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ObservationSpace Observation => ObservationSpace.Vector(Board.Buttons);

    /// <inheritdoc/>
    public override ActionSpace Action => Board.Buttons;

    /// <summary>Presses of an episode: 50, or 100 on the boards with 20 buttons and more.</summary>
    public override int EpisodeLength => Board.Buttons < 20 ? 50 : 100;

    /// <summary>γ: 0.9, since goals are 24 presses away at most and a press must be told from the next.</summary>
    public override double Discount => 0.9;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Evaluations => NamesOf(Board);

    /// <inheritdoc/>
    public override IReadOnlyList<GoalDataKind> Data =>
        [new("play", "random presses from random lights", 10 * TrajectoriesOf(Board), 101)];

    /// <inheritdoc/>
    public override GoalLanes CreateLanes(int count) => new LightsOutLanes(this, count);

    internal static IReadOnlyList<string> NamesOf(LightsOutBoard board) =>
        [.. board.Evaluations.Select(pair => $"{board.Show(pair.Start)} to {board.Show(pair.Goal)}")];

    // The published sets have so many trajectories of 1001 rows; without the arm ten times as many are a tenth as long.
    internal static int TrajectoriesOf(LightsOutBoard board) =>
        board.Buttons switch { 20 => 3000, 24 => 5000, _ => 1000 };

    internal static uint DrawState(LightsOutBoard board, ref RandomSequence random) =>
        random.NextWord() >> (32 - board.Buttons);

    private protected override void Record(string kind, ulong seed, ulong trajectory, TrajectorySpan target)
    {
        RandomSequence random = new RandomKey(seed, RandomPurpose.Data, trajectory).Sequence(0);
        uint state = DrawState(Board, ref random);
        for (int t = 0; t < target.Rows; t++)
        {
            int button = random.NextInt(Board.Buttons);
            Board.Write(state, target.Observation(t));
            target.Choices(t)[0] = button;
            state ^= Board.Masks[button];
        }
    }
}

/// <summary>N boards in lock-step.</summary>
sealed class LightsOutLanes : GoalLanes
{
    readonly LightsOut task;
    readonly uint[] states, goals;      // [N]
    readonly bool[] over;               // [N]
    int step;

    public LightsOutLanes(LightsOut task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (this.task, Count) = (task, count);
        (states, goals, over) = (new uint[count], new uint[count], new bool[count]);
    }

    public override int Count { get; }

    public override void Begin(
        ulong seed, ulong firstEpisode, ReadOnlySpan<int> tasks, Span<float> observations, Span<float> goals)
    {
        step = 0;
        Array.Clear(over);
        int width = task.Board.Buttons;
        for (int lane = 0; lane < Count; lane++)
        {
            (states[lane], this.goals[lane]) = task.Board.Evaluations[tasks[lane]];
            task.Board.Write(states[lane], observations.Slice(lane * width, width));
            task.Board.Write(this.goals[lane], goals.Slice(lane * width, width));
        }
    }

    public override void Step(ReadOnlyActionSpan actions, Span<float> observations, Span<Endings> endings)
    {
        step++;
        int width = task.Board.Buttons;
        for (int lane = 0; lane < Count; lane++)
        {
            if (!over[lane])
            {
                states[lane] ^= task.Board.Masks[actions[lane]];
                task.Board.Write(states[lane], observations.Slice(lane * width, width));
            }
            endings[lane] = GoalEnding.Of(ref over[lane], states[lane] == goals[lane], step == task.EpisodeLength);
        }
    }
}
