using RLSquared.Tensors;

namespace RLSquared.Language.Models;

/// <summary>
/// A matrix [out, in] by which rows are multiplied, and what is added then: a bias and a low-rank adapter, where there
/// are such.
/// </summary>
sealed class Projection(string module, Parameter weight, Parameter? bias)
{
    /// <summary>Its name in the folder, such as <c>model.layers.0.self_attn.q_proj</c>.</summary>
    public string Module => module;

    public Parameter Weight => weight;

    public Parameter? Bias => bias;

    public LowRank? Adapter { get; set; }
}

/// <summary>scale · (x Aᵀ) Bᵀ with A [r, in] and B [out, r].</summary>
sealed record LowRank(Parameter A, Parameter B, float Scale);

/// <summary>The parameters of one layer, by their names in a Hugging Face folder.</summary>
sealed class DecoderLayer
{
    internal DecoderLayer(ParameterSet parameters, int layer, ModelConfiguration configuration)
    {
        Dictionary<string, Parameter> own = new(StringComparer.Ordinal);
        string at = $"model.layers.{layer}.";
        foreach (Parameter parameter in parameters.All)
        {
            if (parameter.Name.StartsWith(at, StringComparison.Ordinal))
                own.Add(parameter.Name[at.Length..], parameter);
        }
        InputNorm = own["input_layernorm.weight"];
        Query = Of("self_attn.q_proj");
        Key = Of("self_attn.k_proj");
        Value = Of("self_attn.v_proj");
        QueryNorm = own.GetValueOrDefault("self_attn.q_norm.weight");
        KeyNorm = own.GetValueOrDefault("self_attn.k_norm.weight");
        Output = Of("self_attn.o_proj");
        FeedForwardNorm = own["post_attention_layernorm.weight"];
        Gate = Of("mlp.gate_proj");
        Up = Of("mlp.up_proj");
        Down = Of("mlp.down_proj");
        Window = configuration.SlidingWindow is { } window && layer >= configuration.FirstWindowLayer ? window : 0;

        Projection Of(string name) => new(at + name, own[$"{name}.weight"], own.GetValueOrDefault($"{name}.bias"));
    }

    public Parameter InputNorm { get; }
    public Projection Query { get; }
    public Projection Key { get; }
    public Projection Value { get; }
    public Parameter? QueryNorm { get; }
    public Parameter? KeyNorm { get; }
    public Projection Output { get; }
    public Parameter FeedForwardNorm { get; }
    public Projection Gate { get; }
    public Projection Up { get; }
    public Projection Down { get; }

    /// <summary>How many tokens it sees; 0 for all.</summary>
    public int Window { get; }

    /// <summary>All that it learns, with adapters.</summary>
    public IEnumerable<Parameter> Parameters
    {
        get
        {
            foreach (Parameter? gain in (Parameter?[])[InputNorm, QueryNorm, KeyNorm, FeedForwardNorm])
            {
                if (gain is not null)
                    yield return gain;
            }
            foreach (Projection projection in Projections)
            {
                yield return projection.Weight;
                if (projection.Bias is { } bias)
                    yield return bias;
                if (projection.Adapter is not { } adapter)
                    continue;
                yield return adapter.A;
                yield return adapter.B;
            }
        }
    }

    /// <summary>All matrices.</summary>
    public IEnumerable<Projection> Projections => [Query, Key, Value, Output, Gate, Up, Down];
}
