using System.Text.RegularExpressions;

namespace RLSquared.Cli.Tests;

/// <summary>Which project, and within the library which folder, may know of which other.</summary>
public sealed partial class ArrowTests
{
    static readonly Dictionary<string, string[]> projects = new()
    {
        ["RLSquared.Tensors"] = [],
        ["RLSquared.Gpu"] = ["RLSquared.Tensors"],
        ["RLSquared.Gpu.Kernels"] = [],
        ["RLSquared"] = ["RLSquared.Tensors"],
        ["RLSquared.Language"] = ["RLSquared", "RLSquared.Tensors"],
        ["RLSquared.MuJoCo"] = ["RLSquared"],
        ["RLSquared.Cluster"] = ["RLSquared"],
        ["RLSquared.Reproduction"] = ["RLSquared"],
        ["RLSquared.Cli"] =
            ["RLSquared.Cluster", "RLSquared.Gpu", "RLSquared.Language", "RLSquared.MuJoCo", "RLSquared.Reproduction"],
    };

    // Tasks, agents, opponents and datasets are the world in which a policy is trained, and know each other: a task
    // names who can play it, and makes its data. Everything else points from the last line to the first.
    static readonly Dictionary<string, string[]> folders = new()
    {
        ["Settings"] = [],
        ["Files"] = [],
        ["Pipelines"] = [],
        ["Sharding"] = [],
        ["Tasks"] = ["Agents", "Datasets", "Opponents", "Settings"],
        ["Agents"] = ["Opponents", "Settings", "Tasks"],
        ["Opponents"] = ["Agents", "Settings", "Tasks"],
        ["Datasets"] = ["Files", "Settings", "Tasks"],
        ["Policies"] = ["Agents", "Datasets", "Settings", "Tasks"],
        ["Experience"] = ["Agents", "Datasets", "Policies", "Sharding", "Tasks"],
        ["Objectives"] = ["Experience", "Policies", "Sharding", "Tasks"],
        ["Evaluation"] = ["Agents", "Opponents", "Settings", "Tasks"],
        ["Algorithms"] =
        [
            "Agents", "Datasets", "Evaluation", "Experience", "Objectives", "Pipelines", "Policies", "Settings",
            "Sharding", "Tasks",
        ],
        ["Runs"] = ["Agents", "Algorithms", "Evaluation", "Files", "Pipelines", "Policies", "Settings", "Tasks"],
        ["Deployment"] =
            ["Agents", "Algorithms", "Experience", "Objectives", "Policies", "Runs", "Settings", "Tasks"],
        ["Export"] = ["Agents", "Files", "Policies", "Runs", "Settings", "Tasks"],
    };

    // Agent.Load is the way into your own program, and so stands where you look for it.
    static readonly string[] exceptions = ["Agents/Agent.cs → Deployment", "Agents/Agent.cs → Runs"];

    [Fact]
    public void Projects_know_only_those_that_they_are_built_on() => Assert.Empty(
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj",
            SearchOption.AllDirectories)
        let project = Path.GetFileNameWithoutExtension(file)
        from reference in Reference().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)
        where !projects.GetValueOrDefault(project, []).Contains(reference)
        select $"{project} → {reference}");

    [Fact]
    public void Folders_of_the_library_know_only_those_below_them() => Assert.Empty(
        (from file in Files()
         let path = Path.GetRelativePath(Library, file).Replace('\\', '/')
         let folder = path.Split('/')[0]
         where path.Contains('/', StringComparison.Ordinal)
         from other in Import().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)
         where other != folder && other != "Tensors"
         where !folders.GetValueOrDefault(folder, []).Contains(other)
         select $"{path} → {other}").Except(exceptions));

    [Fact]
    public void Only_tasks_know_of_games_in_other_processes() => Assert.Empty(
        from file in Files()
        where !Path.GetRelativePath(Library, file).StartsWith("Tasks", StringComparison.Ordinal)
        where File.ReadAllText(file).Contains("Tasks.Remote", StringComparison.Ordinal)
        select file);

    static string Library => Path.Combine(Repository.Root, "src", "RLSquared");

    static IEnumerable<string> Files() => Directory.EnumerateFiles(Library, "*.cs", SearchOption.AllDirectories).Where(
        file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    [GeneratedRegex(@"^using RLSquared\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Import();

    [GeneratedRegex(@"<ProjectReference Include=""[^""]*?([\w.]+)\.csproj""")]
    private static partial Regex Reference();
}
