using System.Text.Json;
using RLSquared.Language.Files;

namespace RLSquared.Language.Models;

/// <summary>
/// Reads and writes <c>config.json</c>, in the old way of writing (<c>rope_theta</c>, <c>rope_scaling</c>,
/// <c>torch_dtype</c>) and in that of transformers 5 (<c>rope_parameters</c>, <c>dtype</c>). What is read is checked:
/// a model that another network would be is refused by name and not computed wrongly.
/// </summary>
public static class ModelConfigurationFile
{
    const long Longest = 4 << 20;
    const int MostLayers = 1024, MostHidden = 1 << 18, MostPositions = 1 << 27, MostVocabulary = 1 << 24;
    const int MostLabels = 4096, UsualLabels = 2;
    const string LanguageModels = "ForCausalLM", Classifiers = "ForSequenceClassification";

    static readonly Dictionary<string, ModelFamily> architectures = new(StringComparer.Ordinal)
    {
        ["LlamaForCausalLM"] = ModelFamily.Llama,
        ["Qwen2ForCausalLM"] = ModelFamily.Qwen2,
        ["Qwen3ForCausalLM"] = ModelFamily.Qwen3,
    };

    static readonly Dictionary<string, ModelFamily> types = new(StringComparer.Ordinal)
    {
        ["llama"] = ModelFamily.Llama,
        ["qwen2"] = ModelFamily.Qwen2,
        ["qwen3"] = ModelFamily.Qwen3,
    };

    /// <summary>Reads a configuration.</summary>
    /// <param name="path">A <c>config.json</c>, or the folder that holds it.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no configuration of a known model; one sentence says
    /// why.</exception>
    public static ModelConfiguration Load(string path) =>
        JsonField.ReadFile(Directory.Exists(path) ? Path.Combine(path, "config.json") : path, Longest, Read);

    /// <summary>Reads a configuration from memory.</summary>
    /// <param name="json">What <c>config.json</c> holds, all its bytes in UTF-8 as one length.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="InvalidDataException">It is no configuration of a known model; one sentence says
    /// why.</exception>
    public static ModelConfiguration Parse(ReadOnlyMemory<byte> json, string source = "the configuration") =>
        JsonField.Read(json, source, Read);

    static ModelConfiguration Read(JsonField file)
    {
        (ModelFamily family, bool isClassifier) = Family(file);
        int hidden = file.Get("hidden_size").Whole(1, MostHidden);
        int heads = file.Get("num_attention_heads").Whole(1, 4096);
        int keyValueHeads = file.Find("num_key_value_heads")?.Whole(1, heads) ?? heads;
        if (heads % keyValueHeads != 0)
            throw file.Wrong($"has {heads} heads of queries, which {keyValueHeads} of keys and values do not divide");
        int? headSize = file.Find("head_dim")?.Whole(2, 4096)
            ?? (family == ModelFamily.Qwen3 ? 128 : hidden % heads == 0 ? hidden / heads : null);
        if (headSize is not { } size || size % 2 != 0)
            throw file.Wrong($"gives {heads} heads no even size of {hidden} numbers, and no head_dim");
        if (file.Find("hidden_act") is { } act && act.Text() is not ("silu" or "swish"))
            throw act.Wrong($"is '{act.Text()}'; silu is what these models have");
        int layers = file.Get("num_hidden_layers").Whole(1, MostLayers);
        int positions = file.Find("max_position_embeddings")?.Whole(1, MostPositions) ?? 2048;
        int vocabulary = file.Get("vocab_size").Whole(1, MostVocabulary);
        bool hasBias = file.Find("attention_bias")?.Flag() == true;
        (double theta, RopeScaling? scaling) = Rope(file, positions);
        (int? window, int firstWindow) = Window(file, layers);
        return new ModelConfiguration
        {
            Family = family,
            Hidden = hidden,
            Intermediate = file.Get("intermediate_size").Whole(1, 1 << 20),
            Layers = layers,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadSize = size,
            Vocabulary = vocabulary,
            MaximumPositions = positions,
            NormEpsilon = file.Find("rms_norm_eps")?.Number(0, 0.1) ?? 1e-6,
            RopeTheta = theta,
            RopeScaling = scaling,
            TiesEmbeddings = file.Find("tie_word_embeddings")?.Flag() ?? false,
            HasQueryKeyValueBias = family == ModelFamily.Qwen2 || hasBias,
            HasOutputBias = family != ModelFamily.Qwen2 && hasBias,
            HasFeedForwardBias = file.Find("mlp_bias")?.Flag() ?? false,
            SlidingWindow = window,
            FirstWindowLayer = firstWindow,
            InitialDeviation = file.Find("initializer_range")?.Number(0, 10) ?? 0.02,
            BeginToken = Ids(file, "bos_token_id", vocabulary) is [var first, ..] ? first : null,
            EndTokens = Ids(file, "eos_token_id", vocabulary),
            Labels = isClassifier ? Labels(file) : 0,
            WeightType = Type(file),
        };
    }

