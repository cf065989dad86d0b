using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Tasks;

namespace RLSquared.Tests.Evaluation;

public sealed class StayProbabilitiesTests
{
    [Fact]
    public void Rounds_are_counted_by_reward_and_transition()
    {
        // One trial of six rounds, (choice → state, reward): 0 → 1, 1 (rewarded, common) and stays; 0 → 1, 1 and
        // changes; 1 → 1, 1 (rewarded, rare) and stays; 1 → 2, 0 (unrewarded, common) and changes; 0 → 2, 0
        // (unrewarded, rare) and stays; the last round has no next one.
        float[] states = [0, 1, 0, 1, 0, 1, 0, 2, 0, 2, 0, 1];
        int[] actions = [0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0];
        float[] rewards = [0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1];
        var stay = StayProbabilities.Count(1, states, actions, rewards);
        Assert.Equal(new StayProbabilities(0.5, 1, 0, 1), stay);
        Assert.Equal((0.25, 0.5), (stay.RewardEffect, stay.Interaction));
    }

    [Fact]
    public void Two_trials_are_counted_lane_by_lane()
    {
        // Lane 0 chooses 0 → 1, 1 and stays; lane 1 chooses 1 → 1, 0 (rare) and changes.
        float[] states = [0, 0, 1, 1, 0, 0, 1, 1];
        int[] actions = [0, 1, 0, 0, 0, 0, 0, 0];
        float[] rewards = [0, 0, 1, 0, 0, 0, 0, 0];
        var stay = StayProbabilities.Count(2, states, actions, rewards);
        Assert.Equal((1, 0), (stay.RewardedCommon, stay.UnrewardedRare));
        Assert.True(double.IsNaN(stay.RewardedRare) && double.IsNaN(stay.UnrewardedCommon));
    }

    [Fact]
    public void A_model_free_learner_shows_the_reward_alone_and_a_model_based_one_the_interaction()
    {
        var free = StayProbabilities.Of(new TwoStep(), new Repeater(modelBased: false), 20, 1);
        Assert.Equal(new StayProbabilities(1, 1, 0, 0), free);
        Assert.Equal((1, 0), (free.RewardEffect, free.Interaction));

        var based = StayProbabilities.Of(new TwoStep(), new Repeater(modelBased: true), 20, 1);
        Assert.Equal(new StayProbabilities(1, 0, 0, 1), based);
        Assert.Equal((0, 2), (based.RewardEffect, based.Interaction));
    }

    [Fact]
    public void Random_play_stays_half_of_the_time_whatever_happened()
    {
        var stay = StayProbabilities.Of(new TwoStep(), new RandomAgent(), 400, 1);      // at least 2,400 rounds a cell
        double[] cells = [stay.RewardedCommon, stay.RewardedRare, stay.UnrewardedCommon, stay.UnrewardedRare];
        Assert.All(cells, share => Assert.InRange(share, 0.46, 0.54));
    }

    /// <summary>
    /// Learns from the last round alone. Model-free: repeats what was rewarded. Model-based: goes where it was
    /// rewarded, by the choice that mostly leads there, and away from where it was not.
    /// </summary>
    sealed class Repeater(bool modelBased) : Agent
    {
        public override string Name => "repeater";

        public override Player CreatePlayer(TaskDistribution task, int lanes) => new Memory(modelBased, lanes);

        sealed class Memory(bool modelBased, int lanes) : Player
        {
            readonly int[] choice = new int[lanes], state = new int[lanes];

            public override void Begin(ulong seed, ulong firstTrial) => Array.Clear(choice);

            public override void Act(in Percept percept, ActionSpan actions)
            {
                for (int lane = 0; lane < lanes; lane++)
                {
                    int now = (int)percept.Observations[lane];
                    if (now == 0 && percept.Step > 0)
                    {
                        bool rewarded = percept.PreviousRewards[lane] > 0;
                        int credited = modelBased ? state[lane] - 1 : choice[lane];
                        choice[lane] = rewarded ? credited : 1 - credited;
                    }
                    state[lane] = now;
                    actions[lane] = choice[lane];
                }
            }
        }
    }
}
