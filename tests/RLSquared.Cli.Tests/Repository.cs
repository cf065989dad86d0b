namespace RLSquared.Cli.Tests;

/// <summary>Where the sources are that these tests were built from.</summary>
static class Repository
{
    /// <summary>The folder of the solution file, above the test's own.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    static string Find(string folder) => File.Exists(Path.Combine(folder, "RLSquared.slnx")) ? folder
        : Path.GetDirectoryName(folder) is { } parent ? Find(parent)
        : throw new DirectoryNotFoundException("no folder above the tests holds RLSquared.slnx");
}
