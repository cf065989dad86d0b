using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Layers;

/// <summary>What stands between layers.</summary>
public enum Activation
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>max(x, 0).</summary>
    Relu,
    /// <summary>The hyperbolic tangent.</summary>
    Tanh,
    /// <summary>1 / (1 + e⁻ˣ).</summary>
    Sigmoid,
    /// <summary>The Gaussian error linear unit, a smooth relu.</summary>
    Gelu,
}

/// <summary>Activations as a choice.</summary>
public static class Activations
{
    extension(Tensor x)
    {
        /// <summary>The activation, element by element.</summary>
        public Tensor Activate(Activation activation) => activation switch
        {
            Activation.None => x,
            Activation.Relu => x.Relu(),
            Activation.Tanh => x.Tanh(),
            Activation.Sigmoid => x.Sigmoid(),
            Activation.Gelu => x.Gelu(),
            _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "there is no such activation"),
        };
    }
}

/// <summary>What an <see cref="Mlp"/> can be told.</summary>
public sealed record MlpOptions
{
    /// <summary>
    /// Units of each hidden layer, first to last; more learn more and cost more. None leaves one linear map.
    /// </summary>
    public IReadOnlyList<int> Hidden { get; init; } = [64, 64];

    /// <summary>
    /// What follows each hidden layer. Tanh is bounded and smooth; relu is cheaper and passes gradients farther.
    /// </summary>
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>
    /// Whether what follows the activation of each hidden layer is normalised (<see cref="Layers.LayerNorm"/>): values
    /// that are fitted to their own estimates stay bounded, at some 5 % of the time.
    /// </summary>
    public bool LayerNorm { get; init; }

    /// <summary>How all weights begin.</summary>
    public Initialisation Initialisation { get; init; } = Initialisation.Orthogonal;

    /// <summary>The first scale of hidden weights; √2 suits relu.</summary>
    public float Gain { get; init; } = 1;

    /// <summary>
    /// Scales the first weights of the first layer once more. 1: a map that is almost straight at first and bends where
    /// it learns to; 2 to 8: it begins with many bends, so that sharp edges are learned sooner and smooth maps later.
    /// Other than 1, the first layer's bias begins as the weights of one more input of 1 would, so that the bends are
    /// not all at the origin.
    /// </summary>
    public float InputGain { get; init; } = 1;

    /// <summary>The first scale of the last layer: 0.01 for an almost indifferent policy, 1 for a value.</summary>
    public float OutputGain { get; init; } = 1;

    /// <summary>Whether all weights are normalised; see <see cref="Layers.WeightNorm"/>.</summary>
    public bool WeightNorm { get; init; }
}

/// <summary>
/// Linear layers with an activation between them, normalised or not, and none after the last.
/// </summary>
public sealed class Mlp
{
    readonly Linear[] layers;
    readonly LayerNorm[] norms;
    readonly Activation activation;

    /// <summary>
    /// Adds layers <c>{name}.0</c>, <c>{name}.1</c>, …, and <c>{name}.0.norm</c>, … where the options ask for them.
    /// </summary>
    public Mlp(ParameterSet parameters, string name, int inputs, int outputs, RandomKey random,
        MlpOptions? options = null)
    {
        options ??= new MlpOptions();
        activation = options.Activation;
        layers = new Linear[options.Hidden.Count + 1];
        norms = new LayerNorm[options.LayerNorm ? options.Hidden.Count : 0];
        for (int i = 0; i < layers.Length; i++)
        {
            bool last = i == layers.Length - 1;
            layers[i] = new Linear(parameters, $"{name}.{i}",
                i == 0 ? inputs : options.Hidden[i - 1], last ? outputs : options.Hidden[i], random,
                new LinearOptions
                {
                    Initialisation = options.Initialisation,
                    Gain = (last ? options.OutputGain : options.Gain) * (i == 0 ? options.InputGain : 1),
                    WeightNorm = options.WeightNorm,
                });
            if (i < norms.Length)
                norms[i] = new LayerNorm(parameters, $"{name}.{i}.norm", options.Hidden[i]);
        }
        if (options.InputGain != 1)
            Spread(layers[0].Bias!, options.Initialisation, random, options.InputGain);
    }

    static void Spread(Parameter bias, Initialisation way, RandomKey random, float gain)
    {
        float[] numbers = new float[bias.Value.Shape.Count];
        Initialisers.Fill(bias.Name, new Shape(1, numbers.Length), numbers, way, random, gain);
        bias.Value.CopyFrom(numbers);
    }

    /// <summary>The layers, first to last.</summary>
    public IReadOnlyList<Linear> Layers => layers;

    /// <summary>[..., inputs] to [..., outputs].</summary>
    public Tensor Forward(Tensor x)
    {
        for (int i = 0; i < layers.Length; i++)
        {
            x = layers[i].Forward(x);
            if (i < layers.Length - 1)
                x = x.Activate(activation);
            if (i < norms.Length)
                x = norms[i].Forward(x);
        }
        return x;
    }
}
