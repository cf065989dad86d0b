using RLSquared.Language.Experience;
using RLSquared.Language.Prompts;
using RLSquared.Tensors;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// Supervised learning, the warm start of everything: the model learns to say what is written,
/// <code>
///   L = −1/N Σ mask · log π(token | what stands before it)
/// </code>
/// where the mask is 1 for completions and 0 for prompts, and N is the number of ones in the batch.
/// </summary>
static class Supervised
{
    /// <summary>
    /// Finds the gradient of a batch; every learnt token counts alike. It is left in the parameters of the model.
    /// </summary>
    /// <returns>The loss, in nats by token.</returns>
    internal static double Learn(SequenceLearner learner, IReadOnlyList<TokenSequence> batch)
    {
        double weight = Weight(batch);
        return learner.Learn(
            batch, temperature: 1, (s, logProbs, slopes) => Loss(batch[s], weight, logProbs, slopes)).Loss;
    }

    /// <summary>What each learnt token of a batch counts.</summary>
    internal static double Weight(IReadOnlyList<TokenSequence> batch) =>
        1.0 / Math.Max(1, batch.Sum(one => (long)one.Learnt));

    /// <summary>The loss of a sequence and its slopes.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="weight">What each learnt token counts.</param>
    /// <param name="logProbs">log π, [T].</param>
    /// <param name="slopes">Receives the slopes, [T]; all 0 before.</param>
    internal static double Loss(
        TokenSequence sequence, double weight, ReadOnlySpan<float> logProbs, Span<float> slopes)
    {
        double loss = 0;
        ReadOnlySpan<byte> mask = sequence.Mask;
        for (int t = 0; t < mask.Length; t++)
        {
            if (mask[t] == 0)
                continue;
            loss -= weight * logProbs[t];
            slopes[t] = (float)-weight;
        }
        return loss;
    }

    /// <summary>The next examples of a task that has wanted completions.</summary>
    /// <param name="task">Whose prompts.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="number">The number of the next example; is moved on.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="InvalidDataException">An example has no completion.</exception>
    internal static TokenSequence[] Draw(PromptTask task, ulong seed, ref long number, int count)
    {
        var batch = new TokenSequence[count];
        for (int i = 0; i < count; i++)
            batch[i] = task.Wanted(seed, number++);
        return batch;
    }
}
