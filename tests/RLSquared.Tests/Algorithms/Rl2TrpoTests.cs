using System.Security.Cryptography;
using RLSquared.Algorithms;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Mazes;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

public sealed class Rl2TrpoTests
{
    static readonly Rl2TrpoOptions Small = new()
    {
        Network = new() { Hidden = 16 },
        Trials = 64,
        ValueMinibatch = 32,
    };

    // Some trials are over soon and others never, so that lengths differ.
    static readonly MazeNavigation Maze = new(new() { Horizon = 40 });
    static readonly Rl2TrpoOptions SmallOnImages = new()
    {
        Network = new() { Hidden = 8, Features = 12, Filters = 4, TimeToGo = false },
        Trials = 12,
        ValueMinibatch = 6,
        Shards = 3,
        CgIterations = 3,
    };

    public static TheoryData<string> Changes =>
    [
        "hidden=24", "cells=8", "value-cells=8", "layer-norm=true", "relu=true", "weight-norm=true",
        "time-to-go=false", "privileged-value=true", "trials=96", "shards=2", "regret=true", "discount=0.9",
        "lambda=0.5", "value-lambda=0.5", "max-kl=0.001", "cg-iterations=2", "damping=1", "fisher-share=1",
        "value-epochs=2", "value-minibatch=64", "value-learning-rate=1e-2",
        "normalise-reward-inputs=true",
    ];

    public static TheoryData<string> ChangesOnImages => ["filters=5", "features=10", "action-embedding=3"];

    [Theory]
    [MemberData(nameof(Changes))]
    public void Every_option_changes_what_is_learned(string change)
    {
        Rl2TrpoOptions changed = Rl2TrpoOptions.Table.Apply(Small, [Assignment.Parse(change)]);
        Assert.NotEqual(HashAfter(2, Small, 1, 1), HashAfter(2, changed, 1, 1));
    }

    [Theory]
    [MemberData(nameof(ChangesOnImages))]
    public void Every_option_changes_what_is_learned_from_images(string change)
    {
        Rl2TrpoOptions changed = Rl2TrpoOptions.Table.Apply(SmallOnImages, [Assignment.Parse(change)]);
        Assert.NotEqual(HashOnImages(SmallOnImages, threads: 1), HashOnImages(changed, threads: 1));
    }

    [Fact]
    public void The_list_of_changes_names_every_option()
    {
        var named = new List<string>();
        foreach (ITheoryDataRow row in Rows(Changes).Concat(Rows(ChangesOnImages)))
            named.Add(((string)row.GetData()[0]!).Split('=')[0]);
        named.AddRange(["shared", "backtracks"]);               // one is refused, the other has a test of its own
        named.Add("deviation");                                 // see ActionSpaceTests
        Assert.Equal(Rl2TrpoOptions.Table.Settings.Select(setting => setting.Name).Order(), named.Order());

        static IEnumerable<ITheoryDataRow> Rows(System.Collections.IEnumerable data) => data.Cast<ITheoryDataRow>();
    }

    [Theory]
    [InlineData("cells=0", 1e-3f, 0.3)]
    [InlineData("cells=8", 1e-3f, 0.3)]
    // The length of a normalised weight's direction changes nothing, so F is flat there and wants more damping.
    [InlineData("weight-norm=true", 0.1f, 0.001)]
    public void Each_step_moves_the_policy_within_the_limit_and_close_to_it(string change, float damping, double least)
    {
        Rl2TrpoOptions options = Rl2TrpoOptions.Table.Apply(
            Small with { FisherShare = 1, Damping = damping }, [Assignment.Parse(change)]);
        using var workers = new Workers(1);
        using var rl2 = new Rl2Trpo(new BernoulliBandits(), options, 1, workers);
        for (int i = 0; i < 4; i++)
        {
            IterationReport report = rl2.Iterate(0);
            (double kl, double surrogate) = rl2.MeasurePolicy();
            Assert.Equal(kl, Figure(report, "kl"), 1e-7);
            Assert.InRange(kl, least * options.MaxKl, options.MaxKl);
            Assert.True(Figure(report, "surrogate_gain") > 0);
            Assert.Equal(surrogate, Figure(report, "surrogate_gain"), 1e-4);        // advantages have mean 0
        }
    }