    // As Hugging Face writes it: a name for each label, and nothing at all where there are two.
    static int Labels(JsonField file)
    {
        if (file.Find("id2label") is not { } names)
            return file.Find("num_labels")?.Whole(1, MostLabels) ?? UsualLabels;
        int count = names.Members().Take(MostLabels + 1).Count();
        return count is >= 1 and <= MostLabels ? count
            : throw names.Wrong($"names no labels, or more than {MostLabels}");
    }

    static (ModelFamily Family, bool IsClassifier) Family(JsonField file)
    {
        string known = string.Join(", ", architectures.Keys);
        if (file.Find("architectures") is { } list)
        {
            string[] names = [.. list.Items().Select(item => item.Text())];
            foreach (string name in names)
            {
                bool isClassifier = name.EndsWith(Classifiers, StringComparison.Ordinal);
                string own = isClassifier ? name[..^Classifiers.Length] + LanguageModels : name;
                if (architectures.TryGetValue(own, out ModelFamily family))
                    return (family, isClassifier);
            }
            throw list.Wrong($"is '{string.Join(", ", names)}'; {known} are the models that are known");
        }
        JsonField type = file.Get("model_type");
        return types.TryGetValue(type.Text(), out ModelFamily found) ? (found, false)
            : throw type.Wrong($"is '{type.Text()}'; {string.Join(", ", types.Keys)} are the models that are known");
    }

    static (double Theta, RopeScaling? Scaling) Rope(JsonField file, int positions)
    {
        JsonField? fresh = file.Find("rope_parameters");
        JsonField? found = fresh ?? file.Find("rope_scaling");
        double theta = (fresh?.Find("rope_theta") ?? file.Find("rope_theta"))?.Number(1, 1e12) ?? 10_000;
        if (found is not { } rope)
            return (theta, null);
        string type = (rope.Find("rope_type") ?? rope.Find("type"))?.Text() ?? "default";
        return (theta, type switch
        {
            "default" => null,
            "linear" => new LinearRope(Factor(rope)),
            "llama3" => Llama3(rope),
            "yarn" => new YarnRope(
                Factor(rope), rope.Find("original_max_position_embeddings")?.Whole(1, MostPositions) ?? positions,
                rope.Find("beta_fast")?.Number(1e-3, 1e6) ?? 32, rope.Find("beta_slow")?.Number(1e-3, 1e6) ?? 1,
                rope.Find("attention_factor")?.Number(1e-3, 1e3)),
            _ => throw rope.Wrong($"is of the type '{type}'; default, linear, llama3 and yarn are known"),
        });
    }

    static double Factor(JsonField rope) => rope.Get("factor").Number(1, 1e6);

    static Llama3Rope Llama3(JsonField rope)
    {
        double low = rope.Get("low_freq_factor").Number(1e-3, 1e6);
        double high = rope.Get("high_freq_factor").Number(1e-3, 1e6);
        return high > low
            ? new Llama3Rope(Factor(rope), low, high,
                rope.Get("original_max_position_embeddings").Whole(1, MostPositions))
            : throw rope.Wrong($"has a high_freq_factor of {high}, which is not above the low one of {low}");
    }

    static (int? Window, int First) Window(JsonField file, int layers)
    {
        if (file.Find("use_sliding_window")?.Flag() != true || file.Find("sliding_window") is not { } window)
            return (null, 0);
        return (window.Whole(1, MostPositions), file.Find("max_window_layers")?.Whole(0, 4096) ?? layers);
    }

    static WeightType Type(JsonField file)
    {
        if ((file.Find("dtype") ?? file.Find("torch_dtype")) is not { } type)
            return WeightType.Float32;
        return type.Text() switch
        {
            "float32" => WeightType.Float32,
            "bfloat16" => WeightType.BFloat16,
            "float16" => WeightType.Float16,
            var other => throw type.Wrong($"is '{other}'; float32, bfloat16 and float16 can be read"),
        };
    }

