namespace RLSquared.Cli.SelfTests;

/// <summary>Checks of the folders that the command writes to.</summary>
internal static class FolderTests
{
    /// <summary>The checks.</summary>
    /// <param name="runsFolder">The folder below which runs are made.</param>
    public static IReadOnlyList<SelfTest> All(string runsFolder) =>
    [
        new("the folder for temporary files can be written", "set TMPDIR (TEMP on Windows) to a folder with room",
            () => Writes(Path.GetTempPath())),
        new("runs can be written", "train in another folder, or name one: rl2 train TASK --run FOLDER",
            () => Writes(Nearest(runsFolder))),
    ];

    /// <summary>A folder itself, or the nearest above it that exists: where it would be made.</summary>
    public static string Nearest(string folder)
    {
        string path = Path.GetFullPath(folder);
        while (!Directory.Exists(path) && !File.Exists(path) && Path.GetDirectoryName(path) is { } parent)
            path = parent;
        return path;
    }

    static string? Writes(string folder)
    {
        if (!Directory.Exists(folder))
            return $"{folder} is no folder";
        string path = Path.Combine(folder, $".rl2-doctor-{Path.GetRandomFileName()}");
        try
        {
            File.WriteAllText(path, "rl2");
            return File.ReadAllText(path) == "rl2" ? null : "what was written is not what is read";
        }
        finally
        {
            File.Delete(path);
        }
    }
}
