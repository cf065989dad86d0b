using RLSquared.Objectives;
using RLSquared.Tasks;

namespace RLSquared.Tests.Objectives;

public sealed class AdvantagesTests
{
    // One lane, three steps, γ = 0.5, λ = 0.5, rewards 1, 2, 3, values 1, 1, 2, nothing after the end:
    //   δ₂ = 3 + 0 − 2 = 1                      Â₂ = 1
    //   δ₁ = 2 + 0.5·2 − 1 = 2                  Â₁ = 2 + 0.25·1 = 2.25
    //   δ₀ = 1 + 0.5·1 − 1 = 0.5                Â₀ = 0.5 + 0.25·2.25 = 1.0625
    [Fact]
    public void Gae_follows_its_recursion()
    {
        var advantages = new float[3];
        Advantages.Gae(1, [1, 2, 3], [0.5f, 0.5f, 0], [1, 1, 2], [9], 0.5f, advantages);
        Assert.Equal([1.0625f, 2.25f, 1f], advantages);
    }

    // Two lanes that differ in one discount alone. Both are cut after step 0 with value 4 to follow, γ = 1, λ = 0:
    //   truncated:  discount 1, δ = 1 + 4 − 2 = 3        terminated:  discount 0, δ = 1 + 0 − 2 = −1
    [Fact]
    public void Gae_bootstraps_at_truncation_but_not_at_termination()
    {
        var advantages = new float[2];
        Advantages.Gae(2, [1, 1], [1, 0], [2, 2], [4, 4], 0, advantages);
        Assert.Equal([3f, -1f], advantages);
    }

    // With λ = 1 the advantage is the discounted sum of what follows, minus the value: 1 + 1 + 1 − 0.5 and so on.
    [Fact]
    public void Gae_with_lambda_one_is_the_return_minus_the_value()
    {
        var advantages = new float[3];
        Advantages.Gae(1, [1, 1, 1], [1, 1, 0], [0.5f, 0.5f, 0.5f], [7], 1, advantages);
        Assert.Equal([2.5f, 1.5f, 0.5f], advantages);
    }

    // One lane, four steps in three episodes, γ = λ = ½; rewards 1, 2, 3, 4, values 1, 1, 2, 2.
    //   step 3: the window ends, V′ = 6:      δ = 4 + 3 − 2 = 5                Â = 5
    //   step 2: cut, V′ = 4:                  δ = 3 + 2 − 2 = 3                Â = 3, for step 3 is another episode
    //   step 1: terminated, V′ does not count: δ = 2 − 1 = 1                   Â = 1
    //   step 0: V′ = V₁ = 1:                  δ = 1 + ½ − 1 = ½                Â = ½ + ¼ · 1 = ¾
    [Fact]
    public void Gae_of_episodes_bootstraps_at_a_cut_and_at_a_windows_end_and_not_at_a_termination()
    {
        var advantages = new float[4];
        Advantages.GaeOfEpisodes(1, [1, 2, 3, 4],
            [Endings.None, Endings.Terminated, Endings.Truncated, Endings.None],
            [1, 1, 2, 2], [1, 100, 4, 6], 0.5f, 0.5f, advantages);
        Assert.Equal([0.75f, 1f, 3f, 5f], advantages);
    }

    // The same two steps end a trial: by its rules in lane 0, by the clock in lane 1. What follows is padding.
    [Fact]
    public void Gae_of_episodes_gives_padding_nothing_and_takes_nothing_from_it()
    {
        var advantages = new float[4];
        Advantages.GaeOfEpisodes(2, [1, 1, 9, 9],
            [
                Endings.Terminated | Endings.TrialEnded, Endings.Truncated | Endings.TrialEnded,
                Endings.TrialEnded, Endings.TrialEnded,
            ],
            [2, 2, 5, 5], [4, 4, 7, 7], 1, 1, advantages);
        Assert.Equal([-1f, 3f, 0f, 0f], advantages);
    }

