using RLSquared.Cli.Output;
using RLSquared.Runs;

namespace RLSquared.Cli.Commands;

/// <summary>Runs by the names under which users ask for them: their folders, or <c>last</c> for the newest.</summary>
internal static class RunNames
{
    /// <summary>The newest run below the usual folder, unless there is a folder of this name.</summary>
    public const string Last = "last";

    const int Depth = 4;

    /// <summary>The folder that a name stands for.</summary>
    /// <param name="terminal">Knows the folder of all runs.</param>
    /// <param name="name">A folder, or <c>last</c>; null stays null.</param>
    /// <param name="single">
    /// Whether one run is wanted. If not, <c>last</c> is the whole folder where the newest run is one of several seeds.
    /// </param>
    /// <exception cref="OptionException">The last run is asked for, and there is none.</exception>
    public static string? Find(Terminal terminal, string? name, bool single = false)
    {
        if (name != Last || Directory.Exists(Last))
            return name;
        (string Path, DateTime Begun)? newest = Newest(terminal.RunsFolder, Depth);
        if (newest is null)
        {
            throw new OptionException("run", $"there is no run below {terminal.RunsFolder} yet; " +
                $"train one: {terminal.Hint("train", "bandits")}");
        }
        string path = newest.Value.Path, parent = Path.GetDirectoryName(path)!;
        return !single && SeedRuns.IsFolder(parent) ? parent : path;
    }

    static (string Path, DateTime Begun)? Newest(string folder, int depth)
    {
        (string Path, DateTime Begun)? newest = null;
        var options = new EnumerationOptions { IgnoreInaccessible = true };
        if (depth == 0 || !Directory.Exists(folder))
            return null;
        foreach (string below in Directory.EnumerateDirectories(folder, "*", options))
        {
            string told = Path.Combine(below, "config.json");
            (string Path, DateTime Begun)? found = File.Exists(told) ? (below, File.GetLastWriteTimeUtc(told))
                : Newest(below, depth - 1);
            if (found is { } one && (newest is null || one.Begun > newest.Value.Begun
                || (one.Begun == newest.Value.Begun && string.CompareOrdinal(one.Path, newest.Value.Path) > 0)))
                newest = one;
        }
        return newest;
    }
}
