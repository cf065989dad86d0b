using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Evaluation;

public sealed class EpisodeReturnsTests
{
    // The e-th episode of a trial, 1, 2, 3, pays e in each of its four steps.
    sealed class Rising : SingleEnvironment
    {
        int episode;

        public override void BeginTrial(ref RandomSequence random) => episode = 0;

        public override void Reset(ref RandomSequence random, Span<float> observation) => episode++;

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) => new(episode);
    }

    [Fact]
    public void Each_episode_has_what_its_own_steps_brought()
    {
        TaskDistribution task = TaskDistribution.FromEnvironment(
            "rising", ObservationSpace.Nothing, actions: 2, episodes: 3, maxStepsPerEpisode: 4, () => new Rising());
        IReadOnlyList<double[]> returns = EpisodeReturns.Of(task, new RandomAgent(), trials: 300, seed: 1);
        Assert.Equal(3, returns.Count);
        for (int episode = 0; episode < 3; episode++)
            Assert.Equal(Enumerable.Repeat(4.0 * (episode + 1), 300), returns[episode]);
    }

    [Fact]
    public void The_episodes_of_a_trial_add_up_to_what_an_evaluation_counts()
    {
        var task = new Plants();
        var agent = new PidTextbook();
        IReadOnlyList<double[]> returns = EpisodeReturns.Of(task, agent, trials: 60, seed: 2);
        double[] totals = Evaluator.Run(
            task, [agent], new() { Instances = 60, Seed = 2, Threads = 1 }).Agents[0].Totals.ToArray();
        Assert.Equal(4, returns.Count);
        for (int trial = 0; trial < 60; trial++)
            Assert.Equal(totals[trial], returns.Sum(episode => episode[trial]), 1e-9);
    }
}
