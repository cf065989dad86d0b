using System.Diagnostics.CodeAnalysis;
using RLSquared.Algorithms;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Runs;

/// <summary>The tasks, algorithms and devices that can be named: those of the library, and others besides.</summary>
/// <param name="moreTasks">Tasks besides those of the library.</param>
/// <param name="moreAlgorithms">Algorithms besides those of the library.</param>
/// <param name="moreDevices">Devices besides the processor.</param>
internal sealed class Catalogues(
    IReadOnlyList<TaskEntry>? moreTasks = null, IReadOnlyList<AlgorithmEntry>? moreAlgorithms = null,
    IReadOnlyList<DeviceEntry>? moreDevices = null)
{
    /// <summary>All tasks.</summary>
    public Catalogue<TaskEntry> Tasks { get; private init; } = TaskCatalogue.Entries.With(moreTasks ?? []);

    /// <summary>All algorithms; the first is what <c>train</c> uses when neither user nor task names one.</summary>
    public Catalogue<AlgorithmEntry> Algorithms { get; private init; } =
        AlgorithmCatalogue.Entries.With(moreAlgorithms ?? []);

    /// <summary>All devices; the first is the processor.</summary>
    public Catalogue<DeviceEntry> Devices { get; private init; } =
        new("device", entry => entry.Name, [DeviceEntry.Cpu, .. moreDevices ?? []]);

    /// <summary>The algorithm that learns what is made with this entry where the user names none.</summary>
    public string AlgorithmFor(TaskEntry task) => task.Algorithm ?? Algorithms[0].Name;

    /// <summary>
    /// The algorithm of a name for a task. Two that learn problems of different kinds may have one name, as PPO of
    /// tasks that an agent plays and PPO of language models: it is the one that learns what the task's own algorithm
    /// learns.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="task">What is to be learned.</param>
    /// <exception cref="OptionException">There is none; the message names the nearest.</exception>
    public AlgorithmEntry Algorithm(string name, TaskEntry task)
    {
        AlgorithmEntry found = Algorithms.Find(name);
        AlgorithmEntry? own = Algorithms.FirstOrDefault(entry => entry.Name == AlgorithmFor(task));
        return own is null ? found : Algorithms.FirstOrDefault(
            entry => entry.Name == found.Name && entry.LearnsTheKindOf(own)) ?? found;
    }

    /// <summary>The user's assembly whose tasks and algorithms are among them, if there is one.</summary>
    public OwnAssembly? Own { get; private init; }

    /// <summary>The same with the tasks and algorithms of a user's assembly.</summary>
    /// <param name="path">The assembly, or null for the same catalogues.</param>
    /// <exception cref="OptionException">It cannot be used; the message says why.</exception>
    [RequiresUnreferencedCode(OwnAssembly.Unseen), RequiresDynamicCode(OwnAssembly.Unseen)]
    public Catalogues With(string? path) => path is null ? this : With(OwnAssembly.Load(path));

    Catalogues With(OwnAssembly own)
    {
        RequireNew("task", own.Tasks.Select(entry => entry.Name), Tasks.Names);
        RequireNew("algorithm", own.Algorithms.Select(entry => entry.Name), Algorithms.Names);
        return new Catalogues
        {
            Tasks = Tasks.With(own.Tasks),
            Algorithms = Algorithms.With(own.Algorithms),
            Devices = Devices,
            Own = own,
        };

        void RequireNew(string kind, IEnumerable<string> names, IEnumerable<string> known)
        {
            if (names.Intersect(known, StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } taken)
            {
                throw new OptionException("--assembly", $"the {kind} '{taken}' of {own.File.Name} has the " +
                    $"name of one of RLSquared; give it a name of its own");
            }
        }
    }

    /// <summary>
    /// The same with the assembly that a run began with, if the user has not named one. A run's folder may come from
    /// anyone, and what it names is run only if it is the very build, on this machine and outside of that folder.
    /// </summary>
    /// <param name="configuration">What the run was told.</param>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="OptionException">
    /// It is not there any more, is another build, came with the run, or cannot be used.
    /// </exception>
    [RequiresUnreferencedCode(OwnAssembly.Unseen), RequiresDynamicCode(OwnAssembly.Unseen)]
    public Catalogues For(RunConfiguration configuration, string? folder = null)
    {
        if (Own is not null || configuration.Assembly is not { Path: var path } began)
            return this;
        if (!Path.IsPathFullyQualified(path) || path.StartsWith(@"\\", StringComparison.Ordinal)
            || (folder is not null && IsBelow(path, folder)))
        {
            throw new OptionException("--assembly", $"the run's task is in {path}, which is not run unless you say " +
                $"so, for it came with the run; if you trust it, name it: --assembly {path}");
        }
        return File.Exists(path) ? With(OwnAssembly.Load(path, began.Sha256)) : throw new OptionException("--assembly",
            $"the run's task was in {path}, which is not there any more; say where it is now: --assembly FILE.dll");
    }

    static bool IsBelow(string path, string folder) => Path.GetFullPath(path).StartsWith(
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar,
        StringComparison.OrdinalIgnoreCase);

    /// <summary>How the user's own assembly differs from the one that a run began with, or null.</summary>
    public string? ChangeSince(RunConfiguration configuration) =>
        configuration.Assembly is { } began && Own?.File is { } now && now.Sha256 != began.Sha256
            ? $"{now.Path} is not the build that the run began with, so its task may be another one" : null;

    /// <summary>Whether a task is of the user's assembly.</summary>
    public bool IsOwn(TaskEntry task) => Own is not null && Own.Tasks.Contains(task);
}
