using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Tests.Models;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Generation;

public class GeneratorTests
{
    [Theory]
    [MemberData(nameof(SmallModels.Names), MemberType = typeof(SmallModels))]
    public void What_was_sampled_has_the_same_bits_in_training_whatever_was_in_flight(string name)
    {
        using LanguageModel model = SmallModels.Create(name);
        var options = new SamplingOptions { MaximumTokens = 70, Temperature = 0.8, StopTokens = [7] };
        using var generator = new Generator(model, new GeneratorOptions { MostInFlight = 5, PromptTokensPerStep = 9 });
        for (int i = 0; i < 14; i++)
            generator.Submit(SmallModels.Tokens(1 + 7 * (i / 2), 37, (ulong)(i / 2)), options, (ulong)i);
        IReadOnlyList<GeneratedSequence> all = generator.Run();
        Assert.Equal(14, all.Count);
        Assert.Equal(0, generator.PagesHeld);

        var batch = new PackedBatch();
        List<float> sampled = [];
        foreach (GeneratedSequence one in all)
        {
            batch.Add([.. one.Prompt], [.. one.Tokens]);
            sampled.AddRange([.. new float[one.Prompt.Count], .. one.LogProbabilities]);
        }
        float[] trained = SmallModels.Trained(model, batch, (float)options.Temperature);
        Assert.Equal(trained, sampled);
    }

    [Fact]
    public void Weights_that_bfloat16_has_are_kept_in_half_the_memory_and_give_the_same_bits()
    {
        using LanguageModel model = SmallModels.Create("qwen3");
        foreach (Parameter parameter in model.Parameters.All)
        {
            parameter.Value.CopyFrom([.. parameter.Value.ToArray().Select(value =>
                BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000))]);
        }
        using var workers = new Workers(2);
        using var generator = new Generator(model, new GeneratorOptions { MostInFlight = 3 }, workers: workers);
        Compare();
        model.Parameters.All[0].Value.CopyFrom(
            [.. model.Parameters.All[0].Value.ToArray().Select(value => value * 1.001f)]);
        generator.TakeWeights();                             // the head has other numbers now
        Compare();

