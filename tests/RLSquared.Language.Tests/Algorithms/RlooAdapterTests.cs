using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class RlooAdapterTests : IDisposable
{
    readonly string folder = TemporaryFolder.Make();
    readonly RlooOptions adapting;

    // A model whose embeddings are large enough to say anything by them: an adapter does not change those.
    public RlooAdapterTests()
    {
        using (var model = LanguageModel.Create(
            ModelConfiguration.Small(6, 16, 1, 2, 600) with { InitialDeviation = 0.4 }, seed: 3))
            model.Save(folder);
        adapting = RlooTests.small with
        {
            Model = folder,
            AdapterRank = 4,
            AdapterAlpha = 8,
            Kl = 0.02f,
            LearningRate = 1e-2f,
        };
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static float[] Numbers(LanguageModel model, bool ofAdapter) => [.. model.Parameters.All
        .Where(one => one.Group.Name == "adapter" == ofAdapter).SelectMany(one => one.Value.ToArray())];

    [Fact]
    public void The_adapter_alone_learns_and_the_reward_grows()
    {
        using var workers = new Workers(1);
        using var rloo = new Rloo(RlooTests.Letters(), adapting, 1, workers);
        float[] before = Numbers(rloo.Model, ofAdapter: false);
        double first = rloo.Iterate(0).MeanReturn, last = 0;
        for (int i = 0; i < 60; i++)
            last = rloo.Iterate(i / 60.0).MeanReturn;
        Assert.InRange(first, 0, 0.3);
        Assert.InRange(last, 0.75, 1);
        Assert.Equal(before, Numbers(rloo.Model, ofAdapter: false));
    }

    [Fact]
    public void The_reference_is_the_model_without_its_adapter()
    {
        using var workers = new Workers(1);
        using var rloo = new Rloo(RlooTests.Letters(), adapting, 1, workers);
        Assert.Equal(0, RlooTests.Figure(rloo.Iterate(0), "kl"));
        Assert.NotEqual(0, RlooTests.Figure(rloo.Iterate(0), "kl"));
        rloo.Generate();
        using var learner = new SequenceLearner(rloo.Model, 2, 1 << 20, workers);
        TokenSequence[] sequences = [.. rloo.Waiting.Select(one => one.Sequence)];
        float[][] with = learner.Score(rloo.Model, sequences, 1);
        float[][] without = learner.Score(rloo.Model, sequences, 1, usesAdapter: false);
        Assert.Equal(rloo.Waiting.SelectMany(one => one.Old), with.SelectMany(one => one));
        Assert.Equal(rloo.Waiting.SelectMany(one => one.Reference), without.SelectMany(one => one));
        Assert.NotEqual(with[0], without[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void With_an_adapter_of_any_rank_the_first_ratio_is_one(int rank)
    {
        using var workers = new Workers(2);
        using var rloo = new Rloo(RlooTests.Letters(), adapting with { AdapterRank = rank }, 3, workers);
        for (int i = 0; i < 4; i++)
        {
            IterationReport report = rloo.Iterate(0);
            Assert.Equal(1, RlooTests.Figure(report, "ess"), 1e-12);
            Assert.Equal(0, RlooTests.Figure(report, "clip_ratio/region_mean"));
        }
    }

    [Fact]
    public void A_warm_start_moves_the_model_and_reinforcement_its_adapter()
    {
        using var workers = new Workers(1);
        PromptList task = new("letters",
            Tokenizer.Parse(CharacterTokenizer.Write("abcd:", "<end>")),
            [new PromptExample("a:") { Completion = "aaaa" }], RlooTests.Letters().Rewards, endTokens: [0]);
        RlooOptions options = adapting with { WarmStart = 50, WarmStartBatch = 8, WarmStartReward = 0 };
        using var rloo = new Rloo(task, options, 1, workers);
        float[] first = Numbers(rloo.Model, false), adapter = Numbers(rloo.Model, true);
        rloo.Iterate(0);                                                     // the warm start, all of it
        float[] warm = Numbers(rloo.Model, false);
        Assert.NotEqual(first, warm);
        Assert.Equal(adapter, Numbers(rloo.Model, true));
        rloo.Iterate(0);
        Assert.Equal(warm, Numbers(rloo.Model, false));
        Assert.NotEqual(adapter, Numbers(rloo.Model, true));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Any_number_of_threads_gives_an_adapter_the_same_bits(int threads)
    {
        Assert.Equal(Trained(1), Trained(threads));

        byte[] Trained(int threads)
        {
            using var workers = new Workers(threads);
            using var rloo = new Rloo(
                RlooTests.Letters(), adapting with { Updates = 2, TokensAtOnce = 40 }, 5, workers);
            for (int i = 0; i < 5; i++)
                rloo.Iterate(0.1 * i);
            return RlooTests.State(rloo);
        }
    }

    [Fact]
    public void A_run_of_an_adapter_is_resumed_to_the_same_bits_in_warm_start_and_after()
    {
        using var workers = new Workers(1);
        PromptList task = new("letters", Tokenizer.Parse(CharacterTokenizer.Write("abcd:", "<end>")),
            [new PromptExample("a:") { Completion = "aab" }], RlooTests.Letters().Rewards, endTokens: [0]);
        RlooOptions options = adapting with { WarmStart = 50, WarmStartBatch = 8, WarmStartReward = 2, Updates = 2 };
        using var whole = new Rloo(task, options, 2, workers);
        for (int done = 0; done < 6; done++)
        {
            byte[] saved = RlooTests.State(whole);
            using var resumed = new Rloo(task, options, 2, workers);
            using var restorer = new StateRestorer(saved);
            resumed.VisitState(restorer);
            Assert.Equal(whole.Iterate(0.1).Figures, resumed.Iterate(0.1).Figures);
            Assert.Equal(RlooTests.State(whole), RlooTests.State(resumed));
        }
    }

    [Fact]
    public void A_run_that_begins_with_anothers_weights_has_them_as_its_reference_and_value_network()
    {
        using var workers = new Workers(1);
        RlooOptions fresh = adapting with { Model = "" };
        using var first = new Rloo(RlooTests.Letters(), RlooTests.small, 1, workers);
        for (int i = 0; i < 5; i++)
            first.Iterate(0);
        string path = TemporaryFolder.MakeFile();
        try
        {
            Checkpoint.Write(path, first, new CheckpointFacts(5, first.Steps, 1, 0), new Dictionary<string, string>());
            var start = Checkpoint.Read(path);
            foreach (RlooOptions options in (RlooOptions[])[RlooTests.small, fresh, RlooFamily.Ppo(RlooTests.small)])
            {
                using var second = new Rloo(RlooTests.Letters(), options with { Kl = 0.1f }, 9, workers);
                start.RestoreWeights(second, new Dictionary<string, string>());
                Assert.Equal(Numbers(first.Model, false), Numbers(second.Model, false));
                Assert.Equal(0, RlooTests.Figure(second.Iterate(0), "kl"));
            }
            // But an adapter is no model, and another shape is another model.
            using var wide = new Rloo(RlooTests.Letters(), fresh with { Hidden = 32 }, 9, workers);
            Assert.Throws<InvalidDataException>(() => start.RestoreWeights(wide, new Dictionary<string, string>()));
            using var adapter = new Rloo(RlooTests.Letters(), fresh, 9, workers);
            Checkpoint.Write(path, adapter, new CheckpointFacts(0, 0, 1, 0), new Dictionary<string, string>());
            var ofAdapter = Checkpoint.Read(path);
            using var other = new Rloo(RlooTests.Letters(), fresh with { AdapterRank = 2 }, 9, workers);
            Assert.Throws<InvalidDataException>(
                () => ofAdapter.RestoreWeights(other, new Dictionary<string, string>()));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_reference_that_is_the_model_without_its_adapter_cannot_move()
    {
        using var workers = new Workers(1);
        Assert.Equal("with adapter-rank the reference is the model without its adapter, which does not move; " +
            "set reference-every=0 or adapter-rank=0", Assert.Throws<OptionException>(() =>
                new Rloo(RlooTests.Letters(), adapting with { ReferenceEvery = 3 }, 1, workers)).Message);
    }
}
