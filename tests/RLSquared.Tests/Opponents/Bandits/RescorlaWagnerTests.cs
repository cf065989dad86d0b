using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Tasks;

namespace RLSquared.Tests.Opponents;

public sealed class RescorlaWagnerTests
{
    [Fact]
    public void An_estimate_goes_half_of_the_way_to_each_reward()
    {
        // α = ½, from ½: a win lifts the first arm pulled to .75, a loss drops it to .375, below the ½ of the other
        // one; that loses too and is at .25, and the first follows again.
        int[] pulls = Duel.Pulls(new RescorlaWagner { Temperature = 0 }, new RestlessBandit(), 1, 0, 0);
        int first = pulls[0];
        Assert.Equal([first, first, 1 - first, first], pulls);
    }

    [Fact]
    public void Arms_are_chosen_by_the_difference_over_the_temperature()
    {
        // After a win the first arm pulled leads by .25 = τ, so it is chosen with 1/(1 + e⁻¹) = .731.
        const int N = 10_000;
        Player player = new RescorlaWagner { Temperature = 0.25 }.CreatePlayer(new RestlessBandit(), N);
        player.Begin(1, 0);
        int[] first = new int[N], second = new int[N];
        float[] wins = new float[N];
        Array.Fill(wins, 1);
        player.Act(Percept(0, first, new float[N]), first);
        player.Act(Percept(1, [.. first], wins), second);
        Assert.InRange(first.Average(), 0.48, 0.52);
        Assert.InRange(first.Zip(second, (a, b) => a == b ? 1.0 : 0).Average(), 0.713, 0.749);  // 4 standard errors
    }

    [Theory]
    [InlineData("learning-rate=0", "learning-rate must be above 0, but is 0")]
    [InlineData("learning-rate=1.5", "learning-rate must be at most 1, but is 1.5")]
    [InlineData("temperature=-1", "temperature must be at least 0, but is -1")]
    public void Impossible_options_are_refused(string setting, string message)
    {
        var error = Assert.Throws<OptionException>(
            () => Duel.Make("rescorla-wagner", new RestlessBandit(), setting));
        Assert.Equal(message, error.Message);
    }

    static Percept Percept(int step, int[] actions, float[] rewards) => new()
    {
        Step = step,
        Observations = [],
        PreviousActions = actions,
        PreviousRewards = rewards,
        PreviousEndings = new Endings[actions.Length],
    };
}
