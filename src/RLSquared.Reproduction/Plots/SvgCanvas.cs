using System.Globalization;
using System.Net;
using System.Text;

namespace RLSquared.Reproduction.Plots;

/// <summary>A plot as an SVG text of its own, which follows the reader's choice of a dark or a light page.</summary>
internal sealed class SvgCanvas : IPlotCanvas
{
    readonly StringBuilder svg = new();

    public SvgCanvas(double width, double height, string title)
    {
        svg.Append(CultureInfo.InvariantCulture,
            $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">""").Append('\n');
        svg.Append("<title>").Append(Escape(title)).Append("</title>\n");
        WriteStyle();
        svg.Append("""<rect class="page" width="100%" height="100%"/>""").Append('\n');
    }

    /// <summary>What was drawn, as a whole file; nothing can be drawn after it.</summary>
    public string End() => svg.Append("</svg>\n").ToString();

    public void Line(Mark mark, double x1, double y1, double x2, double y2) => Line(mark switch
    {
        Mark.Grid => "grid",
        Mark.Axis => "axis",
        Mark.Reference => "reference",
        Mark.Ceiling => "ceiling",
        _ => "pointer",
    }, x1, y1, x2, y2);

    public void Text(Lettering lettering, double x, double y, string text)
    {
        string kind = lettering switch
        {
            Lettering.Title => "title",
            Lettering.Middle => "middle",
            Lettering.End => "end",
            _ => "name",
        };
        svg.Append(CultureInfo.InvariantCulture,
            $"""<text class="{kind}" x="{x:F1}" y="{y:F1}">{Escape(text)}</text>""").Append('\n');
    }

    public void TextUpwards(double x, double y, string text) => svg.Append(CultureInfo.InvariantCulture,
        $"""<text class="middle" transform="translate({x} {y:F1}) rotate(-90)">{Escape(text)}</text>""").Append('\n');

    public void Curve(int colour, IReadOnlyList<(double X, double Y)> points) => svg.Append(
        CultureInfo.InvariantCulture,
        $"""<polyline class="curve curve{colour}" points="{Path(points)}"/>""").Append('\n');

    public void Band(int colour, IReadOnlyList<(double X, double Y)> outline) => svg.Append(
        CultureInfo.InvariantCulture,
        $"""<polygon class="band band{colour}" points="{Path(outline)}"/>""").Append('\n');

    public void Sample(int colour, double x1, double x2, double y) =>
        Line($"curve curve{colour}", x1, y, x2, y);

    void Line(string kind, double x1, double y1, double x2, double y2) => svg.Append(
        CultureInfo.InvariantCulture,
        $"""<line class="{kind}" x1="{x1:F1}" y1="{y1:F1}" x2="{x2:F1}" y2="{y2:F1}"/>""").Append('\n');

    static string Path(IReadOnlyList<(double X, double Y)> points) => string.Join(' ', points.Select(
        point => string.Create(CultureInfo.InvariantCulture, $"{point.X:F1},{point.Y:F1}")));

    static string Escape(string text) => WebUtility.HtmlEncode(text);

    void WriteStyle()
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
        WriteColours(CurveColours.Light);
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
        WriteColours(CurveColours.Dark);
        svg.Append("}\n</style>\n");
    }

    void WriteColours(string[] colours)
    {
        for (int i = 0; i < colours.Length; i++)
            svg.Append(CultureInfo.InvariantCulture,
                $$""".curve{{i}} { stroke: {{colours[i]}}; } .band{{i}} { fill: {{colours[i]}}; }""").Append('\n');
    }
}
