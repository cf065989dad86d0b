namespace RLSquared.Language.Models;

/// <summary>The cosines and sines of all positions that were asked for as yet; several threads may ask.</summary>
sealed class RotaryTable(ModelConfiguration configuration)
{
    readonly double[] frequencies = configuration.RotaryFrequencies();
    readonly double factor = configuration.RopeScaling?.AttentionFactor ?? 1;
    readonly Lock growing = new();
    volatile float[] table = [];                    // cosines, then sines, of each position

    /// <summary>The angles of positions first, first + 1, …, as rows [count, E/2].</summary>
    public void CopyTo(int first, int count, Span<float> cosines, Span<float> sines)
    {
        int half = frequencies.Length;
        float[] known = Upto(first + count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> row = known.AsSpan((first + i) * 2 * half, 2 * half);
            row[..half].CopyTo(cosines[(i * half)..]);
            row[half..].CopyTo(sines[(i * half)..]);
        }
    }

    float[] Upto(int positions)
    {
        int half = frequencies.Length, row = 2 * half;
        float[] known = table;
        if (known.Length >= positions * row)
            return known;
        lock (growing)
        {
            known = table;
            int have = known.Length / row;
            if (have >= positions)
                return known;
            int wanted = Math.Max(positions, Math.Max(256, 2 * have));
            float[] grown = new float[wanted * row];
            known.CopyTo(grown, 0);
            for (int t = have; t < wanted; t++)
            {
                for (int i = 0; i < half; i++)
                {
                    (double sine, double cosine) = Math.SinCos(t * frequencies[i]);
                    grown[t * row + i] = (float)(cosine * factor);
                    grown[t * row + half + i] = (float)(sine * factor);
                }
            }
            return table = grown;
        }
    }
}
