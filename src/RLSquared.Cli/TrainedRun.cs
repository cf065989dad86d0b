using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Cli;

/// <summary>A run's task and algorithm, built from its configuration, and one of its checkpoints.</summary>
internal sealed class TrainedRun : IDisposable
{
    readonly Workers workers;

    TrainedRun(RunFolder folder, TaskDistribution task, IAlgorithm algorithm, Checkpoint checkpoint, Workers workers) =>
        (Folder, Task, Algorithm, Checkpoint, this.workers) = (folder, task, algorithm, checkpoint, workers);

    public RunFolder Folder { get; }

    public TaskDistribution Task { get; }

    /// <summary>The algorithm at its first weights, until <see cref="Restore"/>.</summary>
    public IAlgorithm Algorithm { get; }

    public Checkpoint Checkpoint { get; }

    /// <summary>Opens a run folder.</summary>
    /// <param name="catalogue">Where its task and algorithm are looked up.</param>
    /// <param name="path">The folder.</param>
    /// <param name="checkpoint"><c>last</c>, <c>best</c>, or a file.</param>
    /// <param name="threads">Threads, or null for those of the configuration.</param>
    public static TrainedRun Open(Catalogue catalogue, string path, string checkpoint, int? threads = null)
    {
        RunFolder folder = RunFolder.Open(path);
        RunConfiguration configuration = folder.Configuration;
        Checkpoint chosen = checkpoint switch
        {
            "last" => folder.ReadLastCheckpoint(),
            "best" => Read(folder.BestCheckpointPath),
            _ => Read(checkpoint),
        };
        TaskDistribution task = catalogue.FindTask(configuration.Task).Create(configuration.TaskAssignments());
        var workers = new Workers(threads ?? configuration.Threads);
        try
        {
            IAlgorithm algorithm = catalogue.FindAlgorithm(configuration.Algorithm).Create(
                task, configuration.AlgorithmAssignments(), configuration.Seed, workers);
            return new TrainedRun(folder, task, algorithm, chosen, workers);
        }
        catch
        {
            workers.Dispose();
            throw;
        }
    }

    /// <summary>Puts the checkpoint's state into the algorithm.</summary>
    public void Restore() => Checkpoint.Restore(Algorithm, Folder.Options());

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

    static Checkpoint Read(string path) => File.Exists(path) ? Checkpoint.Read(path)
        : throw new OptionException("checkpoint", $"there is no checkpoint {path}");
}
