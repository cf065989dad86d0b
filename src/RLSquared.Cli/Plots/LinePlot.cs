using System.Globalization;
using System.Net;
using System.Text;

namespace RLSquared.Cli.Plots;

/// <summary>A curve, with a band around it where <paramref name="Band"/> is given.</summary>
/// <param name="Name">What the legend says.</param>
/// <param name="Points">The points, by rising x.</param>
/// <param name="Band">The lower and the upper edge of the band at each point.</param>
internal sealed record PlotLine(
    string Name, IReadOnlyList<(double X, double Y)> Points, IReadOnlyList<(double Low, double High)>? Band = null);

/// <summary>A horizontal line with its name beside it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Y">Where it is.</param>
/// <param name="IsCeiling">Whether it is what no curve, or nearly none, can pass.</param>
internal sealed record ReferenceLine(string Name, double Y, bool IsCeiling = false);

/// <summary>
/// Curves over a count from 0 on, as an SVG picture of its own: axes with round ticks, bands, horizontal lines with
/// names at the right, a legend. It follows the reader's choice of a dark or a light page.
/// </summary>
internal sealed class LinePlot
{
    const double width = 940, height = 440, left = 64, right = 300, top = 66, bottom = 52;
    const double labelDistance = 14;                        // between the names of two reference lines, pixels

    // Told apart by those who do not see all colours, too (after Okabe and Ito).
    static readonly string[] light = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#555555"];
    static readonly string[] dark = ["#56b4e9", "#ff9a4d", "#2fd3a1", "#f0a6cf", "#f0e442", "#bbbbbb"];

    double highestX = 1, lowestY, highestY = 1;

    public required string Title { get; init; }

    public required string XTitle { get; init; }

    public required string YTitle { get; init; }

    public required IReadOnlyList<PlotLine> Lines { get; init; }

    public IReadOnlyList<ReferenceLine> References { get; init; } = [];

