using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class GaussianBanditsTests
{
    [Fact]
    public void Means_and_rewards_have_the_deviations_asked_for()
    {
        const int N = 5000;
        var options = new GaussianBanditsOptions
        {
            Arms = 2,
            Pulls = 4,
            PriorMean = 3,
            PriorDeviation = 2,
            RewardDeviation = 0.5,
        };
        BanditLanes lanes = new GaussianBandits(options).CreateBanditLanes(N);
        lanes.Begin(1, 0, []);
        double[] means = [.. Enumerable.Range(0, N).Select(lane => (double)lanes.Means(lane)[1])];
        float[] rewards = new float[N];
        int[] second = new int[N];
        Array.Fill(second, 1);
        List<double> noise = [];
        for (int t = 0; t < 4; t++)
        {
            lanes.Step(second, [], rewards, new Endings[N]);
            noise.AddRange(rewards.Select((reward, lane) => reward - means[lane]));
        }
        // Standard errors: mean 2/√5000 = .028, variance 4·√(2/5000) = .08; noise .5/√20000 = .0035, .25·√(2/20000) =
        // .0025.
        Assert.InRange(means.Average(), 3 - 0.12, 3 + 0.12);
        Assert.InRange(means.Average(mean => (mean - 3) * (mean - 3)), 4 - 0.35, 4 + 0.35);
        Assert.InRange(noise.Average(), -0.015, 0.015);
        Assert.InRange(noise.Average(x => x * x), 0.25 - 0.01, 0.25 + 0.01);
    }

    [Theory]
    [InlineData("reward-deviation=0", "reward-deviation must be above 0, but is 0")]
    [InlineData("prior-deviation=-1", "prior-deviation must be above 0, but is -1")]
    [InlineData("arms=1", "arms must be at least 2, but is 1")]
    public void Impossible_options_are_refused(string setting, string message)
    {
        var error = Assert.Throws<OptionException>(
            () => TaskCatalogue.Create("gaussian-bandits", Assignment.Parse(setting)));
        Assert.Equal(message, error.Message);
    }
}
