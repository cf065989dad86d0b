using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace RLSquared.Cli.Tests;

/// <summary>What <c>dotnet pack</c> makes, used as somebody else would use it.</summary>
[Collection("dotnet")]
public sealed class PackageTests(Packages packages)
{
    [ToolsFact("dotnet")]
    public void The_packages_hold_what_they_should_and_nothing_else()
    {
        string[] around = ["[Content_Types].xml", "_rels/.rels", "README.md", "icon.png"];
        Assert.Equal(
            ["RLSquared", "RLSquared.Cli", "RLSquared.Cluster", "RLSquared.Gpu", "RLSquared.Language",
                "RLSquared.MuJoCo", "RLSquared.Tensors"],
            packages.Files.Select(file => Path.GetFileName(file).Replace($".{Packages.Version}.nupkg", "")).Order());
        foreach (string file in packages.Files)
        {
            using ZipArchive package = ZipFile.OpenRead(file);
            string id = Path.GetFileName(file).Replace($".{Packages.Version}.nupkg", "");
            string[] entries = [.. package.Entries.Select(entry => entry.FullName)
                .Except([.. around, $"{id}.nuspec"])
                .Where(name => !name.StartsWith("package/services/metadata", StringComparison.Ordinal)).Order()];
            if (id != "RLSquared.Cli")
                Assert.Equal([.. BuildFiles(id), $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"], entries);
            Assert.All(entries.Where(_ => id == "RLSquared.Cli"), name => Assert.Matches(
                @"^tools/net10.0/any/([A-Za-z0-9.]+\.dll|rl2\.(deps|runtimeconfig)\.json|DotnetToolSettings\.xml)$",
                name));

            XElement facts = XDocument.Load(package.GetEntry($"{id}.nuspec")!.Open()).Root!.Elements().Single();
            string? Fact(string name) => facts.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;
            Assert.Equal(("MIT", "README.md", "icon.png"), (Fact("license"), Fact("readme"), Fact("icon")));
            Assert.Contains("reinforcement-learning", Fact("tags"), StringComparison.Ordinal);
            Assert.True(Fact("description")!.Length > 40);

            foreach (ZipArchiveEntry entry in package.Entries.Where(
                entry => entry.Name is "rl2.dll" or "RLSquared.dll" or "RLSquared.Gpu.dll"
                    or "RLSquared.MuJoCo.dll" or "RLSquared.Tensors.dll"))
            {
                using var bytes = new MemoryStream();
                using (Stream content = entry.Open())
                    content.CopyTo(bytes);
                bytes.Position = 0;
                using var assembly = new PEReader(bytes);
                DebugDirectoryEntryType[] debug = [.. assembly.ReadDebugDirectory().Select(part => part.Type)];
                Assert.Contains(DebugDirectoryEntryType.EmbeddedPortablePdb, debug);
                Assert.Contains(DebugDirectoryEntryType.Reproducible, debug);
            }
        }
    }

    [ToolsFact("dotnet")]
    public void The_tool_is_installed_from_its_package_and_trains()
    {
        packages.Dotnet(
            120, "tool", "install", "RLSquared.Cli", "--version", Packages.Version, "--tool-path", packages.At("tool"),
            "--configfile", packages.At("NuGet.config"));
        string rl2 = packages.At("tool", OperatingSystem.IsWindows() ? "rl2.exe" : "rl2");
        string run = packages.At("runs", "first");
        string table = Tools.Run(rl2,
        [
            "train", "bandits", "--run", run, "--budget", "2000", "--instances", "20", "--threads", "1", "--quiet",
            "--set", "hidden=8", "trials=16", "minibatch=8",
        ], 60, packages.At());
        Assert.Contains("ceiling: Bayes-optimal", table, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(run, "config.json")));
        Assert.Equal(13, File.ReadAllLines(Path.Combine(run, "metrics.jsonl")).Length);      // ⌈2000 / (16 · 10)⌉
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(run, "checkpoints"), "*.safetensors"));

        (int code, _, string error) = Tools.Try(rl2, ["train", "bandit"], folder: packages.At());
        Assert.Equal(2, code);
        Assert.Contains("did you mean 'bandits'?", error, StringComparison.Ordinal);
    }

    [ToolsFact("dotnet")]
    public void A_program_outside_of_this_repository_trains_with_the_package()
    {
        // Ten iterations of 16 trials with ten pulls each, below the example of the tensors' own page.
        packages.WriteProgram("consumer", $$"""
            using RLSquared.Algorithms;
            using RLSquared.Runs;
            using RLSquared.Tasks;
            {{Example("RLSquared.Tensors")}}
            var options = new Rl2Options { Network = new() { Hidden = 8 }, Trials = 16, Minibatch = 8 };
            using var workers = new Workers(threads: 1);
            using var rl2 = new Rl2(new BernoulliBandits(), options, seed: 1, workers);
            TrainingOutcome outcome = new Training(rl2, Budget.OfSteps(1600)).Run();
            Console.WriteLine($"{outcome.Status.Report.Iteration} iterations");
            """);
        packages.Dotnet(
            120, "build", "consumer", "--configuration", "Release", "--output", packages.At("built"), "-v:quiet");
        string output = packages.Dotnet(60, packages.At("built", "consumer.dll"));
        Assert.Equal(["2 4 6", "10 iterations"], output.TrimEnd().Split('\n').Select(line => line.TrimEnd()));
        Assert.True(Directory.Exists(packages.At("cache", "rlsquared", Packages.Version)));
    }

    [Fact]
    public void The_packages_page_shows_the_sample_as_it_is() => Assert.EndsWith(
        Example("RLSquared"), File.ReadAllText(Path.Combine(Repository.Root, "samples", "first-agent.cs")),
        StringComparison.Ordinal);

    static string[] BuildFiles(string id) =>
        id == "RLSquared.Tensors" ? ["buildTransitive/RLSquared.Tensors.targets"] : [];

    // The C# of a package's page.
    static string Example(string project)
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "src", project, "README.md"));
        return page.Split("```csharp\n")[1].Split("```")[0];
    }
}
