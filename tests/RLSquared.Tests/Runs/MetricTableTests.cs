using RLSquared.Algorithms;
using RLSquared.Runs;

namespace RLSquared.Tests.Runs;

public sealed class MetricTableTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    MetricTable Read(string content)
    {
        File.WriteAllText(folder.At("metrics.jsonl"), content);
        return MetricTable.Read(folder.At("metrics.jsonl"));
    }

    [Fact]
    public void What_a_log_writes_comes_back_as_columns_even_while_it_is_open()
    {
        using MetricLog log = MetricLog.Open(folder.At("metrics.jsonl"), 0);
        log.Write(new IterationReport(1, 10, 5.5, 0.25, 0.5, [("entropy", 1.5)]), 3);
        log.Write(new IterationReport(2, 20, 6.5, 0.25, 0.5, [("kl", 0.125)]), 4);
        MetricTable table = MetricTable.Read(folder.At("metrics.jsonl"));
        Assert.Equal(2, table.Rows);
        Assert.Equal(["iteration", "steps", "mean_return", "entropy", "seconds", "rollout_seconds", "update_seconds",
            "kl"], table.Names);
        Assert.Equal([10, 20], table["steps"].ToArray());
        Assert.Equal([5.5, 6.5], table["mean_return"].ToArray());
        Assert.Equal([1.5, double.NaN], table["entropy"].ToArray());
        Assert.Equal([double.NaN, 0.125], table["kl"].ToArray());
    }

    [Fact]
    public void A_line_that_is_not_whole_yet_is_left_out()
    {
        Assert.Equal(1, Read("{\"iteration\":1,\"steps\":10}\n{\"iteration\":2,\"st").Rows);
        Assert.Equal(0, Read("{\"iteration\":1,\"steps\":10}").Rows);
        Assert.Equal(0, Read("").Rows);
    }

    [Theory]
    [InlineData("dear diary")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("{\"iteration\":1}")]
    [InlineData("{\"iteration\":\"1\",\"steps\":10}")]
    [InlineData("{\"iteration\":1,\"steps\":10}}")]
    [InlineData("{\"iteration\":1,\"steps\":[10]}")]
    [InlineData("{\"iteration\":1,\"steps\":10")]
    public void A_line_of_something_else_is_named(string line) => Assert.StartsWith("line 2 of ",
        Assert.Throws<InvalidDataException>(() => Read("{\"iteration\":1,\"steps\":10}\n" + line + "\n")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_figure_that_is_not_there_is_an_error_with_a_suggestion()
    {
        MetricTable table = Read("{\"iteration\":1,\"steps\":10,\"entropy\":1}\n");
        Assert.EndsWith("has no figure 'entrpy'; did you mean 'entropy'?",
            Assert.Throws<OptionException>(() => { _ = table["entrpy"]; }).Message, StringComparison.Ordinal);
        Assert.EndsWith("there are iteration, steps, entropy",
            Assert.Throws<OptionException>(() => { _ = table["zzzzzzzzz"]; }).Message, StringComparison.Ordinal);
    }
}
