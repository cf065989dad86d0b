using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Objectives;

public sealed class RewardInputsTests
{
    static Policy Network(TaskDistribution task) =>
        Policy.Recurrent(task.Spaces, new() { Hidden = 4, NormaliseRewardInputs = true }, seed: 1);

    static Rollout Played(TaskDistribution task, params (float Reward, float Active)[] steps)
    {
        var rollout = new Rollout(steps.Length, 1, task.Spaces);
        for (int t = 0; t < steps.Length; t++)
            (rollout.Rewards[t], rollout.Active[t]) = steps[t];
        return rollout;
    }

    // (9 + 16 + 0) / 3 = 25 / 3, then with four times 1 more: 29 / 7.
    [Fact]
    public void The_scale_is_one_over_the_root_of_all_squares_so_far_without_padding()
    {
        var task = new BernoulliBandits();
        using Policy policy = Network(task);
        using var inputs = RewardInputs.Of(policy)!;
        inputs.Add(Played(task, (3, 1), (-4, 1), (0, 1), (100, 0)));
        Assert.Equal(Math.Sqrt(3 / 25.0), policy.RewardScale!.Value.Read(), 1e-6);
        inputs.Add(Played(task, (1, 1), (1, 1), (-1, 1), (-1, 1)));
        Assert.Equal(Math.Sqrt(7 / 29.0), policy.RewardScale.Value.Read(), 1e-6);
    }

    [Fact]
    public void Rewards_that_hardly_vary_around_a_large_number_come_out_at_one()
    {
        var task = new BernoulliBandits();
        using Policy policy = Network(task);
        using var inputs = RewardInputs.Of(policy)!;
        inputs.Add(Played(task, (1000, 1), (1001, 1), (999, 1)));
        Assert.Equal(1, 1000 * policy.RewardScale!.Value.Read(), 1e-4);
    }

    [Fact]
    public void Before_any_reward_none_is_seen()
    {
        var task = new BernoulliBandits();
        using Policy policy = Network(task);
        using var inputs = RewardInputs.Of(policy)!;
        Assert.Equal(0, policy.RewardScale!.Value.Read());
        inputs.Add(Played(task, (0, 1), (0, 1)));
        Assert.Equal(0, policy.RewardScale.Value.Read());
    }

    [Fact]
    public void No_optimiser_moves_the_scale()
    {
        using Policy policy = Network(new BernoulliBandits());
        Assert.True(policy.RewardScale!.Group.Frozen);
        Assert.False(policy.RewardScale.Learns);
    }

    [Fact]
    public void Only_a_policy_that_asks_for_it_has_a_scale()
    {
        using var plain = Policy.Recurrent(new BernoulliBandits().Spaces, new() { Hidden = 4 }, seed: 1);
        Assert.Null(RewardInputs.Of(plain));
        Assert.DoesNotContain(plain.Parameters.All, parameter => parameter.Name.StartsWith("normaliser"));
    }

    [Theory]
    [InlineData(2, 0.5f)]                               // 2 · ¼
    [InlineData(-1, -0.25f)]
    [InlineData(400, 10)]
    [InlineData(-400, -10)]
    public void A_player_sees_the_reward_times_the_scale_as_it_was_when_it_began(float reward, float expected)
    {
        var task = new BernoulliBandits(new() { Arms = 2 });
        using Policy policy = Network(task);
        policy.RewardScale!.SetAll(0.25f);
        using var player = new PolicyPlayer(policy, lanes: 1);
        player.Begin(1, 0);
        policy.RewardScale.SetAll(3);
        var actions = new ActionBuffer(task.Action, 1);
        player.Act(new Percept
        {
            Step = 1,
            Observations = [],
            PreviousActions = actions.Span,
            PreviousRewards = [reward],
            PreviousEndings = [Endings.Terminated],
        }, new ActionBuffer(task.Action, 1).Span);
        Assert.Equal(expected, player.InputNumbers[0]);
    }

    [Theory]
    [InlineData("rl2")]
    [InlineData("rl2-trpo")]
    public void The_scale_changes_between_iterations_and_no_optimiser_moves_it(string algorithm)
    {
        using var workers = new Workers(1);
        using IAlgorithm learner = Learner(algorithm, factor: 8, normalises: true, workers);
        Parameter scale = learner.Parameters.All.Single(one => one.Name == "normaliser.reward_scale");
        Assert.Equal(0, scale.Value.Read());
        learner.Iterate(0);
        // Arms pay 0 or 8, about as often: 1 / √32.
        Assert.InRange(scale.Value.Read(), 0.8 / Math.Sqrt(32), 1.25 / Math.Sqrt(32));
    }

    // At random an agent earns 0 on average, for the arms' means are as often below 0 as above.
    [Fact]
    public void Rewards_times_a_thousand_are_learned_from_as_well_as_others_and_without_a_scale_they_are_not()
    {
        var task = new GaussianBandits(new() { Arms = 3, Pulls = 10 });
        double plain = Learned(task, 1, normalises: true), large = Learned(task, 1000, normalises: true);
        double raw = Learned(task, 1000, normalises: false);
        Assert.True(plain > 3.2 && large > 3.2 && Math.Abs(plain - large) < 0.5, $"x1: {plain}, x1,000: {large}");
        Assert.True(raw < 2, $"without a scale, x1,000: {raw}");
    }

    static double Learned(TaskDistribution task, float factor, bool normalises)
    {
        const long budget = 150_000;
        using var workers = new Workers(2);
        using var rl2 = new Rl2(new ScaledRewards(task, factor), new()
        {
            Network = new() { Hidden = 32, NormaliseRewardInputs = normalises },
            Trials = 512,
            Minibatch = 128,
        }, seed: 1, workers);
        double last = 0;
        while (rl2.Steps < budget)
            last = rl2.Iterate(rl2.Steps / (double)budget).MeanReturn;
        return last / factor;
    }

    static IAlgorithm Learner(string algorithm, float factor, bool normalises, Workers workers)
    {
        var task = new ScaledRewards(new BernoulliBandits(new() { Arms = 3, Pulls = 6 }), factor);
        var network = new RecurrentPolicyOptions { Hidden = 12, NormaliseRewardInputs = normalises };
        return algorithm == "rl2"
            ? new Rl2(task, new() { Network = network, Trials = 64, Minibatch = 32 }, 1, workers)
            : new Rl2Trpo(task, new() { Network = network, Trials = 64, ValueMinibatch = 32 }, 1, workers);
    }
}

/// <summary>A task whose rewards are those of another times a factor.</summary>
sealed class ScaledRewards(TaskDistribution task, float factor) : TaskDistribution
{
    public override string Name => task.Name;
    public override ObservationSpace Observation => task.Observation;
    public override ActionSpace Action => task.Action;
    public override int TrialLength => task.TrialLength;
    public override int Episodes => task.Episodes;
    public override Lanes CreateLanes(int count) => new ScaledLanes(task.CreateLanes(count), factor);

    sealed class ScaledLanes(Lanes lanes, float factor) : Lanes
    {
        public override int Count => lanes.Count;

        public override void Begin(ulong seed, ulong firstTrial, Span<float> observations) =>
            lanes.Begin(seed, firstTrial, observations);

        public override void Step(
            ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
        {
            lanes.Step(actions, observations, rewards, endings);
            foreach (ref float reward in rewards)
                reward *= factor;
        }
    }
}
