using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Layers;

/// <summary>What a <see cref="Linear"/> layer can be told.</summary>
public sealed record LinearOptions
{
    /// <summary>How the weight begins. Orthogonal suits layers followed by others.</summary>
    public Initialisation Initialisation { get; init; } = Initialisation.Orthogonal;

    /// <summary>
    /// Scales the first weight. Around 1 (√2 before relu) keeps the size of what passes; 0.01 makes a policy head start
    /// out almost indifferent; large values make it start out opinionated and explore little.
    /// </summary>
    public float Gain { get; init; } = 1;

    /// <summary>Whether a bias is added. Without one, an input of zeros gives zeros.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether the weight's columns are normalised; see <see cref="Layers.WeightNorm"/>.</summary>
    public bool WeightNorm { get; init; }
}

/// <summary>y = x W + b for x [..., inputs], W [inputs, outputs], b [outputs].</summary>
public sealed class Linear
{
    readonly WeightNorm? norm;

    /// <summary>
    /// Adds <c>{name}.weight</c>, and <c>{name}.bias</c> and <c>{name}.weight_length</c> where the options ask for
    /// them.
    /// </summary>
    /// <param name="parameters">Where to add them.</param>
    /// <param name="name">Such as <c>policy.head</c>.</param>
    /// <param name="inputs">Columns of x, from 1.</param>
    /// <param name="outputs">Columns of y, from 1.</param>
    /// <param name="random">The run's key for weights.</param>
    /// <param name="options">Everything else.</param>
    public Linear(ParameterSet parameters, string name, int inputs, int outputs, RandomKey random,
        LinearOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        options ??= new LinearOptions();
        Weight = parameters.Add($"{name}.weight", new Shape(inputs, outputs));
        Initialisers.Fill(Weight, options.Initialisation, random, options.Gain);
        if (options.WeightNorm)
            norm = new WeightNorm(parameters, Weight);
        if (options.Bias)
            Bias = parameters.Add($"{name}.bias", new Shape(outputs));
    }

    /// <summary>With a gain other than 1 and all else usual.</summary>
    public Linear(ParameterSet parameters, string name, int inputs, int outputs, RandomKey random, float gain)
        : this(parameters, name, inputs, outputs, random, new LinearOptions { Gain = gain }) { }

    /// <summary>W [inputs, outputs]; with weight normalisation the direction v.</summary>
    public Parameter Weight { get; }

    /// <summary>b [outputs], or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>x W + b on the tape of x: [..., inputs] to [..., outputs].</summary>
    /// <exception cref="ArgumentException">The last axis of x is not as long as the layer has inputs.</exception>
    public Tensor Forward(Tensor x)
    {
        Tape tape = Tape.Of(x);
        Tensor y = x.MatMul(WeightOn(tape));
        return Bias is null ? y : y + tape.Watch(Bias);
    }

    /// <summary>
    /// x W + b for rows of one-hot groups and plain numbers, [T, B, inputs] to [T · B, outputs]: ones pick rows of W.
    /// </summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">T steps of B rows, whose numbers use the last rows of W.</param>
    /// <exception cref="ArgumentException">An index names no row of W, or there is nothing in a row.</exception>
    public Tensor Forward(Tape tape, in SequenceInput input)
    {
        ArgumentNullException.ThrowIfNull(tape);
        (int rows, int D, int G) = (input.T * input.B, input.DenseWidth, input.Groups);
        Tensor W = WeightOn(tape);
        int ones = W.Shape.Rows - D;
        if (D + G == 0 || ones < 0 || (G == 0 && ones > 0))
            throw new ArgumentException($"rows of {G} groups and {D} numbers do not fit a weight {W.Shape}");
        Tensor y = default;
        if (D > 0)
            y = input.Dense.Reshape(new Shape(rows, D)).MatMul(G == 0 ? W : W.SliceRows(ones, D));
        Tensor ofOnes = G == 0 ? default : W.SliceRows(0, ones);
        for (int g = 0; g < G; g++)
        {
            Indices group = input.Indices;
            if (G > 1)
            {
                group = tape.Arena.AllocateIndices(rows);
                tape.Device.PickLanes(input.Indices.Address, group.Address, rows, G, sizeof(int),
                    tape.Arena.CopyIndices([g]));
            }
            Tensor picked = ofOnes.GatherRows(group);
            y = y.Exists ? y + picked : picked;
        }
        return Bias is null ? y : y + tape.Watch(Bias);
    }

    /// <summary>W [inputs, outputs] to compute with: normalised, where the layer does that.</summary>
    internal Tensor WeightOn(Tape tape) => norm is null ? tape.Watch(Weight) : norm.Weight(tape);
}
