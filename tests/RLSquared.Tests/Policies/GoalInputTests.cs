using RLSquared.Datasets;
using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;

namespace RLSquared.Tests.Policies;

/// <summary>What networks see of states and goals, as they are and normalised.</summary>
public sealed class GoalInputTests
{
    // Observations 1, 3 (mean 2, deviation 1) and 7, 7 (never varies); representations 0, 10 (mean 5, deviation 5).
    static GoalDataset Data(bool withGoals = true) => new("set", ObservationSpace.Vector(2), ActionSpace.Continuous(1),
        [1, 7, 3, 7], [0.5f, 0.5f], [], [false, true], withGoals ? [0, 10] : null);

    [Fact]
    public void Normalised_columns_have_mean_0_and_deviation_1_and_those_that_never_vary_are_0()
    {
        var input = new GoalInput(Data(), normalise: true);
        float[] state = new float[2], goal = new float[1];
        input.WriteState([3, 7], state);
        input.WriteGoal([0], goal);
        Assert.Equal([1, 0], state);
        Assert.Equal([-1], goal);
        input.WriteState([5, 8], state);
        Assert.Equal([3, 1], state);
    }

    [Fact]
    public void Without_it_networks_see_numbers_as_they_are()
    {
        var input = new GoalInput(Data());
        float[] state = new float[2], goal = new float[1];
        input.WriteState([3, 7], state);
        input.WriteGoal([10], goal);
        Assert.Equal([3, 7], state);
        Assert.Equal([10], goal);
    }

    // x = 1 and 0: sin and cos of π/2 and of π, first number by number for one wave, then for the next.
    [Fact]
    public void Waves_stand_behind_the_normalised_numbers()
    {
        var input = new GoalInput(Data(withGoals: false), normalise: true, waves: 2);
        Assert.Equal((10, 10), (input.StateWidth, input.GoalWidth));
        float[] state = new float[10];
        input.WriteState([3, 7], state);
        Assert.Equal([1, 0, 1, 0, 0, 1, 0, -1, 0, 1], state.Select(number => MathF.Round(number, 5) + 0));
        Assert.Equal(1, new GoalInput(Data(), normalise: true, waves: 2).GoalWidth);
        Assert.Equal("waves 2 are of normalised numbers: set normalise=true, or waves=0",
            Assert.Throws<OptionException>(() => new GoalInput(Data(), waves: 2)).Message);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Minibatches_and_play_see_the_same(bool withGoals)
    {
        GoalDataset data = Data(withGoals);
        using var batch = new GoalBatch(data, 0, 1, 1, input: new GoalInput(data, normalise: true));
        float[] state = batch.Observations([1]).ToArray(), goal = batch.Representations([1]).ToArray();
        var eyes = new GoalEyes(new GoalInput(data, normalise: true),
            withGoals ? (from, to) => to[0] = 10 : null, lanes: 1);
        (Tensors.Tensor played, Tensors.Tensor wanted) = eyes.See(new GoalPercept
        {
            Lanes = 1,
            Observations = [3, 7],
            Goals = [3, 7],
            Step = 0,
            Seed = 0,
            FirstEpisode = 0,
        });
        Assert.Equal(state, played.ToArray());
        Assert.Equal(goal, wanted.ToArray());
        Assert.Equal(withGoals ? [1] : [1, 0], goal);
    }
}
