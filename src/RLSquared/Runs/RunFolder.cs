using System.Globalization;
using System.Text;
using RLSquared.Algorithms;

namespace RLSquared.Runs;

/// <summary>
/// The folder of one run:
/// <code>
/// config.json        everything the run was told            environment.json   versions and processor
/// command.txt        the command that began it              metrics.jsonl      one line per iteration
/// checkpoints/       step-000012345678.safetensors (the last few) and best.safetensors
/// evaluation.json    the last evaluation beside all opponents
/// events.out.tfevents.…   the same figures for TensorBoard, a file per session
/// policy.onnx        the policy for other engines, where it was exported
/// </code>
/// </summary>
public sealed class RunFolder
{
    const string ConfigurationName = "config.json", MachineName = "environment.json", CommandName = "command.txt";
    const string CheckpointsName = "checkpoints";
    const string CheckpointPattern = "step-*.safetensors";

    RunFolder(string path, RunConfiguration configuration) =>
        (Path, Configuration) = (path, configuration);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What the run was told.</summary>
    public RunConfiguration Configuration { get; }

    /// <summary>How many of the last checkpoints are kept; the best one is kept besides.</summary>
    public int Keep { get; init; } = 3;

    /// <summary>The command that began the run.</summary>
    public string CommandPath => System.IO.Path.Combine(Path, CommandName);

    /// <summary>The log of figures.</summary>
    public string MetricsPath => System.IO.Path.Combine(Path, "metrics.jsonl");

    /// <summary>
    /// The last evaluation of the run on its own task beside all opponents; not there before the training has ended.
    /// </summary>
    public string EvaluationPath => System.IO.Path.Combine(Path, "evaluation.json");

    /// <summary>The policy as an ONNX model; not there before it was exported.</summary>
    public string OnnxPath => System.IO.Path.Combine(Path, "policy.onnx");

    /// <summary>The folder of the checkpoints.</summary>
    public string CheckpointsPath => System.IO.Path.Combine(Path, CheckpointsName);

    /// <summary>The checkpoint of the highest mean return so far.</summary>
    public string BestCheckpointPath => System.IO.Path.Combine(CheckpointsPath, "best.safetensors");

    /// <summary>The last checkpoints, oldest first.</summary>
    public IReadOnlyList<string> CheckpointPaths => Directory.Exists(CheckpointsPath)
        ? [.. Directory.EnumerateFiles(CheckpointsPath, CheckpointPattern).Order(StringComparer.Ordinal)] : [];

