using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Language.Tests.Models;

public class LowRankAdapterTests
{
    static readonly AdapterConfiguration configuration = new() { Rank = 4, Alpha = 8 };

    [Fact]
    public void A_fresh_adapter_changes_nothing_and_alone_learns()
    {
        using LanguageModel model = SmallModels.Create("qwen2");
        PackedBatch batch = Batch();
        float[] before = SmallModels.Trained(model, batch);
        long base_ = model.Parameters.Count;
        model.AddAdapter(configuration, seed: 1);
        Assert.Equal(before, SmallModels.Trained(model, batch));
        // r · (in + out) for each of seven projections of both layers.
        int each = 4 * (24 + 24 + 2 * (24 + 12) + 24 + 24 + 3 * (24 + 44));
        Assert.Equal(2 * each, model.Parameters.Group("adapter").Count);
        Assert.Equal(base_ + 2 * each, model.Parameters.Count);

        Learn(model, batch);
        float[] after = SmallModels.Trained(model, batch);
        Assert.True(after.Sum() > before.Sum() + 1, $"{before.Sum()} became {after.Sum()}");
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        Assert.Equal(before, model.LogProbabilities(tape, batch, usesAdapter: false).LogProbabilities.ToArray());
    }

    [Fact]
    public void Gradients_of_an_adapter_are_those_of_central_differences()
    {
        using LanguageModel model = SmallModels.Create("qwen3");
        model.AddAdapter(configuration with { TargetModules = ["q_proj", "o_proj", "down_proj"] }, seed: 1);
        PackedBatch batch = Batch();
        Learn(model, batch, steps: 3);
        using var arena = new Arena();
        var tape = new Tape(arena);
        tape.Backward(model.LogProbabilities(tape, batch).LogProbabilities.Sum());
        foreach (Parameter parameter in model.Parameters.All)
        {
            bool learns = parameter.Group.Name == "adapter";
            Assert.Equal(learns, tape.TryGradientOf(parameter, out Tensor gradient));
            if (!learns)
                continue;
            float[] found = gradient.ToArray(), values = parameter.Value.ToArray();
            const float h = 1f / 128;
            double difference = (8 * (At(h) - At(-h)) - (At(2 * h) - At(-2 * h))) / (12 * h), along = found.Sum();
            double scale = Math.Max(1, Math.Sqrt(found.Sum(one => (double)one * one)));
            Assert.True(Math.Abs(difference - along) < 3e-3 * scale, $"{parameter.Name}: {along}, {difference}");

            double At(float step)
            {
                parameter.Value.CopyFrom([.. values.Select(value => value + step)]);
                double sum = SmallModels.Trained(model, batch).Sum(one => (double)one);
                parameter.Value.CopyFrom(values);
                return sum;
            }
        }
    }

    [Fact]
    public void Sampling_with_an_adapter_has_the_bits_of_training_with_it()
    {
        using LanguageModel model = SmallModels.Create("llama3");
        using var generator = new Generator(model);
        model.AddAdapter(configuration, seed: 1);
        PackedBatch batch = Batch();
        Learn(model, batch);
        generator.TakeWeights();
        generator.Submit([1, 2, 3], new SamplingOptions { MaximumTokens = 30 }, 4);
        GeneratedSequence one = Assert.Single(generator.Run());
        batch.Clear();
        batch.Add([1, 2, 3], [.. one.Tokens]);
        Assert.Equal(SmallModels.Trained(model, batch)[3..], one.LogProbabilities);
    }

    [Fact]
    public void An_adapter_is_written_read_and_merged()
    {
        using LanguageModel model = SmallModels.Create("llama"), other = model.Clone();
        string folder = TemporaryFolder.Make();
        try
        {
            model.AddAdapter(configuration with { IsRankStabilised = true, TargetModules = ["v_proj", "up_proj"] }, 1);
            PackedBatch batch = Batch();
            Learn(model, batch);
            model.SaveAdapter(folder);
            other.LoadAdapter(folder);
            float[] learned = SmallModels.Trained(model, batch);
            Assert.Equal(learned, SmallModels.Trained(other, batch));
            using LanguageModel merged = other.Merge(), copy = model.Clone();
            Assert.False(merged.HasAdapter);
            Assert.Equal(learned, SmallModels.Trained(copy, batch));
            float[] found = SmallModels.Trained(merged, batch);
            for (int i = 0; i < found.Length; i++)
                Assert.Equal(learned[i], found[i], 2e-4f);
            Assert.Throws<InvalidOperationException>(() => model.AddAdapter(configuration));
            Assert.Throws<InvalidOperationException>(() => merged.SaveAdapter(folder));

            using LanguageModel strange = SmallModels.Create("qwen3");
            string refusal = Assert.Throws<InvalidDataException>(() => strange.LoadAdapter(folder)).Message;
            Assert.Contains("v_proj.lora_B.weight' is [12, 4], and the configuration wants [32, 4]", refusal);
            Assert.False(strange.HasAdapter);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static PackedBatch Batch()
    {
        var batch = new PackedBatch();
        batch.Add(SmallModels.Tokens(12, 37, 1));
        batch.Add(SmallModels.Tokens(5, 37, 2));
        return batch;
    }

    static void Learn(LanguageModel model, PackedBatch batch, int steps = 10)
    {
        using var adam = new Adam(model.Parameters.Group("adapter"));
        using var arena = new Arena();
        var tape = new Tape(arena);
        for (int step = 0; step < steps; step++)
        {
            tape.Reset();
            tape.Backward(-model.LogProbabilities(tape, batch).LogProbabilities.Sum());
            model.Parameters.SumGradients([tape]);
            adam.Step(0.02f);
        }
    }
}
