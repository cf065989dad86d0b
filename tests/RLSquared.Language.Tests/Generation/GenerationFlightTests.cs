using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Tests.Models;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Generation;

public sealed class GenerationFlightTests
{
    static readonly SamplingOptions sampling = new() { MaximumTokens = 60, Temperature = 0.9, StopTokens = [7] };

    static Generator Begun(LanguageModel model, Workers? workers = null)
    {
        var generator = new Generator(model, new GeneratorOptions { MostInFlight = 5, PromptTokensPerStep = 40 },
            workers: workers);
        for (int i = 0; i < 12; i++)
            generator.Submit(SmallModels.Tokens(1 + 17 * (i / 3), 37, (ulong)(i / 3)), sampling, (ulong)i);
        return generator;
    }

    static string Show(IEnumerable<GeneratedSequence> all) => string.Join('\n', all.OrderBy(one => one.Id).Select(
        one => $"{one.Id} {string.Join(',', one.Tokens)} {string.Join(',', one.Versions)} " +
            string.Join(',', one.LogProbabilities.Select(BitConverter.SingleToInt32Bits))));

    static void Scale(LanguageModel model, float by)
    {
        using LanguageModel scaled = model.Clone();
        foreach (Parameter parameter in scaled.Parameters.All)
            parameter.Value.CopyFrom([.. parameter.Value.ToArray().Select(weight => by * weight)]);
        model.Parameters.CopyFrom(scaled.Parameters);
    }

    // Steps, and takes out what has finished.
    static List<GeneratedSequence> Step(Generator generator, int steps)
    {
        List<GeneratedSequence> done = [];
        for (int i = 0; i < steps && !generator.IsIdle; i++)
        {
            generator.Step();
            while (generator.TryTake(out GeneratedSequence? one))
                done.Add(one);
        }
        return done;
    }

    [Theory]
    [InlineData("llama", 1)]
    [InlineData("qwen2", 9)]
    [InlineData("qwen3", 33)]
    public void A_flight_that_is_put_back_goes_on_to_the_same_bits_with_keys_and_values_of_older_weights(
        string name, int steps)
    {
        using LanguageModel model = SmallModels.Create(name);
        using Generator whole = Begun(model);
        List<GeneratedSequence> before = Step(whole, steps);
        Scale(model, 1.03f);
        whole.TakeWeights(3);
        before.AddRange(Step(whole, 2));
        byte[] flight = whole.SaveFlight();

        using var resumed = new Generator(model, new GeneratorOptions { MostInFlight = 5, PromptTokensPerStep = 40 });
        resumed.Submit([1, 2, 3], sampling, 99);                                 // is replaced
        resumed.Step();
        resumed.RestoreFlight(flight);
        Assert.Equal(3, resumed.Version);
        Assert.Equal(flight, resumed.SaveFlight());
        Assert.Equal(Show([.. before, .. Step(whole, 1_000)]), Show([.. before, .. Step(resumed, 1_000)]));
        Assert.Equal(0, resumed.PagesHeld);
    }

    [Fact]
    public void Which_step_draws_what_does_not_depend_on_the_number_of_threads()
    {
        using LanguageModel model = SmallModels.Create("qwen3");
        string Steps(int threads)
        {
            using var workers = new Workers(threads);
            using Generator generator = Begun(model, workers);
            List<int> drawn = [];
            while (!generator.IsIdle)
                drawn.Add(generator.Step());
            return string.Join(',', drawn);
        }
        string alone = Steps(1);
        Assert.Equal(alone, Steps(2));
        Assert.Equal(alone, Steps(4));
    }

    [Fact]
    public void Keys_and_values_that_are_computed_anew_are_those_of_the_new_weights()
    {
        using LanguageModel model = SmallModels.Create("llama3");
        string Run(bool recomputes, bool changes)
        {
            using LanguageModel own = model.Clone();
            using Generator generator = Begun(own);
            List<GeneratedSequence> done = Step(generator, 6);
            if (changes)
                Scale(own, 1.1f);
            using (WeightSnapshot snapshot = own.Parameters.Snapshot())
                generator.TakeWeights(snapshot, 1, recomputes);
            string all = Show([.. done, .. Step(generator, 1_000)]);
            Assert.Equal(0, generator.PagesHeld);
            return all;
        }
        // The same weights: the same tokens, kept or computed anew. Other weights: not.
        Assert.Equal(Tokens(Run(recomputes: false, changes: false)), Tokens(Run(recomputes: true, changes: false)));
        Assert.NotEqual(Run(recomputes: false, changes: true), Run(recomputes: true, changes: true));

        static string[] Tokens(string all) => [.. all.Split('\n').Select(line => line.Split(' ')[1])];
    }

    [Fact]
    public void With_keys_and_values_computed_anew_the_sampler_writes_what_training_finds_under_the_new_weights()
    {
        using LanguageModel model = SmallModels.Create("qwen3");
        using Generator generator = Begun(model);
        Step(generator, 4);
        Scale(model, 1.1f);
        using (WeightSnapshot snapshot = model.Parameters.Snapshot())
            generator.TakeWeights(snapshot, 1, recomputes: true);
        GeneratedSequence mixed = Step(generator, 1_000).First(
            one => one.Versions[0] == 0 && one.Versions[^1] == 1);
        var batch = new PackedBatch();
        batch.Add([.. mixed.Prompt], [.. mixed.Tokens]);
        float[] trained = SmallModels.Trained(model, batch, (float)sampling.Temperature);
        for (int t = 0; t < mixed.Tokens.Count; t++)
        {
            if (mixed.Versions[t] == 1)
                Assert.Equal(trained[mixed.Prompt.Count + t], mixed.LogProbabilities[t]);
        }
    }

    [Fact]
    public void A_flight_of_another_model_or_with_missing_bytes_is_refused()
    {
        using LanguageModel model = SmallModels.Create("llama"), other = SmallModels.Create("qwen3");
        using Generator generator = Begun(model), wrong = new(other);
        Step(generator, 5);
        byte[] flight = generator.SaveFlight();
        Assert.StartsWith("sequences in flight are of another model: 2 layers of 2 heads of 6 numbers",
            Assert.Throws<InvalidDataException>(() => wrong.RestoreFlight(flight)).Message, StringComparison.Ordinal);
        using Generator fresh = new(model);
        for (int length = 0; length < flight.Length; length += 1 + flight.Length / 40)
            Assert.Throws<InvalidDataException>(() => fresh.RestoreFlight(flight[..length]));
    }

    [Fact]
    public void Weights_of_another_model_are_refused()
    {
        using LanguageModel model = SmallModels.Create("llama"), other = SmallModels.Create("llama");
        using Generator generator = new(model);
        using WeightSnapshot snapshot = other.Parameters.Snapshot();
        Assert.Equal("the snapshot is of another model's weights",
            Assert.Throws<ArgumentException>(() => generator.TakeWeights(snapshot, 1)).Message);
    }
}
