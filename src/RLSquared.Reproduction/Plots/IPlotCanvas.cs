namespace RLSquared.Reproduction.Plots;

/// <summary>What a line of a plot is for.</summary>
internal enum Mark
{
    Grid,
    Axis,

    /// <summary>A score to compare with.</summary>
    Reference,

    /// <summary>What no curve, or nearly none, can pass.</summary>
    Ceiling,

    /// <summary>From a line to its name.</summary>
    Pointer,
}

/// <summary>Where a text stands and how large it is.</summary>
internal enum Lettering
{
    /// <summary>Begins at the place.</summary>
    Name,

    /// <summary>Begins at the place, larger and bolder.</summary>
    Title,

    /// <summary>Has its middle there.</summary>
    Middle,

    /// <summary>Ends there.</summary>
    End,
}

/// <summary>
/// What a plot is drawn on: an SVG text or a grid of pixels. Places are in units of the plot, from the top left; texts
/// stand on the place's height.
/// </summary>
internal interface IPlotCanvas
{
    void Line(Mark mark, double x1, double y1, double x2, double y2);

    void Text(Lettering lettering, double x, double y, string text);

    /// <summary>A text that reads upwards and has its middle at the place.</summary>
    void TextUpwards(double x, double y, string text);

    /// <summary>A curve in one of the colours that are told apart.</summary>
    void Curve(int colour, IReadOnlyList<(double X, double Y)> points);

    /// <summary>What lies within an outline, lightly in one of these colours.</summary>
    void Band(int colour, IReadOnlyList<(double X, double Y)> outline);

    /// <summary>A piece of a curve for the legend.</summary>
    void Sample(int colour, double x1, double x2, double y);
}

/// <summary>The colours of curves, told apart by those who do not see all colours, too (after Okabe and Ito).</summary>
internal static class CurveColours
{
    public static readonly string[] Light = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#555555"];
    public static readonly string[] Dark = ["#56b4e9", "#ff9a4d", "#2fd3a1", "#f0a6cf", "#f0e442", "#bbbbbb"];
}
