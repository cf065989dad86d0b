using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Tests.Models;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Generation;

public sealed class PackedWeightsTests
{
    static readonly AdapterConfiguration adapter = new() { Rank = 4, Alpha = 8, TargetModules = ["q_proj", "up_proj"] };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Below_an_adapter_matrices_are_laid_out_once_and_again_when_they_change(bool fromSnapshots)
    {
        using LanguageModel model = SmallModels.Create("qwen3");
        model.AddAdapter(adapter, seed: 1);
        int ofAdapter = model.Parameters.Group("adapter").All.Count;
        using var weights = new PackedWeights(model);
        long last = 0;
        // Seven projections in each of two layers, and the head.
        Assert.Equal(7 * 2 + 1 + ofAdapter, Take());
        WeightSnapshot? rest = weights.Rest;
        Assert.Equal(0, Take());
        for (int update = 0; update < 3; update++)
        {
            Change(model.Layers[1].Query.Adapter!.A);
            Assert.Equal(ofAdapter, Take());
            Assert.Same(rest, weights.Rest);
        }
        Change(model.Layers[0].Down.Weight);
        Assert.Equal(7 * 2 + 1, Take());
        Assert.NotSame(rest, weights.Rest);
        model.UsedVocabulary = 30;
        Assert.Equal(1, Take());
        Assert.Equal(0, Take());

        long Take()
        {
            using WeightSnapshot? snapshot = fromSnapshots ? model.Parameters.Snapshot() : null;
            weights.Take(snapshot);
            (long before, last) = (last, weights.Packings);
            return last - before;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_changes_a_generator_draws_as_a_new_one(bool fromSnapshots)
    {
        using LanguageModel model = SmallModels.Create("llama");
        using var generator = new Generator(model);
        model.AddAdapter(adapter, seed: 1);
        foreach (Parameter one in (Parameter[])
        [
            model.Layers[0].Query.Adapter!.B, model.Layers[1].Up.Adapter!.A, model.Layers[1].Key.Weight,
            model.Layers[0].Query.Adapter!.B, model.Embedding, model.Head, model.Layers[0].Query.Adapter!.B,
        ])
        {
            Change(one);
            using WeightSnapshot snapshot = model.Parameters.Snapshot();
            if (fromSnapshots)
                generator.TakeWeights(snapshot);
            else
                generator.TakeWeights();
            using var fresh = new Generator(model);
            Assert.Equal(Drawn(fresh), Drawn(generator));
        }
        using LanguageModel other = SmallModels.Create(SmallModels.Configuration("llama"), seed: 8);
        other.AddAdapter(adapter, seed: 2);
        model.Parameters.CopyFrom(other.Parameters);
        generator.TakeWeights();
        using var same = new Generator(other);
        Assert.Equal(Drawn(same), Drawn(generator));
    }

    static IEnumerable<float> Drawn(Generator generator)
    {
        for (ulong seed = 0; seed < 3; seed++)
            generator.Submit([1, 2, 3], new SamplingOptions { MaximumTokens = 12, StopTokens = [] }, seed);
        return [.. generator.Run().OrderBy(one => one.Id).SelectMany(one => one.LogProbabilities)];
    }

    static void Change(Parameter parameter) =>
        parameter.Value.CopyFrom([.. parameter.Value.ToArray().Select((value, i) => value + 0.01f * (i % 7 + 1))]);
}
