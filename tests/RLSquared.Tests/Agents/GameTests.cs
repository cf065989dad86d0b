using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Agents;

/// <summary>A game whose lanes are apart: each is at a step of its own.</summary>
public sealed class GameTests
{
    /// <summary>Two steps; where it is asked to, the reward of the second is none.</summary>
    sealed class TwoSteps(bool spoils) : SingleEnvironment
    {
        int step;

        public override void Reset(ref RandomSequence random, Span<float> observation) => observation[0] = step = 0;

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            observation[0] = ++step;
            return new StepResult(spoils && step == 2 ? float.NaN : 1, Terminated: false);
        }
    }

    static Game Apart(bool spoils = false)
    {
        TaskDistribution task = TaskDistribution.FromEnvironment("two-steps", ObservationSpace.Vector(1), actions: 3,
            episodes: 1, maxStepsPerEpisode: 2, () => new TwoSteps(spoils));
        var game = new Game(task, new RandomAgent(), lanes: 2) { LanesApart = true };
        game.Begin(seed: 1, firstTrial: 0, firstLane: 10);
        return game;
    }

    static void Step(Game game)
    {
        ActionSpan actions = game.BeginDecision();
        actions.Choices.Fill(2);
        game.Step();
    }

    [Fact]
    public void A_lane_whose_trial_is_over_takes_no_steps_until_the_next_one_begins()
    {
        using Game game = Apart();
        for (int i = 0; i < 4; i++)
            Step(game);
        Assert.Equal([2u, 2u], game.LaneSteps.ToArray());
        game.BeginLane(0, trial: 7);
        Step(game);
        Assert.Equal([1u, 2u], game.LaneSteps.ToArray());
    }

    [Fact]
    public void A_lane_that_begins_anew_has_done_nothing_yet()
    {
        using Game game = Apart();
        Step(game);
        game.BeginLane(0, trial: 7);
        Assert.Equal([0, 2], game.Actions.Choices);
        Assert.Equal([0, 1], game.Rewards.ToArray());
        Assert.Equal([0u, 1u], game.LaneSteps.ToArray());
    }

    [Fact]
    public void What_a_task_spoils_is_told_with_the_lane_and_its_own_step()
    {
        using Game game = Apart(spoils: true);
        Step(game);
        game.BeginLane(0, trial: 7);                                            // lane 11 is a step ahead of lane 10
        string message = Assert.ThrowsAny<Exception>(() => Step(game)).Message;
        Assert.Contains("lane 11 at step 1", message, StringComparison.Ordinal);
    }
}
