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
    /// <summary>The longest trial that is added up: the sum has half the square of its pulls as terms.</summary>
    public const int MostPulls = 10_000;

    public static double Value(DependentBandits task)
    {
        DependentVariant variant = task.Options.Variant;
        double[] chance = [1.0];                    // P(j) by j after t pulls
        double value = 0;
        for (int t = 0; t < task.Pulls; t++)
        {
            double[] next = new double[t + 2];
            for (int j = 0; j <= t; j++)
            {
                double p = FirstMean(variant, j, t - j);
                value += chance[j] * Math.Max(p, 1 - p);
                next[j + 1] += chance[j] * p;
                next[j] += chance[j] * (1 - p);
            }
            chance = next;
        }
        return value;
    }

    /// <summary>E[p₁] after so much evidence for each arm.</summary>
    static double FirstMean(DependentVariant variant, int forFirst, int forSecond)
    {
        if (variant == DependentVariant.Uniform)
            return (forFirst + 1.0) / (forFirst + forSecond + 2);
        double high = DependentBandits.HighMean(variant), low = 1 - high;
        double isHigh = 1 / (1 + Math.Pow(low / high, forFirst - forSecond));       // P(p₁ is the high one)
        return isHigh * high + (1 - isHigh) * low;
    }
}
