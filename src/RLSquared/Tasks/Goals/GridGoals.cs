using RLSquared.Datasets;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks.Goals;

/// <summary>Options of <see cref="GridGoals"/>.</summary>
public sealed record GridGoalsOptions
{
    /// <summary>Cells of a row, from 2 to 1000.</summary>
    public int Width { get; init => field = Require.Within("width", value, 2, 1000); } = 16;

    /// <summary>Rows, from 1 to 1000; one row is a chain, whose ends are far apart for how few states it has.</summary>
    public int Height { get; init => field = Require.Within("height", value, 1, 1000); } = 1;

    /// <summary>Whether the middle column is a wall but for its last cell; needs 3 columns and 2 rows.</summary>
    public bool Barrier { get; init; }

    /// <summary>The options by name.</summary>
    public static OptionTable<GridGoalsOptions> Table { get; } =
        new OptionTable<GridGoalsOptions>("the task grid-goals", new())
            .Integer("width", "cells of a row",
                options => options.Width, (options, value) => options with { Width = value },
                low: "goals are near", high: "goals are far, and values reach far")
            .Integer("height", "rows; 1 makes a chain",
                options => options.Height, (options, value) => options with { Height = value },
                low: "one way to each goal", high: "many ways to each goal")
            .Switch("barrier", "whether the middle column is a wall with one gap",
                options => options.Barrier, (options, value) => options with { Barrier = value });
}

/// <summary>
/// A grid of cells, or a chain where there is one row, with the fewest steps between any two cells known by counting:
/// for methods whose answers can be compared with the truth. A step leads to a neighbour, or nowhere from an edge or
/// towards a wall.
/// </summary>
public sealed class GridGoals : GoalTask
{
    /// <summary>The actions: up, left, down, right.</summary>
    public const int Moves = 4;

    /// <summary>What <see cref="Distance"/> says where no way leads.</summary>
    public const int Unreachable = int.MaxValue;

    readonly Lazy<int[]> distances;     // [S, S]
    readonly (int Start, int Goal)[] evaluations;

    /// <summary>The default: a chain of 16 states.</summary>
    public GridGoals() : this(new GridGoalsOptions()) { }

