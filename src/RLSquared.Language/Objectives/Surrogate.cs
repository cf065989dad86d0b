namespace RLSquared.Language.Objectives;

/// <summary>What keeps a step from going too far from the policy that drew the tokens.</summary>
public enum SurrogateKind
{
    /// <summary>−ρ·A: nothing does.</summary>
    Unclipped,
    /// <summary>−min(ρ·A, clip(ρ, 1 − ε_low, 1 + ε_high)·A): PPO, GRPO, RLOO; DAPO with ε_high 0.28.</summary>
    Clipped,
    /// <summary>−sg(min(ρ, c))·A·log π: CISPO. Every token keeps a gradient (MiniMax 2025).</summary>
    ClippedWeight,
}

/// <summary>The bounds of a surrogate.</summary>
public sealed record SurrogateOptions
{
    /// <summary>Which surrogate.</summary>
    public SurrogateKind Kind { get; init; } = SurrogateKind.Clipped;

    /// <summary>ε_low: 0.2; 3e-4 for GSPO's ratios of means.</summary>
    public double Low { get; init; } = 0.2;

    /// <summary>ε_high: 0.2; 0.28 in DAPO, so that rare tokens can grow; 4e-4 for GSPO.</summary>
    public double High { get; init; } = 0.2;

    /// <summary>c of CISPO: 5 in ScaleRL.</summary>
    public double WeightCap { get; init; } = 5;

    /// <summary>
    /// An upper bound for ρ where A is negative and PPO has none (dual clip, Ye et al. 2020); infinity leaves it off.
    /// </summary>
    public double DualClip { get; init; } = double.PositiveInfinity;
}

/// <summary>
/// The loss of one ratio, and its slope with respect to log π. A loss is what falls when the policy gets better.
/// </summary>
/// <param name="Loss">The loss.</param>
/// <param name="Slope">∂loss/∂log π: of the token, or of the sum of the sequence's tokens where ρ is of the
/// sum.</param>
/// <param name="IsClippedLow">ρ below 1 − ε_low and A &lt; 0: the clip takes the gradient.</param>
/// <param name="IsClippedHigh">ρ above 1 + ε_high and A &gt; 0: the same.</param>
public readonly record struct Surrogate(double Loss, double Slope, bool IsClippedLow, bool IsClippedHigh)
{
    /// <summary>Evaluates the surrogate.</summary>
    /// <param name="ratio">ρ = π/μ.</param>
    /// <param name="advantage">A.</param>
    /// <param name="logProb">log π; only CISPO's loss has it.</param>
    /// <param name="options">The bounds.</param>
    public static Surrogate Of(double ratio, double advantage, double logProb, SurrogateOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        bool low = ratio < 1 - options.Low && advantage < 0, high = ratio > 1 + options.High && advantage > 0;
        switch (options.Kind)
        {
            case SurrogateKind.Unclipped:
                return new Surrogate(-ratio * advantage, -ratio * advantage, low, high);
            case SurrogateKind.ClippedWeight:
                double weight = Math.Min(ratio, options.WeightCap);
                return new Surrogate(-weight * advantage * logProb, -weight * advantage, false,
                    ratio > options.WeightCap);
            default:
                double clipped = Math.Clamp(ratio, 1 - options.Low, 1 + options.High);
                // d ρ·A / d log π = ρ·A, and the clipped branch is constant.
                if (low || high)
                    return new Surrogate(-clipped * advantage, 0, low, high);
                return advantage < 0 && ratio > options.DualClip
                    ? new Surrogate(-options.DualClip * advantage, 0, false, false)
                    : new Surrogate(-ratio * advantage, -ratio * advantage, false, false);
        }
    }
}
