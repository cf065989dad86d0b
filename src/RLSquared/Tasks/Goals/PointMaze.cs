using RLSquared.Datasets;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks.Goals;

/// <summary>Options of <see cref="PointMaze"/>.</summary>
public sealed record PointMazeOptions
{
    /// <summary>Which maze.</summary>
    public PointMazeSize Size { get; init; } = PointMazeSize.Medium;

    /// <summary>The options by name.</summary>
    public static OptionTable<PointMazeOptions> Table { get; } =
        new OptionTable<PointMazeOptions>("the task point-maze", new())
            .Choice("size", "which maze",
                options => options.Size, (options, value) => options with { Size = value },
                ("medium", PointMazeSize.Medium), ("large", PointMazeSize.Large), ("giant", PointMazeSize.Giant),
                ("teleport", PointMazeSize.Teleport));
}

/// <summary>
/// A disc in a maze is moved by up to 0.2 along each axis a step and must reach a place: the point mazes of OGBench
/// (Park et al. 2025), written anew from their published constants. An observation is the disc's place (x, y), a goal
/// such a place; within 1.0 of it the goal is reached.
/// <para>
/// In the original the simulator MuJoCo pushes the disc out of walls; here it is moved out of them at once, but for the
/// share of its depth that the original leaves after a step (<see cref="WallSoftness"/>).
/// </para>
/// </summary>
public sealed class PointMaze : GoalTask
{
    /// <summary>By how much an action of 1 moves the disc.</summary>
    public const double StepSize = 0.2;

    /// <summary>How near to the goal is near enough.</summary>
    public const double GoalTolerance = 1.0;

    /// <summary>
    /// By how much start and goal of an episode may lie beside the centre of their cell, along each axis.
    /// </summary>
    public const double ResetNoise = 1.0;

    /// <summary>The standard deviation of what is added to each number of the recorded actions.</summary>
    public const double ActionNoise = 0.5;

    /// <summary>The same for the kind of data that explores.</summary>
    public const double ExploringNoise = 1.0;

    /// <summary>Steps for which a direction is kept in the kind of data that explores.</summary>
    public const int ExploringSteps = 10;

    /// <summary>Cells between start and goal in the kind of data that is to be stitched.</summary>
    public const int StitchDistance = 4;

    /// <summary>The share of the depth in a wall that is left after a step.</summary>
    public const double WallSoftness = 0.17722;

    const string Navigate = "navigate", Stitch = "stitch", Explore = "explore";

    /// <summary>The medium maze.</summary>
    public PointMaze() : this(new PointMazeOptions()) { }

    /// <summary>A maze.</summary>
    public PointMaze(PointMazeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (Options, Map) = (options, PointMazeMap.Of(options.Size));
    }

    /// <summary>Which maze it is.</summary>
    public PointMazeOptions Options { get; }

    /// <summary>Its plan.</summary>
    public PointMazeMap Map { get; }

    /// <inheritdoc/>
    public override string Name => "point-maze";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => PointMazeOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ObservationSpace Observation => ObservationSpace.Vector(2);

    /// <inheritdoc/>
    public override ActionSpace Action => ActionSpace.Continuous(2);

    /// <inheritdoc/>
    public override void RequireGoal(ReadOnlySpan<float> goal)
    {
        base.RequireGoal(goal);
        if (!Map.IsClear(goal[0], goal[1]))
        {
            (double right, double bottom) = Map.CentreOf(Map.CellAt(Map.Rows - 2, Map.Columns - 2));
            throw new OptionException("goal", FormattableString.Invariant(
                $"the goal ({goal[0]}, {goal[1]}) is in a wall or outside of the maze; x goes from 0 to {right}, ") +
                FormattableString.Invariant($"y from 0 to {bottom}, and walls are {PointMazeMap.Radius} away"));
        }
    }

    /// <inheritdoc/>
    public override int EpisodeLength => 1000;

    /// <inheritdoc/>
    public override double Discount => Options.Size == PointMazeSize.Giant ? 0.995 : 0.99;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Evaluations =>
        [.. Map.Evaluations.Select(pair => $"cell {Text(pair.Start)} to {Text(pair.Goal)}")];

