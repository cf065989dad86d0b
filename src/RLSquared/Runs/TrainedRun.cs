using System.Diagnostics.CodeAnalysis;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Runs;

/// <summary>A run's problem and algorithm, built from its configuration, and one of its checkpoints.</summary>
[RequiresUnreferencedCode(OwnAssembly.Unseen), RequiresDynamicCode(OwnAssembly.Unseen)]
internal sealed class TrainedRun : IDisposable
{
    readonly Learner learner;
    readonly RunLock? held;
    TaskDistribution? changed;

    TrainedRun(RunFolder folder, Learner learner, Checkpoint? start, RunLock? held) =>
        (Folder, this.learner, Start, this.held) = (folder, learner, start, held);

    /// <summary>The task of the run with some options set otherwise: what its agent is to play.</summary>
    /// <exception cref="OptionException">
    /// No option of the task, or a task that looks different to the agent or has other actions.
    /// </exception>
    public TaskDistribution TaskWith(IReadOnlyCollection<Assignment> assignments)
    {
        if (assignments.Count == 0)
            return Task;
        changed = learner.TaskEntry.Create([.. Task.Settings, .. assignments]);
        if (changed.Observation != Task.Observation || changed.Action != Task.Action)
        {
            throw new OptionException("--set",
                "a run is evaluated on a task with the observations and actions that it was trained with; " +
                "leave --task and --set away, or set only what keeps them");
        }
        return changed;
    }

    public RunFolder Folder { get; }

    /// <summary>What made the task.</summary>
    public TaskEntry TaskEntry => learner.TaskEntry;

    public Problem Problem => learner.Problem;

    /// <summary>The task that the run's agent plays.</summary>
    /// <exception cref="OptionException">The problem is none that an agent plays.</exception>
    public TaskDistribution Task => Problem as TaskDistribution ?? throw NotPlayed();

    /// <summary>The agent that the run has learned.</summary>
    /// <exception cref="OptionException">The problem is none that an agent plays.</exception>
    public Agent Agent => (Algorithm as IAgentAlgorithm)?.Agent ?? throw NotPlayed();

    /// <summary>Agents that show parts of what it learned.</summary>
    public IReadOnlyList<Agent> Parts => (Algorithm as IAgentAlgorithm)?.Parts ?? [];

    /// <summary>The algorithm at its first weights, until <see cref="Restore"/>.</summary>
    public IAlgorithm Algorithm => learner.Algorithm;

    /// <summary>The checkpoint to go on from; null for a run that is resumed before it has one.</summary>
    public Checkpoint? Start { get; }

    /// <summary>The checkpoint.</summary>
    public Checkpoint Checkpoint => Start ?? throw new InvalidOperationException("only a resumed run may lack one");

    /// <summary>How the task's assembly differs from the build that the run began with, or null.</summary>
    public string? AssemblyChange => learner.AssemblyChange;

    /// <summary>Opens a run folder to use what it has learned, on the processor wherever it was trained.</summary>
    /// <param name="catalogues">Where its task and algorithm are looked up.</param>
    /// <param name="path">The folder.</param>
    /// <param name="checkpoint"><c>last</c>, <c>best</c>, or a file.</param>
    /// <param name="threads">Threads, or null for those of the configuration.</param>
    public static TrainedRun Open(Catalogues catalogues, string path, string checkpoint, int? threads = null)
    {
        if (SeedRuns.IsFolder(path))
        {
            throw new OptionException("run", $"{path} holds the runs of several seeds; " +
                $"name one of them, such as {SeedRuns.In(path)[0]}");
        }
        RunFolder folder = RunFolder.Open(path);
        return Build(catalogues, folder, Choose(folder, checkpoint), threads, DeviceEntry.Cpu.Name);
    }