    /// <summary>The name of a new run, <c>bandits-rl2-1-20260131-235959</c>, below <paramref name="parent"/>.</summary>
    /// <param name="parent">The folder of all runs.</param>
    /// <param name="configuration">What the run is told.</param>
    /// <param name="utc">When it begins.</param>
    public static string NewPath(string parent, RunConfiguration configuration, DateTime utc)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return FreePath(parent, $"{configuration.Task}-{configuration.Algorithm}-{configuration.Seed}", utc);
    }

    /// <summary>A name with the time behind it, and a number where that is there already.</summary>
    internal static string FreePath(string parent, string what, DateTime utc)
    {
        string name = $"{what}-{utc.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}";
        string path = System.IO.Path.Combine(parent, name);
        for (int again = 2; Directory.Exists(path); again++)
            path = System.IO.Path.Combine(parent, $"{name}-{again}");
        return path;
    }

    /// <summary>Begins a run.</summary>
    /// <param name="path">The folder to make.</param>
    /// <param name="configuration">What the run is told.</param>
    /// <param name="command">The command that begins it.</param>
    /// <param name="force">Whether a run that is there already may be deleted.</param>
    /// <exception cref="OptionException">
    /// The folder is there already and holds a run, without <paramref name="force"/>; or something that is no run.
    /// </exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static RunFolder Create(string path, RunConfiguration configuration, string command, bool force = false)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            bool isRun = File.Exists(System.IO.Path.Combine(path, ConfigurationName));
            if (!isRun && !Directory.EnumerateFileSystemEntries(path).All(IsOfABeginning))
                throw new OptionException("run", $"{path} is there already and is no run; name another folder");
            if (isRun && !force)
            {
                throw new OptionException(
                    "run", $"{path} holds a run already; " +
                    "name another folder, go on with it (rl2 resume), or use --force");
            }
        }
        var folder = new RunFolder(path, configuration);
        Directory.CreateDirectory(folder.CheckpointsPath);
        foreach (string old in Directory.EnumerateFiles(folder.CheckpointsPath))
            File.Delete(old);
        File.Delete(folder.MetricsPath);
        File.Delete(folder.EvaluationPath);
        File.Delete(folder.OnnxPath);
        foreach (string old in TensorBoardLog.FilesIn(path))
            File.Delete(old);
        File.Delete(System.IO.Path.Combine(path, ConfigurationName));
        // The configuration comes last: whatever folder has one is a whole run, and one that a killed process left
        // without may be begun again.
        WholeFile.Write(System.IO.Path.Combine(path, MachineName), Machine.Current().ToJson());
        WholeFile.Write(folder.CommandPath, Encoding.UTF8.GetBytes(command + "\n"));
        WholeFile.Write(System.IO.Path.Combine(path, ConfigurationName), configuration.ToJson());
        return folder;
    }

    // What the lines above leave when the process is killed before the last of them.
    static bool IsOfABeginning(string path) => System.IO.Path.GetFileName(path) switch
    {
        MachineName or CommandName => true,
        CheckpointsName => Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any(),
        var name => name.EndsWith(WholeFile.UnfinishedEnding, StringComparison.Ordinal),
    };

    /// <summary>Whether a folder is a run's.</summary>
    internal static bool Exists(string path) => File.Exists(System.IO.Path.Combine(path, ConfigurationName));

    /// <summary>Opens the folder of a run that was begun before.</summary>
    /// <exception cref="OptionException">There is no such folder, or it is no run's.</exception>
    /// <exception cref="InvalidDataException">Its configuration cannot be read.</exception>
    public static RunFolder Open(string path)
    {
        if (!Directory.Exists(path))
            throw new OptionException("run", $"there is no run folder {path}");
        string configuration = System.IO.Path.Combine(path, ConfigurationName);
        if (!File.Exists(configuration))
            throw new OptionException("run", $"{path} is no run folder: it has no {ConfigurationName}");
        return new RunFolder(path, RunConfiguration.Read(configuration));
    }

    /// <summary>What the run was begun with and on; null where the folder has no <c>environment.json</c>.</summary>
    /// <exception cref="InvalidDataException">It is not one that this version writes; the message says why.</exception>
    public Machine? ReadMachine()
    {
        string path = System.IO.Path.Combine(Path, MachineName);
        return File.Exists(path) ? Machine.Read(path) : null;
    }

    /// <summary>The last checkpoint, read and checked.</summary>
    /// <exception cref="InvalidDataException">There is none, or it is damaged.</exception>
    public Checkpoint ReadLastCheckpoint() => ReadLast(Checkpoint.Read);

    /// <summary>Reads the last checkpoint.</summary>
    /// <param name="read">Reads a file; called again with a newer one if training has just deleted that file.</param>
    /// <exception cref="InvalidDataException">There is none, or it is damaged.</exception>
    internal T ReadLast<T>(Func<string, T> read)
    {
        const int attempts = 3;
        for (int attempt = 1; ; attempt++)
        {
            IReadOnlyList<string> paths = CheckpointPaths;
            if (paths.Count == 0)
            {
                throw new InvalidDataException(
                    $"{Path} has no checkpoint yet; if it is being trained, wait for the first, else go on with it: " +
                    $"rl2 resume {Path}");
            }
            try
            {
                return read(paths[^1]);
            }
            catch (FileNotFoundException) when (attempt < attempts)
            {
                // Listed, and then deleted because newer ones have been written: those are listed now.
            }
            catch (InvalidDataException failure) when (paths.Count > 1)
            {
                throw new InvalidDataException($"{failure.Message}; the one before it is {paths[^2]}", failure);
            }
        }
    }

    /// <summary>Writes a checkpoint and deletes those that are no longer kept.</summary>
    /// <param name="algorithm">Whose state.</param>
    /// <param name="facts">How far the run has come.</param>
    /// <param name="best">Whether it is the best one so far.</param>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">It cannot be written; what was there before is still there.</exception>
    public string WriteCheckpoint(IAlgorithm algorithm, CheckpointFacts facts, bool best)
    {
        string path = System.IO.Path.Combine(CheckpointsPath, $"step-{facts.Steps:D12}.safetensors");
        Dictionary<string, string> options = Options();
        // The best one first: a run that is killed between the two then goes on from the checkpoint before, comes here
        // again and writes both. The other way round it would know of a best return whose weights were never kept.
        if (best)
            Checkpoint.Write(BestCheckpointPath, algorithm, facts, options);
        Checkpoint.Write(path, algorithm, facts, options);
        RemoveRemains();
        return path;
    }

    /// <summary>
    /// Deletes checkpoints that are no longer kept, and what a killed process left unfinished.
    /// </summary>
    /// <exception cref="IOException">One cannot be deleted.</exception>
    internal void RemoveRemains()
    {
        foreach (string old in CheckpointPaths.SkipLast(Keep))
            File.Delete(old);
        if (!Directory.Exists(CheckpointsPath))
            return;
        foreach (string unfinished in Directory.EnumerateFiles(CheckpointsPath, "*" + WholeFile.UnfinishedEnding))
            File.Delete(unfinished);
    }

    /// <summary>The options of task and algorithm in one dictionary.</summary>
    public Dictionary<string, string> Options() => Configuration.Options();
}
