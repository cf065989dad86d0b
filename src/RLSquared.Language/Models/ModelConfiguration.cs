namespace RLSquared.Language.Models;

/// <summary>The families of decoders that one network is by its configuration.</summary>
public enum ModelFamily
{
    /// <summary>Llama 2 and 3: no biases unless told.</summary>
    Llama,
    /// <summary>Qwen 2 and 2.5: biases on queries, keys and values.</summary>
    Qwen2,
    /// <summary>Qwen 3: a norm on each head's queries and keys, a head size of its own.</summary>
    Qwen3,
}

/// <summary>The numbers of a weight file.</summary>
public enum WeightType
{
    /// <summary>32 bits.</summary>
    Float32,
    /// <summary>16 bits with 8 for the exponent.</summary>
    BFloat16,
    /// <summary>16 bits with 5 for the exponent.</summary>
    Float16,
}

/// <summary>
/// What a decoder is made of: layers of attention with grouped keys and rotary positions and of gated feed-forward
/// networks, each behind a root-mean-square norm. It is what a model's <c>config.json</c> says
/// (<see cref="ModelConfigurationFile"/> reads and writes it).
/// </summary>
public sealed record ModelConfiguration
{
    /// <summary>Which family.</summary>
    public ModelFamily Family { get; init; }

    /// <summary>D: numbers of a token on its way through the layers.</summary>
    public required int Hidden { get; init; }

    /// <summary>Numbers within a feed-forward network.</summary>
    public required int Intermediate { get; init; }

    /// <summary>Layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Heads of queries.</summary>
    public required int Heads { get; init; }

    /// <summary>Heads of keys and values; each serves <see cref="Heads"/> / this many.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Numbers of a head, even.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Rows of the embedding, often more than the tokenizer has ids.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>The longest context, in tokens.</summary>
    public required int MaximumPositions { get; init; }

    /// <summary>ε of the norms.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>θ, the base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>How positions are stretched; null where they are not.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the output's weights are the embedding's.</summary>
    public bool TiesEmbeddings { get; init; }

    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool HasQueryKeyValueBias { get; init; }

    /// <summary>Whether the output of attention has a bias.</summary>
    public bool HasOutputBias { get; init; }

    /// <summary>Whether the feed-forward networks have biases.</summary>
    public bool HasFeedForwardBias { get; init; }

    /// <summary>Whether each head's queries and keys go through a norm before they are turned.</summary>
    public bool HasQueryKeyNorm => Family == ModelFamily.Qwen3;

    /// <summary>How far back attention sees; null for everything.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>The first layer that has the sliding window.</summary>
    public int FirstWindowLayer { get; init; }

    /// <summary>The deviation of fresh weights.</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <summary>The token that begins a text, or null.</summary>
    public int? BeginToken { get; init; }

    /// <summary>Tokens that end a text; may be none.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>
    /// L, the numbers that a classifier gives for a token (<see cref="SequenceClassifier"/>); 0 for a language model.
    /// </summary>
    public int Labels { get; init; }

    /// <summary>The numbers of the weight file.</summary>
    public WeightType WeightType { get; init; } = WeightType.Float32;

    /// <summary>
    /// All tensors by their names in a Hugging Face folder with their shapes, [out, in] for matrices, in the order of
    /// the network. The output head is absent where it is the embedding; a classifier has <c>score.weight</c> instead.
    /// </summary>
    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("model.embed_tokens.weight", [Vocabulary, Hidden]);
        for (int layer = 0; layer < Layers; layer++)
        {
            string at = $"model.layers.{layer}";
            yield return ($"{at}.input_layernorm.weight", [Hidden]);
            foreach ((string name, int heads) in ((string, int)[])
                [("q", Heads), ("k", KeyValueHeads), ("v", KeyValueHeads)])
            {
                yield return ($"{at}.self_attn.{name}_proj.weight", [heads * HeadSize, Hidden]);
                if (HasQueryKeyValueBias)
                    yield return ($"{at}.self_attn.{name}_proj.bias", [heads * HeadSize]);
            }
            if (HasQueryKeyNorm)
            {
                yield return ($"{at}.self_attn.q_norm.weight", [HeadSize]);
                yield return ($"{at}.self_attn.k_norm.weight", [HeadSize]);
            }
            yield return ($"{at}.self_attn.o_proj.weight", [Hidden, Heads * HeadSize]);
            if (HasOutputBias)
                yield return ($"{at}.self_attn.o_proj.bias", [Hidden]);
            yield return ($"{at}.post_attention_layernorm.weight", [Hidden]);
            foreach ((string name, int rows, int columns) in ((string, int, int)[])
                [("gate", Intermediate, Hidden), ("up", Intermediate, Hidden), ("down", Hidden, Intermediate)])
            {
                yield return ($"{at}.mlp.{name}_proj.weight", [rows, columns]);
                if (HasFeedForwardBias)
                    yield return ($"{at}.mlp.{name}_proj.bias", [rows]);
            }
        }
        yield return ("model.norm.weight", [Hidden]);
        if (Labels > 0)
            yield return ("score.weight", [Labels, Hidden]);
        else if (!TiesEmbeddings)
            yield return ("lm_head.weight", [Vocabulary, Hidden]);
    }

    /// <summary>Parameters of the model; a tied head counts once.</summary>
    public long ParameterCount =>
        Tensors().Sum(tensor => tensor.Shape.Aggregate(1L, (product, axis) => product * axis));

    /// <summary>Tensors of the model.</summary>
    public int TensorCount => Tensors().Count();

    /// <summary>Bytes that keys and values of a token take in all layers.</summary>
    /// <param name="bytesPerNumber">2 for 16 bits, 4 for 32.</param>
    public long CacheBytesPerToken(int bytesPerNumber) => 2L * Layers * KeyValueHeads * HeadSize * bytesPerNumber;

    /// <summary>The frequencies of the rotary positions, scaled; an array of length head size / 2.</summary>
    public double[] RotaryFrequencies()
    {
        double[] inverse = new double[HeadSize / 2];
        for (int i = 0; i < inverse.Length; i++)
            inverse[i] = Math.Pow(RopeTheta, -2.0 * i / HeadSize);
        RopeScaling?.Scale(inverse, RopeTheta);
        return inverse;
    }

    /// <summary>A small Llama from scratch with usual proportions: feed-forward of 8/3 D, tied embeddings.</summary>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="hidden">D.</param>
    /// <param name="layers">Layers.</param>
    /// <param name="heads">Heads, which must divide D into even sizes.</param>
    /// <param name="positions">The longest context.</param>
    /// <exception cref="ArgumentException">The heads do not divide D into even sizes.</exception>
    public static ModelConfiguration Small(int vocabulary, int hidden, int layers, int heads, int positions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        if (hidden % (2 * heads) != 0)
            throw new ArgumentException($"{heads} heads do not cut {hidden} numbers into even sizes");
        return new ModelConfiguration
        {
            Hidden = hidden,
            Intermediate = (hidden * 8 / 3 + 15) / 16 * 16,
            Layers = layers,
            Heads = heads,
            KeyValueHeads = heads,
            HeadSize = hidden / heads,
            Vocabulary = vocabulary,
            MaximumPositions = positions,
            NormEpsilon = 1e-5,
            TiesEmbeddings = true,
        };
    }
}
