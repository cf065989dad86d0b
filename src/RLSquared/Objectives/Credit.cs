using RLSquared.Experience;
using RLSquared.Tasks;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Objectives;

/// <summary>
/// What a return adds up: the rewards, or what each action cost against the best play of the known task, negated. In
/// expectation both have the same optimum (the performance-difference lemma, Kakade and Langford 2002), and regrets
/// have far less luck in them.
/// <para>
/// Of the first p episodes of a trial nothing counts, if p is not 0: that is E-RL² (Stadie et al. 2018), in which these
/// episodes explore and the others exploit. What the network sees is not changed.
/// </para>
/// </summary>
/// <param name="rollout">What was played; its regrets must have been kept if they are to count.</param>
/// <param name="regrets">Whether negated regrets count instead of rewards.</param>
/// <param name="exploreEpisodes">p.</param>
public sealed class Credit(Rollout rollout, bool regrets, int exploreEpisodes = 0)
{
    readonly float[] credits = new float[regrets || exploreEpisodes > 0 ? rollout.Rewards.Length : 0];

    /// <summary>The credit of each step of what was played last, [T, N].</summary>
    public ReadOnlySpan<float> Compute()
    {
        if (!regrets)
            return ComputeRewards();
        TensorPrimitives.Negate(rollout.Regrets, credits);
        return WithoutExploration();
    }

    /// <summary>The rewards that count, whatever is learned from, [T, N].</summary>
    public ReadOnlySpan<float> ComputeRewards()
    {
        if (exploreEpisodes == 0)
            return rollout.Rewards;
        rollout.Rewards.CopyTo(credits, 0);
        return WithoutExploration();
    }

    ReadOnlySpan<float> WithoutExploration()
    {
        for (int lane = 0; lane < rollout.N; lane++)
        {
            int end = EndOfExploration(lane);
            for (int t = 0; t < end; t++)
                credits[t * rollout.N + lane] = 0;
        }
        return credits;
    }

    /// <summary>
    /// Does not discount while the first p episodes are played, so that γ counts from the first step that counts: else
    /// the longer a trial explores, the less all that follows would be worth.
    /// </summary>
    /// <param name="discounts">Of the rollout, [T, N]; 0 at the end of a trial stays 0.</param>
    public void BeginDiscountAfterExploration(Span<float> discounts)
    {
        for (int lane = 0; exploreEpisodes > 0 && lane < rollout.N; lane++)
        {
            int end = EndOfExploration(lane);
            for (int t = 0; t < end; t++)
            {
                ref float discount = ref discounts[t * rollout.N + lane];
                discount = discount > 0 ? 1 : 0;
            }
        }
    }

    /// <summary>The first step of a lane that counts: the one after its p-th end of an episode.</summary>
    int EndOfExploration(int lane)
    {
        int t = 0;
        for (int left = exploreEpisodes; left > 0 && t < rollout.T; t++)
            left -= (rollout.Endings[t * rollout.N + lane] & Endings.EpisodeEnded) != 0 ? 1 : 0;
        return t;
    }
}
