using RLSquared.Tensors;

namespace RLSquared.Objectives;

/// <summary>
/// The objective of proximal policy optimisation (Schulman et al. 2017), and two figures that say how far a policy has
/// moved from the one that played. The ratio is ρ = π(a) / π_old(a).
/// </summary>
static class ClippedSurrogate
{
    /// <summary>
    /// −Σ w · min(ρ Â, clamp(ρ, 1 − ε, 1 + ε) Â): an action that turned out well gains nothing from becoming likelier
    /// than 1 + ε times what it was, one that turned out badly nothing from becoming rarer than 1 − ε times. Towards
    /// the old policy there is no limit.
    /// </summary>
    /// <param name="ratio">ρ, [M, 1].</param>
    /// <param name="advantage">Â, [M, 1].</param>
    /// <param name="weight">w, [M, 1]: 0 for padding, and Σ w = 1 over a minibatch.</param>
    /// <param name="clip">ε, above 0.</param>
    /// <returns>The loss, one number.</returns>
    public static Tensor Loss(Tensor ratio, Tensor advantage, Tensor weight, float clip)
    {
        Tensor clipped = ratio.Clamp(1 - clip, 1 + clip);
        return -(Tensor.Min(ratio * advantage, clipped * advantage) * weight).Sum();
    }

    /// <summary>
    /// An estimate of KL(π_old ‖ π) from actions of π_old that is never negative: Σ w · (ρ − 1 − log ρ), in nats.
    /// </summary>
    /// <param name="ratio">ρ, [M].</param>
    /// <param name="logRatio">log ρ, [M].</param>
    /// <param name="weight">w, [M].</param>
    public static double Kl(ReadOnlySpan<float> ratio, ReadOnlySpan<float> logRatio, ReadOnlySpan<float> weight)
    {
        double sum = 0;
        for (int i = 0; i < ratio.Length; i++)
            sum += weight[i] * (ratio[i] - 1 - logRatio[i]);
        return sum;
    }

    /// <summary>The same as one number on the device, to which no gradient flows; ratios are [M, 1].</summary>
    public static Tensor Kl(Tensor ratio, Tensor logRatio, Tensor weight) =>
        ((ratio.Detach() - logRatio.Detach() - 1) * weight).Sum();

    /// <summary>The weight of the steps whose ratio is farther from 1 than ε, on either side.</summary>
    /// <param name="ratio">ρ, [M].</param>
    /// <param name="weight">w, [M].</param>
    /// <param name="clip">ε.</param>
    public static double ClippedShare(ReadOnlySpan<float> ratio, ReadOnlySpan<float> weight, float clip)
    {
        double sum = 0;
        for (int i = 0; i < ratio.Length; i++)
            sum += MathF.Abs(ratio[i] - 1) > clip ? weight[i] : 0;
        return sum;
    }

    /// <summary>The same as one number on the device, to which no gradient flows; ratios are [M, 1].</summary>
    public static Tensor ClippedShare(Tensor ratio, Tensor weight, float clip)
    {
        // 0 within the limits and 1 beyond: the smallest excess that a float can have is scaled beyond 1.
        Tensor excess = ratio.Detach() - ratio.Detach().Clamp(1 - clip, 1 + clip);
        return ((excess.Square() * 1e30f).Clamp(0, 1) * weight).Sum();
    }
}