        void Compare()
        {
            var options = new SamplingOptions { MaximumTokens = 20, StopTokens = [] };
            for (ulong seed = 0; seed < 4; seed++)
                generator.Submit(SmallModels.Tokens(11, 37, seed), options, seed);
            var batch = new PackedBatch();
            List<float> sampled = [];
            foreach (GeneratedSequence one in generator.Run())
            {
                batch.Add([.. one.Prompt], [.. one.Tokens]);
                sampled.AddRange([.. new float[one.Prompt.Count], .. one.LogProbabilities]);
            }
            Assert.Equal(SmallModels.Trained(model, batch, 1), sampled);
        }
    }

    [Fact]
    public void Completions_do_not_depend_on_threads_or_on_what_else_is_in_flight()
    {
        using LanguageModel model = SmallModels.Create("qwen3");
        (string Tokens, string Logs)[] Run(int threads, int inFlight)
        {
            using var workers = new Workers(threads);
            using var generator = new Generator(
                model, new GeneratorOptions { MostInFlight = inFlight }, workers: workers);
            for (int i = 0; i < 12; i++)
            {
                generator.Submit(SmallModels.Tokens(1 + 5 * (i / 3), 37, (ulong)(i / 3)),
                    new SamplingOptions { MaximumTokens = 10 + 3 * i, TopP = i % 2 == 0 ? 1 : 0.9 }, (ulong)i);
            }
            return [.. generator.Run().Select(one => (string.Join(',', one.Tokens),
                string.Join(',', one.LogProbabilities.Select(BitConverter.SingleToInt32Bits))))];
        }
        (string, string)[] alone = Run(1, 1);
        Assert.Equal(alone, Run(1, 12));
        Assert.Equal(alone, Run(2, 7));
        Assert.Equal(alone, Run(4, 12));
        Assert.NotEqual(alone[0], alone[1]);
    }

    [Fact]
    public void Samples_of_one_prompt_share_its_pages_until_the_weights_change()
    {
        using LanguageModel model = SmallModels.Create("llama3");
        int[] prompt = SmallModels.Tokens(70, 37, 1);
        var options = new SamplingOptions { MaximumTokens = 4 };
        using var generator = new Generator(model, new GeneratorOptions { MostInFlight = 4 });
        for (ulong seed = 0; seed < 8; seed++)
            generator.Submit(prompt, options, seed);
        generator.Step();
        generator.Step();
        // Two whole pages of the prompt are one for all; each has a third, and one is kept for those that wait.
        Assert.Equal(4, generator.InFlight);
        Assert.Equal(2 + 4 + 1, generator.PagesHeld);
        Assert.Equal(70 + 3, generator.PromptTokensComputed);

        generator.TakeWeights();
        IReadOnlyList<GeneratedSequence> all = generator.Run();
        Assert.Equal(2 * 70 + 6, generator.PromptTokensComputed);
        Assert.Equal([0, 1, 1, 1], all[3].Versions);
        Assert.Equal([1, 1, 1, 1], all[4].Versions);
        Assert.Equal(0, generator.PagesHeld);
        Assert.Equal(8, all.Select(one => string.Join(',', one.Tokens)).Distinct().Count());
    }

    [Fact]
    public void The_same_weights_taken_again_in_mid_stream_change_nothing_but_the_version()
    {
        using LanguageModel model = SmallModels.Create("qwen2");
        var options = new SamplingOptions { MaximumTokens = 40 };
        int[][] tokens = new int[2][];
        for (int round = 0; round < 2; round++)
        {
            using var generator = new Generator(model);
            generator.Submit([1, 2, 3], options, 5);
            for (int step = 0; !generator.IsIdle; step++)
            {
                if (round == 1 && step % 3 == 1)
                    generator.TakeWeights(version: 100 + step);
                generator.Step();
            }
            Assert.True(generator.TryTake(out GeneratedSequence? one));
            tokens[round] = [.. one.Tokens];
            if (round == 1)
                Assert.Equal(101, one.Versions[1]);
        }
        Assert.Equal(tokens[0], tokens[1]);
    }

    [Fact]
    public void Weights_change_between_two_steps_and_training_does_not_disturb_a_step()
    {
        using LanguageModel model = SmallModels.Create("llama");
        using var generator = new Generator(model);
        generator.Submit([1], new SamplingOptions { MaximumTokens = 3, Temperature = 0 });
        generator.Step();
        using WeightSnapshot before = model.Parameters.Snapshot();
        model.Parameters.All.First(one => one.Name == "lm_head.weight").SetAll(0);      // all tokens alike
        generator.Step();
        generator.TakeWeights();
        generator.Step();
        Assert.True(generator.TryTake(out GeneratedSequence? one));
        Assert.NotEqual(-MathF.Log(37), one.LogProbabilities[1], 1e-3f);
        Assert.Equal(-MathF.Log(37), one.LogProbabilities[2], 1e-5f);
        generator.TakeWeights(before, version: 9);
        generator.Submit([1], new SamplingOptions { MaximumTokens = 1, Temperature = 0 });
        GeneratedSequence again = Assert.Single(generator.Run());
        Assert.Equal(one.LogProbabilities[0], again.LogProbabilities[0]);
        Assert.Equal([9], again.Versions);
    }

    [Fact]
    public void A_sequence_ends_by_its_stop_token_its_length_the_context_or_abortion()
    {
        using LanguageModel model = SmallModels.Create("llama");
        using var generator = new Generator(model, new GeneratorOptions { MostInFlight = 2 });
        generator.Submit(
            [1, 2], new SamplingOptions { MaximumTokens = 200, StopTokens = [.. Enumerable.Range(0, 20)] });
        generator.Submit([1, 2], new SamplingOptions { MaximumTokens = 5 });
        generator.Submit(SmallModels.Tokens(250, 37, 1), new SamplingOptions { MaximumTokens = 500 });
        long flying = generator.Submit([4], new SamplingOptions { MaximumTokens = 200 });
        long waiting = generator.Submit([5], new SamplingOptions { MaximumTokens = 200 });
        Assert.True(generator.Abort(waiting));
        while (generator.Waiting > 0)
            generator.Step();
        generator.Step();
        Assert.True(generator.Abort(flying));
        Assert.False(generator.Abort(flying));
        IReadOnlyList<GeneratedSequence> all = generator.Run();
        Assert.Equal([EndReason.StopToken, EndReason.Length, EndReason.Context, EndReason.Aborted, EndReason.Aborted],
            all.Select(one => one.Ending));
        Assert.InRange(all[0].Tokens[^1], 0, 19);
        Assert.Equal(5, all[1].Tokens.Count);
        Assert.Equal(6, all[2].Tokens.Count);
        Assert.NotEmpty(all[3].Tokens);
        Assert.Equal(0, generator.PagesHeld);
    }

    [Fact]
    public void A_request_that_cannot_be_met_is_refused_in_one_sentence()
    {
        using LanguageModel model = SmallModels.Create("llama");
        using var generator = new Generator(model, new GeneratorOptions { CacheBytes = 100_000 });
        Assert.Contains("at least one token", Refusal([]));
        Assert.Equal("37 is none of the 37 ids of the model", Refusal([37]));
        Assert.Equal("the prompt has 256 tokens, and the context of the model is 256 with the completion",
            Refusal(SmallModels.Tokens(256, 37, 1)));
        Assert.Contains("CacheBytes allows", Refusal(SmallModels.Tokens(250, 37, 1)));
        Assert.Contains("TopP is 0", Refusal([1], new SamplingOptions { TopP = 0 }));
        Assert.Contains("stop texts need a tokenizer", Refusal([1], new SamplingOptions { StopTexts = ["a"] }));
        Assert.True(generator.IsIdle);

        string Refusal(int[] prompt, SamplingOptions? options = null) =>
            Assert.Throws<ArgumentException>(() => generator.Submit(prompt, options)).Message;
    }

    [Fact]
    public void Ids_beyond_the_used_vocabulary_are_never_drawn_and_have_no_probability()
    {
        using LanguageModel model = SmallModels.Create("qwen3");
        model.UsedVocabulary = 5;
        using var generator = new Generator(model);
        for (ulong seed = 0; seed < 20; seed++)
            generator.Submit([30], new SamplingOptions { MaximumTokens = 20, Temperature = 5 }, seed);
        foreach (GeneratedSequence one in generator.Run())
        {
            Assert.All(one.Tokens, id => Assert.InRange(id, 0, 4));
            var batch = new PackedBatch();
            batch.Add([.. one.Prompt], [.. one.Tokens]);
            Assert.Equal(SmallModels.Trained(model, batch, 5)[1..], one.LogProbabilities);
        }
    }

    [Fact]
    public void A_step_in_the_steady_state_allocates_nothing()
    {
        using LanguageModel model = SmallModels.Create("qwen3");
        using var generator = new Generator(model);
        for (ulong seed = 0; seed < 8; seed++)
            generator.Submit([1, 2, 3], new SamplingOptions { MaximumTokens = 200 }, seed);
        for (int i = 0; i < 100; i++)
            generator.Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        int drawn = 0;
        for (int i = 0; i < 20; i++)
            drawn += generator.Step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(160, drawn);
    }
}
