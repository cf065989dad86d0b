using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RLSquared.Algorithms;
using RLSquared.Settings;
using RLSquared.Tensors.Files;

namespace RLSquared.Runs;

/// <summary>
/// Everything that a run was told, defaults and preset included: what <c>config.json</c> holds, and enough to repeat
/// the run.
/// </summary>
public sealed record RunConfiguration
{
    /// <summary>The version of this layout that the present code writes and reads.</summary>
    public const int CurrentVersion = 1;

    const string Steps = "steps";

    /// <summary>The version of the layout.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The task's name.</summary>
    public required string Task { get; init; }

    /// <summary>Every option of the task with its value.</summary>
    public required IReadOnlyDictionary<string, string> TaskOptions { get; init; }

    /// <summary>The algorithm's name.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The preset that the options started from.</summary>
    public required string Preset { get; init; }

    /// <summary>Every option of the algorithm with its value.</summary>
    public required IReadOnlyDictionary<string, string> AlgorithmOptions { get; init; }

    /// <summary>The seed of everything random.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Threads. The results do not depend on it.</summary>
    public required int Threads { get; init; }

    /// <summary>The device that trains, by name, or null for the processor. The results' bits depend on it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Device { get; init; }

    /// <summary>How long to train, as <see cref="Budget.Parse"/> reads it.</summary>
    public required string Budget { get; init; }

    /// <summary>How often to write a checkpoint, as <see cref="Budget.Parse"/> reads it.</summary>
    public required string CheckpointEvery { get; init; }

    /// <summary>
    /// How often to evaluate while training, as <see cref="Interval.Parse"/> reads it, or null for never.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EvaluateEvery { get; init; }

    /// <summary>The evaluation's mean return at which to stop, or null to spend the whole budget.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? StopAt { get; init; }

    /// <summary>
    /// The checkpoint whose weights the run began with, or null when it began with fresh ones. To resume the run it is
    /// needed only until the run has a checkpoint of its own.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? From { get; init; }

    /// <summary>What the training counts (<see cref="IAlgorithm.Unit"/>), or null for steps.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Unit { get; init; }

    /// <summary>The user's assembly that the task or the algorithm is in, or null for one of the library.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AssemblyFile? Assembly { get; init; }

    /// <summary>The task's options as assignments.</summary>
    public IEnumerable<Assignment> TaskAssignments() =>
        TaskOptions.Select(pair => new Assignment(pair.Key, pair.Value));

    /// <summary>The algorithm's options as assignments.</summary>
    public IEnumerable<Assignment> AlgorithmAssignments() =>
        AlgorithmOptions.Select(pair => new Assignment(pair.Key, pair.Value));

    /// <summary>The options of task and algorithm in one dictionary.</summary>
    public Dictionary<string, string> Options()
    {
        var options = new Dictionary<string, string>(TaskOptions, StringComparer.Ordinal);
        foreach ((string key, string value) in AlgorithmOptions)
            options[key] = value;
        return options;
    }

    /// <summary>What the training counts, as it reads behind a number.</summary>
    internal string Counted => Unit ?? Steps;

    /// <summary>The same, with what its algorithm counts.</summary>
    internal RunConfiguration CountedBy(IAlgorithm algorithm) =>
        this with { Unit = algorithm.Unit == Steps ? null : algorithm.Unit };

    /// <summary>The same on another device; null for the same device.</summary>
    internal RunConfiguration On(string? device) => device is null ? this : this with { Device = device };

    /// <summary>Assignments as a dictionary that keeps their order.</summary>
    public static IReadOnlyDictionary<string, string> Options(IEnumerable<Assignment> assignments) =>
        assignments.ToDictionary(assignment => assignment.Key, assignment => assignment.Value, StringComparer.Ordinal);

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <exception cref="InvalidDataException">It is not one that this version writes; the message says why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RunConfiguration Read(string path)
    {
        const string fault = "is no run's configuration";
        RunConfiguration read = RunJson.Read(path, RunJson.Default.RunConfiguration, fault);
        if (read.Version != CurrentVersion)
        {
            throw new InvalidDataException(
                $"{path} has version {read.Version} of its layout, and this program reads version {CurrentVersion}");
        }
        try
        {
            Require.AtLeast("threads", read.Threads, 1);
            Runs.Budget.Parse(read.Budget);
            Runs.Budget.Parse(read.CheckpointEvery);
            if (read.EvaluateEvery is { } every)
                Interval.Parse(every);
        }
        catch (OptionException failure)
        {
            throw new InvalidDataException($"{path} {fault}: {Excerpt.Of(failure.Message)}", failure);
        }
        // Whether texts may be null is not looked at within a dictionary.
        foreach ((string key, string? value) in read.TaskOptions.Concat(read.AlgorithmOptions))
        {
            if (value is null)
                throw new InvalidDataException($"{path} {fault}: its option {Excerpt.Of(key)} has no value");
        }
        return read;
    }

    /// <summary>The same as a table for people.</summary>
    internal string ToMarkdown()
    {
        IEnumerable<KeyValuePair<string, string>> rows =
        [
            new("task", Task), .. TaskOptions, new("algorithm", Algorithm), new("preset", Preset), .. AlgorithmOptions,
            new("seed", Seed.ToString(CultureInfo.InvariantCulture)),
            new("threads", Threads.ToString(CultureInfo.InvariantCulture)), new("budget", Budget),
            .. Device is null ? [] : (KeyValuePair<string, string>[])[new("device", Device)],
        ];
        return "| option | value |\n|---|---|\n" + string.Concat(rows.Select(
            row => $"| {row.Key} | {row.Value.Replace("|", "\\|", StringComparison.Ordinal)} |\n"));
    }

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RunJson.Default.RunConfiguration);
}

/// <summary>A build of an assembly.</summary>
/// <param name="Path">The file, from the root of the file system on.</param>
/// <param name="Sha256">The hash of its bytes, in hexadecimal.</param>
public sealed record AssemblyFile(string Path, string Sha256)
{
    internal string Name => System.IO.Path.GetFileName(Path);
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunConfiguration))]
[JsonSerializable(typeof(Machine))]
[JsonSerializable(typeof(LockHolder))]
internal sealed partial class RunJson : JsonSerializerContext
{
    /// <summary>Reads a file that this program wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="fault">What is said of a file that holds something else: 'is no run's configuration'.</param>
    public static T Read<T>(string path, JsonTypeInfo<T> type, string fault) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(ReadBytes(path, fault), type)
                ?? throw new InvalidDataException($"{path} {fault}: it holds null");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)  // no text, in escapes
        {
            throw new InvalidDataException($"{path} {fault}: {Excerpt.Of(failure.Message)}", failure);
        }
    }

    // No file of ours is longer, and nothing of one that is has to be read to say so. Pipes and devices have no length;
    // they are not opened, for that may wait for ever.
    static byte[] ReadBytes(string path, string fault)
    {
        const int longest = 1 << 20;
        var file = new FileInfo(path);
        if (file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
            file = target;
        if (file.Exists && file.Length is 0 or > longest)
        {
            throw new InvalidDataException(
                $"{path} {fault}: it is {(file.Length == 0 ? "empty" : $"longer than {longest} bytes")}");
        }
        return File.ReadAllBytes(path);
    }
}
