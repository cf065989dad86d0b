using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Objectives;

/// <summary>
/// Learns the scale of the rewards that a policy sees (<see cref="Policy.RewardScale"/>) from all that it has played:
/// <code>
///   seen reward = clamp(reward · scale, ±10),   scale = 1 / √(mean of reward² over all steps so far)
/// </code>
/// The mean of the squares stands in place of the variance, so that rewards that hardly vary around a large number come
/// out at 1 and not at that number. Nothing is subtracted: a reward of 0, and that of a trial's first step, stays 0.
/// </summary>
/// <param name="policy">Whose scale it sets.</param>
sealed class RewardInputs(Policy policy) : IDisposable
{
    float[] seen = [];

    /// <summary>What sets the scale of this policy; null where it sees rewards as they are.</summary>
    public static RewardInputs? Of(Policy policy) => policy.RewardScale is null ? null : new RewardInputs(policy);

    /// <summary>The moments of the rewards so far, for checkpoints.</summary>
    public RunningMoments Moments { get; } = new();

    /// <summary>
    /// Takes in what was played, from the next iteration on: a policy must not change between playing and learning.
    /// </summary>
    public void Add(Rollout rollout)
    {
        if (seen.Length < rollout.Rewards.Length)
            seen = new float[rollout.Rewards.Length];
        int count = 0;
        for (int i = 0; i < rollout.Rewards.Length; i++)
        {
            if (rollout.Active[i] != 0)
                seen[count++] = rollout.Rewards[i];
        }
        Moments.Add(seen.AsSpan(0, count));
        double mean = Moments.Mean[0], squares = Moments.Variance[0] + mean * mean;
        policy.RewardScale!.SetAll(squares > 0 ? (float)(1 / Math.Sqrt(squares)) : 0);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => Moments.Dispose();
}
