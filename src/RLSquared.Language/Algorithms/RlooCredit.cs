using RLSquared.Language.Experience;
using RLSquared.Language.Objectives;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// From rewards to advantages, in TRL's order: limit, divergence, baseline, scale. A completion without a score keeps
/// none (NaN) all the way, counts for no baseline, and ends with the advantage 0.
/// </summary>
static class RlooCredit
{
    /// <summary>
    /// The rewards that advantages are made of: cut to the limit first, then what the divergence costs.
    /// </summary>
    /// <param name="rewards">R, [B], prompt by prompt; NaN where there is none. Changed in place.</param>
    /// <param name="divergences">Σ_t log π_old − log π_ref of each completion, [B]; may be empty.</param>
    /// <param name="options">Limit and β.</param>
    public static void Charge(Span<float> rewards, ReadOnlySpan<double> divergences, RlooOptions options)
    {
        for (int i = 0; i < rewards.Length; i++)
        {
            if (options.RewardLimit > 0 && !float.IsNaN(rewards[i]))
                rewards[i] = Math.Clamp(rewards[i], -options.RewardLimit, options.RewardLimit);
            if (divergences.Length > 0 && options.KlPlace == DivergencePlace.Reward)
                rewards[i] -= (float)(options.Kl * divergences[i]);
        }
    }

    /// <summary>
    /// The samples that an update learns from. A completion as good as the rest of its group has an advantage of 0, and
    /// so no gradient, unless the loss holds the divergence too. It counts in the means, and need not go through the
    /// model.
    /// </summary>
    /// <param name="part">The samples of the update.</param>
    /// <param name="options">Where the divergence is charged.</param>
    public static Sample[] WithGradient(List<Sample> part, RlooOptions options)
    {
        if (options is { Kl: > 0, KlPlace: DivergencePlace.Loss })
            return [.. part];
        List<Sample> taught = part.FindAll(one => one.Completion.Advantages.Any(advantage => advantage != 0));
        return [.. taught.Count > 0 ? taught : part[..1]];
    }

    /// <summary>Advantages of rewards.</summary>
    /// <param name="rewards">R, [B], prompt by prompt; NaN where there is none.</param>
    /// <param name="movingMean">The mean of the rewards so far; NaN before the first batch.</param>
    /// <param name="options">Which, and the group size.</param>
    /// <param name="advantages">Receives A, [B].</param>
    public static void Advantages(
        ReadOnlySpan<float> rewards, double movingMean, RlooOptions options, Span<float> advantages)
    {
        int G = options.GroupSize;
        switch (options.Advantage)
        {
            case AdvantageKind.LeaveOneOut:
                GroupAdvantages.LeaveOneOut(rewards, G, advantages);
                break;
            case AdvantageKind.Centred:
                GroupAdvantages.Centred(rewards, G, advantages);
                break;
            case AdvantageKind.Standardised:
                GroupAdvantages.Standardised(rewards, G, advantages);
                break;
            case AdvantageKind.Batch:
                rewards.CopyTo(advantages);
                GroupAdvantages.StandardiseBatch(advantages);
                break;
            case AdvantageKind.MovingMean:
                double baseline = double.IsNaN(movingMean) ? Mean(rewards) : movingMean;
                for (int i = 0; i < rewards.Length; i++)
                    advantages[i] = float.IsNaN(rewards[i]) ? 0 : (float)(rewards[i] - baseline);
                break;
            case AdvantageKind.Best:
                for (int start = 0; start < rewards.Length; start += G)
                    MarkBest(rewards.Slice(start, G), advantages.Slice(start, G));
                break;
        }
        if (options.NormaliseAdvantages)
        {
            // A completion without a score is no part of the mean, and its 0 is none.
            for (int i = 0; i < rewards.Length; i++)
                advantages[i] = float.IsNaN(rewards[i]) ? float.NaN : advantages[i];
            GroupAdvantages.StandardiseBatch(advantages);
        }
    }

    /// <summary>The mean of the scores; NaN where there is none.</summary>
    public static double Mean(ReadOnlySpan<float> rewards)
    {
        (double sum, int count) = (0, 0);
        foreach (float reward in rewards)
        {
            if (!float.IsNaN(reward))
                (sum, count) = (sum + reward, count + 1);
        }
        return count > 0 ? sum / count : double.NaN;
    }

    // The first of equals. RAFT learns from it even where all are equally bad.
    static void MarkBest(ReadOnlySpan<float> rewards, Span<float> advantages)
    {
        advantages.Clear();
        int best = -1;
        for (int i = 0; i < rewards.Length; i++)
        {
            if (!float.IsNaN(rewards[i]) && (best < 0 || rewards[i] > rewards[best]))
                best = i;
        }
        if (best >= 0)
            advantages[best] = 1;
    }
}
