using RLSquared.Datasets;
using RLSquared.Settings;
using RLSquared.Tensors;

namespace RLSquared.Tasks.Goals;

/// <summary>
/// A goal task together with the recorded trajectories from which it is learned: what <c>rl2 train point-maze</c>
/// names. The trajectories are made by the task's own policy when they are first asked for, the same bits each time.
/// </summary>
public sealed class GoalProblem : Problem
{
    readonly Lock making = new();
    GoalDataset? data;

    /// <summary>A task and data that it makes.</summary>
    /// <param name="task">The task.</param>
    /// <param name="options">Which data; the task's usual ones by default.</param>
    public GoalProblem(GoalTask task, GoalDataOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        Task = task;
        Options = options ?? new GoalDataOptions();
        Options = Options with { Kind = task.KindOf(Options).Name };
    }

    /// <summary>A task and data that are there already.</summary>
    /// <param name="task">The task.</param>
    /// <param name="data">The data, whose observations and actions are the task's.</param>
    /// <exception cref="OptionException">They are not.</exception>
    public GoalProblem(GoalTask task, GoalDataset data) : this(task)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Observation != task.Observation || data.Action != task.Action)
        {
            throw new OptionException("dataset", $"{data.Name} has observations of {data.Observation.Size} numbers " +
                $"and {data.Action}, but {task.Name} has {task.Observation.Size} and {task.Action}");
        }
        this.data = data;
    }

    /// <summary>Where agents are judged.</summary>
    public GoalTask Task { get; }

    /// <summary>Which data are learned from.</summary>
    public GoalDataOptions Options { get; }

    /// <inheritdoc/>
    public override string Name => Task.Name;

    /// <inheritdoc/>
    public override string Kind => "goals to be reached, learned from recorded trajectories";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => [.. Task.Settings, .. GoalDataOptions.Table.Show(Options)];

    /// <inheritdoc/>
    public override int EvaluationInstances => 50 * Task.Evaluations.Count;

    /// <summary>The trajectories, made now if they are not there yet.</summary>
    /// <param name="workers">The threads that make them; null for the calling one alone.</param>
    public GoalDataset Data(Workers? workers = null)
    {
        lock (making)
            return data ??= Task.MakeData(Options, workers);
    }
}

/// <summary>The options of a goal task and of its data.</summary>
/// <param name="Task">Those of the task.</param>
/// <param name="Data">Those of the data.</param>
sealed record GoalProblemOptions<TOptions>(TOptions Task, GoalDataOptions Data) where TOptions : class
{
    /// <summary>Both by name.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="task">The task's table.</param>
    public static OptionTable<GoalProblemOptions<TOptions>> Table(string name, OptionTable<TOptions> task) =>
        new OptionTable<GoalProblemOptions<TOptions>>($"the task {name}", new(task.Defaults, new GoalDataOptions()))
            .Include(task, options => options.Task, (options, value) => options with { Task = value })
            .Include(GoalDataOptions.Table, options => options.Data, (options, value) => options with { Data = value });
}
