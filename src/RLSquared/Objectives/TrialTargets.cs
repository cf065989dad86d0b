using RLSquared.Experience;
using RLSquared.Tensors.Statistics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Objectives;

/// <summary>What whole trials are learned from: advantages for the policy, returns for the value.</summary>
static class TrialTargets
{
    /// <summary>
    /// Fills in the rollout's advantages and returns, and takes the returns into the running moments. Nothing follows a
    /// trial, and the end of an episode within it does not cut the return.
    /// </summary>
    /// <param name="rollout">What was played, with values.</param>
    /// <param name="credit">What counts.</param>
    /// <param name="lambda">λ of the advantages, which come out standardised.</param>
    /// <param name="valueLambda">λ of the returns: the value may look further ahead than the policy.</param>
    /// <param name="returnMoments">The running moments of the returns.</param>
    /// <exception cref="InvalidDataException">The rewards add up to no number that can be learned from.</exception>
    public static void Compute(
        Rollout rollout, Credit credit, float lambda, float valueLambda, ExponentialMoments returnMoments)
    {
        (int N, float[] discounts, float[] values) = (rollout.N, rollout.Discounts, rollout.Values);
        ReadOnlySpan<float> rewards = credit.Compute();
        credit.BeginDiscountAfterExploration(discounts);
        Advantages.Gae(N, rewards, discounts, values, [], valueLambda, rollout.Returns);
        TensorPrimitives.Add(rollout.Returns, values, rollout.Returns);
        rollout.RequireReturns();
        Advantages.Gae(N, rewards, discounts, values, [], lambda, rollout.Advantages);
        returnMoments.Add(rollout.Returns, rollout.Active);
        Advantages.Standardise(rollout.Advantages, rollout.Active,
            Advantages.LeastDeviation(returnMoments.Mean, returnMoments.StandardDeviation));
    }
}
