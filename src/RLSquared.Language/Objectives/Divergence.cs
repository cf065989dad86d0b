namespace RLSquared.Language.Objectives;

/// <summary>How the divergence of the policy from its reference is estimated from tokens that the policy
/// drew.</summary>
public enum DivergenceEstimator
{
    /// <summary>k1 = log π − log π_ref: no bias, may be negative, varies much. RLOO's, within the reward.</summary>
    K1 = 1,
    /// <summary>k2 = ½ (log π − log π_ref)²: small bias, never negative.</summary>
    K2 = 2,
    /// <summary>k3 = exp(d) − d − 1 with d = log π_ref − log π: no bias, never negative. GRPO's, within the
    /// loss.</summary>
    K3 = 3,
}

/// <summary>
/// Estimates of KL(π ‖ π_ref) for tokens drawn from π (Schulman 2020, 'Approximating KL divergence').
/// </summary>
public static class Divergence
{
    /// <summary>The estimate for one token.</summary>
    /// <param name="estimator">Which one.</param>
    /// <param name="logProb">log π of the token.</param>
    /// <param name="reference">log π_ref of the token.</param>
    public static double Of(DivergenceEstimator estimator, double logProb, double reference)
    {
        double d = reference - logProb;
        return estimator switch
        {
            DivergenceEstimator.K1 => -d,
            DivergenceEstimator.K2 => 0.5 * d * d,
            // exp(d) − 1 − d loses all digits for small d; its series does not.
            DivergenceEstimator.K3 => Math.Abs(d) < 1e-3 ? d * d * (0.5 + d * (1.0 / 6 + d / 24)) : Math.Exp(d) - d - 1,
            _ => throw new ArgumentOutOfRangeException(nameof(estimator), estimator, "k1, k2 and k3 are known"),
        };
    }

    /// <summary>∂/∂ log π of the estimate for one token.</summary>
    /// <param name="estimator">Which one.</param>
    /// <param name="logProb">log π of the token.</param>
    /// <param name="reference">log π_ref of the token.</param>
    public static double Slope(DivergenceEstimator estimator, double logProb, double reference)
    {
        double d = reference - logProb;
        return estimator switch
        {
            DivergenceEstimator.K1 => 1,
            DivergenceEstimator.K2 => -d,
            DivergenceEstimator.K3 => -double.ExpM1(d),
            _ => throw new ArgumentOutOfRangeException(nameof(estimator), estimator, "k1, k2 and k3 are known"),
        };
    }

    /// <summary>The sum over a sequence's active tokens, and their number.</summary>
    /// <param name="estimator">Which one.</param>
    /// <param name="logProbs">log π, [T].</param>
    /// <param name="references">log π_ref, [T].</param>
    /// <param name="mask">1 for the tokens that count, [T].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static (double Sum, int Count) OfSequence(
        DivergenceEstimator estimator, ReadOnlySpan<float> logProbs, ReadOnlySpan<float> references,
        ReadOnlySpan<byte> mask)
    {
        Ratios.RequireSame(logProbs.Length, references.Length, mask.Length);
        (double sum, int count) = (0, 0);
        for (int t = 0; t < mask.Length; t++)
        {
            if (mask[t] != 0)
                (sum, count) = (sum + Of(estimator, logProbs[t], references[t]), count + 1);
        }
        return (sum, count);
    }
}