    /// <inheritdoc/>
    public override IReadOnlyList<GoalDataKind> Data => Options.Size == PointMazeSize.Giant
        ? [new(Navigate, NavigateText, 500, 2001), .. others]
        : [new(Navigate, NavigateText, 1000, 1001), .. others];

    const string NavigateText = "to one goal after the other on shortest ways, with noise";

    static readonly GoalDataKind[] others =
    [
        new(Stitch, "to a goal four cells away, and staying there, with noise", 5000, 201),
        new(Explore, "along a random direction for ten steps, then another; published for the ant alone", 10_000, 501),
    ];

    /// <inheritdoc/>
    public override GoalLanes CreateLanes(int count) => new PointMazeLanes(this, count);

    /// <summary>
    /// The action of whoever knows the maze: straight to the centre of the next cell on a shortest way, and to the goal
    /// itself once its cell is reached. It does not know of portals.
    /// </summary>
    /// <param name="observation">The disc's place, [2].</param>
    /// <param name="goal">The goal, [2].</param>
    /// <param name="action">Receives the action, [2].</param>
    public void ActKnowing(ReadOnlySpan<float> observation, ReadOnlySpan<float> goal, Span<float> action)
    {
        int cell = Map.CellOf(observation[0], observation[1]), goalCell = Map.CellOf(goal[0], goal[1]);
        (double x, double y) = cell == goalCell ? (goal[0], goal[1]) : Map.CentreOf(Map.NextOf(cell, goalCell));
        // The longest step along the direction that no axis clips.
        (x, y) = ((x - observation[0]) / StepSize, (y - observation[1]) / StepSize);
        double longest = Math.Max(1, Math.Max(Math.Abs(x), Math.Abs(y)));
        (action[0], action[1]) = ((float)(x / longest), (float)(y / longest));
    }

    /// <summary>A place in a cell, as starts and goals are drawn.</summary>
    internal (double X, double Y) Draw(int cell, ref RandomSequence random)
    {
        (double x, double y) = Map.CentreOf(cell);
        x += ResetNoise * (2 * random.NextUniform() - 1);
        y += ResetNoise * (2 * random.NextUniform() - 1);
        return (x, y);
    }

    /// <summary>Moves the disc; true when it came near a way in, from which it is to be taken away.</summary>
    internal bool Step(ref double x, ref double y, double actionX, double actionY)
    {
        Map.Move(ref x, ref y,
            StepSize * Math.Clamp(actionX, -1, 1), StepSize * Math.Clamp(actionY, -1, 1), WallSoftness);
        foreach (int portal in Map.PortalSpan)
        {
            (double portalX, double portalY) = Map.CentreOf(portal);
            if (IsWithin(PointMazeMap.PortalRadius, x - portalX, y - portalY))
                return true;
        }
        return false;
    }

    /// <summary>One of the ways out.</summary>
    internal (double X, double Y) DrawWayOut(ref RandomSequence random) =>
        Map.CentreOf(Map.PortalsOut[random.NextInt(Map.PortalsOut.Count)]);

    internal static bool IsWithin(double distance, double dx, double dy) => dx * dx + dy * dy <= distance * distance;

    private protected override void Record(string kind, ulong seed, ulong trajectory, TrajectorySpan target)
    {
        RandomSequence random = new RandomKey(seed, RandomPurpose.Data, trajectory).Sequence(0);
        int startCell = Map.FreeCells[random.NextInt(Map.FreeCells.Count)];
        int goalCell = kind == Stitch ? DrawNear(startCell, ref random) : DrawVertex(ref random);
        (double x, double y) = Draw(startCell, ref random);
        (double goalX, double goalY) = Draw(goalCell, ref random);
        (double shownX, double shownY, double wayX, double wayY) = (x, y, 0, 0);
        double noise = kind == Explore ? ExploringNoise : ActionNoise;
        for (int t = 0; t < target.Rows; t++)
        {
            if (kind != Explore)
            {
                (double aimX, double aimY) = Map.CentreOf(Map.NextOf(Map.CellOf(x, y), goalCell));
                (wayX, wayY) = (aimX - x, aimY - y);
            }
            else if (t % ExploringSteps == 0)
            {
                (wayX, wayY) = (random.NextNormal(), random.NextNormal());
            }
            double length = Math.Sqrt(wayX * wayX + wayY * wayY) + 1e-6;
            float actionX = (float)Math.Clamp(wayX / length + noise * random.NextNormal(), -1, 1);
            float actionY = (float)Math.Clamp(wayY / length + noise * random.NextNormal(), -1, 1);
            (target.Observation(t)[0], target.Observation(t)[1]) = ((float)shownX, (float)shownY);
            (target.Numbers(t)[0], target.Numbers(t)[1]) = (actionX, actionY);
            bool isTaken = Step(ref x, ref y, actionX, actionY);
            // What is seen of a step, and what is judged, is the place before the portal takes the disc away.
            (shownX, shownY) = (x, y);
            if (kind == Navigate && IsWithin(GoalTolerance, x - goalX, y - goalY))
            {
                goalCell = DrawVertex(ref random);
                (goalX, goalY) = Draw(goalCell, ref random);
            }
            if (isTaken)
                (x, y) = DrawWayOut(ref random);
        }
    }

