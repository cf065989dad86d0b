namespace RLSquared.Objectives;

/// <summary>
/// Values of goals in a table, and two ways of making them better. With V(s, g) = γᵈ, where d is the least number of
/// steps from s to g, the triangle inequality d(s, g) ≤ d(s, w) + d(w, g) reads V(s, g) ≥ V(s, w) · V(w, g).
/// </summary>
static class TransitiveBackup
{
    /// <summary>What is known without any sweep: γ⁰ on the diagonal, γ¹ along edges, else 0.</summary>
    /// <param name="edges">Whether a step leads from s to g, [S, S].</param>
    /// <param name="gamma">γ, between 0 and 1.</param>
    /// <param name="values">Receives V, [S, S].</param>
    public static void Begin(ReadOnlySpan<bool> edges, double gamma, Span<double> values)
    {
        int states = SideOf(edges.Length);
        for (int i = 0; i < values.Length; i++)
            values[i] = i / states == i % states ? 1 : edges[i] ? gamma : 0;
    }

    /// <summary>
    /// One transitive sweep: V′(s, g) = max over w of V(s, w) · V(w, g). What was right up to n steps is right up to
    /// 2n after it, so paths of T steps need ⌈log₂ T⌉ sweeps. S³ products.
    /// </summary>
    /// <param name="values">V, [S, S], begun by <see cref="Begin"/>.</param>
    /// <param name="next">Receives V′, [S, S]; another memory than V's.</param>
    public static void Sweep(ReadOnlySpan<double> values, Span<double> next)
    {
        int states = SideOf(values.Length);
        next.Clear();
        for (int s = 0; s < states; s++)
        {
            Span<double> row = next.Slice(s * states, states);
            for (int w = 0; w < states; w++)
            {
                double first = values[s * states + w];
                if (first == 0)
                    continue;
                ReadOnlySpan<double> rest = values.Slice(w * states, states);
                for (int g = 0; g < states; g++)
                    row[g] = Math.Max(row[g], first * rest[g]);
            }
        }
    }

    /// <summary>
    /// One sweep of temporal differences, for comparison: V′(s, g) = 1 where s = g, else γ · max over edges (s, s′) of
    /// V(s′, g). What was right up to n steps is right up to n + 1 after it.
    /// </summary>
    /// <param name="edges">Whether a step leads from s to s′, [S, S].</param>
    /// <param name="gamma">γ, between 0 and 1.</param>
    /// <param name="values">V, [S, S], begun by <see cref="Begin"/>.</param>
    /// <param name="next">Receives V′, [S, S]; another memory than V's.</param>
    public static void OneStepSweep(
        ReadOnlySpan<bool> edges, double gamma, ReadOnlySpan<double> values, Span<double> next)
    {
        int states = SideOf(values.Length);
        next.Clear();
        for (int s = 0; s < states; s++)
        {
            Span<double> row = next.Slice(s * states, states);
            for (int after = 0; after < states; after++)
            {
                if (!edges[s * states + after])
                    continue;
                for (int g = 0; g < states; g++)
                    row[g] = Math.Max(row[g], gamma * values[after * states + g]);
            }
            row[s] = 1;
        }
    }

    /// <summary>The number of steps that a value stands for, ln V / ln γ; infinite for 0.</summary>
    /// <param name="value">V, from 0 to 1.</param>
    /// <param name="gamma">γ, between 0 and 1.</param>
    public static double Steps(double value, double gamma) => Math.Log(value) / Math.Log(gamma);

    static int SideOf(int count)
    {
        int side = (int)Math.Round(Math.Sqrt(count));
        return side * side == count ? side
            : throw new ArgumentException($"a table of values is square, but {count} numbers are not a square");
    }
}
