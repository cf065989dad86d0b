using System.Globalization;

namespace RLSquared.Reproduction.Plots;

/// <summary>
/// A plot as pixels on a white page, with smooth edges: a pixel takes as much of a colour as the shape covers of it.
/// </summary>
internal sealed class PixelCanvas : IPlotCanvas
{
    const double scale = 2;                             // pixels per unit of the plot, as screens have them today
    const int slices = 4;                               // of a row of pixels, where areas are measured

    static readonly Colour ink = new(0x33, 0x33, 0x33);
    static readonly Colour[] colours = [.. CurveColours.Light.Select(Parse)];

    readonly float[] coverage;                          // of the shape that is being drawn [Height, Width], else 0

    public PixelCanvas(double width, double height)
    {
        Picture = new Picture((int)Math.Round(width * scale), (int)Math.Round(height * scale));
        Array.Fill(Picture.Pixels, byte.MaxValue);
        coverage = new float[Picture.Width * Picture.Height];
    }

    /// <summary>What was drawn.</summary>
    public Picture Picture { get; }

    public void Line(Mark mark, double x1, double y1, double x2, double y2)
    {
        (Colour colour, double on, double off) = mark switch
        {
            Mark.Grid => (new Colour(0xe6, 0xe6, 0xe6), 0.0, 0.0),
            Mark.Axis => (new Colour(0x66, 0x66, 0x66), 0, 0),
            Mark.Reference => (new Colour(0x8c, 0x8c, 0x8c), 5, 4),
            Mark.Ceiling => (new Colour(0xb0, 0x00, 0x20), 9, 4),
            _ => (new Colour(0xbd, 0xbd, 0xbd), 0, 0),
        };
        if (x1 == x2 || y1 == y2)                       // on the edge of two pixels, so that it fills both
            (x1, y1, x2, y2) = (Snap(x1), Snap(y1), Snap(x2), Snap(y2));
        double length = Math.Sqrt((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1));
        List<(double X, double Y)[]> dashes = [];
        for (double at = 0; at < length; at += off > 0 ? on + off : length)
        {
            double end = off > 0 ? Math.Min(at + on, length) : length;
            dashes.Add([On(at), On(end)]);
        }
        Stroke(dashes, 1, colour);

        (double, double) On(double at) => (x1 + (x2 - x1) * at / length, y1 + (y2 - y1) * at / length);
        static double Snap(double place) => Math.Round(place * scale) / scale;
    }

    public void Text(Lettering lettering, double x, double y, string text)
    {
        (double size, double weight) = lettering is Lettering.Title ? (15, 1.05) : (12, 0.78);
        double unit = size / StrokeFont.UnitsPerSize, width = StrokeFont.Width(text) * unit;
        double start = x + lettering switch
        {
            Lettering.Middle => -width / 2,
            Lettering.End => -width,
            _ => unit / 2,
        };
        Stroke([.. StrokeFont.Strokes(text).Select(stroke => stroke
            .Select(point => (start + point.X * unit, y - point.Y * unit)).ToArray())], weight * unit, ink);
    }

    public void TextUpwards(double x, double y, string text)
    {
        const double unit = 12 / StrokeFont.UnitsPerSize;
        double start = y + StrokeFont.Width(text) * unit / 2;
        Stroke([.. StrokeFont.Strokes(text).Select(stroke => stroke
            .Select(point => (x - point.Y * unit, start - point.X * unit)).ToArray())], 0.78 * unit, ink);
    }

    public void Curve(int colour, IReadOnlyList<(double X, double Y)> points) =>
        Stroke([[.. points]], 2, colours[colour]);

    public void Sample(int colour, double x1, double x2, double y) =>
        Stroke([[(x1, y), (x2, y)]], 2, colours[colour]);

