using System.Security.Cryptography;
using RLSquared.Algorithms;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

public sealed class Rl2Tests
{
    static readonly Rl2Options Small = new()
    {
        Network = new() { Hidden = 16 },
        Trials = 64,
        Minibatch = 32,
    };

    public static TheoryData<string> Changes =>
    [
        "hidden=24", "cells=8", "value-cells=8", "shared=true", "layer-norm=true", "relu=true", "weight-norm=true",
        "time-to-go=false", "privileged-value=true", "trials=96", "shards=2", "regret=true", "discount=0.9",
        "lambda=0.5", "value-lambda=0.5", "epochs=2", "minibatch=64", "learning-rate=1e-3",
        "learning-rate-schedule=cosine", "gradient-norm=0.01", "gradient-element=0.001", "clip=0.01", "entropy=0.1",
        "entropy-schedule=constant", "value-weight=1", "max-kl=1e-7",
        "normalise-reward-inputs=true",
    ];

    [Theory]
    [MemberData(nameof(Changes))]
    public void Every_option_changes_what_is_learned(string change)
    {
        Rl2Options changed = Rl2Options.Table.Apply(Small, [Assignment.Parse(change)]);
        Assert.NotEqual(HashAfter(3, Small, 1, 1), HashAfter(3, changed, 1, 1));
    }

    [Fact]
    public void The_list_of_changes_names_every_option()
    {
        var named = new List<string>();
        foreach (ITheoryDataRow row in (System.Collections.IEnumerable)Changes)
            named.Add(((string)row.GetData()[0]!).Split('=')[0]);
        named.AddRange(["filters", "features", "action-embedding"]);                // see Rl2OnImagesTests
        named.Add("deviation");                                                     // see ActionSpaceTests
        Assert.Equal(Rl2Options.Table.Settings.Select(setting => setting.Name).Order(), named.Order());
    }

    [Fact]
    public void The_agent_learns_to_find_the_better_arm_within_a_trial()
    {
        // Two arms that pay .1 and .9 or the other way round, ten pulls. Chance is 5; whoever tries an arm and stays
        // with what pays gets near 8.4. The budget is 200 thousand steps.
        var task = new DependentBandits(new DependentBanditsOptions { Variant = DependentVariant.Easy, Pulls = 10 });
        var options = new Rl2Options { Network = new() { Hidden = 32 }, Trials = 512, Minibatch = 128 };
        using var workers = new Workers(2);
        using var rl2 = new Rl2(task, options, 1, workers);
        double first = rl2.Iterate(0).MeanReturn, last = 0;
        while (rl2.Steps < 200_000)
            last = rl2.Iterate(rl2.Steps / 200_000.0).MeanReturn;
        Assert.InRange(first, 4.5, 5.5);
        Assert.True(last > 7.5, $"the mean return is {last} after {rl2.Steps} steps; more than 7.5 was expected");
    }

    [Fact]
    public void The_steady_state_allocates_next_to_nothing()
    {
        using var workers = new Workers(1);
        using var rl2 = new Rl2(new BernoulliBandits(), Small, 1, workers);
        for (int i = 0; i < 3; i++)
            rl2.Iterate(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        rl2.Iterate(0);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 4096, $"an iteration allocated {allocated} bytes; it needs less than 4096");
    }

    [Fact]
    public void The_recipe_of_the_paper_runs_and_keeps_within_its_kl_limit()
    {
        Rl2Options whole = Rl2Options.Paper(new BernoulliBandits());
        Assert.Equal(25_088, whole.Trials);                     // 196 minibatches of 128, the least above 250,000 steps
        Rl2Options paper = whole with
        {
            Network = whole.Network with { Hidden = 16 },
            Trials = 256,
            MaxKl = 1e-5f,                              // a fraction of what the iteration would move the policy
        };
        using var workers = new Workers(1);
        using var guarded = new Rl2(new BernoulliBandits(), paper, 1, workers);
        using var free = new Rl2(new BernoulliBandits(), paper with { MaxKl = 0 }, 1, workers);
        guarded.Iterate(0);
        free.Iterate(0);
        Assert.InRange(guarded.MeasurePolicy().Kl, 0, paper.MaxKl);
        Assert.InRange(free.MeasurePolicy().Kl, 2 * paper.MaxKl, double.MaxValue);
    }

    [Fact]
    public void A_reward_that_is_not_a_number_stops_the_training_with_its_lane_and_step()
    {
        using var workers = new Workers(2);
        using var rl2 = new Rl2(new Poisoned(lane: 37, step: 4), Small, 1, workers);
        var error = Assert.Throws<NonFiniteException>(() => rl2.Iterate(0));
        Assert.Contains("the reward of lane 37 at step 4", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("minibatch=48", "minibatch 48 does not divide 64 trials; 32 and 64 do")]
    [InlineData("shards=33", "33 shards cannot share a minibatch of 32 trials; 32 or fewer can")]
    [InlineData("learning-rate=-1", "learning-rate must be above 0, but is -1")]
    [InlineData("discount=1.5", "discount must be from 0 to 1, but is 1.5")]
    public void Options_that_make_no_sense_are_refused_with_what_would(string change, string message)
    {
        using var workers = new Workers(1);
        var error = Assert.Throws<OptionException>(() => new Rl2(
            new BernoulliBandits(), Rl2Options.Table.Apply(Small, [Assignment.Parse(change)]), 1, workers));
        Assert.Equal(message, error.Message);
    }

    static string HashAfter(int iterations, Rl2Options options, ulong seed, int threads)
    {
        using var workers = new Workers(threads);
        using var rl2 = new Rl2(new BernoulliBandits(), options, seed, workers);
        for (int i = 0; i < iterations; i++)
            rl2.Iterate((double)i / 4);
        return Hash(rl2);
    }

    static string Hash(Rl2 rl2)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((_, Tensor tensor) in StateList.Of(rl2).Tensors)
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(tensor.Span));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Bandits of which one lane pays NaN at one step.</summary>
    sealed class Poisoned(int lane, int step) : TaskDistribution
    {
        readonly BernoulliBandits bandits = new();

        public override string Name => "poisoned";
        public override ObservationSpace Observation => bandits.Observation;
        public override ActionSpace Action => bandits.Action;
        public override int TrialLength => bandits.TrialLength;
        public override Lanes CreateLanes(int count) => new PoisonedLanes(bandits.CreateLanes(count), lane, step);
    }

    sealed class PoisonedLanes(Lanes lanes, int lane, int step) : Lanes
    {
        ulong first;
        int at;

        public override int Count => lanes.Count;

        public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
        {
            (first, at) = (firstTrial, 0);
            lanes.Begin(seed, firstTrial, observations);
        }

        public override void Step(
            ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
        {
            lanes.Step(actions, observations, rewards, endings);
            int here = lane - (int)first;
            if (at++ == step && here >= 0 && here < Count)
                rewards[here] = float.NaN;
        }
    }
}
