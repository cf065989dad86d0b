using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using System.Security.Cryptography;
using RLSquared.Algorithms;
using RLSquared.Tasks;

namespace RLSquared.Runs;

/// <summary>
/// The tasks and algorithms of a user's assembly (<c>--assembly My.dll</c>). These are found:
/// <list type="bullet">
/// <item>public classes derived from <see cref="TaskDistribution"/> that have a constructor without parameters;</item>
/// <item>public static properties of type <see cref="TaskDistribution"/>, such as one that
/// <see cref="TaskDistribution.FromEnvironment"/> makes;</item>
/// <item>public static properties of type <see cref="TaskEntry"/> (a task with options for <c>--set</c>) and
/// <see cref="AlgorithmEntry"/>. The class that has one is not made by its constructor besides.</item>
/// </list>
/// The file is read whole before anything of it runs, so that it may be built anew while a run goes on.
/// </summary>
[RequiresUnreferencedCode(OwnAssembly.Unseen), RequiresDynamicCode(OwnAssembly.Unseen)]
internal sealed class OwnAssembly
{
    /// <summary>Why code that is trimmed or compiled ahead of time cannot load an assembly.</summary>
    internal const string Unseen = "It loads an assembly that trimming and compiling ahead of time have not seen.";

    readonly List<(TaskEntry Entry, Type From)> tasks = [];
    readonly List<AlgorithmEntry> algorithms = [];
    readonly List<string> nearMisses = [];
    readonly string name;

    OwnAssembly(AssemblyFile file) => (File, name) = (file, Path.GetFileName(file.Path));

    /// <summary>Where it is, and which build of it.</summary>
    public AssemblyFile File { get; }

    /// <summary>Its tasks.</summary>
    public IReadOnlyList<TaskEntry> Tasks => [.. tasks.Select(task => task.Entry)];

    /// <summary>Its algorithms.</summary>
    public IReadOnlyList<AlgorithmEntry> Algorithms => algorithms;

    /// <summary>Reads an assembly and finds what it offers.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">The hash that it must have, in hexadecimal, before anything of it runs; null for any.
    /// </param>
    /// <exception cref="OptionException">
    /// It is not one, has another hash, fits no present version, or offers nothing.
    /// </exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static OwnAssembly Load(string path, string? expected = null)
    {
        string full = Path.GetFullPath(path);
        if (!System.IO.File.Exists(full))
        {
            throw Wrong($"there is no file {path}; " +
                "name the .dll that dotnet build has written, such as bin/Release/net10.0/My.dll");
        }
        byte[] bytes = System.IO.File.ReadAllBytes(full);
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (expected is not null && hash != expected)
        {
            throw Wrong($"{path} is not the build that the run began with, so its task may be another one; " +
                $"to use it all the same, name it: --assembly {path}");
        }
        RequireFit(path, bytes);
        var found = new OwnAssembly(new(full, hash));
        try
        {
            string symbols = Path.ChangeExtension(full, ".pdb");
            Assembly assembly = new OwnContext(full).LoadFromStream(
                new MemoryStream(bytes),
                System.IO.File.Exists(symbols) ? new MemoryStream(System.IO.File.ReadAllBytes(symbols)) : null);
            foreach (Type type in assembly.GetTypes())
                found.Search(type);
        }
        catch (Exception failure) when (
            failure is ReflectionTypeLoadException or TypeLoadException or FileLoadException or FileNotFoundException
            or BadImageFormatException or InvalidOperationException)
        {
            string why = (failure as ReflectionTypeLoadException)?.LoaderExceptions.FirstOrDefault()?.Message
                ?? failure.Message;
            throw Wrong($"{path} cannot be loaded: {why.TrimEnd('.')}; build it anew against RLSquared {Here}");
        }
        found.RequireDistinctNames();
        return found.tasks.Count + found.algorithms.Count > 0 ? found : throw Wrong($"{path} has no task; looked for " +
            "public classes derived from TaskDistribution that have a constructor without parameters, and for public " +
            "static properties of type TaskDistribution or TaskEntry" +
            string.Concat(found.nearMisses.Select(miss => "; " + miss)));
    }

    /// <summary>
    /// Where code of such an assembly threw something: 'Maze.Step in My.dll, line 31, throws …'; null if it was not
    /// there.
    /// </summary>
    public static string? Blame(Exception failure)
    {
        foreach (var frame in new System.Diagnostics.StackTrace(failure, fNeedFileInfo: true).GetFrames())
        {
            if (frame.GetMethod() is not { } method || ContextOf(method) is not { } context)
                continue;
            string line = frame.GetFileLineNumber() is > 0 and var number ? $", line {number}," : "";
            string type = method.DeclaringType is { } declaring ? declaring.Name + "." : "";
            return $"{type}{method.Name.TrimStart('.')} in {context.Name}{line} throws {failure.GetType().Name}: " +
                failure.Message.TrimEnd('.');
        }
        return null;
    }

    static Version Here => typeof(TaskDistribution).Assembly.GetName().Version!;

    static OwnContext? ContextOf(MethodBase method) =>
        AssemblyLoadContext.GetLoadContext(method.Module.Assembly) as OwnContext;

    static OptionException Wrong(string message) => new("--assembly", message);

