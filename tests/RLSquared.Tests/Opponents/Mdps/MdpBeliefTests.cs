using RLSquared.Opponents;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Opponents;

public sealed class MdpBeliefTests
{
    readonly MdpLayout layout = new(states: 3, actions: 2);

    [Fact]
    public void What_was_seen_moves_the_prior_as_bayes_has_it()
    {
        var belief = new MdpBelief(layout, priorMean: 2);
        belief.Begin();
        foreach ((int next, float reward) in new[] { (1, 5f), (1, 3f), (2, -1f) })
        {
            belief.SeeReward(state: 0, action: 1, reward);
            belief.SeeTransition(state: 0, action: 1, next);
        }
        int pair = layout.Pair(0, 1), untried = layout.Pair(2, 0);
        Assert.Equal((2 + 5 + 3 - 1) / 4f, belief.Means[pair], 1e-6f);      // the prior is worth one reward of 2
        Assert.Equal(4, belief.Weights[pair]);
        Assert.Equal([1 / 6f, 3 / 6f, 2 / 6f], Row(belief, pair));          // Dirichlet(1, 3, 2)
        Assert.Equal(6, belief.Totals[pair]);
        Assert.Equal((2, 1, 3), (belief.Means[untried], belief.Weights[untried], belief.Totals[untried]));
        Assert.Equal([1 / 3f, 1 / 3f, 1 / 3f], Row(belief, untried));
        belief.Begin();
        Assert.Equal((2, 1, 3), (belief.Means[pair], belief.Weights[pair], belief.Totals[pair]));
        Assert.Equal([1 / 3f, 1 / 3f, 1 / 3f], Row(belief, pair));
    }

    [Fact]
    public void Samples_have_the_posteriors_mean_and_variance()
    {
        // Pair (0, 1) after 1 + 4 + 20 transitions, which is Dirichlet(2, 5, 21): few and many of them are drawn in
        // different ways. Pair (1, 0) after none. Rewards: 25 of 3 after a prior of 1.
        const int draws = 20_000;
        var belief = new MdpBelief(layout, priorMean: 1);
        belief.Begin();
        for (int i = 0; i < 25; i++)
        {
            belief.SeeReward(0, 1, 3);
            belief.SeeTransition(0, 1, i == 0 ? 0 : i < 5 ? 1 : 2);
        }
        float[] rows = new float[layout.Cells], scales = new float[layout.Pairs], rewards = new float[layout.Pairs];
        Array.Fill(rows, 0.5f);
        int[] large = new int[layout.Cells];
        (int Pair, double[] Parameters)[] pairs = [(layout.Pair(0, 1), [2, 5, 21]), (layout.Pair(1, 0), [1, 1, 1])];
        double[,] sums = new double[2, 3], squares = new double[2, 3];
        double[] reward = new double[2], rewardSquare = new double[2];
        for (int draw = 0; draw < draws; draw++)
        {
            RandomSequence random = new RandomKey(1, RandomPurpose.Other, 0).Sequence((uint)draw);
            belief.SampleRewards(ref random, rewards);
            belief.SampleTransitions(ref random, rows, large, scales);
            for (int i = 0; i < 2; i++)
            {
                for (int next = 0; next < 3; next++)
                {
                    double p = rows[next * layout.Pairs + pairs[i].Pair];
                    sums[i, next] += p / draws;
                    squares[i, next] += p * p / draws;
                }
                reward[i] += rewards[pairs[i].Pair] / draws;
                rewardSquare[i] += rewards[pairs[i].Pair] * (double)rewards[pairs[i].Pair] / draws;
            }
        }
        for (int i = 0; i < 2; i++)
        {
            double total = pairs[i].Parameters.Sum();
            for (int next = 0; next < 3; next++)
            {
                double mean = pairs[i].Parameters[next] / total, variance = mean * (1 - mean) / (total + 1);
                double error = Math.Sqrt(variance / draws);
                Assert.InRange(sums[i, next], mean - 5 * error, mean + 5 * error);
                // The standard error of a variance is about √((kurtosis − 1) / draws), below 2 %.
                Assert.InRange(squares[i, next] - sums[i, next] * sums[i, next], 0.93 * variance, 1.07 * variance);
            }
        }
        // 25 rewards of 3 and the prior's 1: mean 76/26, variance 1/26; for the other pair 1 and 1.
        Assert.InRange(reward[0], 76 / 26.0 - 0.007, 76 / 26.0 + 0.007);
        Assert.InRange(rewardSquare[0] - reward[0] * reward[0], 0.95 / 26, 1.05 / 26);
        Assert.InRange(reward[1], 1 - 0.036, 1 + 0.036);
        Assert.InRange(rewardSquare[1] - reward[1] * reward[1], 0.95, 1.05);
    }

