using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Tasks;

namespace RLSquared.Tests.Objectives;

public sealed class CreditTests
{
    // Two lanes of five steps. Lane 0 has episodes of 2, 1 and 2 steps, lane 1 of 1, 3 and 1.
    static Rollout Played()
    {
        var rollout = new Rollout(T: 5, N: 2, new BernoulliBandits().Spaces, regrets: true);
        (rollout.Lengths[0], rollout.Lengths[1]) = (5, 5);
        const Endings on = Endings.None, over = Endings.Terminated, cut = Endings.Truncated;
        const Endings last = Endings.Terminated | Endings.TrialEnded;
        Endings[] endings = [on, over, cut, on, over, on, on, over, last, last];
        endings.CopyTo(rollout.Endings, 0);
        for (int i = 0; i < 10; i++)
            (rollout.Rewards[i], rollout.Regrets[i], rollout.Discounts[i]) = (i + 1, 10 * (i + 1), i >= 8 ? 0 : 0.5f);
        return rollout;
    }

    [Fact]
    public void Without_exploration_all_rewards_count()
    {
        Rollout rollout = Played();
        var credit = new Credit(rollout, regrets: false);
        float[] discounts = [.. rollout.Discounts];
        credit.BeginDiscountAfterExploration(rollout.Discounts);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], credit.Compute().ToArray());
        Assert.Equal(discounts, rollout.Discounts);
    }

    [Theory]
    [InlineData(1, new float[] { 0, 0, 0, 4, 5, 6, 7, 8, 9, 10 })]
    [InlineData(2, new float[] { 0, 0, 0, 0, 0, 0, 7, 0, 9, 10 })]
    public void Nothing_counts_until_the_last_exploring_episode_is_over(int explore, float[] counted)
    {
        Rollout rollout = Played();
        Assert.Equal(counted, new Credit(rollout, regrets: false, explore).Compute().ToArray());
        Assert.Equal(counted.Select(number => 0 - 10 * number),
            new Credit(rollout, regrets: true, explore).Compute().ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], rollout.Rewards);             // what was seen stays as it was
    }

    [Fact]
    public void Of_regrets_the_rewards_that_count_can_still_be_told()
    {
        var credit = new Credit(Played(), regrets: true, 1);
        credit.Compute();
        Assert.Equal([0, 0, 0, 4, 5, 6, 7, 8, 9, 10], credit.ComputeRewards().ToArray());
    }

    [Fact]
    public void The_discount_begins_with_the_first_step_that_counts()
    {
        Rollout rollout = Played();
        new Credit(rollout, regrets: false, 2).BeginDiscountAfterExploration(rollout.Discounts);
        Assert.Equal([1, 1, 1, 1, 1, 1, 0.5f, 1, 0, 0], rollout.Discounts);
        new Credit(rollout, regrets: false, 3).BeginDiscountAfterExploration(rollout.Discounts);
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], rollout.Discounts);            // nothing follows a trial
    }
}
