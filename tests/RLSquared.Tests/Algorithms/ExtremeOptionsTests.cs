using System.Diagnostics;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Experience;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

/// <summary>Options at their extremes: refused at once, in one sentence, before any memory is taken.</summary>
public sealed class ExtremeOptionsTests
{
    [Theory]
    [InlineData("rl2", "bandits", "arms=1000000000", "")]
    [InlineData("rl2", "bandits", "pulls=2147483647", "")]
    [InlineData("rl2", "bandits", "", "hidden=2147483647")]
    [InlineData("rl2", "bandits", "", "hidden=1000000 shared=true")]
    [InlineData("rl2", "bandits", "", "trials=2147483647 minibatch=2147483647")]
    [InlineData("rl2", "bandits", "", "trials=2147483646 minibatch=2147483647")]
    [InlineData("rl2", "bandits", "", "shards=2147483647")]
    [InlineData("rl2", "dependent-bandits", "pulls=10000000", "")]
    [InlineData("rl2", "mdps", "states=2000000000", "")]
    [InlineData("ppo", "bandits", "arms=1000000000", "")]
    [InlineData("ppo", "cartpole", "", "hidden=2147483647")]
    [InlineData("ppo", "cartpole", "", "lanes=2147483647")]
    [InlineData("ppo", "cartpole", "", "lanes=1000000 window=1000000")]
    [InlineData("ppo", "cartpole", "", "shards=2147483647")]
    [InlineData("ppo", "cartpole", "", "minibatches=2147483647")]
    [InlineData("ppo", "cartpole", "horizon=100000 episodes=10000", "recurrent=true")]
    [InlineData("mlsh", "bandits", "arms=1000000000", "")]
    [InlineData("mlsh", "cartpole", "", "hidden=2147483647")]
    [InlineData("mlsh", "cartpole", "", "skills=2147483647")]
    [InlineData("mlsh", "cartpole", "", "groups=2147483647")]
    [InlineData("mlsh", "cartpole", "horizon=100000 episodes=10000", "plays=4000")]
    [InlineData("rl2-trpo", "bandits", "arms=1000000000", "")]
    [InlineData("rl2-trpo", "bandits", "", "hidden=2147483647")]
    [InlineData("rl2-trpo", "bandits", "", "trials=2147483647 value-minibatch=2147483647")]
    [InlineData("rl2-trpo", "dependent-bandits", "pulls=2147483647", "")]
    public void What_cannot_be_is_refused_at_once(string algorithm, string task, string taskOptions, string options)
    {
        var clock = Stopwatch.StartNew();
        long before = GC.GetTotalAllocatedBytes();
        OptionException failure = Assert.Throws<OptionException>(() =>
        {
            TaskDistribution made = TaskCatalogue.Create(task, Assignment.ParseAll(Words(taskOptions)));
            AlgorithmEntry entry = AlgorithmCatalogue.Find(algorithm);
            using var workers = new Workers(1);
            entry.Create(made, entry.Merge(made, "default", Assignment.ParseAll(Words(options))), 1, workers).Dispose();
        });
        Assert.NotEqual("", failure.Message);
        Assert.True(GC.GetTotalAllocatedBytes() - before < 300 << 20);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"it took {clock.Elapsed}");

        static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void What_needs_more_memory_than_there_is_names_what_takes_most()
    {
        var task = new BernoulliBandits(new() { Arms = 100_000 });
        OptionException weights = Assert.Throws<OptionException>(() =>
            MemoryNeed.Require(task, new() { Hidden = 5000 }, 10, 10, 1e9));
        Assert.Equal("hidden", weights.Option);
        Assert.Matches("^this training needs at least [0-9.]+ GiB of memory, and there are 0.9 GiB: [0-9.]+ GiB go " +
            "to the weights of 5,000 units with 100,003 inputs, .*; make hidden smaller, or the task$",
            weights.Message);
        OptionException trials = Assert.Throws<OptionException>(() =>
            MemoryNeed.Require(task, new() { Hidden = 1 }, 100_000, 10, 1e9));
        Assert.Equal("trials", trials.Option);
        OptionException minibatch = Assert.Throws<OptionException>(() =>
            MemoryNeed.Require(new BernoulliBandits(), new() { Hidden = 500 }, 100_000, 100_000, 1e9));
        Assert.Equal("minibatch", minibatch.Option);
        MemoryNeed.Require(new BernoulliBandits(), new() { Hidden = 500 }, 1000, 100, 1e9);
    }