    /// <summary>
    /// Opens a run folder to go on with it. A run that was stopped before its first checkpoint begins again from its
    /// seed, and so comes to the bits to which it would have come.
    /// </summary>
    /// <param name="catalogues">Where its task and algorithm are looked up.</param>
    /// <param name="path">The folder.</param>
    /// <param name="checkpoint"><c>last</c>, <c>best</c>, or a file.</param>
    /// <param name="threads">Threads, or null for those of the configuration.</param>
    /// <param name="device">Another device than the run began on, by name, or null for the same.</param>
    public static TrainedRun OpenToResume(
        Catalogues catalogues, string path, string checkpoint, int? threads, string? device = null)
    {
        RunFolder folder = RunFolder.Open(path);
        RunLock held = folder.Hold();                           // before the last checkpoint is looked for
        try
        {
            if (checkpoint != "last" || folder.CheckpointPaths.Count > 0)
                return Build(catalogues, folder, Choose(folder, checkpoint), threads, device, held);
            Learner begun = Learner.Begin(catalogues, folder.Configuration.On(device), threads, folder: path);
            return new TrainedRun(folder, begun, start: null, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    static Checkpoint Choose(RunFolder folder, string checkpoint) => checkpoint switch
    {
        "last" => folder.ReadLastCheckpoint(),
        "best" => Read(folder.BestCheckpointPath),
        _ => Read(checkpoint),
    };

    static TrainedRun Build(
        Catalogues catalogues, RunFolder folder, Checkpoint? start, int? threads, string? device,
        RunLock? held = null) =>
        new(folder, Learner.Create(catalogues, folder.Configuration.On(device), threads, folder: folder.Path),
            start, held);

    /// <summary>Puts the checkpoint's state into the algorithm.</summary>
    public void Restore() => Checkpoint.Restore(Algorithm, Folder.Options());

    /// <summary>What a new run is told, for sixty seconds with seed 1 until that is changed.</summary>
    /// <param name="task">What is to be learned.</param>
    /// <param name="algorithm">Who learns.</param>
    /// <param name="preset">The options that the assignments start from.</param>
    /// <param name="assignments">Options of task and algorithm.</param>
    /// <param name="begin">Is told the task's options before it is made, which may take its time.</param>
    /// <exception cref="OptionException">An unknown option or preset, or a value that cannot be.</exception>
    public static (Problem Problem, RunConfiguration Configuration) Configure(
        TaskEntry task, AlgorithmEntry algorithm, string preset, IEnumerable<Assignment> assignments,
        Action<IEnumerable<Assignment>>? begin = null)
    {
        IReadOnlyList<Assignment>[] shares = OptionTable.Divide(assignments, task.Options, algorithm.Options);
        begin?.Invoke(shares[0]);
        Problem problem = task.CreateProblem(shares[0]);
        try
        {
            return (problem, new RunConfiguration
            {
                Task = task.Name,
                TaskOptions = RunConfiguration.Options(problem.Settings),
                Algorithm = algorithm.Name,
                Preset = preset,
                AlgorithmOptions = RunConfiguration.Options(algorithm.Merge(problem, preset, shares[1])),
                Seed = 1,
                Threads = Environment.ProcessorCount,
                Budget = "60s",
                CheckpointEvery = "60s",
            });
        }
        catch
        {
            (problem as IDisposable)?.Dispose();
            throw;
        }
    }

    /// <summary>The checkpoint that <c>--from</c> names: the last one of a run's folder, or a file.</summary>
    public static Checkpoint ReadStart(string path) =>
        Directory.Exists(path) ? RunFolder.Open(path).ReadLastCheckpoint()
        : File.Exists(path) ? Checkpoint.Read(path)
        : throw new OptionException("--from", $"there is no run folder and no checkpoint {path} to begin from");

    OptionException NotPlayed() => new("run", $"{Folder.Path} learned {Problem.Name}, which is {Problem.Kind}, " +
        "and no task that an agent plays step by step; rl2 evaluate judges it");

    /// <inheritdoc/>
    public void Dispose()
    {
        learner.Dispose();
        held?.Dispose();
        (changed as IDisposable)?.Dispose();
    }

    static Checkpoint Read(string path) => File.Exists(path) ? Checkpoint.Read(path)
        : throw new OptionException("checkpoint", $"there is no checkpoint {path}");
}
