using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Cli;

/// <summary>A run's task and algorithm, built from its configuration, and one of its checkpoints.</summary>
internal sealed class TrainedRun : IDisposable
{
    readonly Catalogue catalogue;
    readonly Workers workers;

    TrainedRun(
        RunFolder folder, TaskDistribution task, IAlgorithm algorithm, Checkpoint checkpoint, Catalogue catalogue,
        Workers workers)
    {
        (Folder, Task, Algorithm, Checkpoint) = (folder, task, algorithm, checkpoint);
        (this.catalogue, this.workers) = (catalogue, workers);
    }

    /// <summary>The task of the run with some options set otherwise: what its agent is to play.</summary>
    /// <exception cref="OptionException">
    /// No option of the task, or a task that looks different to the agent or has other actions.
    /// </exception>
    public TaskDistribution TaskWith(IReadOnlyCollection<Assignment> assignments)
    {
        if (assignments.Count == 0)
            return Task;
        TaskDistribution changed = catalogue.FindTask(Task.Name).Create([.. Task.Settings, .. assignments]);
        if (changed.Observation != Task.Observation || changed.Action != Task.Action)
        {
            throw new OptionException("--set",
                "a run is evaluated on a task with the observations and actions that it was trained with; " +
                "leave --task and --set away, or set only what keeps them");
        }
        return changed;
    }

    public RunFolder Folder { get; }

    public TaskDistribution Task { get; }

    /// <summary>The algorithm at its first weights, until <see cref="Restore"/>.</summary>
    public IAlgorithm Algorithm { get; }

    public Checkpoint Checkpoint { get; }

    /// <summary>How the user's own assembly differs from the one that the run began with, or null.</summary>
    public string? AssemblyChange =>
        Folder.Configuration.Assembly is { } began && catalogue.Own?.File is { } now && now.Sha256 != began.Sha256
            ? $"{now.Path} is not the build that the run began with, so its task may be another one" : null;

    /// <summary>Says so on standard error.</summary>
    public void WarnOfChange(Terminal terminal)
    {
        if (AssemblyChange is { } change)
            terminal.Error.WriteLine($"warning: {change}");
    }

    /// <summary>Opens a run folder.</summary>
    /// <param name="catalogue">Where its task and algorithm are looked up.</param>
    /// <param name="path">The folder.</param>
    /// <param name="checkpoint"><c>last</c>, <c>best</c>, or a file.</param>
    /// <param name="threads">Threads, or null for those of the configuration.</param>
    /// <param name="assembly">The user's own assembly, or null for the one that the run began with.</param>
    public static TrainedRun Open(
        Catalogue catalogue, string path, string checkpoint, int? threads = null, string? assembly = null)
    {
        RunFolder folder = RunFolder.Open(path);
        RunConfiguration configuration = folder.Configuration;
        Checkpoint chosen = checkpoint switch
        {
            "last" => folder.ReadLastCheckpoint(),
            "best" => Read(folder.BestCheckpointPath),
            _ => Read(checkpoint),
        };
        catalogue = catalogue.With(assembly ?? AssemblyOf(configuration));
        TaskDistribution task = catalogue.FindTask(configuration.Task).Create(configuration.TaskAssignments());
        var workers = new Workers(threads ?? configuration.Threads);
        try
        {
            IAlgorithm algorithm = catalogue.FindAlgorithm(configuration.Algorithm).Create(
                task, configuration.AlgorithmAssignments(), configuration.Seed, workers);
            return new TrainedRun(folder, task, algorithm, chosen, catalogue, workers);
        }
        catch
        {
            workers.Dispose();
            throw;
        }
    }

    /// <summary>Puts the checkpoint's state into the algorithm.</summary>
    public void Restore() => Checkpoint.Restore(Algorithm, Folder.Options());

    /// <summary>What a new run is told, for sixty seconds with seed 1 until that is changed.</summary>
    /// <param name="task">What is to be learned.</param>
    /// <param name="algorithm">Who learns.</param>
    /// <param name="preset">The options that the assignments start from.</param>
    /// <param name="assignments">Options of task and algorithm.</param>
    /// <exception cref="OptionException">An unknown option or preset, or a value that cannot be.</exception>
    public static (TaskDistribution Task, RunConfiguration Configuration) Configure(
        TaskEntry task, AlgorithmEntry algorithm, string preset, IEnumerable<Assignment> assignments)
    {
        IReadOnlyList<Assignment>[] shares = OptionTable.Divide(assignments, task.Options, algorithm.Options);
        TaskDistribution distribution = task.Create(shares[0]);
        return (distribution, new RunConfiguration
        {
            Task = task.Name,
            TaskOptions = RunConfiguration.Options(distribution.Settings),
            Algorithm = algorithm.Name,
            Preset = preset,
            AlgorithmOptions = RunConfiguration.Options(algorithm.Merge(distribution, preset, shares[1])),
            Seed = 1,
            Threads = Environment.ProcessorCount,
            Budget = "60s",
            CheckpointEvery = "60s",
        });
    }

    /// <summary>The checkpoint that <c>--from</c> names: the last one of a run's folder, or a file.</summary>
    public static Checkpoint ReadStart(string path) =>
        Directory.Exists(path) ? RunFolder.Open(path).ReadLastCheckpoint()
        : File.Exists(path) ? Checkpoint.Read(path)
        : throw new OptionException("--from", $"there is no run folder and no checkpoint {path} to begin from");

    /// <inheritdoc/>
    public void Dispose()
    {
        Algorithm.Dispose();
        workers.Dispose();
    }

    static string? AssemblyOf(RunConfiguration configuration) =>
        configuration.Assembly is not { Path: var path } ? null : File.Exists(path) ? path
        : throw new OptionException("--assembly",
            $"the run's task was in {path}, which is not there any more; say where it is now: --assembly FILE.dll");

    static Checkpoint Read(string path) => File.Exists(path) ? Checkpoint.Read(path)
        : throw new OptionException("checkpoint", $"there is no checkpoint {path}");
}
