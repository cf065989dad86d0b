using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>
/// A gated recurrent unit over a whole sequence as one operation: the recurrent weights are packed once, the stored
/// activations become gradients in place, and the gradient of the recurrent weights is a single product over all T·B
/// rows. The equations are at <see cref="Devices.GruCell"/>. The kernel has no second derivative: where one is asked
/// for, the layer goes by <see cref="Composed"/>, which is made of single operations and several times slower.
/// <para>
/// T = 100, B = 256, I = 32, H = 256, counted as 6·T·B·3H·(I + H) operations forward and backward: see
/// <c>rl2 benchmark --filter 'gru*'</c>.
/// </para>
/// </summary>
internal static class GruSequence
{
    /// <summary>Returns the hidden states, [T, B, H].</summary>
    public static Tensor Apply(Tape tape, in GruOperands gru)
    {
        RequireShapes(tape, in gru);
        int T = gru.Input.T, B = gru.Input.B, H = gru.HiddenWeight.Shape.Rows;
        Tensor hidden = tape.Arena.Allocate(new Shape(T, B, H));
        // Backward needs the activations of all steps; otherwise one step's room is used again and again.
        Tensor gates = tape.Arena.Allocate(new Shape(tape.Recording ? T : 1, B, 4 * H));
        Tensor previous = gru.IsAddressed ? tape.Arena.Allocate(new Shape(T, B, H)) : default;
        tape.Device.GruForward(in gru, tape.Arena, gates, previous, hidden);

        return tape.Record(
            rule, hidden, [gru.Input.Dense, gru.InputWeight, gru.HiddenWeight, gru.Bias, gru.Initial],
            [gates, previous],
            new Attributes
            {
                Indices = gru.Input.Indices,
                MoreIndices = gru.Sources,
                Groups = gru.Input.Groups,
                Relu = gru.Relu,
            });
    }

    /// <summary>One step of weights that were laid out before: the next hidden state, [B, H], a constant.</summary>
    public static Tensor Step(Tape tape, PackedGru weights, in SequenceInput input, Tensor previous)
    {
        if (tape.Recording)
        {
            throw new InvalidOperationException(
                "single steps of a GRU are for acting and are not recorded; switch Recording off, or use Forward");
        }
        int H = weights.Hidden, D = weights.DenseWidth;
        if (input.T != 1 || input.Groups != weights.Groups || input.DenseWidth != D)
        {
            throw new ArgumentException($"the weights were laid out for 1 step of {weights.Groups} groups and {D} " +
                $"numbers, but {input.T} steps of {input.Groups} and {input.DenseWidth} were given");
        }
        if (previous.Shape.Count != (long)input.B * H)
            throw new ArgumentException($"the hidden state has shape {previous.Shape}; [{input.B}, {H}] is needed");
        RequireIndices(tape, input.Indices, weights.InputWeight.Shape.Rows - D);
        Tensor hidden = tape.Arena.Allocate(new Shape(input.B, H));
        tape.Device.GruStep(weights, in input, previous, tape.Arena, hidden);
        return tape.Constant(hidden);
    }

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            if (tape.Recording)
            {
                BackwardThroughTwin(tape, node, g);
                return;
            }
            (Tensor hidden, Tensor gates, Tensor previous) = (node.Output, node.Saved[0], node.Saved[1]);
            tape.UseOnce(in node, "a fused GRU can be differentiated once; run its forward pass again");

            var gru = new GruOperands
            {
                Input = new SequenceInput(
                    hidden.Shape[0], hidden.Shape[1], node.Inputs[0], node.Attributes.Indices, node.Attributes.Groups),
                InputWeight = node.Inputs[1],
                HiddenWeight = node.Inputs[2],
                Bias = node.Inputs[3],
                Initial = node.Inputs[4],
                Sources = node.Attributes.MoreIndices,
                Relu = node.Attributes.Relu,
            };
            var gradients = new GruGradients
            {
                Dense = Wanted(node.Inputs[0]),
                InputWeight = node.Inputs[1].IsDifferentiable ? tape.Arena.Zeros(node.Inputs[1].Shape) : default,
                HiddenWeight = Wanted(node.Inputs[2]),
                Bias = Wanted(node.Inputs[3]),
                Initial = tape.Arena.Zeros(new Shape(gru.Input.B, hidden.Shape.Columns)),
            };
            tape.Device.GruBackward(in gru, tape.Arena, hidden, gates, previous, g, in gradients);

            Accumulate(node.Inputs[0], gradients.Dense);
            Accumulate(node.Inputs[1], gradients.InputWeight);
            Accumulate(node.Inputs[2], gradients.HiddenWeight);
            Accumulate(node.Inputs[3], gradients.Bias);
            Accumulate(node.Inputs[4], gradients.Initial);

            Tensor Wanted(Tensor input) => input.IsDifferentiable ? tape.Arena.Allocate(input.Shape) : default;

