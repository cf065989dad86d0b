using RLSquared.Language.Objectives;

namespace RLSquared.Language.Algorithms;

/// <summary>A completion as a loss sees it; everything is by token of prompt and completion, [T].</summary>
/// <param name="mask">1 for tokens that are learnt.</param>
/// <param name="old">log π_old: of the trainer's weights when the batch was generated.</param>
/// <param name="behaviour">log μ: as the tokens were drawn.</param>
/// <param name="reference">log π_ref; empty without a reference.</param>
/// <param name="advantages">A.</param>
readonly ref struct LossInput(
    ReadOnlySpan<byte> mask, ReadOnlySpan<float> old, ReadOnlySpan<float> behaviour, ReadOnlySpan<float> reference,
    ReadOnlySpan<float> advantages)
{
    public ReadOnlySpan<byte> Mask { get; } = mask;
    public ReadOnlySpan<float> Old { get; } = old;
    public ReadOnlySpan<float> Behaviour { get; } = behaviour;
    public ReadOnlySpan<float> Reference { get; } = reference;
    public ReadOnlySpan<float> Advantages { get; } = advantages;
}

/// <summary>What the tokens of a loss had in common.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Tokens">Tokens that are learnt.</param>
/// <param name="Low">Those below 1 − ε with a negative advantage.</param>
/// <param name="High">Those above 1 + ε with a positive one.</param>
/// <param name="Ratios">Σ ρ.</param>
/// <param name="Squares">Σ ρ².</param>
/// <param name="Dropped">1 where the completion was too far off-policy to be learnt from.</param>
readonly record struct LossFigures(
    double Loss, double Tokens, double Low, double High, double Ratios, double Squares, double Dropped)
{
    public static LossFigures operator +(LossFigures a, LossFigures b) => new(a.Loss + b.Loss, a.Tokens + b.Tokens,
        a.Low + b.Low, a.High + b.High, a.Ratios + b.Ratios, a.Squares + b.Squares, a.Dropped + b.Dropped);
}

/// <summary>The loss of one completion and its slopes, ∂loss/∂log π of each token.</summary>
static class RlooLoss
{
    /// <summary>
    /// L = Σ_t w_t · surrogate(ρ_t, A_t) (+ β · k3_t). With a ratio per token, ρ_t moves with its own log π alone. With
    /// one ratio for all, the completion is one action, and a change of any token's log π changes it: RLOO's
    /// L = surrogate(exp Σ_t (log π_t − log π_old,t), A)/B has the same slope for each of its tokens.
    /// </summary>
    /// <param name="logProbs">log π, [T].</param>
    /// <param name="input">The rest.</param>
    /// <param name="options">Which loss.</param>
    /// <param name="counts">What it is over.</param>
    /// <param name="slopes">Receives the slopes, [T]; all 0 before.</param>
    public static LossFigures Of(
        ReadOnlySpan<float> logProbs, LossInput input, RlooOptions options, BatchCounts counts, Span<float> slopes)
    {
        (double logRatio, int tokens) = Objectives.Ratios.LogRatio(logProbs, input.Old, input.Mask);
        if (tokens == 0)
            return default;
        double weight = Aggregations.TokenWeight(options.Aggregation, tokens, counts);
        double advantage = SequenceAdvantage(input, tokens);
        if (options.OffPolicyLimit > 0 && advantage < 0
            && -Objectives.Ratios.LogRatio(logProbs, input.Behaviour, input.Mask).Sum / tokens > options.OffPolicyLimit)
            return new LossFigures(0, tokens, 0, 0, tokens, tokens, 1);

        SurrogateOptions bounds = options.SurrogateOptions;
        bool byToken = options.Ratio == RatioLevel.Token;
        double share = options.Ratio == RatioLevel.SequenceMean ? tokens : 1;
        double ratio = Math.Exp(logRatio / share);
        double importance = Importance(Objectives.Ratios.LogRatio(input.Old, input.Behaviour, input.Mask).Sum / share);
        LossFigures figures = default;
        for (int t = 0; t < logProbs.Length; t++)
        {
            if (input.Mask[t] == 0)
                continue;
            if (byToken)
            {
                ratio = Math.Exp((double)logProbs[t] - input.Old[t]);
                importance = Importance((double)input.Old[t] - input.Behaviour[t]);
                advantage = input.Advantages[t];
            }
            var surrogate = Surrogate.Of(ratio, advantage, logProbs[t], bounds);
            double loss = weight * importance * surrogate.Loss, slope = weight * importance * surrogate.Slope;
            // One ratio for the sum: the whole completion is one term, which its tokens share here.
            if (options.Ratio == RatioLevel.SequenceSum && options.Surrogate != SurrogateKind.ClippedWeight)
                loss /= tokens;
            if (options is { Kl: > 0, KlPlace: DivergencePlace.Loss } && input.Reference.Length > 0)
            {
                loss += weight * options.Kl
                    * Divergence.Of(DivergenceEstimator.K3, logProbs[t], input.Reference[t]);
                slope += weight * options.Kl
                    * Divergence.Slope(DivergenceEstimator.K3, logProbs[t], input.Reference[t]);
            }
            slopes[t] = (float)slope;
            figures += new LossFigures(loss, 1, surrogate.IsClippedLow ? 1 : 0, surrogate.IsClippedHigh ? 1 : 0,
                ratio, ratio * ratio, 0);
        }
        return figures;

        // Between the sampler's distribution and the one that ratios are taken against: 1 where both are the same.
        double Importance(double logWeight)
        {
            double importance = Math.Exp(logWeight);
            return options.ImportanceCap <= 0 ? 1
                : options.ImportanceFloor <= 0 ? Math.Min(options.ImportanceCap, importance)
                : importance >= options.ImportanceFloor && importance <= options.ImportanceCap ? importance : 0;
        }
    }

    static double SequenceAdvantage(LossInput input, int tokens)
    {
        double sum = 0;
        for (int t = 0; t < input.Mask.Length; t++)
            sum += input.Mask[t] != 0 ? input.Advantages[t] : 0;
        return sum / tokens;
    }
}
