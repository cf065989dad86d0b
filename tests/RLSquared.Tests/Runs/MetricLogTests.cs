using RLSquared.Algorithms;
using RLSquared.Runs;

namespace RLSquared.Tests.Runs;

public sealed class MetricLogTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly string path;

    public MetricLogTests() => path = folder.At("metrics.jsonl");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_iteration_is_a_line_of_json()
    {
        using (MetricLog log = MetricLog.Open(path, 0))
            log.Write(new IterationReport(1, 10, 5.5, 0.25, 0.5, [("entropy", 1.5)]), 3);
        Assert.Equal(
            "{\"iteration\":1,\"steps\":10,\"mean_return\":5.5,\"entropy\":1.5," +
            "\"seconds\":3,\"rollout_seconds\":0.25,\"update_seconds\":0.5}\n", File.ReadAllText(path));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(9, 3)]
    public void Lines_after_an_iteration_and_unfinished_ones_are_dropped(int after, int kept)
    {
        string[] lines = [.. Enumerable.Range(1, 3).Select(i => $$"""{"steps":{{i}}0,"iteration":{{i}}}""")];
        File.WriteAllText(path, string.Join("\n", lines) + "\n{\"iteration\":4,\"st");
        MetricLog.Open(path, after).Dispose();
        Assert.Equal(lines[..kept], File.ReadAllLines(path));
    }

    [Theory]
    [InlineData("dear diary")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"iteration\":\"1\"}")]
    [InlineData("{\"iteration\":1}}")]
    [InlineData("")]
    public void A_line_of_something_else_is_refused_and_left_alone(string line)
    {
        string content = "{\"iteration\":1}\n" + line + "\n";
        File.WriteAllText(path, content);
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() => MetricLog.Open(path, 5));
        Assert.Contains("line 2 of ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public void A_log_that_is_longer_than_any_array_is_gone_on_with_and_read()
    {
        // Two lines, and behind them a gap of zeros up to 3 GiB that the file system does not store: no whole line.
        string[] lines = [.. Enumerable.Range(1, 2).Select(i => $$"""{"iteration":{{i}},"steps":{{i}}0}""")];
        File.WriteAllText(path, string.Join("\n", lines) + "\n");
        using (var file = new FileStream(path, FileMode.Open))
            file.SetLength(3L << 30);
        Assert.Equal("line 3 of " + path + " is not the line of an iteration",
            Assert.Throws<InvalidDataException>(() => MetricLog.Open(path, 5)).Message);
        Assert.Throws<InvalidDataException>(() => MetricTable.Read(path));
    }

    [Fact]
    public void Lines_longer_than_what_is_read_at_once_are_whole()
    {
        string long1 = $"{{\"iteration\":1,\"steps\":1,\"{new string('a', 200_000)}\":1}}";
        string long2 = $"{{\"iteration\":2,\"steps\":2,\"{new string('b', 70_000)}\":1}}";
        File.WriteAllText(path, long1 + "\n" + long2 + "\n" + long1[..100_000]);
        Assert.Equal(2, MetricTable.Read(path).Rows);
        MetricLog.Open(path, 1).Dispose();
        Assert.Equal(long1 + "\n", File.ReadAllText(path));
    }

    [Fact]
    public void A_table_of_some_figures_names_the_others_where_one_is_asked_for()
    {
        File.WriteAllText(path, "{\"iteration\":1,\"steps\":10,\"entropy\":0.5,\"loss\":2}\n");
        MetricTable table = MetricTable.Read(path, ["loss"]);
        Assert.Equal(["iteration", "steps", "loss"], table.Names);
        OptionException failure = Assert.Throws<OptionException>(() => table["entropie"].Length);
        Assert.Contains("did you mean 'entropy'?", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 100_000, 100_000)]
    [InlineData(100_001, 200_000, 50_000)]
    [InlineData(200_001, 400_000, 50_000)]
    [InlineData(102_400_001, 204_800_000, 50_000)]
    public void Each_doubling_of_the_iterations_adds_the_same_number_of_lines(int first, int last, int lines)
    {
        int logged = 0;
        for (int iteration = first; iteration <= last; iteration++)
        {
            if (MetricLog.IsLogged(iteration))
                logged++;
        }
        Assert.Equal(lines, logged);
    }
}
