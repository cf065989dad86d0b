using System.Reflection;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cli.Tests;

/// <summary>What every source file keeps to, so that one can be read without scrolling far or sideways.</summary>
public sealed class HouseRulesTests
{
    const int MostColumns = 120, MostLines = 450, MostLinesOfAnAlgorithm = 400;

    static readonly string[] folders = ["src", "tests", "samples", "benchmarks"];

    [Fact]
    public void No_line_is_wider_than_120_columns() => Assert.Empty(
        from file in Sources()
        from line in File.ReadLines(file).Select((text, index) => (text, number: index + 1))
        where line.text.Length > MostColumns
        select $"{file}, line {line.number}: {line.text.Length} columns");

    [Fact]
    public void No_algorithm_is_longer_than_400_lines_and_no_other_file_than_450() => Assert.Empty(
        from file in Sources()
        let most = Path.GetDirectoryName(file)!.EndsWith("Algorithms", StringComparison.Ordinal)
            ? MostLinesOfAnAlgorithm : MostLines
        let lines = File.ReadLines(file).Count()
        where lines > most
        select $"{file}: {lines} lines");

    [Fact]
    public void Tests_write_below_the_one_folder_that_is_deleted_with_their_process() => Assert.Empty(
        from file in Sources()
        where file.Contains(Path.Combine("tests", "RLSquared"), StringComparison.Ordinal)
        where Path.GetFileName(file) != "HouseRulesTests.cs"
        let text = File.ReadAllText(file)
        where text.Contains("CreateTempSubdirectory", StringComparison.Ordinal)
            || text.Contains("GetTempFileName", StringComparison.Ordinal)
        select file);

    [Fact]
    public void Tensors_have_never_heard_of_a_reward_and_the_library_never_of_a_console()
    {
        Assert.Empty(
            from file in Sources()
            where file.Contains(Path.Combine("src", "RLSquared.Tensors"), StringComparison.Ordinal)
            where File.ReadAllText(file).Contains("using RLSquared.Tasks", StringComparison.Ordinal)
            select file);
        Assert.Empty(
            from file in Sources()
            where file.Contains(Path.Combine("src", "RLSquared"), StringComparison.Ordinal)
            where !file.Contains("RLSquared.Cli", StringComparison.Ordinal)
            where !file.Contains("RLSquared.Reproduction", StringComparison.Ordinal)
            where !file.Contains("RLSquared.Gpu.Kernels", StringComparison.Ordinal)     // writes files for developers
            where Path.GetFileName(file) != "DebugBuild.cs"         // its one warning must reach samples, too
            where File.ReadAllText(file).Contains("Console.", StringComparison.Ordinal)
            select file);
    }

    // Whoever publishes an application with them gets no warning from within. The analysers promise it: they run when
    // the project says that it is fit, and a suppression would silence them.
    [Fact]
    public void The_libraries_are_analysed_for_trimming_and_ahead_of_time_compilation_and_suppress_nothing()
    {
        foreach (Assembly library in new[] { typeof(Machine).Assembly, typeof(Tensor).Assembly })
        {
            string[] facts = [.. library.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Where(fact => fact.Value == "True").Select(fact => fact.Key)];
            Assert.Contains("IsTrimmable", facts);
            Assert.Contains("IsAotCompatible", facts);
        }
        Assert.Empty(
            from file in Sources()
            where file.Contains(Path.Combine("src", "RLSquared"), StringComparison.Ordinal)
            where !file.Contains("RLSquared.Cli", StringComparison.Ordinal)
            where !file.Contains("RLSquared.Reproduction", StringComparison.Ordinal)
            let text = File.ReadAllText(file)
            where text.Contains("UnconditionalSuppressMessage", StringComparison.Ordinal)
                || text.Contains("warning disable IL", StringComparison.Ordinal)
                || text.Contains("CS1591", StringComparison.Ordinal)
            select file);
    }

    static IEnumerable<string> Sources() =>
        from folder in folders
        let path = Path.Combine(Repository.Root, folder)
        from file in Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories)
        where !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")
        select file;
}
