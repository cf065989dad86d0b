using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RLSquared.Cli.Dashboard;

namespace RLSquared.Cli.Tests.Dashboard;

public sealed class MetricTailTests : IDisposable
{
    readonly string path = TemporaryFolder.MakeFile();
    readonly MetricTail tail;

    public MetricTailTests() => tail = new MetricTail(path);

    public void Dispose() => File.Delete(path);

    // 100,000 iterations of 10 steps whose return is the iteration's number. 2,000 points are too few for stride 32
    // (3,125 points), so a point stands for 64 iterations: 1,562 whole ones, and 32 lines wait for the next.
    // The first point stands for iterations 1 … 64: their mean is 32.5, and it stands at step 640.
    [Fact]
    public void A_long_run_keeps_at_most_two_thousand_points_each_the_mean_of_its_iterations()
    {
        Write(1, 100_000);
        Read();
        JsonElement columns = Columns();
        double[] returns = Numbers(columns, "mean_return"), steps = Numbers(columns, "steps");
        Assert.Equal((64, 1562, 100_000), (tail.Stride, tail.Points, tail.Lines));
        Assert.Equal((1562, 1562), (returns.Length, steps.Length));
        Assert.Equal((32.5, 640), (returns[0], steps[0]));
        Assert.Equal((99_968 - 31.5, 999_680), (returns[^1], steps[^1]));
        Assert.Equal(1_000_000, tail.Latest!.Value.Steps);
    }

    [Fact]
    public void Points_that_are_merged_are_another_generation_and_points_that_are_added_are_not()
    {
        Write(1, 100);
        Read();
        int generation = tail.Generation;
        Write(101, 200);
        Read();
        Assert.Equal((generation, 200), (tail.Generation, tail.Points));
        Write(201, 2001);
        Read();
        Assert.NotEqual(generation, tail.Generation);
        Assert.Equal((2, 1000), (tail.Stride, tail.Points));
    }

    [Fact]
    public void A_line_without_its_end_waits()
    {
        File.WriteAllText(path, Line(1) + Line(2)[..^5]);
        Read();
        Assert.Equal((1, null), (tail.Points, tail.Damage));
        File.AppendAllText(path, Line(2)[^5..]);
        Read();
        Assert.Equal(2, tail.Points);
    }

    [Fact]
    public void A_large_file_is_read_in_pieces()
    {
        Write(1, 3000);
        for (int looks = 0; tail.Lines < 3000; looks++)
        {
            long allowance = 1000;
            Assert.True(tail.Read(ref allowance));
            Assert.InRange(allowance, -2 * MetricTail.LongestLine, 1000);
            Assert.True(looks < 100);
        }
        long rest = 1000;
        tail.Read(ref rest);
        Assert.False(tail.Read(ref rest));
    }

    // A run that is resumed drops the lines after its checkpoint and writes others, and one that is trained anew begins
    // at the first line; either may be longer again before anyone looks.
    [Theory]
    [InlineData(60)]
    [InlineData(0)]
    public void Lines_that_were_replaced_by_others_are_read_anew(int kept)
    {
        Write(1, 100);
        Read();
        string[] lines = File.ReadAllLines(path)[..kept];
        File.WriteAllText(path, string.Concat(lines.Select(line => line + "\n")));
        Write(kept + 1, 150, more: 0.5);
        int generation = tail.Generation;
        Read();
        Assert.NotEqual(generation, tail.Generation);
        double[] returns = Numbers(Columns(), "mean_return");
        Assert.Equal(150, returns.Length);
        Assert.Equal(150.5, returns[^1]);
        Assert.Equal(kept == 0 ? 1.5 : 1, returns[0]);
    }

    [Fact]
    public void A_file_that_became_shorter_or_went_is_forgotten()
    {
        Write(1, 10);
        Read();
        File.WriteAllText(path, Line(1));
        Read();
        Assert.Equal(1, tail.Points);
        File.Delete(path);
        Read();
        Assert.Equal((0, null, null), (tail.Points, tail.Latest, tail.Written));
    }

    [Fact]
    public void A_figure_that_comes_late_or_is_left_out_has_gaps()
    {
        File.WriteAllText(path, Line(1) + "{\"iteration\":2,\"steps\":20,\"late\":3}\n");
        Read();
        JsonElement columns = Columns();
        Assert.Equal(JsonValueKind.Null, columns.GetProperty("late")[0].ValueKind);
        Assert.Equal(3, columns.GetProperty("late")[1].GetDouble());
        Assert.Equal(JsonValueKind.Null, columns.GetProperty("mean_return")[1].ValueKind);
    }

    [Theory]
    [InlineData("", "line 2 of ")]
    [InlineData("dear diary", "is not the line of an iteration")]
    [InlineData("{\"iteration\":2,\"steps\":\"many\"}", "is not the line of an iteration")]
    [InlineData("{\"iteration\":2}", "is not the line of an iteration")]
    [InlineData("{\"iteration\":2,\"steps\":20}}", "is not the line of an iteration")]
    [InlineData("[1,2]", "is not the line of an iteration")]
    public void A_line_that_is_none_is_named_and_what_stands_before_it_is_read(string line, string damage)
    {
        File.WriteAllText(path, Line(1) + line + "\n" + Line(3));
        Read();
        Assert.Contains(damage, tail.Damage, StringComparison.Ordinal);
        Assert.Contains("line 2 of ", tail.Damage, StringComparison.Ordinal);
        Assert.Equal(1, tail.Points);
        File.WriteAllText(path, Line(1));
        Read();
        Assert.Null(tail.Damage);
    }

    [Fact]
    public void A_line_that_never_ends_and_one_with_too_many_figures_are_damage()
    {
        File.WriteAllText(path, Line(1) + new string('x', 2 * MetricTail.LongestLine));
        Read();
        Assert.Contains("line 2 of ", tail.Damage, StringComparison.Ordinal);
        Assert.Contains($"is longer than {MetricTail.LongestLine} bytes", tail.Damage, StringComparison.Ordinal);
        string figures = string.Concat(Enumerable.Range(0, MetricTail.MostFigures).Select(i => $",\"f{i}\":1"));
        File.WriteAllText(path, $"{{\"iteration\":1,\"steps\":1{figures}}}\n");
        Read();
        Assert.Contains("line 1 of ", tail.Damage, StringComparison.Ordinal);
    }

    void Read()
    {
        long allowance = long.MaxValue;
        tail.Read(ref allowance);
    }

    void Write(int first, int last, double more = 0) =>
        File.AppendAllText(path, string.Concat(Enumerable.Range(first, last - first + 1).Select(i => Line(i, more))));

    static string Line(int iteration, double more = 0) => string.Create(CultureInfo.InvariantCulture,
        $"{{\"iteration\":{iteration},\"steps\":{10 * iteration},\"mean_return\":{iteration + more}}}\n");

    JsonElement Columns()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            tail.WriteJson(json, 0);
            json.WriteEndObject();
        }
        return JsonDocument.Parse(Encoding.UTF8.GetString(buffer.WrittenSpan)).RootElement.GetProperty("columns");
    }

    static double[] Numbers(JsonElement columns, string name) =>
        [.. columns.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
}
