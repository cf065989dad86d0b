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

    readonly string folder = TemporaryFolder.Make();
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

    /// <summary>Writes a console program that refers to the library's package, in a folder of its own.</summary>
    /// <param name="name">The name of the folder, the project and the program.</param>
    /// <param name="program">The source of the program.</param>
    /// <param name="properties">More properties of its project, as XML.</param>
    public void WriteProgram(string name, string program, string properties = "")
    {
        Directory.CreateDirectory(At(name));
        File.WriteAllText(At(name, $"{name}.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                {properties}
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="RLSquared" Version="{Version}" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(At(name, "Program.cs"), program);
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

    /// <summary>
    /// Where the packages lie that these projects were built with: System.Numerics.Tensors comes from there.
    /// </summary>
    public static IEnumerable<string> BuildCaches()
    {
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllBytes(
            Path.Combine(Repository.Root, "src", "RLSquared.Tensors", "obj", "project.assets.json")));
        return [.. assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(entry => entry.Name)];
    }
}

/// <summary>Tests that run dotnet commands run one after the other, and share the packages.</summary>
[CollectionDefinition("dotnet")]
public sealed class DotnetTests : ICollectionFixture<Packages>;
