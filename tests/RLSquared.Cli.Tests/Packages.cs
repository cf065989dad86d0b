using System.Text.Json;

namespace RLSquared.Cli.Tests;

/// <summary>
/// The packages, made once from what was built, and a NuGet of its own that knows no other source: nothing is taken
/// from the network, and nothing is left in the user's cache.
/// </summary>
public sealed class Packages : IDisposable
{
    /// <summary>No release has this version, so none can be taken for what was packed here.</summary>
    public const string Version = "0.0.0-test";

    readonly string folder = Directory.CreateTempSubdirectory("rl2-packages-").FullName;
    readonly Lazy<string[]> files;

    public Packages() => files = new(Pack);

    /// <summary>The package files.</summary>
    public IReadOnlyList<string> Files => files.Value;

    /// <summary>A path below a folder that is deleted afterwards.</summary>
    public string At(params string[] parts) => Path.Combine([folder, .. parts]);

    /// <summary>Runs a dotnet command in that folder.</summary>
    public string Dotnet(int seconds, params string[] arguments)
    {
        _ = files.Value;
        return Tools.Run("dotnet", arguments, seconds, folder, Environment);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // A build process that outlives the command would keep its output open, and the test would wait for it.
    Dictionary<string, string> Environment => new()
    {
        ["NUGET_PACKAGES"] = At("cache"),
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["UseSharedCompilation"] = "false",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_NOLOGO"] = "1",
    };

    string[] Pack()
    {
        string configuration = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(
            AppContext.BaseDirectory)))!;
        string source = At("source");
        Tools.Run("dotnet",
        [
            "pack", "RLSquared.slnx", "--configuration", configuration, "--no-build",
            $"-p:PackageVersion={Version}", $"-p:PackageOutputPath={source}/",
        ], 120, Repository.Root, Environment);
        Directory.CreateDirectory(At("cache"));
        File.WriteAllText(At("NuGet.config"), $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="packed" value="{source}" />
              </packageSources>
              <fallbackPackageFolders>
                <clear />
                {string.Concat(BuildCaches().Select((cache, i) => $"<add key=\"{i}\" value=\"{cache}\" />"))}
              </fallbackPackageFolders>
            </configuration>
            """);
        return Directory.GetFiles(source);
    }

    // Where the packages lie that these projects were built with: System.Numerics.Tensors comes from there.
    static IEnumerable<string> BuildCaches()
    {
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllBytes(
            Path.Combine(Repository.Root, "src", "RLSquared.Tensors", "obj", "project.assets.json")));
        return [.. assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(entry => entry.Name)];
    }
}
