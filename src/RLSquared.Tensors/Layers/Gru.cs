using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Layers;

/// <summary>
/// A gated recurrent unit, in the form that applies the reset gate after the product (equations at <c>GruCell</c>). Its
/// parameters are W [I, 3H], U [H, 3H], the gates in the order z, r, h, and biases [4H]: b_z, b_r, b_h and, inside the
/// reset, b_q.
/// </summary>
public sealed class Gru
{
    readonly Parameter inputWeight, hiddenWeight, bias;
    readonly WeightNorm? inputNorm, hiddenNorm;

    /// <summary>
    /// A layer at its first weights: Xavier for W, orthogonal for each gate of U (what is remembered neither grows nor
    /// fades), zero biases.
    /// </summary>
    /// <param name="parameters">Receives the parameters.</param>
    /// <param name="name">Their first name, such as <c>policy.gru</c>.</param>
    /// <param name="inputs">I: all one-hot positions, then all plain numbers.</param>
    /// <param name="hidden">H.</param>
    /// <param name="random">The run's key for weights.</param>
    /// <param name="relu">Whether the candidate is a relu, as in the RL² paper; else tanh.</param>
    /// <param name="weightNorm">Whether the columns of W and U are normalised; see <see cref="WeightNorm"/>.</param>
    public Gru(
        ParameterSet parameters, string name, int inputs, int hidden, RandomKey random, bool relu = false,
        bool weightNorm = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hidden, 1);
        (Inputs, Hidden, Relu) = (inputs, hidden, relu);
        inputWeight = parameters.Add($"{name}.input_weight", new Shape(inputs, 3 * hidden));
        FillGates(inputWeight, Initialisation.XavierUniform, random);
        hiddenWeight = parameters.Add($"{name}.hidden_weight", new Shape(hidden, 3 * hidden));
        FillGates(hiddenWeight, Initialisation.Orthogonal, random);
        bias = parameters.Add($"{name}.bias", new Shape(4 * hidden));
        if (weightNorm)
        {
            inputNorm = new WeightNorm(parameters, inputWeight);
            hiddenNorm = new WeightNorm(parameters, hiddenWeight);
        }
    }

    /// <summary>I.</summary>
    public int Inputs { get; }

    /// <summary>H.</summary>
    public int Hidden { get; }

    /// <summary>Whether the candidate is a relu; else tanh.</summary>
    public bool Relu { get; }

    /// <summary>The hidden states over a sequence, [T, B, H].</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">T steps of B rows.</param>
    /// <param name="initial">The state before the first step, [B, H]; the default for zeros.</param>
    public Tensor Forward(Tape tape, SequenceInput input, Tensor initial = default)
    {
        (Tensor W, Tensor U, Tensor b) = Weights(tape);
        return GruSequence.Apply(tape, new GruOperands
        {
            Input = input,
            InputWeight = W,
            HiddenWeight = U,
            Bias = b,
            Initial = initial,
            Relu = Relu,
        });
    }

    /// <summary>
    /// The hidden states over a sequence in which each row says from which earlier row it goes on: many memories of one
    /// layer, of which each step writes one.
    /// </summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">T steps of B rows.</param>
    /// <param name="sources">[T, B]: the number t'·B + b' of an earlier row, or −1 for a state of zeros.</param>
    /// <returns>The state after each row, [T, B, H].</returns>
    public Tensor ForwardAddressed(Tape tape, SequenceInput input, Indices sources)
    {
        (Tensor W, Tensor U, Tensor b) = Weights(tape);
        return GruSequence.Apply(tape, new GruOperands
        {
            Input = input,
            InputWeight = W,
            HiddenWeight = U,
            Bias = b,
            Initial = default,
            Sources = sources,
            Relu = Relu,
        });
    }

    /// <summary>
    /// The same layer made of single operations, slower, and differentiable any number of times: the hidden states step
    /// by step, T tensors [B, H].
    /// </summary>
    public Tensor[] ForwardComposed(Tape tape, SequenceInput input, Tensor initial = default)
    {
        (Tensor W, Tensor U, Tensor b) = Weights(tape);
        return GruSequence.Composed(tape, new GruOperands
        {
            Input = input,
            InputWeight = W,
            HiddenWeight = U,
            Bias = b,
            Initial = initial,
            Relu = Relu,
        });
    }

    /// <summary>
    /// The weights as the tape shows them, laid out for many calls of <see cref="Step"/>, in memory of a tape that must
    /// not be reset meanwhile. The weights must not change either: give the tape a <see cref="WeightSnapshot"/>.
    /// </summary>
    /// <param name="tape">Shows the weights; does not record.</param>
    /// <param name="groups">One-hot groups per row.</param>
    /// <param name="denseWidth">Plain numbers per row.</param>
    public PackedGru Prepare(Tape tape, int groups, int denseWidth)
    {
        ArgumentNullException.ThrowIfNull(tape);
        (Tensor W, Tensor U, Tensor b) = Weights(tape);
        return tape.Device.PackGru(tape.Arena, W, U, b, groups, denseWidth, Relu);
    }

    /// <summary>One step for acting: the next hidden state, [B, H], in memory of the tape.</summary>
    /// <param name="tape">Does not record.</param>
    /// <param name="weights">From <see cref="Prepare"/>.</param>
    /// <param name="input">One time step of B rows.</param>
    /// <param name="hidden">The state before, [B, H].</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or an index names no input.</exception>
    public static Tensor Step(Tape tape, PackedGru weights, in SequenceInput input, Tensor hidden)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(weights);
        return GruSequence.Step(tape, weights, in input, hidden);
    }

    /// <summary>The same as <see cref="Prepare"/> for those who call the processor's kernel themselves.</summary>
    internal GruWeights Pack(Tape tape, int groups, int denseWidth)
    {
        (Tensor W, Tensor U, Tensor b) = Weights(tape);
        return GruWeights.Pack(tape.Arena, W, U, b, groups, denseWidth, Relu);
    }

    /// <summary>
    /// W [I, 3H], U [H, 3H] and the biases [4H] to compute with: normalised, where the layer does that.
    /// </summary>
    internal (Tensor W, Tensor U, Tensor Bias) Weights(Tape tape) => (
        inputNorm is null ? tape.Watch(inputWeight) : inputNorm.Weight(tape),
        hiddenNorm is null ? tape.Watch(hiddenWeight) : hiddenNorm.Weight(tape),
        tape.Watch(bias));

    /// <summary>Fills each gate's block [rows, H] of a weight [rows, 3H] by itself.</summary>
    void FillGates(Parameter weight, Initialisation way, RandomKey random)
    {
        int rows = weight.Value.Shape.Rows, H = Hidden;
        float[] all = new float[weight.Value.Shape.Count], block = new float[(long)rows * H];
        foreach ((int gate, string letter) in new[] { (0, "z"), (1, "r"), (2, "h") })
        {
            Initialisers.Fill($"{weight.Name}.{letter}", new Shape(rows, H), block, way, random);
            for (int row = 0; row < rows; row++)
                block.AsSpan(row * H, H).CopyTo(all.AsSpan((row * 3 + gate) * H));
        }
        weight.Value.CopyFrom(all);
    }
}