    [Fact]
    public void Gae_keeps_lanes_apart()
    {
        // Lane 1 is lane 0 of the first test; lane 0 is all zeros.
        var advantages = new float[6];
        Advantages.Gae(
            2, [0, 1, 0, 2, 0, 3], [0.5f, 0.5f, 0.5f, 0.5f, 0, 0], [0, 1, 0, 1, 0, 2], [0, 0], 0.5f, advantages);
        Assert.Equal([0, 1.0625f, 0, 2.25f, 0, 1f], advantages);
    }

    [Fact]
    public void Gae_refuses_arrays_of_different_lengths()
    {
        var error = Assert.Throws<ArgumentException>(
            () => Advantages.Gae(1, [1, 2], [1], [1, 1], [0], 1, new float[2]));
        Assert.Contains("discounts has 1 elements; 2 are needed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Standardised_advantages_have_mean_zero_and_deviation_one_over_active_steps_alone()
    {
        // Active: 1 and 3, so mean 2 and deviation 1; the 100 is padding.
        float[] advantages = [1, 100, 3];
        Advantages.Standardise(advantages, [1, 0, 1]);
        Assert.Equal([-1f, 0f, 1f], advantages);
    }

    // λ-returns are advantages plus values. Those of the first test with λ = 1: 3, 2 + 0.5·3 = 3.5, 1 + 0.5·3.5 = 2.75;
    // with λ = 0: 3, 2 + 0.5·2 = 3, 1 + 0.5·1 = 1.5; with λ = 0.5 Â + V: 3, 3.25, 2.0625.
    [Theory]
    [InlineData(1, 2.75f, 3.5f, 3)]
    [InlineData(0.5f, 2.0625f, 3.25f, 3)]
    [InlineData(0, 1.5f, 3, 3)]
    public void Lambda_returns_lie_between_what_followed_and_what_the_next_value_says(
        float lambda, float first, float second, float third)
    {
        float[] values = [1, 1, 2], returns = new float[3];
        Advantages.Gae(1, [1, 2, 3], [0.5f, 0.5f, 0], values, [9], lambda, returns);
        for (int i = 0; i < 3; i++)
            returns[i] += values[i];
        Assert.Equal([first, second, third], returns);
    }

    // A trial that ends after its first step: discount 0 there, and what stands in the padding must not reach it.
    [Fact]
    public void Gae_lets_nothing_of_the_padding_into_a_trial_that_ended_early()
    {
        var advantages = new float[3];
        Advantages.Gae(1, [1, 0, 0], [0, 1, 1], [0.25f, 70, 70], [70], 0.9f, advantages);
        Assert.Equal(0.75f, advantages[0]);
    }

    // Deviations 1 and 0.5: the first is scaled to 1; the second is below the least, 2, and divided by that.
    [Fact]
    public void Advantages_that_hardly_vary_are_not_blown_up()
    {
        float[] varying = [1, 3], noise = [1, 2];
        Advantages.Standardise(varying, [1, 1], least: 1);
        Advantages.Standardise(noise, [1, 1], least: 2);
        Assert.Equal([-1, 1], varying);
        Assert.Equal([-0.25f, 0.25f], noise);
    }

    [Fact]
    public void Advantages_that_are_all_the_same_become_nothing()
    {
        float[] same = [3, 3, 3];
        Advantages.Standardise(same, [1, 1, 1]);
        Assert.Equal([0, 0, 0], same);
        float[] none = [3, 3];
        Advantages.Standardise(none, [0, 0]);
        Assert.Equal([0, 0], none);
    }

    // 10⁻⁴ of the deviation, or 10⁻⁶ of the mean, whichever is more; and something above 0 in any case.
    [Theory]
    [InlineData(100, 20, 2e-3)]
    [InlineData(-5000, 20, 5e-3)]
    [InlineData(0, 0, 1e-12)]
    public void What_advantages_must_vary_by_goes_by_the_returns(double mean, double deviation, double least) =>
        Assert.Equal(least, Advantages.LeastDeviation(mean, deviation), least * 1e-9);
}
