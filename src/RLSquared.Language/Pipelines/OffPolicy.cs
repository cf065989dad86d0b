using RLSquared.Language.Objectives;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Pipelines;

/// <summary>
/// How far tokens are from the policy that learns from them, by raw ratios: those of a loss may be cut, and would make
/// it look better than it is.
/// </summary>
/// <param name="Tokens">N.</param>
/// <param name="Ratios">Σ w, w = π/μ.</param>
/// <param name="Squares">Σ w².</param>
/// <param name="Divergences">Σ k3 of KL(μ ‖ π).</param>
readonly record struct OffPolicy(long Tokens, double Ratios, double Squares, double Divergences)
{
    /// <summary>(Σw)²/(N·Σw²): 1 on-policy, and for no tokens.</summary>
    public double EffectiveSampleSize => Tokens == 0 ? 1 : Squares == 0 ? 0 : Ratios * Ratios / (Tokens * Squares);

    /// <summary>The mean over tokens.</summary>
    public double Divergence => Divergences / Math.Max(1, Tokens);

    /// <summary>Of a sequence.</summary>
    /// <param name="logProbs">log π, [T].</param>
    /// <param name="behaviour">log μ, [T].</param>
    /// <param name="mask">1 for tokens that are learnt, [T].</param>
    public static OffPolicy Of(ReadOnlySpan<float> logProbs, ReadOnlySpan<float> behaviour, ReadOnlySpan<byte> mask)
    {
        OffPolicy all = default;
        for (int t = 0; t < mask.Length; t++)
        {
            if (mask[t] == 0)
                continue;
            double ratio = Math.Exp((double)logProbs[t] - behaviour[t]);
            all += new OffPolicy(1, ratio, ratio * ratio,
                Objectives.Divergence.Of(DivergenceEstimator.K3, behaviour[t], logProbs[t]));
        }
        return all;
    }

    public static OffPolicy operator +(OffPolicy a, OffPolicy b) => new(
        a.Tokens + b.Tokens, a.Ratios + b.Ratios, a.Squares + b.Squares, a.Divergences + b.Divergences);
}

/// <summary>How old tokens are when they are learnt from.</summary>
static class LagFigures
{
    /// <summary>Least, mean and most over the tokens that the policy drew, in versions and in samples.</summary>
    /// <param name="batch">What is learnt from.</param>
    /// <param name="version">Of the weights that learn.</param>
    /// <param name="samplesPerUpdate">B: a version is so many samples.</param>
    public static IEnumerable<(string Name, double Value)> Of(
        IReadOnlyList<Completion> batch, int version, int samplesPerUpdate)
    {
        (long count, long sum, int least, int most) = (0, 0, int.MaxValue, 0);
        foreach (Completion one in batch)
        {
            for (int t = 0; t < one.Versions.Count; t++)
            {
                if (one.Mask[t] == 0)
                    continue;
                int lag = version - one.Versions[t];
                (count, sum, least, most) = (count + 1, sum + lag, Math.Min(least, lag), Math.Max(most, lag));
            }
        }
        if (count == 0)
            yield break;
        double mean = (double)sum / count;
        foreach ((string unit, int scale) in ((string, int)[])[("versions", 1), ("samples", samplesPerUpdate)])
        {
            yield return ($"lag/{unit}_min", (double)least * scale);
            yield return ($"lag/{unit}_mean", mean * scale);
            yield return ($"lag/{unit}_max", (double)most * scale);
        }
    }
}
