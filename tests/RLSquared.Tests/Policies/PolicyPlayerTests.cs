using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Policies;

public sealed class PolicyPlayerTests
{
    static readonly RecurrentPolicyOptions Small = new() { Hidden = 8 };

    // Input of RL²: one-hot previous action, previous reward, whether an episode ended, share of the trial left.
    [Fact]
    public void The_first_input_of_a_trial_is_action_zero_reward_zero_and_done()
    {
        using var network = Policy.Recurrent(new BernoulliBandits().Spaces, Small, 1);
        using var player = new PolicyPlayer(network, 2);
        player.Begin(1, 0);
        player.Act(Percept(0, [0, 0], [0, 0], Endings.Terminated), new int[2]);
        Assert.Equal([0, 0], player.InputIndices);
        Assert.Equal([0, 1, 1, 0, 1, 1], player.InputNumbers);
    }

    [Fact]
    public void Later_inputs_carry_the_previous_action_reward_and_end_of_episode()
    {
        using var network = Policy.Recurrent(new BernoulliBandits().Spaces, Small, 1);
        using var player = new PolicyPlayer(network, 2);
        player.Begin(1, 0);
        player.Act(Percept(5, [3, 4], [1, 0], Endings.None), new int[2]);
        Assert.Equal([3, 4], player.InputIndices);
        Assert.Equal([1, 0, 0.5f, 0, 0, 0.5f], player.InputNumbers);
    }

    [Fact]
    public void The_hidden_state_lives_for_a_trial_across_its_episodes_and_not_longer()
    {
        using var network = Policy.Recurrent(new BernoulliBandits().Spaces, Small, 1);
        using var player = new PolicyPlayer(network, 1);
        // The same percept each time, and each pull ends an episode: what differs comes from the hidden state.
        player.Begin(1, 0);
        float[] first = Probabilities(), second = Probabilities();
        player.Begin(1, 0);
        Assert.Equal(first, Probabilities());
        Assert.Equal(second, Probabilities());
        Assert.NotEqual(first, second);

        float[] Probabilities()
        {
            player.Act(Percept(0, [2], [1], Endings.Terminated), new int[1]);
            return player.ActionProbabilities.ToArray();
        }
    }

    // Heads, input weights, biases, norms and recurrent weights alike: all of them as they were.
    [Theory]
    [InlineData(0, false, false)]
    [InlineData(0, true, true)]
    [InlineData(8, false, false)]
    public void A_player_sees_changed_weights_from_its_next_begin_on_and_not_before(
        int cells, bool layerNorm, bool weightNorm)
    {
        RecurrentPolicyOptions options = Small with
        {
            Cells = cells,
            LayerNorm = layerNorm,
            WeightNorm = weightNorm,
        };
        using var network = Policy.Recurrent(new BernoulliBandits().Spaces, options, 1);
        using var untouched = Policy.Recurrent(new BernoulliBandits().Spaces, options, 1);
        using PolicyPlayer player = new(network, 1), other = new(untouched, 1);
        player.Begin(1, 0);
        other.Begin(1, 0);
        Assert.Equal(Probabilities(other, 0), Probabilities(player, 0));
        foreach (Parameter parameter in network.Parameters.All)
        {
            float[] values = parameter.Value.ToArray();
            for (int i = 0; i < values.Length; i++)
                values[i] = values[i] * 2 + 0.1f * (i % 3);
            parameter.Value.CopyFrom(values);
        }
        for (int t = 1; t < 4; t++)
            Assert.Equal(Probabilities(other, t), Probabilities(player, t));
        player.Begin(1, 0);
        other.Begin(1, 0);
        _ = (Probabilities(other, 0), Probabilities(player, 0));      // cells are all alike at first
        Assert.NotEqual(Probabilities(other, 1), Probabilities(player, 1));

        static float[] Probabilities(PolicyPlayer player, int t)
        {
            player.Act(Percept(t, [t % 5], [t % 2], t == 0 ? Endings.Terminated : Endings.None), new int[1]);
            return player.ActionProbabilities.ToArray();
        }
    }

    [Fact]
    public void Probabilities_sum_to_one_and_greedy_players_take_the_likeliest_action()
    {
        using var network = Policy.Recurrent(new BernoulliBandits().Spaces, Small, 1);
        using var player = new PolicyPlayer(network, 3, greedy: true);
        player.Begin(1, 0);
        var actions = new int[3];
        player.Act(Percept(0, [0, 1, 2], [0, 1, 1], Endings.Terminated), actions);
        for (int i = 0; i < 3; i++)
        {
            float[] p = player.ActionProbabilities.Slice(i * 5, 5).ToArray();
            Assert.Equal(1, p.Sum(), 1e-5f);
            Assert.Equal(Array.IndexOf(p, p.Max()), actions[i]);
        }
    }

    [Fact]
    public void What_a_lane_does_depends_on_its_trial_and_not_on_its_place()
    {
        using var network = Policy.Recurrent(new BernoulliBandits().Spaces, Small, 1);
        using PolicyPlayer all = new(network, 8), one = new(network, 1);
        var actions = new int[8];
        var alone = new int[1];
        all.Begin(5, 100);
        one.Begin(5, 106);
        for (int t = 0; t < 10; t++)
        {
            all.Act(Percept(t, [.. actions], new float[8], Endings.Terminated), actions);
            one.Act(Percept(t, [.. alone], new float[1], Endings.Terminated), alone);
            Assert.Equal(actions[6], alone[0]);
        }
    }

    [Fact]
    public void An_agent_for_another_number_of_actions_says_so()
    {
        using var network = Policy.Recurrent(new BernoulliBandits().Spaces, Small, 1);
        var other = new BernoulliBandits(new BernoulliBanditsOptions { Arms = 7 });
        var agent = new PolicyAgent("rl2", network);
        var error = Assert.Throws<NotSupportedException>(() => agent.CreatePlayer(other, 1));
        Assert.Equal("this policy was trained for 5 actions, but bandits has 7 actions", error.Message);
    }

    [Theory]
    [InlineData(0f, 0)]
    [InlineData(0.2f, 1)]
    [InlineData(0.69f, 1)]
    [InlineData(0.7f, 2)]
    [InlineData(0.9999f, 2)]
    public void Sampling_inverts_the_cumulated_probabilities(float u, int action) =>
        Assert.Equal(action, Distributions.Sample([0.2f, 0.5f, 0.3f], u));

    static Percept Percept(int step, int[] actions, float[] rewards, Endings ended) => new()
    {
        Step = step,
        Observations = [],
        PreviousActions = actions,
        PreviousRewards = rewards,
        PreviousEndings = Enumerable.Repeat(ended, actions.Length).ToArray(),
    };
}
