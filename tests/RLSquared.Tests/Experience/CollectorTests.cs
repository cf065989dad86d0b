using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Experience;

public sealed class CollectorTests
{
    [Fact]
    public void Where_regrets_count_the_rewards_are_still_what_is_reported_and_seen()
    {
        var task = new BernoulliBandits();
        using var workers = new Workers(1);
        using var network = Policy.Recurrent(task.Spaces, new() { Hidden = 4 }, seed: 1);
        using var rewarded = new Collector(task, network, 8, 2, 4, seed: 1, 1, keepsRegrets: false, workers);
        using var regretted = new Collector(task, network, 8, 2, 4, seed: 1, 1, keepsRegrets: true, workers);
        rewarded.Play(0);
        regretted.Play(0);
        Assert.Empty(rewarded.Rollout.Regrets);
        Assert.Equal(rewarded.Rollout.Rewards, regretted.Rollout.Rewards);
        Assert.Equal(rewarded.Rollout.PreviousRewards, regretted.Rollout.PreviousRewards);

        BanditLanes lanes = task.CreateBanditLanes(8);
        lanes.Begin(1, 0, []);
        for (int t = 0; t < 10; t++)
        {
            for (int lane = 0; lane < 8; lane++)
            {
                float[] means = lanes.Means(lane).ToArray();
                float regret = means.Max() - means[regretted.Rollout.Actions[t * 8 + lane]];
                Assert.Equal(regret, regretted.Rollout.Regrets[t * 8 + lane], 1e-6f);
            }
        }
    }

    [Fact]
    public void A_privileged_value_is_told_what_each_arm_would_cost()
    {
        var task = new BernoulliBandits();
        using var workers = new Workers(1);
        using var network = Policy.Recurrent(task.Spaces, new() { Hidden = 4, PrivilegedValue = true }, seed: 1);
        using var collector = new Collector(task, network, 4, 1, 4, seed: 1, 1, keepsRegrets: false, workers);
        collector.Play(0);
        BanditLanes lanes = task.CreateBanditLanes(4);
        lanes.Begin(1, 0, []);
        for (int lane = 0; lane < 4; lane++)
        {
            float[] means = lanes.Means(lane).ToArray();
            float[] told = collector.Rollout.Privileged.AsSpan((3 * 4 + lane) * 5, 5).ToArray();
            Assert.Equal(means.Select(mean => means.Max() - mean), told);
        }
    }

    [Fact]
    public void A_task_that_does_not_know_what_an_action_cost_is_trained_on_rewards()
    {
        TaskDistribution task = TaskDistribution.FromEnvironment(
            "plant", ObservationSpace.Nothing, 2, 1, 5, () => new Silent());
        using var workers = new Workers(1);
        using var network = Policy.Recurrent(task.Spaces, new() { Hidden = 4 }, seed: 1);
        var error = Assert.Throws<OptionException>(
            () => new Collector(task, network, 4, 1, 4, seed: 1, 1, keepsRegrets: true, workers));
        Assert.Equal("the task plant does not know what an action cost; train on its rewards: regret=false",
            error.Message);
        error = Assert.Throws<OptionException>(
            () => Policy.Recurrent(task.Spaces, new() { PrivilegedValue = true }, 1));
        Assert.Contains("nothing to tell a value", error.Message, StringComparison.Ordinal);
    }

    sealed class Silent : SingleEnvironment
    {
        public override void Reset(ref RandomSequence random, Span<float> observation)
        {
        }

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) => default;
    }
}