    /// <summary>The picture.</summary>
    public string ToSvg()
    {
        FindRanges();
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">""").Append('\n');
        svg.Append("<title>").Append(Escape(Title)).Append("</title>\n");
        WriteStyle(svg);
        svg.Append("""<rect class="page" width="100%" height="100%"/>""").Append('\n');
        svg.Append(Text("title", left, 22, Title));
        WriteAxes(svg);
        WriteReferences(svg);
        for (int line = 0; line < Lines.Count; line++)
            WriteLine(svg, Lines[line], line % light.Length);
        WriteLegend(svg);
        return svg.Append("</svg>\n").ToString();
    }

    void FindRanges()
    {
        IEnumerable<double> heights = Lines.SelectMany(line => line.Points.Select(point => point.Y))
            .Concat(Lines.SelectMany(line => line.Band ?? []).SelectMany(band => new[] { band.Low, band.High }))
            .Concat(References.Select(reference => reference.Y));
        double[] all = [.. heights.Where(double.IsFinite)];
        (lowestY, highestY) = all.Length == 0 ? (0, 1) : (all.Min(), all.Max());
        double room = highestY > lowestY ? 0.04 * (highestY - lowestY) : Math.Max(Math.Abs(highestY) * 0.1, 0.5);
        (lowestY, highestY) = (lowestY - room, highestY + room);
        highestX = Lines.SelectMany(line => line.Points.Select(point => point.X)).DefaultIfEmpty(1).Max();
        highestX = highestX > 0 ? highestX : 1;
    }

    double AtX(double x) => left + (width - left - right) * x / highestX;

    double AtY(double y) => height - bottom - (height - top - bottom) * (y - lowestY) / (highestY - lowestY);

    static void WriteStyle(StringBuilder svg)
    {
        svg.Append("""
            <style>
            text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #333333; }
            .title { font-size: 15px; font-weight: 600; }
            .middle { text-anchor: middle; }
            .end { text-anchor: end; }
            .page { fill: #ffffff; }
            .grid { stroke: #e6e6e6; }
            .axis { stroke: #666666; }
            .reference { stroke: #8c8c8c; stroke-dasharray: 5 4; }
            .ceiling { stroke: #b00020; stroke-dasharray: 9 4; }
            .pointer { stroke: #bdbdbd; fill: none; }
            .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
            .band { fill-opacity: 0.18; }

            """);
        WriteColours(svg, light);
        svg.Append("""
            @media (prefers-color-scheme: dark) {
            text { fill: #d8d8d8; }
            .page { fill: #0d1117; }
            .grid { stroke: #252b33; }
            .axis { stroke: #9a9a9a; }
            .reference { stroke: #848484; }
            .ceiling { stroke: #ff7b8a; }
            .pointer { stroke: #555555; }

            """);
        WriteColours(svg, dark);
        svg.Append("}\n</style>\n");
    }

    static void WriteColours(StringBuilder svg, string[] colours)
    {
        for (int i = 0; i < colours.Length; i++)
            svg.Append(CultureInfo.InvariantCulture,
                $$""".curve{{i}} { stroke: {{colours[i]}}; } .band{{i}} { fill: {{colours[i]}}; }""").Append('\n');
    }

    void WriteAxes(StringBuilder svg)
    {
        double step = Ticks.Step(lowestY, highestY, 6);
        foreach (double y in Ticks.Between(lowestY, highestY, 6))
        {
            svg.Append(Line("grid", left, AtY(y), width - right, AtY(y)));
            svg.Append(Text("end", left - 8, AtY(y) + 4, Ticks.Number(y, step)));
        }
        foreach (double x in Ticks.Between(0, highestX, 6))
        {
            svg.Append(Line("axis", AtX(x), height - bottom, AtX(x), height - bottom + 5));
            svg.Append(Text("middle", AtX(x), height - bottom + 19, Ticks.Count(x)));
        }
        svg.Append(Line("axis", left, height - bottom, width - right, height - bottom));
        svg.Append(Line("axis", left, top, left, height - bottom));
        svg.Append(Text("middle", (left + width - right) / 2, height - 12, XTitle));
        double middle = (top + height - bottom) / 2;
        svg.Append(CultureInfo.InvariantCulture,
            $"""<text class="middle" transform="translate(16 {middle:F1}) rotate(-90)">{Escape(YTitle)}</text>""");
        svg.Append('\n');
    }

    void WriteReferences(StringBuilder svg)
    {
        ReferenceLine[] ordered =
            [.. References.Where(line => double.IsFinite(line.Y)).OrderByDescending(line => line.Y)];
        double[] labels = Spread([.. ordered.Select(line => AtY(line.Y))], top, height - bottom, labelDistance);
        for (int i = 0; i < ordered.Length; i++)
        {
            double y = AtY(ordered[i].Y), end = width - right;
            svg.Append(Line(ordered[i].IsCeiling ? "ceiling" : "reference", left, y, end, y));
            svg.Append(Line("pointer", end + 3, y, end + 19, labels[i]));
            svg.Append(Text("name", end + 23, labels[i] + 4, ordered[i].Name));
        }
    }

    /// <summary>
    /// Moves rising places apart until none is nearer than the distance to its neighbour, and back into the bounds as
    /// far as there is room.
    /// </summary>
    internal static double[] Spread(double[] wanted, double low, double high, double distance)
    {
        double[] places = [.. wanted];
        for (int i = 0; i < places.Length; i++)
            places[i] = Math.Max(places[i], i == 0 ? low : places[i - 1] + distance);
        for (int i = places.Length - 1; i >= 0; i--)
            places[i] = Math.Min(places[i], i == places.Length - 1 ? high : places[i + 1] - distance);
        return places;
    }

    void WriteLine(StringBuilder svg, PlotLine line, int colour)
    {
        if (line.Band is { Count: > 0 } band)
        {
            string upper = Path(line.Points.Select((point, i) => (point.X, band[i].High)));
            string lower = Path(line.Points.Select((point, i) => (point.X, band[i].Low)).Reverse());
            string edge = $"{upper} {lower}";
            svg.Append(CultureInfo.InvariantCulture, $"""<polygon class="band band{colour}" points="{edge}"/>""");
            svg.Append('\n');
        }
        string points = Path(line.Points);
        svg.Append(CultureInfo.InvariantCulture, $"""<polyline class="curve curve{colour}" points="{points}"/>""");
        svg.Append('\n');
    }

    string Path(IEnumerable<(double X, double Y)> points) => string.Join(' ', points.Select(
        point => string.Create(CultureInfo.InvariantCulture, $"{AtX(point.X):F1},{AtY(point.Y):F1}")));

    void WriteLegend(StringBuilder svg)
    {
        double x = left;
        for (int line = 0; line < Lines.Count; line++)
        {
            svg.Append(Line($"curve curve{line % light.Length}", x, 42, x + 22, 42));
            svg.Append(Text("name", x + 28, 46, Lines[line].Name));
            x += 28 + 6.4 * Lines[line].Name.Length + 24;
        }
    }

    static string Line(string kind, double x1, double y1, double x2, double y2) => string.Create(
        CultureInfo.InvariantCulture,
        $"""<line class="{kind}" x1="{x1:F1}" y1="{y1:F1}" x2="{x2:F1}" y2="{y2:F1}"/>""") + "\n";

    static string Text(string kind, double x, double y, string text) => string.Create(
        CultureInfo.InvariantCulture, $"""<text class="{kind}" x="{x:F1}" y="{y:F1}">{Escape(text)}</text>""") + "\n";

    static string Escape(string text) => WebUtility.HtmlEncode(text);
}
