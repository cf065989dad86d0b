using System.Globalization;
using System.Text;
using RLSquared.Algorithms;
using RLSquared.Files;

namespace RLSquared.Runs;

/// <summary>
/// The folder of one run:
/// <code>
/// config.json        everything the run was told            environment.json   versions and processor
/// command.txt        the command that began it              metrics.jsonl      one line per iteration
/// checkpoints/       step-000012345678.safetensors (the last few) and best.safetensors
/// training.lock      held by the process that trains; training.json says which one that is
/// evaluation.json    the last evaluation beside all opponents
/// events.out.tfevents.…   the same figures for TensorBoard, a file per session
/// samples.jsonl      some of what a language model said, with rewards and advantages
/// policy.onnx        the policy for other engines, where it was exported
/// </code>
/// </summary>
public sealed class RunFolder
{
    const string ConfigurationName = "config.json", MachineName = "environment.json", CommandName = "command.txt";
    const string CheckpointsName = "checkpoints";
    internal const string SamplesName = "samples.jsonl";
    const string CheckpointPattern = "step-*.safetensors";

    RunLock? held;

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

    /// <summary>Some of what the run learned from, where its algorithm shows that (<see cref="SampleLog"/>).</summary>
    public string SamplesPath => System.IO.Path.Combine(Path, SamplesName);

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
        return FreePath(parent, NameOf(configuration), utc);
    }

    /// <summary>Begins a run below a folder, with a name that no other run has or gets, and holds its lock.</summary>
    /// <param name="parent">The folder of all runs.</param>
    /// <param name="configuration">What the run is told.</param>
    /// <param name="utc">When it begins.</param>
    /// <param name="command">The command that begins it.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    internal static RunFolder BeginBelow(string parent, RunConfiguration configuration, DateTime utc, string command)
    {
        (string path, RunLock held) = TakeNew(parent, NameOf(configuration), utc);
        return Write(path, configuration, command, held);
    }

    /// <summary>Makes an empty folder with a name that no other process gets, and takes its lock.</summary>
    internal static (string Path, RunLock Held) TakeNew(string parent, string what, DateTime utc)
    {
        while (true)
        {
            string path = FreePath(parent, what, utc);
            Directory.CreateDirectory(path);
            if (RunLock.TryTake(path) is not { } held)
                continue;                                   // two made it at once, and the other was first
            if (Directory.EnumerateFileSystemEntries(path).All(IsOfALock))
                return (path, held);
            held.Dispose();                                 // the other has begun its run and let go by now
        }
    }

    static string NameOf(RunConfiguration told) => $"{told.Task}-{told.Algorithm}-{told.Seed}";

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
    /// <exception cref="IOException">The folder cannot be written, or the run in it is being trained.</exception>
    public static RunFolder Create(string path, RunConfiguration configuration, string command, bool force = false)
    {
        RunFolder folder = Begin(path, configuration, command, force);
        folder.Hold().Dispose();
        return folder;
    }

    /// <summary>Begins a run and holds its lock.</summary>
    /// <inheritdoc cref="Create" path="/param"/>
    /// <inheritdoc cref="Create" path="/exception"/>
    internal static RunFolder Begin(string path, RunConfiguration configuration, string command, bool force = false)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        RequireFree(path, force);                           // before anything is written into a folder of others
        Directory.CreateDirectory(path);
        RunLock held = RunLock.Take(path);
        try
        {
            RequireFree(path, force);
            DeleteFiles(path);
            return Write(path, configuration, command, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    static RunFolder Write(string path, RunConfiguration configuration, string command, RunLock held)
    {
        var folder = new RunFolder(path, configuration) { held = held };
        Directory.CreateDirectory(folder.CheckpointsPath);
        // The configuration comes last: whatever folder has one is a whole run, and one that a killed process left
        // without may be begun again.
        WholeFile.Write(System.IO.Path.Combine(path, MachineName), Machine.Current().ToJson());
        WholeFile.Write(folder.CommandPath, Encoding.UTF8.GetBytes(command + "\n"));
        WholeFile.Write(System.IO.Path.Combine(path, ConfigurationName), configuration.ToJson());
        return folder;
    }

    static void RequireFree(string path, bool force)
    {
        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any())
            return;
        if (!Exists(path))
        {
            if (!Directory.EnumerateFileSystemEntries(path).All(IsOfABeginning))
                throw new OptionException("run", $"{path} is there already and is no run; name another folder");
            return;
        }
        RequireOurs(path);
        if (!force)
        {
            throw new OptionException(
                "run", $"{path} holds a run already; name another folder, go on with it (rl2 resume), or use --force");
        }
    }

    /// <summary>Requires that a folder with a configuration is a run, which <c>--force</c> may delete.</summary>
    /// <exception cref="OptionException">It is another program's, or a link to a folder elsewhere.</exception>
    internal static void RequireOurs(string path)
    {
        foreach (string part in (string[])[path, System.IO.Path.Combine(path, CheckpointsName)])
        {
            if (new DirectoryInfo(part).LinkTarget is { } target)
            {
                throw new OptionException("run",
                    $"{part} is a link to {target}; a run is never replaced through a link; name another folder");
            }
        }
        string configuration = System.IO.Path.Combine(path, ConfigurationName);
        try
        {
            RunConfiguration.Read(configuration);
        }
        catch (InvalidDataException failure)
        {
            throw new OptionException("run", $"{path} is there already, and is not a run that rl2 can replace " +
                $"({failure.Message}); name another folder, or delete this one yourself");
        }
    }

    // The files of a run, and nothing else that is in its folder.
    static void DeleteFiles(string path)
    {
        var folder = new RunFolder(path, null!);
        foreach (string old in (string[])[.. folder.CheckpointPaths, folder.BestCheckpointPath, folder.MetricsPath,
            folder.SamplesPath,
            folder.EvaluationPath, folder.OnnxPath, .. TensorBoardLog.FilesIn(path),
            System.IO.Path.Combine(path, MachineName), folder.CommandPath,
            System.IO.Path.Combine(path, ConfigurationName)])       // last: without it the rest would be no run
        {
            if (Directory.Exists(System.IO.Path.GetDirectoryName(old)))
                File.Delete(old);
        }
        foreach (string parent in (string[])[path, folder.CheckpointsPath])
        {
            if (Directory.Exists(parent))
                RemoveUnfinished(parent);
        }
    }

    /// <summary>Deletes a run, and its folders where nothing else is in them.</summary>
    /// <exception cref="OptionException">It is no run.</exception>
    /// <exception cref="IOException">It is being trained, or cannot be deleted.</exception>
    internal static void Delete(string path)
    {
        RequireOurs(path);
        using (RunLock.Take(path))
            DeleteFiles(path);
        foreach (string folder in (string[])[System.IO.Path.Combine(path, CheckpointsName), path])
        {
            if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
                Directory.Delete(folder);
        }
    }

    // What a process leaves that is killed while it makes or deletes a run.
    static bool IsOfABeginning(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        return name switch
        {
            MachineName or CommandName => true,
            CheckpointsName => Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).All(IsUnfinished),
            _ => IsUnfinished(path) || IsOfALock(path),
        };
    }

    static bool IsUnfinished(string path) => path.EndsWith(WholeFile.UnfinishedEnding, StringComparison.Ordinal);

    /// <summary>Whether a file is one that <see cref="RunLock"/> writes.</summary>
    internal static bool IsOfALock(string path) => System.IO.Path.GetFileName(path) is var name
        && (name == RunLock.FileName || name.StartsWith(RunLock.HolderName, StringComparison.Ordinal));

    static void RemoveUnfinished(string folder)
    {
        foreach (string unfinished in Directory.EnumerateFiles(folder, "*" + WholeFile.UnfinishedEnding))
            File.Delete(unfinished);
    }

    /// <summary>
    /// The lock of the run, for the process that writes to it. It is held from here on, if it was not before, until it
    /// is disposed of.
    /// </summary>
    /// <exception cref="IOException">Another process trains the run; the message says which.</exception>
    internal RunLock Hold() => IsHeld ? held! : held = RunLock.Take(Path);

    /// <summary>Whether this object holds the lock of the run.</summary>
    internal bool IsHeld => held is { IsHeld: true };

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

    /// <summary>Writes the best checkpoint so far.</summary>
    /// <exception cref="IOException">It cannot be written; what was there before is still there.</exception>
    internal void WriteBest(IAlgorithm algorithm, CheckpointFacts facts) =>
        Checkpoint.Write(BestCheckpointPath, algorithm, facts, Options());

    /// <summary>
    /// Deletes checkpoints that are no longer kept, and what a killed process left unfinished.
    /// </summary>
    /// <exception cref="IOException">One cannot be deleted.</exception>
    internal void RemoveRemains()
    {
        foreach (string old in CheckpointPaths.SkipLast(Keep))
            File.Delete(old);
        if (Directory.Exists(CheckpointsPath))
            RemoveUnfinished(CheckpointsPath);
    }

    /// <summary>The options of task and algorithm in one dictionary.</summary>
    public Dictionary<string, string> Options() => Configuration.Options();
}