    int DrawVertex(ref RandomSequence random) => Map.VertexCells[random.NextInt(Map.VertexCells.Count)];

    // One of the cells that are exactly four steps away, or the start where there are none.
    int DrawNear(int start, ref RandomSequence random)
    {
        int count = 0;
        foreach (int cell in Map.FreeCells)
            count += Map.Distance(start, cell) == StitchDistance ? 1 : 0;
        if (count == 0)
            return start;
        int left = random.NextInt(count);
        foreach (int cell in Map.FreeCells)
        {
            if (Map.Distance(start, cell) == StitchDistance && left-- == 0)
                return cell;
        }
        return start;
    }

    string Text(int cell) => $"({cell / Map.Columns}, {cell % Map.Columns})";
}

/// <summary>N discs in lock-step.</summary>
sealed class PointMazeLanes : GoalLanes
{
    readonly PointMaze task;
    readonly double[] x, y, goalX, goalY;       // [N]
    readonly bool[] over;                       // [N]
    ulong seed, firstEpisode;
    int step;

    public PointMazeLanes(PointMaze task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (this.task, Count, over) = (task, count, new bool[count]);
        (x, y, goalX, goalY) = (new double[count], new double[count], new double[count], new double[count]);
    }

    public override int Count { get; }

    public override void Begin(
        ulong seed, ulong firstEpisode, ReadOnlySpan<int> tasks, Span<float> observations, Span<float> goals)
    {
        (this.seed, this.firstEpisode, step) = (seed, firstEpisode, 0);
        Array.Clear(over);
        for (int lane = 0; lane < Count; lane++)
        {
            (int start, int goal) = task.Map.Evaluations[tasks[lane]];
            RandomSequence random = new RandomKey(seed, RandomPurpose.Task, firstEpisode + (ulong)lane).Sequence(0);
            (x[lane], y[lane]) = task.Draw(start, ref random);
            (goalX[lane], goalY[lane]) = task.Draw(goal, ref random);
            (goals[2 * lane], goals[2 * lane + 1]) = ((float)goalX[lane], (float)goalY[lane]);
            (observations[2 * lane], observations[2 * lane + 1]) = ((float)x[lane], (float)y[lane]);
        }
    }

    public override void Step(ReadOnlyActionSpan actions, Span<float> observations, Span<Endings> endings)
    {
        step++;
        NonFiniteException.ThrowIfAny(actions.Numbers[..(2 * Count)], "action", step - 1, width: 2);
        for (int lane = 0; lane < Count; lane++)
        {
            if (over[lane])
            {
                endings[lane] = Endings.TrialEnded;
                continue;
            }
            bool isTaken = task.Step(
                ref x[lane], ref y[lane], actions.Numbers[2 * lane], actions.Numbers[2 * lane + 1]);
            (observations[2 * lane], observations[2 * lane + 1]) = ((float)x[lane], (float)y[lane]);
            bool reached = PointMaze.IsWithin(
                PointMaze.GoalTolerance, x[lane] - goalX[lane], y[lane] - goalY[lane]);
            endings[lane] = GoalEnding.Of(ref over[lane], reached, step == task.EpisodeLength);
            if (isTaken)
            {
                ulong episode = firstEpisode + (ulong)lane;
                RandomSequence random = new RandomKey(seed, RandomPurpose.Environment, episode).Sequence((uint)step);
                (x[lane], y[lane]) = task.DrawWayOut(ref random);
            }
        }
    }
}
