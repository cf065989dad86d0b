using System.Globalization;

namespace RLSquared.Reproduction.Plots;

/// <summary>
/// A small sans-serif of strokes, for plots as pixels: no system has the same fonts as another. A letter is a text of
/// strokes apart by '|'; a stroke is a row of points <c>x,y</c> and arcs <c>(cx,cy,rx,ry,from,to)</c> in degrees,
/// against the clock where <c>to</c> is greater. Letters stand on 0; small ones are 5 high, capitals 7.
/// </summary>
internal static class StrokeFont
{
    /// <summary>The size of a font in units.</summary>
    public const double UnitsPerSize = 9.75;

    /// <summary>How far the next letter is from the rightmost point of one, and a space besides.</summary>
    const double apart = 1.8, space = 2.7, digit = 5.4;

    static readonly Dictionary<char, Glyph> glyphs = Read();

    static readonly Glyph unknown = GlyphOf("0,0 0,7 3.5,7 3.5,0 0,0", null, glyphs);

    /// <summary>The width of a text in units.</summary>
    public static double Width(string text) => text.Sum(letter => Find(letter).Advance) - apart;

    /// <summary>The strokes of a text, each a row of points; it begins at 0.</summary>
    public static IEnumerable<(double X, double Y)[]> Strokes(string text)
    {
        double at = 0;
        foreach (char letter in text)
        {
            Glyph glyph = Find(letter);
            foreach ((double X, double Y)[] stroke in glyph.Strokes)
                yield return [.. stroke.Select(point => (point.X + at, point.Y))];
            at += glyph.Advance;
        }
    }

    /// <summary>Whether the font has a letter; another one is drawn as a box.</summary>
    public static bool Has(char letter) => glyphs.ContainsKey(letter);

    static Glyph Find(char letter) => glyphs.GetValueOrDefault(letter, unknown);

    sealed record Glyph(double Advance, (double X, double Y)[][] Strokes);