    [Theory]
    [InlineData(100, 64, "50 and 100 do")]
    [InlineData(2147483647, 64, "1 and 2147483647 do")]
    [InlineData(2147483646, 8, "7 and 9 do")]
    public void The_nearest_divisors_are_found_at_once(int trials, int minibatch, string which)
    {
        OptionException failure =
            Assert.Throws<OptionException>(() => Minibatches.Require("minibatch", minibatch, trials, 1));
        Assert.Equal($"minibatch {minibatch} does not divide {trials} trials; {which}", failure.Message);
    }

    [Fact]
    public void Pieces_cover_the_trials_where_their_product_overflows()
    {
        const int trials = 2_000_000, pieces = 100_000;
        int sum = 0;
        for (int i = 0; i < pieces; i++)
            sum += Minibatches.Cut(trials, i + 1, pieces) - Minibatches.Cut(trials, i, pieces);
        Assert.Equal((trials, trials - 20), (sum, Minibatches.Cut(trials, pieces - 1, pieces)));
    }

    [Fact]
    public void The_value_of_dependent_arms_is_that_of_the_whole_sum_and_quick_for_long_trials()
    {
        Assert.Equal(0.5, BayesOptimal.Value(new DependentBandits(new() { Pulls = 1 })), 1e-12);
        Assert.Equal(0.5 + 2.0 / 3, BayesOptimal.Value(new DependentBandits(new() { Pulls = 2 })), 1e-12);
        foreach (DependentVariant variant in Enum.GetValues<DependentVariant>())
        {
            var hundred = new DependentBandits(new() { Variant = variant, Pulls = 100 });
            Assert.Equal(WholeSum(variant, 100), BayesOptimal.Value(hundred), 1e-9);
            var longest = new DependentBandits(new() { Variant = variant, Pulls = 10_000 });
            double share = BayesOptimal.Value(longest) / 10_000;
            Assert.InRange(share, 0.59, variant == DependentVariant.Uniform ? 0.75 : 0.9);
        }
        Assert.False(BayesOptimal.CanSolve(new DependentBandits(new() { Pulls = 10_001 })));
    }

    // As it is defined, by the recursion over what was seen.
    static double WholeSum(DependentVariant variant, int pulls)
    {
        double[] chance = [1.0];
        double value = 0;
        for (int t = 0; t < pulls; t++)
        {
            double[] next = new double[t + 2];
            for (int j = 0; j <= t; j++)
            {
                double p = Mean(j, t - j);
                value += chance[j] * Math.Max(p, 1 - p);
                next[j + 1] += chance[j] * p;
                next[j] += chance[j] * (1 - p);
            }
            chance = next;
        }
        return value;

        double Mean(int forFirst, int forSecond)
        {
            if (variant == DependentVariant.Uniform)
                return (forFirst + 1.0) / (forFirst + forSecond + 2);
            double high = DependentBandits.HighMean(variant), low = 1 - high;
            double isHigh = 1 / (1 + Math.Pow(low / high, forFirst - forSecond));
            return isHigh * high + (1 - isHigh) * low;
        }
    }

    [Theory]
    [InlineData("dependent-bandits", "pulls=100000")]
    [InlineData("bandits", "pulls=100000")]
    [InlineData("bandits", "pulls=2000000000")]
    public void Agents_whose_tables_would_not_fit_do_not_play(string task, string options)
    {
        TaskDistribution made = TaskCatalogue.Create(task, Assignment.Parse(options));
        string[] names = [.. AgentCatalogue.For(made).Select(entry => entry.Name)];
        Assert.Contains("thompson", names);
        Assert.DoesNotContain("gittins", names);
        Assert.DoesNotContain("finite-horizon-gittins", names);
        Assert.Throws<NotSupportedException>(() => new Gittins().CreatePlayer(made, 1));
    }

    [Fact]
    public void An_evaluation_has_a_most_of_trials() => Assert.Equal(
        "instances must be from 1 to 10000000, but is 2147483647",
        Assert.Throws<OptionException>(() => new EvaluationOptions { Instances = int.MaxValue }).Message);
}