    /// <summary>A grid.</summary>
    /// <exception cref="OptionException">A barrier in a grid that is too small for one.</exception>
    public GridGoals(GridGoalsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Barrier && (options.Width < 3 || options.Height < 2))
            throw new OptionException("barrier", "a barrier needs a width of 3 and a height of 2 or more");
        Options = options;
        distances = new Lazy<int[]>(CountAll);
        int last = States - 1, right = options.Width - 1, bottom = last - right;
        (int, int)[] pairs = [(0, last), (last, 0), (right, bottom), (bottom, right), (0, right), (last, bottom)];
        evaluations = [.. pairs.Where(pair => pair.Item1 != pair.Item2).Distinct().Take(5)];
    }

    /// <summary>The sizes.</summary>
    public GridGoalsOptions Options { get; }

    /// <summary>The states, S; walls have numbers too, though nobody is ever there.</summary>
    public int States => Options.Width * Options.Height;

    /// <inheritdoc/>
    public override string Name => "grid-goals";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => GridGoalsOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ObservationSpace Observation => ObservationSpace.Discrete(States);

    /// <inheritdoc/>
    public override ActionSpace Action => Moves;

    /// <inheritdoc/>
    public override void RequireGoal(ReadOnlySpan<float> goal)
    {
        base.RequireGoal(goal);
        if (goal[0] != MathF.Floor(goal[0]) || goal[0] < 0 || goal[0] >= States || IsWall((int)goal[0]))
        {
            throw new OptionException("goal", FormattableString.Invariant(
                $"the goal {goal[0]} is no state; states are 0 to {States - 1}, but for walls"));
        }
    }

    /// <inheritdoc/>
    public override int EpisodeLength => 2 * States;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Evaluations =>
        [.. evaluations.Select(pair => $"state {pair.Start} to {pair.Goal}")];

    /// <inheritdoc/>
    public override IReadOnlyList<GoalDataKind> Data =>
    [
        new("walk", "a random walk from a random state", 100, 2 * (Options.Width + Options.Height) + 1),
        new("edges", "every step from every state once, each a trajectory of its own", States * Moves, 2),
    ];

    /// <summary>Whether a state is a wall.</summary>
    public bool IsWall(int state) => Options.Barrier
        && state % Options.Width == Options.Width / 2 && state / Options.Width < Options.Height - 1;

    /// <summary>Where an action leads.</summary>
    /// <param name="state">From where.</param>
    /// <param name="action">0 up, 1 left, 2 down, 3 right.</param>
    public int Next(int state, int action)
    {
        (int y, int x) = Math.DivRem(state, Options.Width);
        (x, y) = action switch { 0 => (x, y - 1), 1 => (x - 1, y), 2 => (x, y + 1), _ => (x + 1, y) };
        if (x < 0 || x >= Options.Width || y < 0 || y >= Options.Height || IsWall(y * Options.Width + x))
            return state;
        return y * Options.Width + x;
    }

    /// <summary>The fewest steps from one state to another, or <see cref="Unreachable"/> to or from a wall.</summary>
    public int Distance(int from, int to) => distances.Value[from * States + to];

    /// <inheritdoc/>
    public override GoalLanes CreateLanes(int count) => new GridGoalLanes(this, count);

    internal (int Start, int Goal) EvaluationOf(int task) => evaluations[task];

    private protected override void Record(string kind, ulong seed, ulong trajectory, TrajectorySpan target)
    {
        RandomSequence random = new RandomKey(seed, RandomPurpose.Data, trajectory).Sequence(0);
        bool isWalk = kind == "walk";
        int edge = (int)(trajectory % ((ulong)States * Moves)), state = edge / Moves;
        while (isWalk && IsWall(state = random.NextInt(States)))
        {
        }
        for (int t = 0; t < target.Rows; t++)
        {
            int action = isWalk ? random.NextInt(Moves) : edge % Moves;
            target.Observation(t)[0] = state;
            target.Choices(t)[0] = action;
            state = Next(state, action);
        }
    }

    // Breadth first from every state; moves can be undone, so that it does not matter from which side.
    int[] CountAll()
    {
        int[] counted = new int[checked(States * States)], queue = new int[States];
        Array.Fill(counted, Unreachable);
        for (int from = 0; from < States; from++)
        {
            if (IsWall(from))
                continue;
            Span<int> row = counted.AsSpan(from * States, States);
            (row[from], queue[0]) = (0, from);
            for (int begin = 0, end = 1; begin < end; begin++)
            {
                for (int action = 0; action < Moves; action++)
                {
                    int next = Next(queue[begin], action);
                    if (row[next] != Unreachable)
                        continue;
                    row[next] = row[queue[begin]] + 1;
                    queue[end++] = next;
                }
            }
        }
        return counted;
    }
}

sealed class GridGoalLanes : GoalLanes
{
    readonly GridGoals task;
    readonly int[] states, goals;       // [N]
    readonly bool[] over;               // [N]
    int step;

    public GridGoalLanes(GridGoals task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (this.task, Count) = (task, count);
        (states, goals, over) = (new int[count], new int[count], new bool[count]);
    }

    public override int Count { get; }

    public override void Begin(
        ulong seed, ulong firstEpisode, ReadOnlySpan<int> tasks, Span<float> observations, Span<float> goals)
    {
        step = 0;
        Array.Clear(over);
        for (int lane = 0; lane < Count; lane++)
        {
            (states[lane], this.goals[lane]) = task.EvaluationOf(tasks[lane]);
            (observations[lane], goals[lane]) = (states[lane], this.goals[lane]);
        }
    }

    public override void Step(ReadOnlyActionSpan actions, Span<float> observations, Span<Endings> endings)
    {
        step++;
        for (int lane = 0; lane < Count; lane++)
        {
            if (!over[lane])
                states[lane] = task.Next(states[lane], actions[lane]);
            observations[lane] = states[lane];
            endings[lane] = GoalEnding.Of(
                ref over[lane], states[lane] == goals[lane], step == task.EpisodeLength);
        }
    }
}

/// <summary>How the episodes of all goal tasks end.</summary>
static class GoalEnding
{
    /// <summary>What a lane reports after a step; one that was over before says that and nothing else.</summary>
    /// <param name="over">Whether it was over; set where it is now.</param>
    /// <param name="reached">Whether the goal is reached.</param>
    /// <param name="late">Whether the time is up.</param>
    public static Endings Of(ref bool over, bool reached, bool late)
    {
        if (over)
            return Endings.TrialEnded;
        over = reached || late;
        return reached ? Endings.Terminated | Endings.TrialEnded
            : late ? Endings.Truncated | Endings.TrialEnded : Endings.None;
    }
}
