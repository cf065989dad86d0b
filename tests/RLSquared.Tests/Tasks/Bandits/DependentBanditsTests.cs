using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class DependentBanditsTests
{
    [Theory]
    [InlineData("easy", 0.9f)]
    [InlineData("medium", 0.75f)]
    [InlineData("hard", 0.6f)]
    public void A_variant_has_one_pair_of_means_and_either_arm_may_be_the_better(string variant, float high)
    {
        var task = (DependentBandits)TaskCatalogue.Create("dependent-bandits", new Assignment("variant", variant));
        BanditLanes lanes = task.CreateBanditLanes(1000);
        lanes.Begin(1, 0, []);
        int firstIsHigh = 0;
        for (int lane = 0; lane < 1000; lane++)
        {
            float first = lanes.Means(lane)[0], second = lanes.Means(lane)[1];
            Assert.Equal(high, Math.Max(first, second), 1e-6f);
            Assert.Equal(1, first + second, 1e-6f);
            firstIsHigh += first > second ? 1 : 0;
        }
        Assert.InRange(firstIsHigh, 430, 570);          // 500 ± 4.4 standard deviations of 15.8
    }

    [Fact]
    public void Uniform_means_add_up_to_one_and_differ_from_trial_to_trial()
    {
        BanditLanes lanes = new DependentBandits(new() { Pulls = 3 }).CreateBanditLanes(100);
        lanes.Begin(1, 0, []);
        for (int lane = 0; lane < 100; lane++)
            Assert.Equal(1, lanes.Means(lane)[0] + lanes.Means(lane)[1], 1e-6f);
        Assert.Equal(100, Enumerable.Range(0, 100).Select(lane => lanes.Means(lane)[0]).Distinct().Count());
    }

    [Fact]
    public void An_unknown_variant_is_refused_with_the_known_ones()
    {
        var error = Assert.Throws<OptionException>(
            () => TaskCatalogue.Create("dependent-bandits", new Assignment("variant", "esay")));
        Assert.Equal(
            "variant must be easy, medium, hard or uniform, but is 'esay'; did you mean 'easy'?", error.Message);
    }
}
