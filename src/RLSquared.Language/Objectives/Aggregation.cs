namespace RLSquared.Language.Objectives;

/// <summary>How the losses of tokens become one number. This decides what long completions count.</summary>
public enum Aggregation
{
    /// <summary>The sum of a sequence's tokens, then the mean over sequences: RLOO. Long ones count more.</summary>
    SequenceSum,
    /// <summary>The mean of a sequence's tokens, then the mean over sequences: GRPO. Long wrong ones are
    /// cheap.</summary>
    SequenceMean,
    /// <summary>The mean over the tokens of the batch at hand: BNPO.</summary>
    LocalTokenMean,
    /// <summary>The sum of tokens over the number in the whole batch, all its parts together: DAPO.</summary>
    GlobalTokenMean,
    /// <summary>The sum of tokens over (sequences · most tokens that a completion may have): Dr. GRPO.</summary>
    ConstantLength,
}

/// <summary>Weights of tokens in a loss.</summary>
public static class Aggregations
{
    /// <summary>
    /// The factor of each active token of a sequence, so that the loss is the sum of factor · token loss over all. It
    /// is also the factor of the gradient, which makes a batch in parts add up to the whole one.
    /// </summary>
    /// <param name="aggregation">Which.</param>
    /// <param name="activeTokens">Active tokens of this sequence.</param>
    /// <param name="batch">What the loss is over.</param>
    /// <exception cref="ArgumentException">A count is negative, or there is nothing to divide by.</exception>
    public static double TokenWeight(Aggregation aggregation, int activeTokens, BatchCounts batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(activeTokens);
        double sequences = Math.Max(1, batch.Sequences);
        return activeTokens == 0 ? 0 : aggregation switch
        {
            Aggregation.SequenceSum => 1 / sequences,
            Aggregation.SequenceMean => 1 / (sequences * activeTokens),
            Aggregation.LocalTokenMean => 1.0 / Math.Max(1, batch.LocalTokens),
            Aggregation.GlobalTokenMean => 1.0 / Math.Max(1, batch.GlobalTokens),
            Aggregation.ConstantLength when batch.LongestCompletion > 0 => 1 / (sequences * batch.LongestCompletion),
            Aggregation.ConstantLength => throw new ArgumentException(
                "the aggregation by a constant length needs the most tokens that a completion may have"),
            _ => throw new ArgumentOutOfRangeException(nameof(aggregation), aggregation, "no such aggregation"),
        };
    }

    /// <summary>The loss of a batch.</summary>
    /// <param name="aggregation">Which.</param>
    /// <param name="losses">Of each token, [B, T], sequence by sequence.</param>
    /// <param name="mask">1 for the tokens that count, [B, T].</param>
    /// <param name="T">Tokens of a sequence with its padding.</param>
    /// <param name="batch">What the loss is over.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static double Loss(
        Aggregation aggregation, ReadOnlySpan<float> losses, ReadOnlySpan<byte> mask, int T, BatchCounts batch)
    {
        if (T < 1 || losses.Length % T != 0 || mask.Length != losses.Length)
        {
            throw new ArgumentException(
                $"{losses.Length} losses and {mask.Length} marks are no sequences of {T} tokens");
        }
        double loss = 0;
        for (int start = 0; start < losses.Length; start += T)
        {
            (double sum, int count) = (0, 0);
            for (int i = start; i < start + T; i++)
            {
                if (mask[i] != 0)
                    (sum, count) = (sum + losses[i], count + 1);
            }
            loss += sum * TokenWeight(aggregation, count, batch);
        }
        return loss;
    }
}

/// <summary>What a loss is over.</summary>
/// <param name="Sequences">Sequences of the whole batch.</param>
/// <param name="LocalTokens">Active tokens of the part at hand.</param>
/// <param name="GlobalTokens">Active tokens of the whole batch.</param>
/// <param name="LongestCompletion">The most tokens that a completion may have.</param>
public readonly record struct BatchCounts(int Sequences, long LocalTokens, long GlobalTokens, int LongestCompletion);
