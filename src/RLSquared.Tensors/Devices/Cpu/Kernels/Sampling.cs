namespace RLSquared.Tensors.Devices;

/// <summary>Draws from categorical distributions.</summary>
internal static class Sampling
{
    /// <summary>
    /// For each row of logits [N, A] the first action at which the running sum of the probabilities exceeds the row's
    /// uniform number, and the logarithm of its probability. An action of probability 0 is never drawn; where rounding
    /// leaves the sum below the number, the last one with a probability is.
    /// </summary>
    public static void Categorical(
        ReadOnlySpan<float> logits, int columns, ReadOnlySpan<float> uniform, Span<int> actions,
        Span<float> logProbability)
    {
        for (int n = 0; n < actions.Length; n++)
        {
            ReadOnlySpan<float> row = logits.Slice(n * columns, columns);
            float max = float.NegativeInfinity, sum = 0;
            foreach (float logit in row)
                max = MathF.Max(max, logit);
            foreach (float logit in row)
                sum += MathF.Exp(logit - max);
            float wanted = uniform[n] * sum, before = 0;
            int drawn = 0;
            for (int a = 0; a < columns; a++)
            {
                float share = MathF.Exp(row[a] - max);
                if (share > 0)
                    drawn = a;
                before += share;
                if (share > 0 && before > wanted)
                    break;
            }
            actions[n] = drawn;
            logProbability[n] = row[drawn] - max - MathF.Log(sum);
        }
    }
}
