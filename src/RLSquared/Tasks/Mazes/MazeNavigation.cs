using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks.Mazes;

/// <summary>
/// Finding a target in a maze by sight, and finding it again (after Duan et al. 2016, §3.3). A trial is some episodes
/// in one maze: each begins at the same place and ends at the target, or when its time is up. Actions are to turn left
/// or right by 30° and to go a third of a cell forwards; a step costs 0.04, touching a wall 0.001, and the target pays
/// 1.
/// <para>The mazes and their looks are this library's own: this is not ViZDoom, and figures are not comparable with the
/// paper's beyond their form.</para>
/// </summary>
public sealed class MazeNavigation(MazeOptions options) : TaskDistribution
{
    /// <summary>What every step costs.</summary>
    public const float StepCost = 0.04f;

    /// <summary>What touching a wall costs on top.</summary>
    public const float TouchCost = 0.001f;

    /// <summary>What the target pays.</summary>
    public const float TargetReward = 1;

    /// <summary>The default: small mazes of the training set, two episodes.</summary>
    public MazeNavigation() : this(new MazeOptions()) { }

    /// <summary>Size, episodes, horizon and set.</summary>
    public MazeOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "mazes";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => MazeOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ObservationSpace Observation =>
        ObservationSpace.Image(MazeView.Height, MazeView.Width, MazeView.Channels);

    /// <summary>Turn left, turn right, go forwards.</summary>
    public override ActionSpace Action => 3;

    /// <inheritdoc/>
    public override int TrialLength => Options.Episodes * Options.StepsPerEpisode;

    /// <inheritdoc/>
    public override int GoalEpisodes => Options.Episodes;

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => CreateMazeLanes(count);

    /// <summary><see cref="TaskDistribution.CreateLanes"/>, with mazes and poses open to view.</summary>
    public MazeLanes CreateMazeLanes(int count) => new(this, count);
}

/// <summary>What an agent in a maze can do.</summary>
public enum MazeAction
{
    /// <summary>Turn by 30° to the left.</summary>
    Left,
    /// <summary>Turn by 30° to the right.</summary>
    Right,
    /// <summary>Go a third of a cell forwards.</summary>
    Forward,
}

/// <summary>N trials in mazes in lock-step.</summary>
public sealed class MazeLanes : Lanes
{
    readonly MazeNavigation task;
    readonly IReadOnlyList<Maze> mazes;
    readonly Lane[] lanes;
    readonly byte[] looks;                          // [N, faces of a maze]: what the walls look like in each trial
    readonly int horizon, faces;
    MazeDistances.Scratch? scratch;                 // made when distances are first asked for

    struct Lane
    {
        public Maze Maze;
        public Pose Pose, PoseBefore;
        public int Steps, EpisodesLeft;             // steps of the present episode
        public bool Stepped;                        // whether the last step was one of a trial
        public int RemainingBefore;                 // steps that were left of the episode before the last step
        public float Reward;
        public bool Ended;                          // whether the last step ended an episode
        public MazeDistances? Distances;            // made when they are first asked for
        public Maze? Measured;                      // the maze whose distances they are
    }

    internal MazeLanes(MazeNavigation task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (this.task, Count, horizon) = (task, count, task.Options.StepsPerEpisode);
        mazes = MazeSets.Of(task.Options.Size, task.Options.Split);
        lanes = new Lane[count];
        faces = mazes[0].Faces.Length;
        looks = new byte[count * faces];
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <summary>The maze that a lane plays in.</summary>
    public Maze MazeOf(int lane) => lanes[lane].Maze;

    /// <summary>Where a lane's agent is.</summary>
    public Pose PoseOf(int lane) => lanes[lane].Pose;

    /// <inheritdoc/>
    public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        for (int i = 0; i < Count; i++)
        {
            ulong trial = firstTrial + (ulong)i;
            if (task.Options.Split == MazeSplit.Test)
            {
                Begin(i, mazes[(int)(trial % MazeSets.Count)], observations);
                continue;
            }
            // Walls are painted anew for each trial of training. Else a network learns the mazes by their looks, and
            // with them where the target is, instead of learning to search.
            var key = new RandomKey(seed, RandomPurpose.Task, trial);
            Maze maze = mazes[key.Sequence(0).NextInt(MazeSets.Count)];
            RandomSequence paint = key.Sequence(1);
            foreach (ref byte look in LooksOf(i))
                look = (byte)paint.NextInt(MazeLooks.Count);
            Place(i, maze, observations);
        }
    }