    // A letter, a space, and its strokes; '=o' stands for all strokes of an earlier letter.
    const string drawn = """
        o (1.7,2.5,1.7,2.5,0,360)
        a 3.1,0 (1.65,3.5,1.45,1.5,0,155)|3.1,2.9 1.4,2.9 (1.4,1.45,1.4,1.45,90,270) (1.5,1.6,1.6,1.6,270,360)
        b 0,7.2 0,0|=o
        c (1.7,2.5,1.7,2.5,48,312)
        d 3.4,7.2 3.4,0|=o
        e 0,2.6 3.4,2.6 (1.7,2.5,1.7,2.5,2,318)
        f 0.9,0 0.9,5.6 (2.2,5.7,1.3,1.5,180,85)|0,4.8 2.1,4.8
        g =o|3.4,5 3.4,-0.3 (1.75,-0.4,1.65,1.6,0,-150)
        h 0,7.2 0,0|0,3.2 (1.65,3.3,1.65,1.7,180,0) 3.3,0
        i 0.2,0 0.2,5|0.2,6.7 0.2,6.75
        j 1,5 1,-0.6 (-0.1,-0.6,1.1,1.4,0,-85)|1,6.7 1,6.75
        k 0,7.2 0,0|3.1,5 0,1.9|1.2,3.1 3.3,0
        l 0.2,7.2 0.2,0
        m 0,5 0,0|0,3.4 (1.35,3.5,1.35,1.5,180,0) 2.7,0|2.7,3.4 (4.05,3.5,1.35,1.5,180,0) 5.4,0
        n 0,5 0,0|0,3.2 (1.65,3.3,1.65,1.7,180,0) 3.3,0
        p 0,5 0,-2|=o
        q 3.4,5 3.4,-2|=o
        r 0,5 0,0|0,3.2 (1.7,3.2,1.7,1.8,180,72)
        s (1.55,3.7,1.35,1.3,25,270) (1.55,1.2,1.5,1.2,90,-155)
        t 1,6.6 1,1.2 (2.1,1.2,1.1,1.2,180,285)|0,4.8 2.2,4.8
        u 0,5 0,1.7 (1.65,1.7,1.65,1.7,180,360) 3.3,5|3.3,5 3.3,0
        v 0,5 1.8,0 3.6,5
        w 0,5 1.4,0 2.8,4.8 4.2,0 5.6,5
        x 0,5 3.4,0|3.4,5 0,0
        y 0,5 1.85,0|3.6,5 1.5,-1 1.1,-1.7 0.3,-2
        z 0.1,5 3.2,5 0,0 3.3,0
        A 0,0 2.5,7 5,0|0.85,2.3 4.15,2.3
        B 0,3.6 2.4,3.6 (2.4,5.3,1.7,1.7,-90,90) 0,7 0,0 2.5,0 (2.5,1.8,1.8,1.8,-90,90)
        C (2.7,3.5,2.7,3.5,48,312)
        D 0,0 0,7 1.8,7 (1.8,3.5,2.9,3.5,90,-90) 0,0
        E 4,7 0,7 0,0 4,0|0,3.7 3.6,3.7
        F 3.9,7 0,7 0,0|0,3.6 3.5,3.6
        G (2.7,3.5,2.7,3.5,48,345)|2.9,3.4 5.3,3.4 5.3,2.6
        H 0,0 0,7|4.5,0 4.5,7|0,3.7 4.5,3.7
        I 0.2,0 0.2,7
        J 3,7 3,1.9 (1.5,1.9,1.5,1.9,0,-165)
        K 0,7 0,0|4.3,7 0,2.6|1.6,4.2 4.6,0
        L 0,7 0,0 3.7,0
        M 0,0 0,7 2.7,1.5 5.4,7 5.4,0
        N 0,0 0,7 4.4,0 4.4,7
        O (2.8,3.5,2.8,3.5,0,360)
        P 0,0 0,7 2.5,7 (2.5,5.1,1.9,1.9,90,-90) 0,3.2
        Q =O|3.6,1.6 5.4,-0.4
        R =P|2.4,3.2 4.4,0
        S (2.2,5.2,2,1.8,25,270) (2.2,1.7,2.1,1.7,90,-155)
        T 0,7 4.8,7|2.4,7 2.4,0
        U 0,7 0,2.2 (2.2,2.2,2.2,2.2,180,360) 4.4,7
        V 0,7 2.5,0 5,7
        W 0,7 1.7,0 3.5,7 5.3,0 7,7
        X 0,7 4.5,0|4.5,7 0,0
        Y 0,7 2.3,3.2 4.6,7|2.3,3.2 2.3,0
        Z 0,7 4.3,7 0,0 4.4,0
        0 (1.75,3.5,1.75,3.5,0,360)
        1 0.4,5.6 2,7 2,0
        2 (1.7,5.1,1.6,1.9,165,-35) 0,0 3.5,0
        3 (1.6,5.3,1.5,1.7,155,-90) (1.6,1.8,1.8,1.8,90,-155)
        4 2.7,0 2.7,7 0,1.9 3.7,1.9
        5 3.2,7 0.5,7 0.25,3.7 (1.7,2.25,1.8,2.25,132,-155)
        6 (1.75,2.2,1.75,2.2,0,360)|0,2.3 (2.8,2.6,2.8,4.4,180,80)
        7 0,7 3.5,7 1.2,0
        8 (1.75,5.3,1.5,1.7,0,360)|(1.75,1.8,1.75,1.8,0,360)
        9 (1.75,4.8,1.75,2.2,0,360)|3.5,4.7 (0.7,4.4,2.8,4.4,0,-100)
        . 0.2,0.1 0.2,0.15
        , 0.5,0.2 0.2,-1.1
        : 0.2,0.1 0.2,0.15|0.2,4.4 0.2,4.45
        ; 0.5,0.2 0.2,-1.1|0.5,4.4 0.5,4.45
        - 0,2.6 2,2.6
        – 0,2.6 3.6,2.6
        — 0,2.6 6.5,2.6
        _ 0,-1 3.8,-1
        + 0,2.8 4,2.8|2,4.8 2,0.8
        − 0,2.8 4,2.8
        = 0,3.7 4,3.7|0,1.9 4,1.9
        ( (2.9,2.6,2.7,5.2,120,240)
        ) (-1.2,2.6,2.7,5.2,60,-60)
        [ 1.2,7.6 0,7.6 0,-1.6 1.2,-1.6
        ] 0,7.6 1.2,7.6 1.2,-1.6 0,-1.6
        / 0,-0.8 2.8,7.4
        \ 0,7.4 2.8,-0.8
        | 0.2,-1.8 0.2,7.6
        % (1.1,5.5,1.1,1.5,0,360)|(5,1.5,1.1,1.5,0,360)|4.9,7 1.2,0
        ' 0.2,7.2 0.2,5.4
        " 0,7.2 0,5.4|1.4,7.2 1.4,5.4
        * 1.4,7 1.4,4.2|0.2,6.3 2.6,4.9|2.6,6.3 0.2,4.9
        ! 0.2,7 0.2,2.2|0.2,0.1 0.2,0.15
        ? (1.5,5.4,1.5,1.6,165,-45) 1.4,3.1 1.4,2.1|1.4,0.1 1.4,0.15
        < 3.6,5 0,2.8 3.6,0.6
        > 0,5 3.6,2.8 0,0.6
        ~ 0,2.4 (1,2.4,1,0.9,180,0) (3,2.4,1,0.9,180,360)
        # 1.2,0 2,7|3.4,0 4.2,7|0.2,2.2 4.9,2.2|0.6,4.8 5.3,4.8
        ^ 0,4.4 1.6,7 3.2,4.4
        & 5,0 1.1,4.7 (1.9,5.6,1.2,1.4,220,-50) 0.9,3.2 (1.8,1.7,1.8,1.7,125,355) 4.4,3
        @ (2.9,2.6,1.3,1.6,0,360)|4.2,4.2 4.2,1.6 (5.1,1.8,0.9,0.9,200,360) (3,2.7,3,3.6,0,300)
        $ (2,5,1.7,1.5,25,270) (2,2,1.8,1.5,90,-155)|2,7.4 2,-0.4
        { 1.8,7.6 (1.8,6.6,0.9,1,90,180) 0.9,3.9 0,3 0.9,2.1 (1.8,-0.6,0.9,1,180,270)
        } 0,7.6 (0,6.6,0.9,1,90,0) 0.9,3.9 1.8,3 0.9,2.1 (0,-0.6,0.9,1,0,-90)
        ± 0,3.4 4,3.4|2,5.4 2,1.4|0,0 4,0
        × 0.3,4.5 3.7,1.1|3.7,4.5 0.3,1.1
        · 0.2,2.7 0.2,2.75
        … 0.2,0.1 0.2,0.15|2.2,0.1 2.2,0.15|4.2,0.1 4.2,0.15
        ° (1.1,6,1.1,1.1,0,360)
        ² (1,6.5,0.9,0.9,160,-35) 0.1,4.1 2.1,4.1
        ' 1.5,4.4 0,2.6 1.5,0.8|3.4,4.4 1.9,2.6 3.4,0.8
        ' 0,4.4 1.5,2.6 0,0.8|1.9,4.4 3.4,2.6 1.9,0.8
        ≤ 3.6,5.6 0,3.6 3.6,1.6|0,0 3.6,0
        ≥ 0,5.6 3.6,3.6 0,1.6|0,0 3.6,0
        ä =a|0.8,6.7 0.8,6.75|2.6,6.7 2.6,6.75
        ö =o|0.8,6.7 0.8,6.75|2.6,6.7 2.6,6.75
        ü =u|0.8,6.7 0.8,6.75|2.6,6.7 2.6,6.75
        é =e|1.5,6.2 2.5,7.4
        ß 0,0 0,5.4 (1.5,5.5,1.5,1.7,180,-60) (2,1.9,1.6,1.9,110,-110)
        α =o|3.8,5 3.2,2.5 4,0
        β 0,-2 0,5.5 (1.5,5.5,1.4,1.6,180,-90) (1.7,2,1.7,2,90,-130)
        γ 0,5 1.8,0 1.8,-2|3.6,5 1.8,0
        δ (1.7,2.2,1.7,2.2,0,360)|2.2,4.3 0.7,6.2 1,7 3,7
        ε (1.6,3.75,1.4,1.25,35,270)|(1.6,1.25,1.6,1.25,90,325)
        θ (1.7,3.5,1.7,3.5,0,360)|0,3.5 3.4,3.5
        λ 0.2,7 1,7 3.6,0|1.95,4.4 0,0
        μ =u|0,2 0,-2
        π 0,5 4,5|0.9,5 0.8,0|3.1,5 3.2,0
        σ =o|1.7,5 4,5
        """;

