using RLSquared.Language.Algorithms;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class RlooCreditTests
{
    static float[] Advantages(RlooOptions options, float[] rewards, double movingMean = double.NaN)
    {
        float[] advantages = new float[rewards.Length];
        RlooCredit.Advantages(rewards, movingMean, options, advantages);
        return advantages;
    }

    static void Near(double[] wanted, float[] found)
    {
        Assert.Equal(wanted.Length, found.Length);
        for (int i = 0; i < wanted.Length; i++)
            Assert.Equal(wanted[i], found[i], 1e-5);
    }

    [Fact]
    public void The_limit_cuts_rewards_before_the_divergence_is_charged()
    {
        // 5 is cut to 1, and 0.1 · 2 nats are charged: 0.8. Charged first, it would be cut to 1 all the same.
        float[] rewards = [5, -5, float.NaN, 0.5f];
        RlooCredit.Charge(rewards, [2, 1, 3, -4], new RlooOptions { RewardLimit = 1, Kl = 0.1f });
        Near([0.8, -1.1, double.NaN, 0.9], rewards);
    }

    [Fact]
    public void A_divergence_that_is_charged_in_the_loss_leaves_rewards_alone()
    {
        float[] rewards = [1, 2];
        RlooCredit.Charge(rewards, [5, 5], new RlooOptions { Kl = 0.1f, KlPlace = DivergencePlace.Loss });
        Near([1, 2], rewards);
        RlooCredit.Charge(rewards, [], new RlooOptions { Kl = 0.1f });
        Near([1, 2], rewards);
    }

    [Fact]
    public void Completions_nobody_could_score_have_no_advantage_and_count_for_no_baseline()
    {
        float[] rewards = [1, 0, float.NaN, 1];
        Near([0.5, -1, 0, 0.5], Advantages(new RlooOptions { GroupSize = 4 }, rewards));
        // Standardised over the three: mean 0, deviation √(1.5/2).
        double deviation = Math.Sqrt(0.75) + 1e-4;
        Near([0.5 / deviation, -1 / deviation, 0, 0.5 / deviation],
            Advantages(new RlooOptions { GroupSize = 4, NormaliseAdvantages = true }, rewards));
        Near([0, 0, 0, 0], Advantages(new RlooOptions { GroupSize = 4 }, [7, float.NaN, float.NaN, float.NaN]));
    }

    [Theory]
    [InlineData(AdvantageKind.LeaveOneOut, new double[] { 4.0 / 3, -4.0 / 3, 0, 0 })]
    [InlineData(AdvantageKind.Centred, new[] { 1.0, -1, 0, 0 })]
    // Deviation of (3, 1, 2, 2) with n − 1: √(2/3).
    [InlineData(AdvantageKind.Standardised, new[] { 1 / 0.8165966, -1 / 0.8165966, 0, 0 })]
    [InlineData(AdvantageKind.Batch, new[] { 1 / 0.8165966, -1 / 0.8165966, 0, 0 })]
    [InlineData(AdvantageKind.MovingMean, new[] { 2.5, 0.5, 1.5, 1.5 })]
    [InlineData(AdvantageKind.Best, new[] { 1.0, 0, 0, 0 })]
    public void Each_kind_compares_with_what_it_says(AdvantageKind kind, double[] wanted) =>
        Near(wanted, Advantages(new RlooOptions { GroupSize = 4, Advantage = kind }, [3, 1, 2, 2], movingMean: 0.5));

    [Fact]
    public void Groups_are_compared_within_themselves_and_batches_across()
    {
        float[] rewards = [0, 2, 10, 12];
        Near([-2, 2, -2, 2], Advantages(new RlooOptions(), rewards));
        float[] batch = Advantages(new RlooOptions { Advantage = AdvantageKind.Batch }, rewards);
        Assert.True(batch[1] < 0 && batch[2] > 0);
        Near([1, 0, 0, 0, 1, 0], Advantages(
            new RlooOptions { Advantage = AdvantageKind.Best, GroupSize = 2 }, [5, 1, float.NaN, float.NaN, 3, 3]));
    }

    [Theory]
    [InlineData("group-size", "1", "group-size must be at least 2, for completions of a prompt are compared, but is 1")]
    [InlineData("group-size", "3", "batch 256 is not whole groups of 3; 255 and 258 are")]
    [InlineData("updates", "3", "3 updates do not divide a batch of 256 completions")]
    [InlineData("heads", "3", "3 heads do not cut 128 numbers into even sizes")]
    [InlineData("temperature", "0", "temperature must be above 0, but is 0")]
    [InlineData("top-p", "0", "top-p must be from")]
    [InlineData("kl", "-1", "kl must be at least 0, but is -1")]
    [InlineData("ratio", "tokens", "ratio must be token, sequence-sum or sequence-mean")]
    [InlineData("grup-size", "4", "there is no option 'grup-size'; did you mean 'group-size'?")]
    public void Options_that_cannot_be_are_refused_in_one_sentence(string key, string value, string message) =>
        Assert.StartsWith(message, Assert.Throws<OptionException>(
            () => RlooOptions.Table.Apply([new(key, value)]).Validate()).Message);

    [Fact]
    public void Every_option_is_read_back_as_it_is_shown()
    {
        foreach ((string name, _, Func<RlooOptions, RlooOptions> change) in RlooFamily.All)
        {
            RlooOptions options = change(new RlooOptions { Layers = 3, ImportanceCap = 2, OffPolicyLimit = 0.5f });
            Assert.Equal(options, RlooOptions.Table.Apply(RlooOptions.Table.Show(options)));
            Assert.Equal(name, name.ToLowerInvariant());
        }
        Assert.Equal(typeof(RlooOptions).GetProperties().Count(one => one.CanWrite), RlooOptions.Table.Settings.Count);
    }
}
