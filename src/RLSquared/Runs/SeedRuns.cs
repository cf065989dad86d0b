using System.Globalization;

namespace RLSquared.Runs;

/// <summary>
/// A folder of runs that differ by the seed alone, as <c>rl2 train --seeds 5</c> makes it: <c>seed-1</c>,
/// <c>seed-2</c>, …, each a run's folder of its own.
/// </summary>
internal static class SeedRuns
{
    const string Prefix = "seed-";

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
    public static bool IsFolder(string path) => !File.Exists(Path.Combine(path, "config.json")) && In(path).Count > 0;

    /// <summary>Each folder of seeds replaced by its runs; a run's folder stays as it is.</summary>
    public static IEnumerable<string> Expand(IEnumerable<string> paths) =>
        paths.SelectMany(path => IsFolder(path) ? In(path) : [path]);

    /// <summary>The name of a new folder, <c>bandits-rl2-seeds-20260131-235959</c>, below a parent.</summary>
    public static string NewPath(string parent, RunConfiguration configuration, DateTime utc) =>
        RunFolder.FreePath(parent, $"{configuration.Task}-{configuration.Algorithm}-seeds", utc);

    /// <summary>Makes the folders of all seeds, so that what is not done yet can be seen and resumed.</summary>
    /// <param name="folder">The folder to make.</param>
    /// <param name="configuration">What each run is told, but for its seed: this one's seed is the first.</param>
    /// <param name="count">How many seeds.</param>
    /// <param name="command">The command that begins them.</param>
    /// <param name="force">Whether seeds that are there already may be deleted.</param>
    /// <exception cref="OptionException">The folder is there and holds something, or seeds without force.</exception>
    public static void Create(
        string folder, RunConfiguration configuration, int count, string command, bool force)
    {
        if (configuration.Seed > ulong.MaxValue - (ulong)count + 1)
        {
            throw new OptionException(
                "--seeds", $"there are no {count} seeds from {configuration.Seed} on; begin with a smaller --seed");
        }
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            if (!IsFolder(folder))
                throw new OptionException("run", $"{folder} is there already and holds no seeds; name another folder");
            if (!force)
            {
                throw new OptionException("run", $"{folder} holds the runs of seeds already; " +
                    "name another folder, go on with them (rl2 resume), or use --force");
            }
            foreach (string old in In(folder))
                Directory.Delete(old, recursive: true);
        }
        for (ulong i = 0; i < (ulong)count; i++)
        {
            RunConfiguration own = configuration with { Seed = configuration.Seed + i };
            RunFolder.Create(PathOf(folder, own.Seed), own, command);
        }
    }
}
