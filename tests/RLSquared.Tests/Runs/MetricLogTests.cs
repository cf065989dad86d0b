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
}