    // Looks at the file without running anything of it.
    static void RequireFit(string path, byte[] bytes)
    {
        try
        {
            using var reader = new PEReader(new MemoryStream(bytes));
            if (!reader.HasMetadata)
                throw new BadImageFormatException();
            MetadataReader metadata = reader.GetMetadataReader();
            string library = typeof(TaskDistribution).Assembly.GetName().Name!;
            Version? built = metadata.AssemblyReferences.Select(metadata.GetAssemblyReference)
                .Where(reference => metadata.StringComparer.Equals(reference.Name, library))
                .Select(reference => reference.Version).FirstOrDefault();
            if (built is null)
                throw Wrong($"{path} has no task: it does not use {library}; name the .dll of a project that does");
            if (!Fits(built, Here))
            {
                throw Wrong($"{path} was built against {library} {built.ToString(3)}, and this is " +
                    $"{Here.ToString(3)}; build it anew against this version");
            }
        }
        catch (BadImageFormatException)
        {
            throw Wrong($"{path} is no .NET assembly; name the .dll that dotnet build has written");
        }
    }

    // Before 1.0 each minor version may break; after it, each major one. What was built against a later one never fits.
    internal static bool Fits(Version built, Version here) => built <= here && built.Major == here.Major
        && (here.Major > 0 || built.Minor == here.Minor);

    void Search(Type type)
    {
        bool isTask = type.IsSubclassOf(typeof(TaskDistribution)), isPublic = type.IsVisible;
        bool declares = false;
        if (isPublic && !type.ContainsGenericParameters)
        {
            foreach (PropertyInfo property in type.GetProperties(
                BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
                declares |= Take(type, property);
        }
        if (declares)
            return;
        if (isTask && !type.IsAbstract)
        {
            if (isPublic && !type.ContainsGenericParameters && type.GetConstructor([]) is { } constructor)
                Add(type, () => (TaskDistribution)constructor.Invoke([]));
            else
                nearMisses.Add($"the task {type.Name} {(isPublic ? "has no such constructor" : "is not public")}");
        }
        else if (type.IsSubclassOf(typeof(SingleEnvironment)) && !type.IsAbstract)
        {
            nearMisses.Add($"the environment {type.Name} needs a public static property on a public class: " +
                $"TaskDistribution Task => TaskDistribution.FromEnvironment(…, () => new {type.Name}())");
        }
    }

    bool Take(Type type, PropertyInfo property)
    {
        if (property.PropertyType.IsAssignableTo(typeof(TaskDistribution)))
        {
            Add(type, () => (TaskDistribution?)property.GetValue(null)
                ?? throw new InvalidDataException($"{type.Name}.{property.Name} in {name} is null and no task"));
            return true;
        }
        if (property.PropertyType != typeof(TaskEntry) && property.PropertyType != typeof(AlgorithmEntry))
            return false;
        object? value;
        try
        {
            value = property.GetValue(null);
        }
        catch (TargetInvocationException failure)
        {
            throw Broken(type, failure);
        }
        switch (value)
        {
            case TaskEntry entry: tasks.Add((entry, type)); return true;
            case AlgorithmEntry entry: algorithms.Add(entry); return true;
            default: throw new InvalidDataException($"{type.Name}.{property.Name} in {name} is null and no entry");
        }
    }

    // A task that cannot be made does not stand in the way of the others: it says so when it is asked for.
    void Add(Type type, Func<TaskDistribution> create)
    {
        string description = $"{type.Name} of {name}";
        try
        {
            tasks.Add((TaskEntry.Of(create().Name, description, create), type));
        }
        catch (Exception failure)
        {
            InvalidDataException broken = failure is TargetInvocationException ? Broken(type, failure)
                : failure as InvalidDataException ?? new($"the task {type.Name} of {name}: {failure.Message}", failure);
            tasks.Add((TaskEntry.Of(type.Name, $"{description}; it cannot be made", () => throw broken), type));
        }
    }

    // What static members throw comes wrapped twice.
    InvalidDataException Broken(Type type, Exception failure)
    {
        while (failure is TargetInvocationException or TypeInitializationException
            && failure.InnerException is { } inner)
            failure = inner;
        return new InvalidDataException(
            $"the task {type.Name} of {name} cannot be made: {Blame(failure) ?? failure.Message}", failure);
    }

    void RequireDistinctNames()
    {
        foreach (var same in tasks.GroupBy(task => task.Entry.Name, StringComparer.OrdinalIgnoreCase))
        {
            if (same.Count() > 1)
            {
                throw Wrong($"{name} has {same.Count()} tasks called '{same.Key}', of " +
                    $"{string.Join(" and ", same.Select(task => task.From.Name))}; give each a name of its own");
            }
        }
    }

    /// <summary>
    /// Finds what the assembly needs beside it, and shares the library itself, so that its types are the same on both
    /// sides.
    /// </summary>
    [RequiresUnreferencedCode(Unseen), RequiresDynamicCode(Unseen)]
    sealed class OwnContext(string path) : AssemblyLoadContext(Path.GetFileName(path))
    {
        readonly AssemblyDependencyResolver resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name is "RLSquared" or "RLSquared.Tensors" ? null
            : resolver.ResolveAssemblyToPath(assemblyName) is { } file ? LoadFromAssemblyPath(file) : null;
    }
}