    [Fact]
    public void A_backup_takes_the_best_action_and_does_not_look_at_the_padding()
    {
        // Two states, two actions; r(0, ·) = 1, 0 and r(1, ·) = −1, 0.5; V = (10, 20).
        var small = new MdpLayout(2, 2);
        float[] P = new float[small.Cells], r = new float[small.Pairs], Q = new float[small.Pairs];
        float[] V = new float[small.Width];
        Array.Fill(P, 7);
        Array.Fill(r, 1e6f);
        Array.Fill(V, 1e6f);
        (V[0], V[1]) = (10, 20);
        Set(state: 0, action: 0, reward: 1, toFirst: 0.5f);         // 1 + 15 = 16
        Set(state: 0, action: 1, reward: 0, toFirst: 0.25f);        // 17.5
        Set(state: 1, action: 0, reward: -1, toFirst: 0);           // 19
        Set(state: 1, action: 1, reward: 0.5f, toFirst: 1);         // 10.5
        MdpBackup.Apply(small, P, r, V, Q, V);
        Assert.Equal([16, 17.5f, 19, 10.5f],
            new[] { Q[small.Pair(0, 0)], Q[small.Pair(0, 1)], Q[small.Pair(1, 0)], Q[small.Pair(1, 1)] });
        Assert.Equal([17.5f, 19], V[..2]);

        void Set(int state, int action, float reward, float toFirst)
        {
            int pair = small.Pair(state, action);
            (r[pair], P[pair], P[small.Pairs + pair]) = (reward, toFirst, 1 - toFirst);
        }
    }

    [Theory]
    [InlineData(0f, 3.5f)]          // the estimate itself: .25·1 + .25·3 + .5·5
    [InlineData(0.1f, 3.9f)]        // .1 moves from 1 to 5
    [InlineData(0.25f, 4.5f)]       // all of the worst state's
    [InlineData(0.4f, 4.8f)]        // and .15 of the next: + .15·2
    [InlineData(0.9f, 5f)]          // no more than there is
    public void Optimism_moves_probability_from_the_worst_states_to_the_best(float movable, float expected)
    {
        // Next states worth 5, 1 and 3, of probability .5, .25 and .25.
        float[] P = new float[layout.Cells], r = new float[layout.Pairs], d = new float[layout.Pairs];
        float[] Q = new float[layout.Pairs], V = new float[layout.Width];
        (V[0], V[1], V[2]) = (5, 1, 3);
        int pair = layout.Pair(1, 1);
        float[] row = [0.5f, 0.25f, 0.25f];
        for (int next = 0; next < 3; next++)
            P[next * layout.Pairs + pair] = row[next];
        (r[pair], d[pair]) = (10, movable);
        OptimisticBackup.Apply(layout, P, r, d, V, new float[3], new int[3], Q);
        Assert.Equal(10 + expected, Q[pair], 1e-5f);
    }

    float[] Row(MdpBelief belief, int pair)
    {
        float[] row = new float[3];
        for (int next = 0; next < 3; next++)
            row[next] = MathF.Round(belief.Transitions[next * layout.Pairs + pair] * 6) / 6;
        return row;
    }
}
