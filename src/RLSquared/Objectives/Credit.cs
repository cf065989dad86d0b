using RLSquared.Experience;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Objectives;

/// <summary>
/// What a return adds up: the rewards, or what each action cost against the best play of the known task, negated. In
/// expectation both have the same optimum (the performance-difference lemma, Kakade and Langford 2002), and regrets
/// have far less luck in them.
/// </summary>
/// <param name="rollout">What was played; its regrets must have been kept if they are to count.</param>
/// <param name="regrets">Whether negated regrets count instead of rewards.</param>
public sealed class Credit(Rollout rollout, bool regrets)
{
    readonly float[] negated = new float[regrets ? rollout.Regrets.Length : 0];

    /// <summary>The credit of each step of what was played last, [T, N].</summary>
    public ReadOnlySpan<float> Compute()
    {
        if (!regrets)
            return rollout.Rewards;
        TensorPrimitives.Negate(rollout.Regrets, negated);
        return negated;
    }
}
