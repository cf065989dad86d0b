namespace RLSquared.Language.Models;

/// <summary>How rotary positions are stretched beyond those that a model was first trained with.</summary>
public abstract record RopeScaling
{
    /// <summary>The name in <c>config.json</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What the scores of attention are multiplied with on the way (its square for a product of
    /// both).</summary>
    public virtual double AttentionFactor => 1;

    /// <summary>The scaled frequencies.</summary>
    /// <param name="inverse">θ^(−2i/d), [head size / 2]; is changed in place.</param>
    /// <param name="theta">The base θ.</param>
    public abstract void Scale(Span<double> inverse, double theta);
}

/// <summary>All frequencies divided by a factor.</summary>
/// <param name="Factor">The factor, at least 1.</param>
public sealed record LinearRope(double Factor) : RopeScaling
{
    /// <inheritdoc/>
    public override string Name => "linear";

    /// <inheritdoc/>
    public override void Scale(Span<double> inverse, double theta)
    {
        foreach (ref double one in inverse)
            one /= Factor;
    }
}

/// <summary>
/// Llama 3.1's: long waves are stretched by the factor, short ones stay, and those between go from one to the other.
/// </summary>
/// <param name="Factor">8 in Llama 3.1, 32 in 3.2.</param>
/// <param name="LowFrequencyFactor">Waves longer than original/low are stretched: 1.</param>
/// <param name="HighFrequencyFactor">Waves shorter than original/high stay: 4.</param>
/// <param name="OriginalPositions">Positions that the model was first trained with: 8192.</param>
public sealed record Llama3Rope(
    double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalPositions) : RopeScaling
{
    /// <inheritdoc/>
    public override string Name => "llama3";

    /// <inheritdoc/>
    public override void Scale(Span<double> inverse, double theta)
    {
        foreach (ref double one in inverse)
        {
            double wave = 2 * Math.PI / one;
            if (wave > OriginalPositions / LowFrequencyFactor)
            {
                one /= Factor;
            }
            else if (wave >= OriginalPositions / HighFrequencyFactor)
            {
                double smooth = (OriginalPositions / wave - LowFrequencyFactor)
                    / (HighFrequencyFactor - LowFrequencyFactor);
                one = (1 - smooth) * one / Factor + smooth * one;
            }
        }
    }
}

/// <summary>
/// YaRN (Peng et al. 2023), Qwen's for long contexts: frequencies that turn more than <paramref name="BetaFast"/> times
/// within the original positions stay, those below <paramref name="BetaSlow"/> are divided, with a ramp between.
/// </summary>
/// <param name="Factor">How many times longer: 4.</param>
/// <param name="OriginalPositions">Positions that the model was first trained with.</param>
/// <param name="BetaFast">32.</param>
/// <param name="BetaSlow">1.</param>
/// <param name="Attention">The factor of attention; null takes 0.1·ln(factor) + 1.</param>
public sealed record YarnRope(
    double Factor, int OriginalPositions, double BetaFast = 32, double BetaSlow = 1, double? Attention = null)
    : RopeScaling
{
    /// <inheritdoc/>
    public override string Name => "yarn";

    /// <inheritdoc/>
    public override double AttentionFactor => Attention ?? (Factor <= 1 ? 1 : 0.1 * Math.Log(Factor) + 1);

    /// <inheritdoc/>
    public override void Scale(Span<double> inverse, double theta)
    {
        int size = 2 * inverse.Length;
        double low = Math.Max(0, Math.Floor(Dimension(BetaFast)));
        double high = Math.Min(size - 1, Math.Ceiling(Dimension(BetaSlow)));
        for (int i = 0; i < inverse.Length; i++)
        {
            double ramp = Math.Clamp((i - low) / Math.Max(0.001, high - low), 0, 1);
            inverse[i] = inverse[i] / Factor * ramp + inverse[i] * (1 - ramp);
        }

        // The place whose wave turns so many times within the original positions.
        double Dimension(double turns) =>
            size * Math.Log(OriginalPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
    }
}
