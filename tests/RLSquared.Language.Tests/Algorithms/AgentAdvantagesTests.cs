using RLSquared.Language.Algorithms;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class AgentAdvantagesTests
{
    // One group of two plays, γ = 1/2. Play 0: rewards 0, 10 from the states a, b, so R = 5, 10 and a total of 10.
    // Play 1: rewards 0, 0, 0 from the states a, a, c; all 0.
    static AgentStep[] Steps(double penalty = 0) =>
    [
        new(0, 0, "a", 10, 5, 0), new(0, 0, "b", 10, 10, 0),
        new(0, 1, "a", 0, 0, 0), new(0, 1, "a", 0, 0, penalty), new(0, 1, "c", 0, 0, 0),
    ];

    static void Equal(double[] wanted, IEnumerable<double> found) =>
        Assert.Equal(wanted, found.Select(one => Math.Round(one, 4)));

    [Fact]
    public void Returns_are_discounted_sums_of_what_follows()
    {
        Equal([5, 10], AgentAdvantages.Returns([0, 10], 0.5));
        Equal([1 + 0.5 * (2 + 0.5 * 4), 4, 4], AgentAdvantages.Returns([1, 2, 4], 0.5));
        Assert.Empty(AgentAdvantages.Returns([], 0.5));
    }

    // Over plays: mean (10 + 0)/2 = 5, deviation √(25 + 25) = 7.0711, so ±0.7071.
    // Over steps: mean 20/5 = 4, deviation √((2·36 + 3·16)/4) = √30 = 5.4772; 6/5.4772 and −4/5.4772.
    [Fact]
    public void Plays_are_compared_over_plays_or_over_steps()
    {
        Equal([0.7071, 0.7071, -0.7071, -0.7071, -0.7071],
            AgentAdvantages.OfEpisodes(Steps(), AgentBaseline.Deviations, GroupStatistics.Plays));
        Equal([5, 5, -5, -5, -5], AgentAdvantages.OfEpisodes(Steps(), AgentBaseline.Mean, GroupStatistics.Plays));
        Equal([1.0954, 1.0954, -0.7303, -0.7303, -0.7303],
            AgentAdvantages.OfEpisodes(Steps(), AgentBaseline.Deviations, GroupStatistics.Steps));
        Equal([6, 6, -4, -4, -4], AgentAdvantages.OfEpisodes(Steps(), AgentBaseline.Mean, GroupStatistics.Steps));
        Equal([10, 10, -10, -10, -10],
            AgentAdvantages.OfEpisodes(Steps(), AgentBaseline.Others, GroupStatistics.Steps));
    }

    // The state a: returns 5, 0, 0; mean 5/3, deviation √((100 + 25 + 25)/9/2) = 2.8868. b and c are alone.
    [Fact]
    public void Steps_are_compared_with_those_from_the_same_state()
    {
        Equal([1.1547, 0, -0.5774, -0.5774, 0], AgentAdvantages.OfSteps(Steps(), AgentBaseline.Deviations));
        Equal([3.3333, 0, -1.6667, -1.6667, 0], AgentAdvantages.OfSteps(Steps(), AgentBaseline.Mean));
        Equal([5, 0, -2.5, -2.5, 0], AgentAdvantages.OfSteps(Steps(), AgentBaseline.Others));
    }

    // An invalid action is charged to its own step: 0 − 0.3 = −0.3. Over steps the mean is (20 − 0.3)/5 = 3.94, over
    // plays it stays 5. In the state a the mean is (5 − 0.3)/3 = 1.5667.
    [Fact]
    public void A_penalty_is_charged_to_its_step_alone()
    {
        Equal([6.06, 6.06, -3.94, -4.24, -3.94],
            AgentAdvantages.OfEpisodes(Steps(0.3), AgentBaseline.Mean, GroupStatistics.Steps));
        Equal([5, 5, -5, -5.3, -5],
            AgentAdvantages.OfEpisodes(Steps(0.3), AgentBaseline.Mean, GroupStatistics.Plays));
        Equal([10, 10, -10, -10.3, -10],
            AgentAdvantages.OfEpisodes(Steps(0.3), AgentBaseline.Others, GroupStatistics.Plays));
        Equal([3.4333, 0, -1.5667, -1.8667, 0], AgentAdvantages.OfSteps(Steps(0.3), AgentBaseline.Mean));
    }

    [Fact]
    public void The_advantage_is_that_of_the_play_and_omega_times_that_of_the_step()
    {
        var options = new AgentOptions
        {
            Baseline = AgentBaseline.Mean,
            Statistics = GroupStatistics.Plays,
            StepWeight = 0.6,
        };
        Equal([7, 5, -6, -6, -5], AgentAdvantages.Of(Steps(), options).Select(one => (double)one));
        Equal([5, 5, -5, -5, -5],
            AgentAdvantages.Of(Steps(), options with { StepWeight = 0 }).Select(one => (double)one));
    }

    [Fact]
    public void Groups_are_not_mixed_and_a_play_that_is_alone_has_nothing_to_be_compared_with()
    {
        AgentStep[] steps = [.. Steps(), new(1, 2, "a", 100, 100, 0), new(1, 2, "b", 100, 100, 0)];
        Equal([5, 5, -5, -5, -5, 0, 0],
            AgentAdvantages.OfEpisodes(steps, AgentBaseline.Mean, GroupStatistics.Plays));
        Equal([3.3333, 0, -1.6667, -1.6667, 0, 0, 0], AgentAdvantages.OfSteps(steps, AgentBaseline.Mean));
    }

    [Fact]
    public void Equal_plays_have_no_advantage_however_small_the_deviation()
    {
        AgentStep[] steps = [new(0, 0, "a", 0.1, 0.1, 0), new(0, 1, "a", 0.1, 0.1, 0), new(0, 2, "a", 0.1, 0.1, 0)];
        Assert.All(AgentAdvantages.Of(steps, new AgentOptions()), one => Assert.InRange(one, -1e-6f, 1e-6f));
    }
}