    // Each row of pixels is cut into slices; where a slice's middle is within the outline, its pixels are covered.
    public void Band(int colour, IReadOnlyList<(double X, double Y)> outline)
    {
        if (outline.Count < 3)
            return;
        (double X, double Y)[] corners = [.. outline.Select(point => (point.X * scale, point.Y * scale))];
        int top = Math.Max(0, (int)corners.Min(corner => corner.Y));
        int bottom = Math.Min(Picture.Height - 1, (int)corners.Max(corner => corner.Y));
        List<double> crossings = [];
        for (int slice = top * slices; slice < (bottom + 1) * slices; slice++)
        {
            double y = (slice + 0.5) / slices;
            crossings.Clear();
            for (int i = 0; i < corners.Length; i++)
            {
                ((double X, double Y) a, (double X, double Y) b) = (corners[i], corners[(i + 1) % corners.Length]);
                if (a.Y > y != b.Y > y)
                    crossings.Add(a.X + (b.X - a.X) * (y - a.Y) / (b.Y - a.Y));
            }
            crossings.Sort();
            for (int i = 0; i + 1 < crossings.Count; i += 2)
                Cover(slice / slices, crossings[i], crossings[i + 1]);
        }
        Paint(colours[colour], 0.18, 0, top, Picture.Width - 1, bottom);
    }

    void Cover(int y, double from, double to)
    {
        int first = Math.Max(0, (int)from), last = Math.Min(Picture.Width - 1, (int)to);
        for (int x = first; x <= last; x++)
        {
            double share = Math.Min(to, x + 1) - Math.Max(from, x);
            coverage[y * Picture.Width + x] += (float)(share / slices);
        }
    }

    // A pixel whose middle is nearer to a stroke than half its width, and half a pixel to either side of that edge.
    void Stroke(IReadOnlyList<(double X, double Y)[]> strokes, double width, Colour colour)
    {
        double half = width * scale / 2, reach = half + 1;
        (int left, int top, int right, int bottom) = (Picture.Width, Picture.Height, -1, -1);
        foreach ((double X, double Y)[] stroke in strokes)
        {
            for (int i = 0; i < stroke.Length; i++)
            {
                (double X, double Y) a = stroke[Math.Max(0, i - 1)], b = stroke[i];
                if (i == 0 && stroke.Length > 1)
                    continue;                           // the first point of more than one begins a piece
                Piece(a.X * scale, a.Y * scale, b.X * scale, b.Y * scale);
            }
        }
        Paint(colour, 1, left, top, right, bottom);

        void Piece(double x1, double y1, double x2, double y2)
        {
            int firstX = Math.Max(0, (int)(Math.Min(x1, x2) - reach));
            int firstY = Math.Max(0, (int)(Math.Min(y1, y2) - reach));
            int lastX = Math.Min(Picture.Width - 1, (int)(Math.Max(x1, x2) + reach));
            int lastY = Math.Min(Picture.Height - 1, (int)(Math.Max(y1, y2) + reach));
            (left, top) = (Math.Min(left, firstX), Math.Min(top, firstY));
            (right, bottom) = (Math.Max(right, lastX), Math.Max(bottom, lastY));
            double dx = x2 - x1, dy = y2 - y1, squared = dx * dx + dy * dy;
            for (int y = firstY; y <= lastY; y++)
            {
                for (int x = firstX; x <= lastX; x++)
                {
                    double px = x + 0.5 - x1, py = y + 0.5 - y1;
                    double along = squared > 0 ? Math.Clamp((px * dx + py * dy) / squared, 0, 1) : 0;
                    (px, py) = (px - along * dx, py - along * dy);
                    ref float covered = ref coverage[y * Picture.Width + x];
                    covered = Math.Max(covered, (float)Math.Clamp(half + 0.5 - Math.Sqrt(px * px + py * py), 0, 1));
                }
            }
        }
    }

    // Mixes the colour into the picture by the coverage, which is 0 everywhere afterwards.
    void Paint(Colour colour, double opacity, int left, int top, int right, int bottom)
    {
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++)
            {
                ref float covered = ref coverage[y * Picture.Width + x];
                if (covered > 0)
                {
                    double share = Math.Min(1, covered) * opacity;
                    Colour under = Picture[x, y];
                    Picture.Set(x, y, new Colour(
                        Mix(under.Red, colour.Red), Mix(under.Green, colour.Green), Mix(under.Blue, colour.Blue)));
                    byte Mix(byte below, byte above) => (byte)Math.Round(below + (above - below) * share);
                }
                covered = 0;
            }
        }
    }

    static Colour Parse(string text)
    {
        int number = int.Parse(text.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return new Colour((byte)(number >> 16), (byte)(number >> 8), (byte)number);
    }
}
