using RLSquared.Algorithms;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Algorithms;

/// <summary>
/// Tasks whose returns do not vary: solved, without rewards for a long time, or with one trial an iteration. Everything
/// is divided by a spread that was measured, and none may be 0.
/// </summary>
public sealed class SteadyReturnsTests
{
    /// <summary>Pays the same at every step, whatever is done; nothing at first, if so asked.</summary>
    sealed class Steady(float reward, int freeEpisodes = 0) : SingleEnvironment
    {
        int episodes = -1;

        public override void Reset(ref RandomSequence random, Span<float> observation) => episodes++;

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) =>
            new(episodes < freeEpisodes ? random.NextInt(2) : reward);
    }

    public static TheoryData<string, string> Networks
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string network in
                (string[])["hidden=4", "cells=4", "value-cells=4", "layer-norm=true", "relu=true", "weight-norm=true",
                    "privileged-value=true", "time-to-go=false", "shared=true"])
            {
                foreach (string algorithm in (string[])["rl2", "rl2-trpo"])
                {
                    if (network != "shared=true" || algorithm == "rl2")
                        data.Add(algorithm, network);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void One_pull_of_one_trial_an_iteration_is_trained_on_by_every_network(string algorithm, string network) =>
        Train(algorithm, new BernoulliBandits(new() { Pulls = 1 }), 200, network);

    // After some episodes of chance the reward is the same for ever: the running deviation falls by a factor of ten in
    // each iteration. 45 iterations are enough for it to leave the range of single precision.
    [Theory]
    [InlineData("rl2", 0, 1)]
    [InlineData("rl2", 1, 1)]
    [InlineData("rl2", 1e-6f, 1)]
    [InlineData("rl2", 1e6f, 1)]
    [InlineData("rl2", -1e17f, 1)]
    [InlineData("rl2", 1, 5)]
    [InlineData("ppo", 0, 1)]
    [InlineData("ppo", 1, 1)]
    [InlineData("ppo", 1e-6f, 1)]
    [InlineData("ppo", 1e6f, 1)]
    [InlineData("ppo", -1e17f, 1)]
    [InlineData("ppo", 1, 5)]
    [InlineData("rl2-trpo", 0, 1)]
    [InlineData("rl2-trpo", 1, 1)]
    [InlineData("rl2-trpo", 1e-6f, 1)]
    [InlineData("rl2-trpo", 1e6f, 1)]
    [InlineData("rl2-trpo", 1, 5)]
    public void Rewards_that_stop_varying_do_not_stop_a_training(string algorithm, float reward, int steps) => Train(
        algorithm, TaskDistribution.FromEnvironment(
            "steady", ObservationSpace.Nothing, 2, 1, steps, () => new Steady(reward, freeEpisodes: 10)), 70);

    // A policy that is right learns nothing from noise: where all that it does brings the same, it stays as it is.
    [Theory]
    [InlineData("rl2")]
    [InlineData("rl2-trpo")]
    [InlineData("ppo")]
    public void A_policy_stays_where_every_action_brings_the_same(string algorithm)
    {
        TaskDistribution task = TaskDistribution.FromEnvironment(
            "steady", ObservationSpace.Nothing, 2, 1, 1, () => new Steady(1));
        using var workers = new Workers(1);
        using IAlgorithm learner = AlgorithmCatalogue.Find(algorithm).Create(
            task, Settings(algorithm, "hidden=4", 64, "entropy=0"), 1, workers);
        float[] before = Policy(learner);
        for (int i = 0; i < 40; i++)
            learner.Iterate(0);
        float apart = before.Zip(Policy(learner), (then, now) => Math.Abs(now - then)).Max();
        Assert.InRange(apart, 0, 0.2f);

        static float[] Policy(IAlgorithm learner) => [.. learner.Parameters.All
            .Where(parameter => parameter.Name == "policy.head.bias").SelectMany(one => one.Value.Span.ToArray())];
    }

    static void Train(string algorithm, TaskDistribution task, int iterations, string network = "hidden=4")
    {
        using var workers = new Workers(1);
        using IAlgorithm learner = AlgorithmCatalogue.Find(algorithm).Create(
            task, Settings(algorithm, network, 1), 1, workers);
        for (int i = 0; i < iterations; i++)
        {
            IterationReport report = learner.Iterate((double)i / iterations);
            Assert.All(report.Figures, figure => Assert.True(double.IsFinite(figure.Value), $"{figure} in {i}"));
            Assert.True(Math.Abs(report.Figures.Single(figure => figure.Name == "value_loss").Value) < 1e4);
        }
        foreach ((string name, Tensor tensor) in StateList.Of(learner).Tensors)
            Assert.True(tensor.Span.ToArray().All(float.IsFinite), name);
    }

    static IEnumerable<Assignment> Settings(string algorithm, string network, int trials, params string[] others)
    {
        string minibatch = algorithm == "rl2" ? "minibatch" : "value-minibatch";
        OptionTable table = AlgorithmCatalogue.Find(algorithm).Options;
        return others.Concat([network, $"trials={trials}", $"{minibatch}={trials}", "shards=1",
            $"lanes={trials}", "window=8", "minibatches=1"])
            .Select(Assignment.Parse).Where(one => table.Contains(one.Key));
    }
}