    static Dictionary<char, Glyph> Read()
    {
        var read = new Dictionary<char, Glyph> { [' '] = new(space, []) };
        foreach (string line in drawn.Split('\n'))
        {
            char letter = line[0];
            read[letter] = GlyphOf(line[2..], char.IsAsciiDigit(letter) ? digit : null, read);
        }
        return read;
    }

    static Glyph GlyphOf(string text, double? advance, Dictionary<char, Glyph> earlier)
    {
        (double X, double Y)[][] strokes = [.. text.Split('|').SelectMany<string, (double X, double Y)[]>(
            stroke => stroke[0] == '=' ? earlier[stroke[1]].Strokes : [[.. stroke.Split(' ').SelectMany(Points)]])];
        double left = Math.Min(0, strokes.Min(stroke => stroke.Min(point => point.X)));
        (double X, double Y)[][] placed =
            [.. strokes.Select(stroke => stroke.Select(point => (point.X - left, point.Y)).ToArray())];
        return new Glyph(advance ?? placed.Max(stroke => stroke.Max(point => point.X)) + apart, placed);
    }

    static IEnumerable<(double X, double Y)> Points(string piece)
    {
        double[] numbers = [.. piece.Trim('(', ')').Split(',').Select(
            number => double.Parse(number, CultureInfo.InvariantCulture))];
        if (numbers is [double x, double y])
            return [(x, y)];
        const int pieces = 16;
        return Enumerable.Range(0, pieces + 1).Select(i =>
        {
            (double sin, double cos) = Math.SinCos(
                (numbers[4] + (numbers[5] - numbers[4]) * i / pieces) * Math.PI / 180);
            return (numbers[0] + numbers[2] * cos, numbers[1] + numbers[3] * sin);
        });
    }
}
