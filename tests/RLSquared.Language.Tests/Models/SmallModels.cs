using RLSquared.Language.Models;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Tests.Models;

/// <summary>Random models, one of each family, with everything that the family can have.</summary>
static class SmallModels
{
    public static TheoryData<string> Names { get; } = new("llama", "llama3", "qwen2", "qwen3");

    public static ModelConfiguration Configuration(string name) => name switch
    {
        // Sizes that fill no register evenly, two query heads for each of keys.
        "llama" => Base with { HasOutputBias = true, HasQueryKeyValueBias = true, HasFeedForwardBias = true },
        "llama3" => Base with { RopeScaling = new Llama3Rope(8, 1, 4, 32), TiesEmbeddings = true, RopeTheta = 500_000 },
        "qwen2" => Base with
        {
            Family = ModelFamily.Qwen2,
            HasQueryKeyValueBias = true,
            SlidingWindow = 5,
            FirstWindowLayer = 1,
            RopeScaling = new YarnRope(4, 64),
        },
        "qwen3" => Base with { Family = ModelFamily.Qwen3, HeadSize = 16, TiesEmbeddings = true },
        _ => throw new ArgumentException(name),
    };

    static ModelConfiguration Base { get; } = new()
    {
        Hidden = 24,
        Intermediate = 44,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 2,
        HeadSize = 6,
        Vocabulary = 37,
        MaximumPositions = 256,
        EndTokens = [],
    };

    /// <summary>A model with weights that are large enough to tell tokens apart, biases and gains included.</summary>
    public static LanguageModel Create(ModelConfiguration configuration, ulong seed = 3)
    {
        LanguageModel model = LanguageModel.Create(configuration, seed);
        foreach (Parameter parameter in model.Parameters.All)
        {
            float[] numbers = parameter.Value.ToArray();
            var random = new RandomKey(seed, 9, (ulong)numbers.Length).Sequence((uint)parameter.Name.Length);
            bool isGain = parameter.Name.EndsWith("norm.weight", StringComparison.Ordinal);
            foreach (ref float number in numbers.AsSpan())
                number = (float)((isGain ? 1 : 0) + 0.25 * random.NextNormal());
            parameter.Value.CopyFrom(numbers);
        }
        return model;
    }

    public static LanguageModel Create(string name) => Create(Configuration(name));

    public static int[] Tokens(int count, int vocabulary, ulong seed)
    {
        var random = new RandomKey(seed, 10, 0).Sequence(0);
        int[] ids = new int[count];
        foreach (ref int id in ids.AsSpan())
            id = random.NextInt(vocabulary);
        return ids;
    }

    /// <summary>log π of all scored tokens, by the training forward.</summary>
    public static float[] Trained(LanguageModel model, PackedBatch batch, float temperature = 1)
    {
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        return model.LogProbabilities(tape, batch, temperature).LogProbabilities.ToArray();
    }
}
