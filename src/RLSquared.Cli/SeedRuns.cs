using System.Globalization;

namespace RLSquared.Cli;

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

    /// <summary>Each folder of seeds replaced by its runs; a run's folder stays as it is.</summary>
    public static IEnumerable<string> Expand(IEnumerable<string> paths) => paths.SelectMany(path =>
        In(path) is { Count: > 0 } runs && !File.Exists(Path.Combine(path, "config.json")) ? runs : [path]);
}
