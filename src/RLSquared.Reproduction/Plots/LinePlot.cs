namespace RLSquared.Reproduction.Plots;

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
/// Curves over a count from 0 on, as an SVG picture of its own or as pixels: axes with round ticks, bands, horizontal
/// lines with names at the right, a legend.
/// </summary>
internal sealed class LinePlot
{
    const double width = 940, left = 64, bottom = 52, plotHeight = 322;
    const double roomForNames = 300, noRoomForNames = 28;
    const double labelDistance = 14;                        // between the names of two reference lines, pixels
    const double legendTop = 42, legendRow = 18, letterWidth = 6.4;

    double highestX = 1, lowestY, highestY = 1;
    double top, height, right;

    public required string Title { get; init; }

    public required string XTitle { get; init; }

    public required string YTitle { get; init; }

    public required IReadOnlyList<PlotLine> Lines { get; init; }

    public IReadOnlyList<ReferenceLine> References { get; init; } = [];

    /// <summary>Writes a tick of the x axis.</summary>
    public Func<double, string> XTick { get; init; } = Ticks.Count;

    /// <summary>The picture as SVG.</summary>
    public string ToSvg()
    {
        Layout();
        var canvas = new SvgCanvas(width, height, Title);
        Draw(canvas);
        return canvas.End();
    }

    /// <summary>The picture as pixels.</summary>
    public Picture ToPicture()
    {
        Layout();
        var canvas = new PixelCanvas(width, height);
        Draw(canvas);
        return canvas.Picture;
    }

    void Draw(IPlotCanvas canvas)
    {
        canvas.Text(Lettering.Title, left, 22, Title);
        DrawAxes(canvas);
        DrawReferences(canvas);
        for (int line = 0; line < Lines.Count; line++)
            DrawLine(canvas, Lines[line], ColourOf(line));
        DrawLegend(canvas);
    }

    static int ColourOf(int line) => line % CurveColours.Light.Length;

    void Layout()
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
        right = References.Count > 0 ? roomForNames : noRoomForNames;
        int rows = Lines.Count == 0 ? 1 : LegendPlaces()[^1].Row + 1;
        top = legendTop + 6 + legendRow * rows;
        height = top + plotHeight + bottom;
    }

    double AtX(double x) => left + (width - left - right) * x / highestX;

    double AtY(double y) => height - bottom - plotHeight * (y - lowestY) / (highestY - lowestY);

    void DrawAxes(IPlotCanvas canvas)
    {
        double step = Ticks.Step(lowestY, highestY, 6);
        foreach (double y in Ticks.Between(lowestY, highestY, 6))
        {
            canvas.Line(Mark.Grid, left, AtY(y), width - right, AtY(y));
            canvas.Text(Lettering.End, left - 8, AtY(y) + 4, Ticks.Number(y, step));
        }
        foreach (double x in Ticks.Between(0, highestX, 6))
        {
            canvas.Line(Mark.Axis, AtX(x), height - bottom, AtX(x), height - bottom + 5);
            canvas.Text(Lettering.Middle, AtX(x), height - bottom + 19, XTick(x));
        }
        canvas.Line(Mark.Axis, left, height - bottom, width - right, height - bottom);
        canvas.Line(Mark.Axis, left, top, left, height - bottom);
        canvas.Text(Lettering.Middle, (left + width - right) / 2, height - 12, XTitle);
        canvas.TextUpwards(16, (top + height - bottom) / 2, YTitle);
    }

    void DrawReferences(IPlotCanvas canvas)
    {
        ReferenceLine[] ordered =
            [.. References.Where(line => double.IsFinite(line.Y)).OrderByDescending(line => line.Y)];
        double[] labels = Spread([.. ordered.Select(line => AtY(line.Y))], top, height - bottom, labelDistance);
        for (int i = 0; i < ordered.Length; i++)
        {
            double y = AtY(ordered[i].Y), end = width - right;
            canvas.Line(ordered[i].IsCeiling ? Mark.Ceiling : Mark.Reference, left, y, end, y);
            canvas.Line(Mark.Pointer, end + 3, y, end + 19, labels[i]);
            canvas.Text(Lettering.Name, end + 23, labels[i] + 4, ordered[i].Name);
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

    void DrawLine(IPlotCanvas canvas, PlotLine line, int colour)
    {
        if (line.Band is { Count: > 0 } band)
        {
            IEnumerable<(double, double)> upper = line.Points.Select((point, i) => (AtX(point.X), AtY(band[i].High)));
            IEnumerable<(double, double)> lower = line.Points.Select((point, i) => (AtX(point.X), AtY(band[i].Low)));
            canvas.Band(colour, [.. upper, .. lower.Reverse()]);
        }
        canvas.Curve(colour, [.. line.Points.Select(point => (AtX(point.X), AtY(point.Y)))]);
    }

    // The names beside each other, as many in a row as there is room for.
    List<(double X, int Row)> LegendPlaces()
    {
        List<(double X, int Row)> places = [];
        (double x, int row) = (left, 0);
        foreach (PlotLine line in Lines)
        {
            double room = 28 + letterWidth * line.Name.Length;
            if (x > left && x + room > width)
                (x, row) = (left, row + 1);
            places.Add((x, row));
            x += room + 24;
        }
        return places;
    }

    void DrawLegend(IPlotCanvas canvas)
    {
        List<(double X, int Row)> places = LegendPlaces();
        for (int line = 0; line < Lines.Count; line++)
        {
            (double x, double y) = (places[line].X, legendTop + legendRow * places[line].Row);
            canvas.Sample(ColourOf(line), x, x + 22, y);
            canvas.Text(Lettering.Name, x + 28, y + 4, Lines[line].Name);
        }
    }
}
