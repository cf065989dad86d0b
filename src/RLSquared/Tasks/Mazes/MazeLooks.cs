namespace RLSquared.Tasks.Mazes;

/// <summary>
/// How walls look: a pattern of 16 × 16 points in two colours. Eight patterns in twelve hues tell places apart; the
/// colours are dimmed so that the target, which glows, stands out.
/// </summary>
static class MazeLooks
{
    /// <summary>Points along one side of a pattern.</summary>
    public const int Points = 16;

    const int Hues = 12, Patterns = 8;

    /// <summary>The number of looks.</summary>
    public const int Count = Hues * Patterns;

    static readonly ushort[] columns = DrawColumns();
    static readonly float[] colours = MixColours();

    /// <summary>One column of a look's pattern: bit v says which of the two colours point v from the top has.</summary>
    public static ushort Column(int look, int u) => columns[look / Hues * Points + u];

    /// <summary>The colour of clear bits and then that of set ones, red, green and blue, 0 … 255.</summary>
    public static ReadOnlySpan<float> Colours(int look) => colours.AsSpan(look * 6, 6);

    static ushort[] DrawColumns()
    {
        Func<int, int, bool>[] patterns =
        [
            (u, v) => u is 0 or 15 || v is 0 or 15,                                     // a framed panel
            (u, v) => u / 4 % 2 == 1,                                                   // upright stripes
            (u, v) => v / 4 % 2 == 1,                                                   // bands
            (u, v) => (u / 4 + v / 4) % 2 == 1,                                         // a chessboard
            (u, v) => v % 4 == 3 || (u + v / 4 % 2 * 4) % 8 == 7,                       // bricks
            (u, v) => Math.Abs(u - 7.5) + Math.Abs(v - 7.5) < 6,                        // a diamond
            (u, v) => Math.Abs(u - v) < 2 || Math.Abs(15 - u - v) < 2,                  // a cross
            (u, v) => v > 8,                                                            // a plinth
        ];
        ushort[] columns = new ushort[Patterns * Points];
        for (int i = 0; i < columns.Length; i++)
        {
            for (int v = 0; v < Points; v++)
                columns[i] |= (ushort)(patterns[i / Points](i % Points, v) ? 1 << v : 0);
        }
        return columns;
    }

    static float[] MixColours()
    {
        const float brightest = 200, darkest = 40, ofSecond = 0.4f;
        float[] colours = new float[Count * 6];
        for (int look = 0; look < Count; look++)
        {
            int hue = look % Hues;
            Mix(hue, 1, colours.AsSpan(look * 6, 3));
            Mix((hue + 4) % Hues, ofSecond, colours.AsSpan(look * 6 + 3, 3));
        }
        return colours;

        // The circle of hues: each primary colour is full around its own third of the circle and falls off beside it.
        static void Mix(int hue, float share, Span<float> colour)
        {
            for (int primary = 0; primary < 3; primary++)
            {
                float away = MathF.Abs(hue - primary * (Hues / 3));
                away = MathF.Min(away, Hues - away) / (Hues / 6f);
                colour[primary] = share * (darkest + (brightest - darkest) * Math.Clamp(2 - away, 0, 1));
            }
        }
    }
}
