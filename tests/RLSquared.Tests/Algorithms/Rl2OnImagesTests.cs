using System.Security.Cryptography;
using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Mazes;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

public sealed class Rl2OnImagesTests
{
    static readonly Rl2Options small = new()
    {
        Network = new() { Hidden = 8, Features = 12, Filters = 4, Shared = true, TimeToGo = false },
        Trials = 12,
        Minibatch = 6,
        Shards = 3,
        Epochs = 2,
    };

    // Some trials are over soon and others never, so that lengths differ.
    static MazeNavigation Task() => new(new() { Horizon = 80 });

    [Theory]
    [InlineData("filters=5")]
    [InlineData("features=10")]
    [InlineData("action-embedding=3")]
    [InlineData("weight-norm=true")]
    [InlineData("shared=false")]
    [InlineData("regret=true")]
    [InlineData("max-kl=1e-7")]
    public void Every_option_changes_what_is_learned(string change)
    {
        Rl2Options changed = Rl2Options.Table.Apply(small, [Assignment.Parse(change)]);
        Assert.NotEqual(HashAfter(2, small, 1), HashAfter(2, changed, 1));
    }

    // While it plays the network sees one step of some lanes, when it learns all steps of some trials: the features
    // must be the same bits, and so must be the probabilities of what was done.
    [Fact]
    public void Learning_sees_what_playing_saw()
    {
        Rl2Options options = small with { Network = small.Network with { ActionEmbedding = 5 } };
        using var workers = new Workers(1);
        using var network = Policy.Recurrent(Task().Spaces, options.Network, 1);
        using var collector = new Collector(Task(), network, 12, 3, 2, 1, 1, false, workers);
        collector.Play(0);
        Rollout rollout = collector.Rollout;
        Assert.True(rollout.Lengths.Distinct().Count() > 1, "the trials are of one length, so this test shows little");

        int[] trials = [0, 5, 7, 11];
        Tape tape = collector.Shards[0].Tape;
        tape.Reset();
        tape.Recording = true;
        var batch = new TrialBatch(rollout, trials, tape);
        Assert.Equal(trials.Max(trial => rollout.Lengths[trial]), batch.T);
        SequenceInput played = batch.Input(network, asPlayed: true).Rows;
        SequenceInput seen = ((GruPolicy)network).Rows(tape, batch.Input(network));
        Tensor logProbs = network.Distribution(tape, batch.Input(network)).LogProbs;
        for (int t = 0; t < batch.T; t++)
        {
            for (int b = 0; b < trials.Length; b++)
            {
                if (t >= rollout.Lengths[trials[b]])
                    continue;
                int row = t * trials.Length + b, D = network.Row.DenseWidth, from = t * rollout.N + trials[b];
                Assert.Equal(
                    played.Dense.Span.Slice(row * D, D).ToArray(), seen.Dense.Span.Slice(row * D, D).ToArray());
                Assert.Equal(
                    rollout.LogProbabilities[from], logProbs.Span[row * 3 + rollout.Actions[from]], 1e-4);
            }
        }
    }

    // 50,000 steps are 100 trials of two episodes of 250 steps, which 4 minibatches of 32 hold.
    [Fact]
    public void The_recipe_of_the_paper_for_images_has_one_layer_and_smaller_batches()
    {
        Rl2Options paper = Rl2Options.Paper(new MazeNavigation());
        Assert.Equal((128, 32), (paper.Trials, paper.Minibatch));
        Assert.Equal((0.99f, 0.99f, 0.5f), (paper.Discount, paper.Lambda, paper.ValueWeight));
        Assert.Equal((256, 256, 256, 16), (paper.Network.Hidden, paper.Network.Features,
            paper.Network.ActionEmbedding, paper.Network.Filters));
        Assert.True(paper.Network.Shared);
        paper.Validate();

        Rl2Options bandits = Rl2Options.Paper(new BernoulliBandits());
        Assert.Equal((0.3f, false), (bandits.Lambda, bandits.Network.Shared));
        Assert.Equal(paper with
        {
            Network = bandits.Network,
            Trials = bandits.Trials,
            Minibatch = bandits.Minibatch,
            Lambda = bandits.Lambda,
        }, bandits);
    }

    [Fact]
    public void The_recipe_of_the_paper_learns_from_images_within_its_kl_limit()
    {
        var task = new MazeNavigation(new() { Horizon = 6 });
        Rl2Options paper = Rl2Options.Paper(task);
        paper = paper with
        {
            Network = paper.Network with { Hidden = 8, Features = 12, ActionEmbedding = 5 },
            Trials = 8,
            Minibatch = 4,
            MaxKl = 1e-6f,                              // a fraction of what the iteration would move the policy
        };
        using var workers = new Workers(1);
        using var guarded = new Rl2(task, paper, 1, workers);
        using var free = new Rl2(task, paper with { MaxKl = 0 }, 1, workers);
        guarded.Iterate(0);
        free.Iterate(0);
        Assert.InRange(guarded.MeasurePolicy().Kl, 0, paper.MaxKl);
        Assert.InRange(free.MeasurePolicy().Kl, 2 * paper.MaxKl, double.MaxValue);
    }

    [Fact]
    public void Shards_share_a_minibatch_by_the_length_of_its_trials()
    {
        var rollout = new Rollout(T: 9, N: 6, new BernoulliBandits().Spaces);
        new[] { 3, 9, 3, 5, 4, 9 }.CopyTo(rollout.Lengths, 0);
        int[] order = [0, 1, 2, 3, 4, 5];
        rollout.SortEach(order, minibatch: 3);
        Assert.Equal([1, 0, 2, 5, 3, 4], order);
        rollout.Lengths.AsSpan().Fill(9);
        rollout.SortEach(order, minibatch: 6);
        Assert.Equal([1, 0, 2, 5, 3, 4], order);
    }

    [Fact]
    public void More_images_than_an_array_can_hold_are_refused()
    {
        var task = new MazeNavigation(new() { Size = MazeSize.Large, Episodes = 5 });
        var error = Assert.Throws<OptionException>(() => new Rollout(
            task.TrialLength, 6000, task.Spaces));
        Assert.Equal(
            "6000 trials of 5000 images are more than one array can hold; 119 trials fit", error.Message);
    }

    static string HashAfter(int iterations, Rl2Options options, int threads)
    {
        using var workers = new Workers(threads);
        using var rl2 = new Rl2(Task(), options, 1, workers);
        for (int i = 0; i < iterations; i++)
            rl2.Iterate(0);
        return Hash(rl2);
    }

    static string Hash(Rl2 rl2)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((_, Tensor tensor) in StateList.Of(rl2).Tensors)
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(tensor.Span));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