    // An id, a list of them, or none.
    internal static int[] Ids(JsonField file, string name, int vocabulary) => file.Find(name) switch
    {
        null => [],
        { Kind: JsonValueKind.Array } list => [.. list.Items().Take(1024).Select(id => id.Whole(0, vocabulary - 1))],
        { } id => [id.Whole(0, vocabulary - 1)],
    };

    /// <summary>Writes a configuration so that <see cref="Load"/> and Hugging Face's library read it.</summary>
    /// <param name="configuration">What to write.</param>
    /// <returns>The text of <c>config.json</c>.</returns>
    public static string Write(ModelConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ModelConfiguration c = configuration;
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("architectures");
            string architecture = architectures.First(pair => pair.Value == c.Family).Key;
            json.WriteStringValue(c.Labels > 0 ? architecture[..^LanguageModels.Length] + Classifiers : architecture);
            json.WriteEndArray();
            if (c.Labels > 0)
                WriteLabels(json, c.Labels);
            json.WriteString("model_type", types.First(pair => pair.Value == c.Family).Key);
            json.WriteNumber("hidden_size", c.Hidden);
            json.WriteNumber("intermediate_size", c.Intermediate);
            json.WriteNumber("num_hidden_layers", c.Layers);
            json.WriteNumber("num_attention_heads", c.Heads);
            json.WriteNumber("num_key_value_heads", c.KeyValueHeads);
            json.WriteNumber("head_dim", c.HeadSize);
            json.WriteNumber("vocab_size", c.Vocabulary);
            json.WriteNumber("max_position_embeddings", c.MaximumPositions);
            json.WriteNumber("rms_norm_eps", c.NormEpsilon);
            json.WriteNumber("rope_theta", c.RopeTheta);
            WriteRope(json, c.RopeScaling);
            json.WriteString("hidden_act", "silu");
            if (c.Family != ModelFamily.Qwen2)
                json.WriteBoolean("attention_bias", c.HasQueryKeyValueBias);
            json.WriteBoolean("mlp_bias", c.HasFeedForwardBias);
            json.WriteNumber("attention_dropout", 0.0);
            json.WriteBoolean("tie_word_embeddings", c.TiesEmbeddings);
            if (c.SlidingWindow is { } window)
            {
                json.WriteBoolean("use_sliding_window", true);
                json.WriteNumber("sliding_window", window);
                json.WriteNumber("max_window_layers", c.FirstWindowLayer);
            }
            if (c.BeginToken is { } begin)
                json.WriteNumber("bos_token_id", begin);
            GenerationConfiguration.WriteIds(json, "eos_token_id", c.EndTokens);
            json.WriteNumber("initializer_range", c.InitialDeviation);
            json.WriteString("torch_dtype", c.WeightType switch
            {
                WeightType.BFloat16 => "bfloat16",
                WeightType.Float16 => "float16",
                _ => "float32",
            });
            json.WriteBoolean("use_cache", true);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    static void WriteLabels(Utf8JsonWriter json, int count)
    {
        json.WriteStartObject("id2label");
        for (int label = 0; label < count; label++)
            json.WriteString($"{label}", $"LABEL_{label}");
        json.WriteEndObject();
        json.WriteStartObject("label2id");
        for (int label = 0; label < count; label++)
            json.WriteNumber($"LABEL_{label}", label);
        json.WriteEndObject();
    }

    static void WriteRope(
Utf8JsonWriter json, RopeScaling? scaling)
    {
        if (scaling is null)
        {
            json.WriteNull("rope_scaling");
            return;
        }
        json.WriteStartObject("rope_scaling");
        json.WriteString("rope_type", scaling.Name);
        switch (scaling)
        {
            case LinearRope linear:
                json.WriteNumber("factor", linear.Factor);
                break;
            case Llama3Rope llama:
                json.WriteNumber("factor", llama.Factor);
                json.WriteNumber("low_freq_factor", llama.LowFrequencyFactor);
                json.WriteNumber("high_freq_factor", llama.HighFrequencyFactor);
                json.WriteNumber("original_max_position_embeddings", llama.OriginalPositions);
                break;
            case YarnRope yarn:
                json.WriteNumber("factor", yarn.Factor);
                json.WriteNumber("original_max_position_embeddings", yarn.OriginalPositions);
                json.WriteNumber("beta_fast", yarn.BetaFast);
                json.WriteNumber("beta_slow", yarn.BetaSlow);
                if (yarn.Attention is { } attention)
                    json.WriteNumber("attention_factor", attention);
                break;
            default:
                throw new ArgumentException($"the scaling '{scaling.Name}' has no form in config.json");
        }
        json.WriteEndObject();
    }
}
