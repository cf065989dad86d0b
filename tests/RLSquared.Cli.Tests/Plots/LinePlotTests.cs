using System.Globalization;
using System.Xml.Linq;
using RLSquared.Reproduction.Plots;

namespace RLSquared.Cli.Tests.Plots;

public sealed class LinePlotTests
{
    [Theory]
    [InlineData(0, 1_000_000, 6, new[] { 0, 200_000, 400_000, 600_000, 800_000, 1_000_000.0 })]
    [InlineData(4.96, 6.7, 6, new[] { 5, 5.2, 5.4, 5.6, 5.8, 6, 6.2, 6.4, 6.6 })]
    [InlineData(-3, 12, 3, new[] { 0, 5, 10.0 })]
    public void Ticks_are_round_and_within_the_axis(double low, double high, int wanted, double[] expected)
    {
        IReadOnlyList<double> ticks = Ticks.Between(low, high, wanted);
        Assert.Equal(expected.Length, ticks.Count);
        foreach ((double one, double other) in expected.Zip(ticks))
            Assert.Equal(one, other, 1e-9);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1500, "1.5 k")]
    [InlineData(20_000_000, "20 M")]
    [InlineData(2e9, "2 G")]
    public void Counts_are_short(double value, string expected) => Assert.Equal(expected, Ticks.Count(value));

    [Fact]
    public void Measured_numbers_have_the_decimals_of_their_step()
    {
        Assert.Equal("5.20", Ticks.Number(5.2, 0.05));
        Assert.Equal("400", Ticks.Number(400, 50));
        Assert.Equal("0.0", Ticks.Number(-0.0, 0.5));
    }

    [Fact]
    public void Names_are_spread_until_none_covers_another()
    {
        // 10 and 12 are too near: the second moves down; the last is pushed below the edge, so all three move up.
        Assert.Equal([10, 24, 50], LinePlot.Spread([10, 12, 50], 0, 100, 14));
        Assert.Equal([72, 86, 100], LinePlot.Spread([90, 95, 99], 0, 100, 14));
    }

    [Fact]
    public void A_picture_is_whole_xml_within_its_frame_whatever_the_names_are()
    {
        XDocument svg = Draw(new PlotLine("a < b & \"c\"", [(10, 1), (20, 5), (30, 2)], [(0, 2), (4, 6), (1, 3)]));
        Assert.Contains(svg.Descendants(), element => element.Value == "a < b & \"c\"");
        XElement curve = svg.Descendants().Single(element => element.Name.LocalName == "polyline");
        (double X, double Y)[] points = [.. curve.Attribute("points")!.Value.Split(' ').Select(Point)];
        Assert.Equal(3, points.Length);
        Assert.True(points[0].X < points[1].X && points[1].X < points[2].X);
        Assert.True(points[1].Y < points[2].Y && points[2].Y < points[0].Y, "up is more");
        Assert.All(points, point => Assert.True(point is { X: > 0 and < 940, Y: > 0 and < 440 }));
        XElement band = svg.Descendants().Single(element => element.Name.LocalName == "polygon");
        Assert.Equal(6, band.Attribute("points")!.Value.Split(' ').Length);
        Assert.Contains("prefers-color-scheme: dark", svg.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flat_line_a_single_point_and_no_line_at_all_can_be_drawn()
    {
        foreach (PlotLine[] lines in new PlotLine[][] { [new("flat", [(1, 3), (2, 3)])], [new("one", [(0, 0)])], [] })
            Assert.DoesNotContain("NaN", Draw(lines).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_many_curves_stand_in_as_many_rows_as_they_need()
    {
        string name = new('m', 60);
        XDocument svg = Draw([.. Enumerable.Range(0, 4).Select(i => new PlotLine(name + i, [(1, 1), (2, 2)]))]);
        string[] heights = [.. svg.Descendants()
            .Where(element => element.Name.LocalName == "text")
            .Where(element => element.Value.StartsWith(name, StringComparison.Ordinal))
            .Select(element => element.Attribute("y")!.Value)];
        Assert.Equal(["46.0", "46.0", "64.0", "64.0"], heights);
        Assert.EndsWith(" 458", svg.Root!.Attribute("viewBox")!.Value, StringComparison.Ordinal);      // 440 + 18
    }

    static XDocument Draw(params PlotLine[] lines) => XDocument.Parse(new LinePlot
    {
        Title = "title",
        XTitle = "x",
        YTitle = "y",
        Lines = lines,
        References = lines.Length > 0 ? [new("line", 3)] : [],
    }.ToSvg());

    static (double X, double Y) Point(string text)
    {
        double[] numbers = [.. text.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
        return (numbers[0], numbers[1]);
    }
}