    /// <summary>Begins a trial of one lane in a maze of the caller's choice, with the maze's own looks.</summary>
    internal void Begin(int lane, Maze maze, Span<float> observations)
    {
        maze.Faces.CopyTo(LooksOf(lane));
        Place(lane, maze, observations);
    }

    Span<byte> LooksOf(int lane) => looks.AsSpan(lane * faces, faces);

    void Place(int lane, Maze maze, Span<float> observations)
    {
        ref Lane own = ref lanes[lane];
        (own.Maze, own.Pose, own.Steps, own.EpisodesLeft) = (maze, maze.Start, 0, task.Options.Episodes);
        own.Stepped = false;
        MazeView.Draw(maze, LooksOf(lane), own.Pose, Row(observations, lane));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">An action is none of the three.</exception>
    public override void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        for (int i = 0; i < Count; i++)
            (rewards[i], endings[i]) = Step(i, ref lanes[i], actions[i], Row(observations, i));
    }

    (float, Endings) Step(int number, ref Lane lane, int action, Span<float> observation)
    {
        lane.Stepped = lane.EpisodesLeft > 0;
        if (!lane.Stepped)
        {
            observation.Clear();
            return (0, Endings.TrialEnded);
        }

        (lane.PoseBefore, lane.RemainingBefore) = (lane.Pose, horizon - lane.Steps);
        bool touched = false;
        lane.Pose = (MazeAction)action switch
        {
            MazeAction.Left => lane.Pose.TurnedLeft,
            MazeAction.Right => lane.Pose.TurnedRight,
            MazeAction.Forward => lane.Pose.Forward(lane.Maze, out touched),
            _ => throw new ArgumentOutOfRangeException(
                nameof(action), action, $"lane {number} takes action {action}, but the actions are 0, 1 and 2"),
        };
        bool found = lane.Pose.IsAtTarget(lane.Maze);
        lane.Reward = (found ? MazeNavigation.TargetReward : 0) - MazeNavigation.StepCost
            - (touched ? MazeNavigation.TouchCost : 0);
        lane.Steps++;
        Endings ending = found ? Endings.Terminated : lane.Steps == horizon ? Endings.Truncated : Endings.None;
        lane.Ended = ending != Endings.None;
        if (lane.Ended)
        {
            (lane.Pose, lane.Steps) = (lane.Maze.Start, 0);
            if (--lane.EpisodesLeft == 0)
                ending |= Endings.TrialEnded;
        }
        MazeView.Draw(lane.Maze, LooksOf(number), lane.Pose, observation);
        return (lane.Reward, ending);
    }

    /// <inheritdoc/>
    public override bool KnowsRegrets => true;

    /// <inheritdoc/>
    /// <remarks>
    /// The best is to take the shortest way, or to stand still where time is too short for it. Walls that the shortest
    /// way may have to touch are not counted, so that a regret contains what touching cost. Nothing here is random, so
    /// an episode's regrets add up to its best total less its total, but for rounding.
    /// </remarks>
    public override void Regrets(Span<float> regrets)
    {
        for (int i = 0; i < Count; i++)
        {
            ref Lane lane = ref lanes[i];
            if (!lane.Stepped)
            {
                regrets[i] = 0;
                continue;
            }
            lane.Distances ??= new MazeDistances(
                lane.Maze.Side, scratch ??= new MazeDistances.Scratch(lane.Maze.Side));
            if (lane.Measured != lane.Maze)
            {
                lane.Distances.Find(lane.Maze);
                lane.Measured = lane.Maze;
            }
            float before = Best(lane.Distances.From(lane.PoseBefore), lane.RemainingBefore);
            float after = lane.Ended ? 0 : Best(lane.Distances.From(lane.Pose), lane.RemainingBefore - 1);
            regrets[i] = Math.Max(0, before - lane.Reward - after);     // rounding may leave it just below 0
        }
    }

    // The best total reward for someone who is so many steps from the target and has so many left.
    static float Best(int steps, int remaining) => steps <= remaining
        ? MazeNavigation.TargetReward - MazeNavigation.StepCost * steps
        : -MazeNavigation.StepCost * remaining;

    Span<float> Row(Span<float> observations, int lane)
    {
        int width = task.Observation.Width;
        return observations.Slice(lane * width, width);
    }
}
