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
