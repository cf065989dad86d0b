using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using RLSquared.Files;

namespace RLSquared.Runs;

/// <summary>
/// A folder of runs that differ by the seed alone, as <c>rl2 train --seeds 5</c> makes it: <c>seed-1</c>,
/// <c>seed-2</c>, …, each a run's folder of its own, and <c>seeds.json</c>, which says how many were asked for.
/// </summary>
internal static class SeedRuns
{
    const string Prefix = "seed-", PlanName = "seeds.json";

    /// <summary>Where the run of a seed is.</summary>
    public static string PathOf(string folder, ulong seed) =>
        Path.Combine(folder, Prefix + seed.ToString(CultureInfo.InvariantCulture));

    /// <summary>The runs of such a folder by rising seed; none where it is no such folder.</summary>
    public static IReadOnlyList<string> In(string folder) => !Directory.Exists(folder) ? [] :
    [
        .. from path in Directory.EnumerateDirectories(folder, Prefix + "*")
           let digits = Path.GetFileName(path)[Prefix.Length..]
           where ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _)
           where File.Exists(Path.Combine(path, "config.json"))
           orderby ulong.Parse(digits, CultureInfo.InvariantCulture)
           select path,
    ];

    /// <summary>Whether a folder is one of seeds.</summary>
    public static bool IsFolder(string path) => !File.Exists(Path.Combine(path, "config.json"))
        && (File.Exists(Path.Combine(path, PlanName)) || In(path).Count > 0);

    /// <summary>The seeds that were asked for and have no run, because the process was killed before it made them.
    /// </summary>
    /// <exception cref="InvalidDataException">The file that says what was asked for is damaged.</exception>
    public static IReadOnlyList<ulong> Missing(string folder) =>
        ReadPlan(folder)?.Seeds.Where(seed => !File.Exists(Path.Combine(PathOf(folder, seed), "config.json"))).ToArray()
            ?? [];

    /// <summary>Begins the runs of the seeds that are missing. The folder's lock must be held.</summary>
    public static void Complete(string folder)
    {
        foreach (ulong seed in Missing(folder))
        {
            SeedPlan plan = ReadPlan(folder)!;
            RunFolder.Create(PathOf(folder, seed), plan.Configuration with { Seed = seed }, plan.Command);
        }
    }

    // Null in a folder of an earlier version.
    static SeedPlan? ReadPlan(string folder)
    {
        string path = Path.Combine(folder, PlanName);
        return File.Exists(path) ? RunJson.Read(path, SeedJson.Default.SeedPlan, "does not say which seeds") : null;
    }

    /// <summary>Each folder of seeds replaced by its runs; a run's folder stays as it is.</summary>
    public static IEnumerable<string> Expand(IEnumerable<string> paths) =>
        paths.SelectMany(path => IsFolder(path) ? In(path) : [path]);

    /// <summary>
    /// Records what was asked for, and makes the folders of all seeds, so that what is not done yet can be seen and
    /// resumed.
    /// </summary>
    /// <param name="folder">The folder to make; null for one below <paramref name="parent"/> with the time in its name:
    /// <c>bandits-rl2-seeds-20260131-235959</c>.</param>
    /// <param name="parent">The folder of all runs.</param>
    /// <param name="configuration">What each run is told, but for its seed: this one's seed is the first.</param>
    /// <param name="count">How many seeds.</param>
    /// <param name="command">The command that begins them.</param>
    /// <param name="force">Whether seeds that are there already may be deleted.</param>
    /// <returns>The folder, and its lock.</returns>
    /// <exception cref="OptionException">The folder is there and holds something, or seeds without force.</exception>
    /// <exception cref="IOException">Another process trains in it.</exception>
    public static (string Folder, RunLock Held) Create(
        string? folder, string parent, RunConfiguration configuration, int count, string command, bool force)
    {
        if (configuration.Seed > ulong.MaxValue - (ulong)count + 1)
        {
            throw new OptionException(
                "--seeds", $"there are no {count} seeds from {configuration.Seed} on; begin with a smaller --seed");
        }
        (string path, RunLock held) = folder is null
            ? RunFolder.TakeNew(parent, $"{configuration.Task}-{configuration.Algorithm}-seeds", DateTime.UtcNow)
            : (folder, Take(folder, force));
        try
        {
            ulong[] seeds = [.. Enumerable.Range(0, count).Select(i => configuration.Seed + (ulong)i)];
            string[] old = [.. In(path)];
            var plan = new SeedPlan(SeedPlan.CurrentVersion, seeds, command, configuration);
            WholeFile.Write(Path.Combine(path, PlanName),
                JsonSerializer.SerializeToUtf8Bytes(plan, SeedJson.Default.SeedPlan));
            foreach (ulong seed in seeds)
                RunFolder.Create(PathOf(path, seed), configuration with { Seed = seed }, command, force);
            foreach (string surplus in old.Except(seeds.Select(seed => PathOf(path, seed))))
                RunFolder.Delete(surplus);
            return (path, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    static RunLock Take(string folder, bool force)
    {
        RequireFree(folder, force);
        Directory.CreateDirectory(folder);
        RunLock held = RunLock.Take(folder);
        try
        {
            RequireFree(folder, force);                         // another process may have begun seeds meanwhile
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    static void RequireFree(string folder, bool force)
    {
        if (!Directory.Exists(folder) || Directory.EnumerateFileSystemEntries(folder).All(RunFolder.IsOfALock))
            return;
        if (!IsFolder(folder))
            throw new OptionException("run", $"{folder} is there already and holds no seeds; name another folder");
        if (!force)
        {
            throw new OptionException("run", $"{folder} holds the runs of seeds already; " +
                "name another folder, go on with them (rl2 resume), or use --force");
        }
        if (new DirectoryInfo(folder).LinkTarget is { } target)
        {
            throw new OptionException("run",
                $"{folder} is a link to {target}; runs are never replaced through a link; name another folder");
        }
        foreach (string old in In(folder))
            RunFolder.RequireOurs(old);
    }
}

/// <summary>What was asked for: what <c>seeds.json</c> holds.</summary>
/// <param name="Version">The version of this layout.</param>
/// <param name="Seeds">The seeds.</param>
/// <param name="Command">The command that began them.</param>
/// <param name="Configuration">What each run is told, but for its seed.</param>
internal sealed record SeedPlan(
    int Version, IReadOnlyList<ulong> Seeds, string Command, RunConfiguration Configuration)
{
    public const int CurrentVersion = 1;
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SeedPlan))]
internal sealed partial class SeedJson : JsonSerializerContext;
