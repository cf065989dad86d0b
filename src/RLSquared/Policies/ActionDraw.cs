using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Policies;

/// <summary>
/// How all policies that play trials draw their actions. What is drawn is a function of (seed, trial, step) alone. Its
/// log π comes from <see cref="PolicyDistribution"/>, as in training.
/// </summary>
static class ActionDraw
{
    /// <summary>One choice: the option that is drawn, or the likeliest.</summary>
    /// <param name="probabilities">Of its options, [size].</param>
    /// <param name="choice">Its number among the choices.</param>
    /// <param name="key">Where the lane is.</param>
    /// <param name="greedy">Whether the likeliest option is taken.</param>
    public static int Option(ReadOnlySpan<float> probabilities, int choice, in LaneKey key, bool greedy) =>
        greedy ? TensorPrimitives.IndexOfMax(probabilities)
        : Distributions.Sample(probabilities,
            new RandomKey(key.Seed, RandomPurpose.Agent, key.Trial).Uniform(key.Step, (uint)choice));

    /// <summary>The numbers of a lane: a Gaussian's draw, or its mean.</summary>
    /// <param name="means">[C].</param>
    /// <param name="logDeviations">[C].</param>
    /// <param name="key">Where the lane is.</param>
    /// <param name="greedy">Whether the mean is taken.</param>
    /// <param name="draws">Receives the numbers as they were drawn, [C].</param>
    /// <param name="numbers">Receives what the task sees of them, cut to −1 … 1, [C].</param>
    public static void Numbers(ReadOnlySpan<float> means, ReadOnlySpan<float> logDeviations, in LaneKey key,
        bool greedy, Span<float> draws, Span<float> numbers)
    {
        RandomSequence random = new RandomKey(key.Seed, RandomPurpose.AgentNumbers, key.Trial).Sequence(key.Step);
        for (int c = 0; c < means.Length; c++)
        {
            float z = greedy ? 0 : (float)random.NextNormal();
            draws[c] = means[c] + MathF.Exp(logDeviations[c]) * z;
            numbers[c] = Math.Clamp(draws[c], -1, 1);
        }
    }
}

/// <summary>Where a lane is: what its draws depend on.</summary>
/// <param name="Seed">The seed of the draws.</param>
/// <param name="Trial">The number of the lane's trial.</param>
/// <param name="Step">The number of its step within the trial.</param>
readonly record struct LaneKey(ulong Seed, ulong Trial, uint Step);
