namespace RLSquared.Language.Objectives;

/// <summary>Over what a ratio π/μ of the policy to that which drew the tokens is taken.</summary>
public enum RatioLevel
{
    /// <summary>Each token its own: PPO, GRPO, DAPO.</summary>
    Token,
    /// <summary>exp of the sum over the sequence: RLOO. Its spread grows with the length.</summary>
    SequenceSum,
    /// <summary>exp of the mean over the sequence: GSPO (Zheng et al. 2025).</summary>
    SequenceMean,
}

/// <summary>Ratios of probabilities and what they say of how far off-policy a batch is.</summary>
public static class Ratios
{
    /// <summary>
    /// The ratios of a sequence: for each active token exp(log π − log μ) of the token, or of the sequence, the same
    /// for all. Inactive tokens get 1.
    /// </summary>
    /// <param name="level">Token, sum or mean.</param>
    /// <param name="logProbs">log π, [T].</param>
    /// <param name="behaviour">log μ, [T].</param>
    /// <param name="mask">1 for the tokens that count, [T].</param>
    /// <param name="ratios">Receives the ratios, [T].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void OfSequence(
        RatioLevel level, ReadOnlySpan<float> logProbs, ReadOnlySpan<float> behaviour, ReadOnlySpan<byte> mask,
        Span<float> ratios)
    {
        RequireSame(logProbs.Length, behaviour.Length, mask.Length);
        RequireSame(logProbs.Length, ratios.Length, mask.Length);
        (double sum, int count) = LogRatio(logProbs, behaviour, mask);
        double all = level == RatioLevel.SequenceMean ? sum / Math.Max(1, count) : sum;
        for (int t = 0; t < ratios.Length; t++)
        {
            ratios[t] = mask[t] == 0 ? 1
                : (float)Math.Exp(level == RatioLevel.Token ? (double)logProbs[t] - behaviour[t] : all);
        }
    }

    /// <summary>The sum of log π − log μ over a sequence's active tokens, and their number.</summary>
    /// <param name="logProbs">log π, [T].</param>
    /// <param name="behaviour">log μ, [T].</param>
    /// <param name="mask">1 for the tokens that count, [T].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static (double Sum, int Count) LogRatio(
        ReadOnlySpan<float> logProbs, ReadOnlySpan<float> behaviour, ReadOnlySpan<byte> mask)
    {
        RequireSame(logProbs.Length, behaviour.Length, mask.Length);
        (double sum, int count) = (0, 0);
        for (int t = 0; t < mask.Length; t++)
        {
            if (mask[t] != 0)
                (sum, count) = (sum + ((double)logProbs[t] - behaviour[t]), count + 1);
        }
        return (sum, count);
    }

    /// <summary>
    /// The effective sample size as a share: (Σw)²/(N·Σw²) of weights w = π/μ. 1 says on-policy; it falls before a run
    /// collapses. Give it raw ratios: clipped ones make it look better than it is.
    /// </summary>
    /// <param name="weights">w, [N].</param>
    /// <returns>From 1/N to 1; 1 for no weights at all, and 0 where all are 0.</returns>
    public static double EffectiveSampleSize(ReadOnlySpan<float> weights)
    {
        (double sum, double squares) = (0, 0);
        foreach (float weight in weights)
            (sum, squares) = (sum + weight, squares + (double)weight * weight);
        return weights.Length == 0 ? 1 : squares == 0 ? 0 : sum * sum / (weights.Length * squares);
    }

    internal static void RequireSame(int first, int second, int third)
    {
        if (first != second || first != third)
            throw new ArgumentException($"a sequence has one number each for {first}, {second} and {third} tokens");
    }
}