    [Fact]
    public void Without_backtracks_a_step_that_is_too_long_is_not_made()
    {
        // Damping of 0, little curvature to go by and a wide limit: the first step is too long.
        Rl2TrpoOptions risky = Small with { Damping = 0, FisherShare = 0.01f, MaxKl = 0.5f };
        using var workers = new Workers(1);
        using var patient = new Rl2Trpo(new BernoulliBandits(), risky with { Backtracks = 30 }, 1, workers);
        IterationReport shortened = patient.Iterate(0);
        Assert.True(Figure(shortened, "backtracks") > 0);
        Assert.InRange(Figure(shortened, "kl"), 1e-3, 0.5);

        using var hasty = new Rl2Trpo(new BernoulliBandits(), risky with { Backtracks = 0 }, 1, workers);
        float[][] before = Policy(hasty);
        Assert.Equal(0, Figure(hasty.Iterate(0), "kl"));
        Assert.Equal(before, Policy(hasty));

        static float[][] Policy(Rl2Trpo rl2) => [.. rl2.Parameters.All
            .Where(parameter => parameter.Name.StartsWith("policy.", StringComparison.Ordinal))
            .Select(parameter => parameter.Value.Span.ToArray())];
    }

    [Fact]
    public void The_agent_learns_to_find_the_better_arm_within_a_trial()
    {
        // Two arms that pay .1 and .9 or the other way round, ten pulls. Chance is 5; whoever tries an arm and stays
        // with what pays gets near 8.4. The budget is 200 thousand steps.
        var task = new DependentBandits(new DependentBanditsOptions { Variant = DependentVariant.Easy, Pulls = 10 });
        var options = new Rl2TrpoOptions { Network = new() { Hidden = 32 }, Trials = 512 };
        using var workers = new Workers(2);
        using var rl2 = new Rl2Trpo(task, options, 1, workers);
        double first = rl2.Iterate(0).MeanReturn, last = 0;
        while (rl2.Steps < 200_000)
            last = rl2.Iterate(0).MeanReturn;
        Assert.InRange(first, 4.5, 5.5);
        Assert.True(last > 7.5, $"the mean return is {last} after {rl2.Steps} steps; more than 7.5 was expected");
    }

    [Fact]
    public void The_steady_state_allocates_next_to_nothing()
    {
        using var workers = new Workers(1);
        using var rl2 = new Rl2Trpo(new BernoulliBandits(), Small, 1, workers);
        for (int i = 0; i < 3; i++)
            rl2.Iterate(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        rl2.Iterate(0);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 4096, $"an iteration allocated {allocated} bytes; it needs less than 4096");
    }

    [Fact]
    public void The_recipe_of_the_paper_is_that_of_its_author_where_both_have_an_option()
    {
        var bandits = new BernoulliBandits();
        (Rl2TrpoOptions trpo, Rl2Options clipped) = (Rl2TrpoOptions.Paper(bandits), Rl2Options.Paper(bandits));
        Assert.Equal(clipped.Network, trpo.Network);
        Assert.Equal((25_088, 0.99f, 0.3f, 0.01f), (trpo.Trials, trpo.Discount, trpo.Lambda, trpo.MaxKl));
        trpo.Validate();
    }

    [Theory]
    [InlineData("value-minibatch=48", "value-minibatch 48 does not divide 64 trials; 32 and 64 do")]
    [InlineData("shards=33", "33 shards cannot share a value-minibatch of 32 trials; 32 or fewer can")]
    [InlineData("max-kl=0", "max-kl must be above 0, but is 0")]
    [InlineData("shared=true",
        "rl2-trpo fits policy and value apart, so they cannot share a layer; set shared=false, or take rl2")]
    public void Options_that_make_no_sense_are_refused_with_what_would(string change, string message)
    {
        using var workers = new Workers(1);
        var error = Assert.Throws<OptionException>(() => new Rl2Trpo(
            new BernoulliBandits(), Rl2TrpoOptions.Table.Apply(Small, [Assignment.Parse(change)]), 1, workers));
        Assert.Equal(message, error.Message);
    }

    static double Figure(IterationReport report, string name) =>
        report.Figures.Single(figure => figure.Name == name).Value;

    static string HashAfter(int iterations, Rl2TrpoOptions options, ulong seed, int threads)
    {
        using var workers = new Workers(threads);
        using var rl2 = new Rl2Trpo(new BernoulliBandits(), options, seed, workers);
        for (int i = 0; i < iterations; i++)
            rl2.Iterate(0);
        return Hash(rl2);
    }

    static string HashOnImages(Rl2TrpoOptions options, int threads)
    {
        using var workers = new Workers(threads);
        using var rl2 = new Rl2Trpo(Maze, options, 1, workers);
        rl2.Iterate(0);
        return Hash(rl2);
    }

    static string Hash(Rl2Trpo rl2)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((_, Tensor tensor) in StateList.Of(rl2).Tensors)
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(tensor.Span));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