            void Accumulate(Tensor input, Tensor gradient)
            {
                if (input.IsDifferentiable)
                    tape.Accumulate(input, tape.Constant(gradient));
            }
        }
    }

    static void BackwardThroughTwin(Tape tape, Node node, Tensor g)
    {
        if (node.Attributes.MoreIndices.Count > 0)
        {
            throw new NotSupportedException(
                "a fused GRU whose rows say from where they go on has no second derivative; use Gru.ForwardComposed, " +
                "whose rows go on from those of the step before");
        }
        (int T, int B, int H) = (node.Output.Shape[0], node.Output.Shape[1], node.Output.Shape.Columns);
        tape.BackwardThroughTwin(
            [node.Inputs[0], node.Inputs[1], node.Inputs[2], node.Inputs[3], node.Inputs[4]], g,
            inputs =>
            {
                Tensor[] states = Composed(tape, new GruOperands
                {
                    Input = new SequenceInput(T, B, inputs[0], node.Attributes.Indices, node.Attributes.Groups),
                    InputWeight = inputs[1],
                    HiddenWeight = inputs[2],
                    Bias = inputs[3],
                    Initial = inputs[4],
                    Relu = node.Attributes.Relu,
                });
                Tensor hidden = tape.Constant(tape.Arena.Zeros(node.Output.Shape));
                for (int t = 0; t < T; t++)
                    hidden += Rearrangements.PadRows(states[t], hidden.Shape, t * B);
                return hidden;
            });
    }

    /// <summary>The same out of single operations: the hidden states step by step, T tensors [B, H].</summary>
    public static Tensor[] Composed(Tape tape, in GruOperands gru)
    {
        SequenceInput input = gru.Input;
        (Tensor W, Tensor U, Tensor b) = (gru.InputWeight, gru.HiddenWeight, gru.Bias);
        int T = input.T, B = input.B, H = U.Shape.Rows, D = input.DenseWidth;
        Tensor ofInput = b.SliceColumns(0, 3 * H), insideReset = b.SliceColumns(3 * H, H);
        Tensor h = gru.Initial.Exists ? gru.Initial : tape.Constant(tape.Arena.Zeros(new Shape(B, H)));
        var states = new Tensor[T];
        for (int t = 0; t < T; t++)
        {
            Tensor x = tape.Constant(tape.Arena.Zeros(new Shape(B, 3 * H))) + ofInput;
            if (D > 0)
                x += input.Dense.SliceRows(t, 1).Reshape(new Shape(B, D)).MatMul(W.SliceRows(W.Shape.Rows - D, D));
            for (int g = 0; g < input.Groups; g++)
            {
                Indices step = input.Indices.Slice(t * B * input.Groups, B * input.Groups);
                Indices ones = tape.Arena.AllocateIndices(B);
                tape.Device.PickLanes(step.Address, ones.Address, B, input.Groups, sizeof(int),
                    tape.Arena.CopyIndices([g]));
                x += W.GatherRows(ones);
            }
            Tensor hU = h.MatMul(U);                                                        // [B, 3H]: z | r | h
            Tensor z = (x.SliceColumns(0, H) + hU.SliceColumns(0, H)).Sigmoid();
            Tensor r = (x.SliceColumns(H, H) + hU.SliceColumns(H, H)).Sigmoid();
            Tensor c = x.SliceColumns(2 * H, H) + r * (hU.SliceColumns(2 * H, H) + insideReset);
            c = gru.Relu ? c.Relu() : c.Tanh();
            states[t] = h = c + z * (h - c);
        }
        return states;
    }

    static void RequireShapes(Tape tape, in GruOperands gru)
    {
        (SequenceInput input, Tensor inputWeight, Tensor hiddenWeight) = (gru.Input, gru.InputWeight, gru.HiddenWeight);
        (Tensor bias, Tensor initial) = (gru.Bias, gru.Initial);
        int H = hiddenWeight.Shape.Rows;
        if (hiddenWeight.Shape.Columns != 3 * H || inputWeight.Shape.Columns != 3 * H || bias.Shape.Count != 4 * H)
        {
            throw new ArgumentException(
                $"a GRU needs weights [I, 3H], [H, 3H] and biases [4H], but has {inputWeight.Shape}, " +
                $"{hiddenWeight.Shape} and {bias.Shape}");
        }
        if (initial.Exists && initial.Shape.Count != (long)input.B * H)
            throw new ArgumentException($"the initial state has shape {initial.Shape}; [{input.B}, {H}] is needed");
        RequireSources(tape, in gru);
        int oneHotRows = inputWeight.Shape.Rows - input.DenseWidth;
        if (oneHotRows < 0)
        {
            throw new ArgumentException(
                $"the input has {input.DenseWidth} numbers, but the layer has only {inputWeight.Shape.Rows} inputs");
        }
        RequireIndices(tape, input.Indices, oneHotRows);
    }

    static void RequireIndices(Tape tape, Indices indices, int oneHotRows)
    {
        Require(tape, indices);
        int wrong = indices.Count > 0 ? tape.Device.FirstOutside(indices, 0, oneHotRows) : -1;
        if (wrong >= 0)
        {
            throw new ArgumentException(
                $"the index {Gathering.At(indices, wrong)} names no input; 0 to {oneHotRows - 1} do");
        }
    }

    static void RequireSources(Tape tape, in GruOperands gru)
    {
        if (!gru.IsAddressed)
            return;
        int B = gru.Input.B;
        if (gru.Initial.Exists || gru.Sources.Count != (long)gru.Input.T * B)
        {
            throw new ArgumentException($"{gru.Sources.Count} sources were given for {gru.Input.T} · {B} rows; there " +
                "must be as many, and no initial state");
        }
        Require(tape, gru.Sources);
        int wrong = tape.Device.FirstSourceNotBefore(gru.Sources, B);
        if (wrong >= 0)
        {
            throw new ArgumentException(
                $"row {wrong} cannot go on from row {Gathering.At(gru.Sources, wrong)}, which is not before it");
        }
    }

    static void Require(Tape tape, Indices indices)
    {
        if (indices.Count > 0)
            tape.Require(indices);
    }
}
