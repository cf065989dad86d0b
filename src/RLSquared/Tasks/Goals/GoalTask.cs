using RLSquared.Datasets;
using RLSquared.Settings;
using RLSquared.Tensors;

namespace RLSquared.Tasks.Goals;

/// <summary>
/// A world in which an agent is asked to reach goals, each of them an observation: reward 1 at the goal, 0 elsewhere.
/// It is learned offline, from trajectories that were recorded while nobody asked for anything
/// (<see cref="MakeData"/>), and judged on a few fixed pairs of start and goal (<see cref="Evaluations"/>).
/// <para>To add a goal task: 1. derive from this class and from <see cref="GoalLanes"/> in one file under
/// <c>Tasks/Goals/</c>; 2. list it in <see cref="GoalTaskCatalogue"/>; 3. add its known answers under
/// <c>tests/RLSquared.Tests/Tasks/Goals</c>; 4. give it a section of <c>docs/datasets.md</c>.</para>
/// </summary>
public abstract class GoalTask
{
    /// <summary>The name on the command line, such as <c>point-maze</c>.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Every option with its value, as text from which <see cref="GoalTaskCatalogue.Create"/> makes the same task
    /// again; empty for a task without options.
    /// </summary>
    public virtual IReadOnlyList<Assignment> Settings => [];

    /// <summary>What an agent sees at each step; a goal is such an observation too.</summary>
    public abstract ObservationSpace Observation { get; }

    /// <summary>What an agent decides at each step.</summary>
    public abstract ActionSpace Action { get; }

    /// <summary>
    /// Numbers in which a goal says what matters of it, G, such as the bits of a board without the robot's arm
    /// (<see cref="Represent"/>); where all of an observation matters, its width.
    /// </summary>
    public virtual int GoalWidth => Observation.Width;

    /// <summary>What matters of an observation that is a goal (its oracle representation).</summary>
    /// <param name="observation">The observation, [D].</param>
    /// <param name="goal">Receives the representation, [G], G being <see cref="GoalWidth"/>.</param>
    public virtual void Represent(ReadOnlySpan<float> observation, Span<float> goal) => observation.CopyTo(goal);

    /// <summary>Returns if an observation can be a goal.</summary>
    /// <param name="goal">The observation, [D].</param>
    /// <exception cref="OptionException">It cannot; the message says why.</exception>
    public virtual void RequireGoal(ReadOnlySpan<float> goal)
    {
        if (goal.Length != Observation.Width)
        {
            throw new OptionException("goal",
                $"a goal of the task {Name} has {Observation.Width} numbers, but {goal.Length} are given");
        }
        foreach (float number in goal)
        {
            if (!float.IsFinite(number))
                throw new OptionException("goal", "a goal must be finite numbers");
        }
    }

    /// <summary>The steps after which an episode of an evaluation is cut.</summary>
    public abstract int EpisodeLength { get; }

    /// <summary>The discount γ with which this task is usually learned.</summary>
    public virtual double Discount => 0.99;

    /// <summary>
    /// The pairs of start and goal on which agents are judged, each in a few words; <see cref="GoalLanes.Begin"/>
    /// takes their numbers 0, 1, ….
    /// </summary>
    public abstract IReadOnlyList<string> Evaluations { get; }

    /// <summary>The kinds of data that the task can make, the usual one first.</summary>
    public abstract IReadOnlyList<GoalDataKind> Data { get; }

    /// <summary>Room for N episodes in lock-step.</summary>
    /// <param name="count">N, at least 1.</param>
    public abstract GoalLanes CreateLanes(int count);

    /// <summary>
    /// Makes trajectories with the task's own policy. Trajectory t is a function of (seed, t) alone, so that the
    /// number of threads changes nothing, and a set can be made in parts.
    /// </summary>
    /// <param name="options">Which kind, how many and how long.</param>
    /// <param name="workers">The threads that make them; null for the calling one alone.</param>
    /// <exception cref="OptionException">
    /// The task has no such kind of data, or the set is too large to hold.
    /// </exception>
    public GoalDataset MakeData(GoalDataOptions options, Workers? workers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        GoalDataKind kind = KindOf(options);
        int trajectories = options.Trajectories > 0 ? options.Trajectories : kind.Trajectories;
        int rows = options.Rows > 0 ? options.Rows : kind.Rows;
        int width = Math.Max(Math.Max(Observation.Width, GoalWidth), Math.Max(Action.Choices, Action.Numbers));
        if ((long)trajectories * rows * Math.Max(1, width) > Array.MaxLength)
        {
            throw new OptionException("trajectories",
                $"{trajectories:N0} trajectories of {rows:N0} rows are more than one set can hold; " +
                "make them in parts, each from another first trajectory");
        }
        var dataset = new GoalDataset(Name, Observation, Action, GoalWidth, trajectories * rows, hasGoals: HasGoals);
        if (workers is null)
        {
            for (int trajectory = 0; trajectory < trajectories; trajectory++)
                Make(trajectory);
        }
        else
        {
            workers.Run(trajectories, Make);
        }
        return dataset.Finish();

        void Make(int trajectory)
        {
            var target = new TrajectorySpan(dataset, trajectory * rows, rows);
            Record(kind.Name, options.Seed, options.FirstTrajectory + (ulong)trajectory, target);
            for (int t = 0; dataset.HasGoals && t < rows; t++)
                Represent(target.Observation(t), target.Goal(t));
            target.End();
        }
    }

