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
        if (Options.File.Length == 0)
        {
            Options = Options with { Kind = task.Data.Count == 0 ? "" : task.KindOf(Options).Name };
            return;
        }
        if (Options with { File = "" } != new GoalDataOptions())
        {
            throw new OptionException("dataset", "a dataset is used as it is in its file: leave data, data-seed, " +
                "trajectories and rows away");
        }
    }

    /// <summary>Recorded trajectories alone, without a world to try in what was learned of them.</summary>
    /// <param name="data">The trajectories.</param>
    public GoalProblem(GoalDataset data) : this(new RecordedGoals(data), data) { }

    /// <summary>A task and data that are there already.</summary>
    /// <param name="task">The task.</param>
    /// <param name="data">The data, whose observations and actions are the task's.</param>
    /// <exception cref="OptionException">They are not.</exception>
    public GoalProblem(GoalTask task, GoalDataset data) : this(task)
    {
        ArgumentNullException.ThrowIfNull(data);
        this.data = Fitting(data);
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

    /// <summary>The trajectories, made or read now if they are not there yet.</summary>
    /// <param name="workers">The threads that make them; null for the calling one alone.</param>
    /// <exception cref="FileNotFoundException">The file of the dataset is not there.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or does not fit the task.</exception>
    public GoalDataset Data(Workers? workers = null)
    {
        lock (making)
        {
            return data ??= Options.File.Length == 0 ? Task.MakeData(Options, workers)
                : Fitting(GoalDatasetFile.Read(Options.File, Task.Observation, Task.Action));
        }
    }

    GoalDataset Fitting(GoalDataset data)
    {
        if (data.Observation != Task.Observation || data.Action != Task.Action)
        {
            throw new OptionException("dataset", $"{data.Name} has observations of {data.Observation.Size} numbers " +
                $"and {data.Action}, but {Task.Name} has {Task.Observation.Size} and {Task.Action}");
        }
        if (data.HasGoals && data.GoalWidth != Task.GoalWidth)
        {
            throw new OptionException("dataset", $"{data.Name} has goals of {data.GoalWidth} numbers, " +
                $"but those of {Task.Name} have {Task.GoalWidth}");
        }
        return data;
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
