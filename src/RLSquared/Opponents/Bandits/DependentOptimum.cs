using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// The value of optimal play of two dependent arms, p₁ = 1 − p₂. Whichever arm is pulled, the evidence for the first
/// grows by one with probability p₁, so nothing that is learned depends on the choice and the likelier arm is best:
/// <code>
/// V = Σ_{t &lt; n} Σ_{j ≤ t} P(j of t pieces of evidence are for the first arm) · max(E[p₁ | j, t], 1 − E[p₁ | j, t])
/// </code>
/// </summary>
internal static class DependentOptimum
{
    /// <summary>The longest trial whose value is computed: within a second, and it grows with the square.</summary>
    public const int LongestTrial = 10_000;

    const double Negligible = 1e-18;                // chances below it are left out, where they are the outermost

    public static double Value(DependentBandits task) => task.Options.Variant == DependentVariant.Uniform
        ? OfUniform(task.Pulls) : Value(task.Options.Variant, task.Pulls);

    // Every j is equally likely after t pulls, and E[p₁ | j, t] = (j + 1)/(t + 2), so with m = t + 2 the inner sum is
    // Σ max(a, m − a) over a = 1 … m − 1, divided by m(m − 1).
    static double OfUniform(int pulls)
    {
        double value = 0;
        for (int t = 0; t < pulls; t++)
        {
            double m = t + 2, q = Math.Floor(m / 2);
            value += (t % 2 == 0 ? q * (3 * q - 2) : q * (3 * q + 1)) / (m * (m - 1));
        }
        return value;
    }

    static double Value(DependentVariant variant, int pulls)
    {
        double high = DependentBandits.HighMean(variant), low = 1 - high;
        // E[p₁] by how much more evidence there is for the first arm; further out it does not change any more.
        int far = (int)Math.Ceiling(40 / Math.Log(high / low));
        double[] means = new double[2 * far + 1];
        for (int d = -far; d <= far; d++)
        {
            double isHigh = 1 / (1 + Math.Pow(low / high, d));                  // P(p₁ is the high one)
            means[d + far] = isHigh * high + (1 - isHigh) * low;
        }
        double[] chance = [1.0];                    // P(j) for j from `first` on, after t pulls
        int first = 0;
        double value = 0;
        for (int t = 0; t < pulls; t++)
        {
            double[] next = new double[chance.Length + 1];
            for (int i = 0; i < chance.Length; i++)
            {
                double p = means[Math.Clamp(2 * (first + i) - t, -far, far) + far];
                value += chance[i] * Math.Max(p, 1 - p);
                next[i + 1] += chance[i] * p;
                next[i] += chance[i] * (1 - p);
            }
            int begin = 0, end = next.Length;
            while (next[begin] < Negligible)
                begin++;
            while (next[end - 1] < Negligible)
                end--;
            (chance, first) = (next[begin..end], first + begin);
        }
        return value;
    }
}