    /// <summary>The kind of data that the options name.</summary>
    /// <exception cref="OptionException">There is none of that name.</exception>
    public GoalDataKind KindOf(GoalDataOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Kind.Length == 0
            ? Data[0]
            : new Catalogue<GoalDataKind>("kind of data", kind => kind.Name, Data, $"the task {Name}")
                .Find(options.Kind);
    }

    /// <summary>Whether a goal's representation is anything but the observation.</summary>
    protected virtual bool HasGoals => GoalWidth != Observation.Width;

    /// <summary>Writes the rows of one trajectory.</summary>
    /// <param name="kind">Which kind of data.</param>
    /// <param name="seed">The seed of the set.</param>
    /// <param name="trajectory">The number of the trajectory.</param>
    /// <param name="target">Where its observations and actions go.</param>
    private protected abstract void Record(string kind, ulong seed, ulong trajectory, TrajectorySpan target);
}

/// <summary>
/// N episodes in lock-step, each on the way to a goal. The caller owns all buffers; the lanes write into them. Neither
/// method allocates.
/// </summary>
public abstract class GoalLanes
{
    /// <summary>The number of lanes, N.</summary>
    public abstract int Count { get; }

    /// <summary>
    /// Begins an episode in every lane. All that lane i draws is a function of (seed, first episode + i) and of its
    /// task.
    /// </summary>
    /// <param name="seed">The seed of the evaluation.</param>
    /// <param name="firstEpisode">The number of lane 0's episode.</param>
    /// <param name="tasks">The evaluation of each lane, [N]: places in <see cref="GoalTask.Evaluations"/>.</param>
    /// <param name="observations">Receives the first observations, [N, D].</param>
    /// <param name="goals">Receives the goals, which stay for the episode, as observations, [N, D].</param>
    public abstract void Begin(
        ulong seed, ulong firstEpisode, ReadOnlySpan<int> tasks, Span<float> observations, Span<float> goals);

    /// <summary>Takes one step in every lane.</summary>
    /// <param name="actions">What was decided in each lane.</param>
    /// <param name="observations">Receives the next observations, [N, D].</param>
    /// <param name="endings">
    /// Receives what ended, [N]: <see cref="Endings.Terminated"/> where the goal was reached with this step,
    /// <see cref="Endings.Truncated"/> where the time is up, both with <see cref="Endings.TrialEnded"/>. A lane that is
    /// over keeps <see cref="Endings.TrialEnded"/> and its last observation.
    /// </param>
    public abstract void Step(ReadOnlyActionSpan actions, Span<float> observations, Span<Endings> endings);
}

/// <summary>A kind of data that a task can make.</summary>
/// <param name="Name">Its name, such as <c>navigate</c>.</param>
/// <param name="Description">How it comes about, in one line.</param>
/// <param name="Trajectories">How many trajectories the published set has.</param>
/// <param name="Rows">How many rows each of them has: one more than steps with a successor.</param>
public sealed record GoalDataKind(string Name, string Description, int Trajectories, int Rows);

/// <summary>Which data to make.</summary>
public sealed record GoalDataOptions
{
    /// <summary>The kind of data by name; empty for the task's usual one.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The seed; the same seed makes the same bits on any number of threads.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// How many trajectories; 0 for as many as the published set has. Few leave parts of the world unseen.
    /// </summary>
    public int Trajectories { get; init => field = Require.AtLeast("trajectories", value, 0); }

    /// <summary>
    /// How many rows each has, 0 for the published length, else at least 2. Short ones show only how near goals are
    /// reached.
    /// </summary>
    public int Rows
    {
        get;
        init => field = value == 0 ? 0 : Require.AtLeast("rows", value, 2);
    }

    /// <summary>
    /// The number of the first trajectory. A set in parts has parts that begin where the last one ended; data to
    /// validate with begin after those to train with.
    /// </summary>
    public ulong FirstTrajectory { get; init; }

    /// <summary>
    /// A file of recorded trajectories (<see cref="GoalDatasetFile"/>) that takes the place of those that the task
    /// makes; empty for none. Its observations and actions must be the task's.
    /// </summary>
    public string File { get; init; } = "";

    /// <summary>The options by name.</summary>
    public static OptionTable<GoalDataOptions> Table { get; } =
        new OptionTable<GoalDataOptions>("the data", new())
            .Words("dataset", "a file of recorded trajectories, .npz or .csv; empty to make them",
                options => options.File,
                (options, value) => options with { File = value.Length == 0 ? "" : Path.GetFullPath(value) })
            .Words("data", "kind of data, such as navigate or stitch; empty for the task's usual one",
                options => options.Kind, (options, value) => options with { Kind = value })
            .Integer("data-seed", "seed of the data",
                options => checked((int)options.Seed),
                (options, value) => options with { Seed = (ulong)Require.AtLeast("data-seed", value, 0) })
            .Integer("trajectories", "recorded trajectories; 0 for as many as published",
                options => options.Trajectories, (options, value) => options with { Trajectories = value },
                low: "parts of the world stay unseen", high: "slow to make")
            .Integer("rows", "rows of each; 0 for the published length",
                options => options.Rows, (options, value) => options with { Rows = value },
                low: "only near goals are ever reached", high: "far ones too");
}
