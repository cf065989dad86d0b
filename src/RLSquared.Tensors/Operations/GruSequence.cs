using RLSquared.Tensors.Kernels;

namespace RLSquared.Tensors;

/// <summary>
/// A gated recurrent unit over a whole sequence as one operation: the recurrent weights are packed once, the stored
/// activations become gradients in place, and the gradient of the recurrent weights is a single product over all T·B
/// rows. The equations are at <see cref="GruCell"/>. There is no second derivative: <c>Gru.ForwardComposed</c>
/// is the same layer made of differentiable operations.
/// <para>
/// T = 100, B = 256, I = 32, H = 256, counted as 6·T·B·3H·(I + H) operations forward and backward: see
/// <c>rl2 benchmark --filter 'gru*'</c>.
/// </para>
/// </summary>
internal static unsafe class GruSequence
{
    /// <summary>Returns the hidden states, [T, B, H].</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">T steps of B rows.</param>
    /// <param name="inputWeight">W, [I, 3H], gates z, r, h.</param>
    /// <param name="hiddenWeight">U, [H, 3H].</param>
    /// <param name="bias">[4H]: b_z, b_r, b_h, b_q.</param>
    /// <param name="initial">The state before the first step, [B, H]; the default for zeros.</param>
    /// <param name="relu">Whether the candidate is a relu; else tanh.</param>
    public static Tensor Apply(
        Tape tape, SequenceInput input, Tensor inputWeight, Tensor hiddenWeight, Tensor bias, Tensor initial, bool relu)
    {
        int T = input.T, B = input.B, H = hiddenWeight.Shape.Rows, D = input.DenseWidth;
        RequireShapes(input, inputWeight, hiddenWeight, bias, initial);
        Tensor hidden = tape.Arena.Allocate(new Shape(T, B, H));
        // Backward needs the activations of all steps; otherwise one step's room is used again and again.
        bool keep = tape.Recording;
        Tensor gates = tape.Arena.Allocate(new Shape(keep ? T : 1, B, 4 * H));
        bool wide = GruWeights.IsWide(input.Groups, D);
        Tensor product = wide ? tape.Arena.Allocate(new Shape(B, 3 * H)) : default;

        GruWeights weights = GruWeights.Pack(tape.Arena, inputWeight, hiddenWeight, bias, input.Groups, D, relu);
        float* previous = initial.Data;
        for (int t = 0; t < T; t++)
        {
            float* next = hidden.Data + (nint)t * B * H;
            weights.Step(
                B, input.Indices.Data + (nint)t * B * input.Groups, input.Groups,
                input.Dense.Data + (nint)t * B * D, D, product.Data,
                previous, gates.Data + (keep ? (nint)t * B * 4 * H : 0), next);
            previous = next;
        }

        Tensor used = tape.Arena.Zeros(new Shape(1));                  // becomes 1 when backward has eaten the gates
        return tape.Record(
            rule, hidden, [input.Dense, inputWeight, hiddenWeight, bias, initial], [gates, used],
            new Attributes { Indices = input.Indices, I0 = input.Groups, B0 = relu });
    }

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            if (tape.Recording)
            {
                throw new NotSupportedException(
                    "the fused GRU has no second derivative; use Gru.ForwardComposed to differentiate a gradient");
            }
            (Tensor dense, Tensor inputWeight, Tensor hiddenWeight) = (node.Inputs[0], node.Inputs[1], node.Inputs[2]);
            (Tensor bias, Tensor initial) = (node.Inputs[3], node.Inputs[4]);
            (Tensor gates, Tensor used, Tensor hidden) = (node.Saved[0], node.Saved[1], node.Output);
            if (used.Item != 0)
            {
                throw new InvalidOperationException(
                    "a fused GRU can be differentiated once; run its forward pass again");
            }
            used.Span[0] = 1;

            Arena arena = tape.Arena;
            int T = hidden.Shape[0], B = hidden.Shape[1], H = hidden.Shape[2], I = inputWeight.Shape.Rows;
            int groups = node.Attributes.I0, D = dense.Exists ? dense.Shape.Columns : 0;
            bool relu = node.Attributes.B0, wide = GruWeights.IsWide(groups, D);
            nint step = (nint)B * H;

            Tensor carry = arena.Zeros(new Shape(B, H));
            Tensor biasOfGates = arena.Zeros(new Shape(4, H));                        // c | z | r | q
            Tensor inputGradient = arena.Zeros(inputWeight.Shape);
            PackedMatrix recurrent = GruWeights.Pack(arena, true, 3 * H, H, hiddenWeight.Data, 3 * H);

            for (int t = T - 1; t >= 0; t--)
            {
                float* previous = t > 0 ? hidden.Data + (t - 1) * step : initial.Data;
                float* gate = gates.Data + 4 * t * step;
                GruCell.Backward(B, H, previous, gate, g.Data + t * step, carry.Data, biasOfGates.Data, relu);
                var input = new GruInput(
                    H, node.Attributes.Indices.Data + (nint)t * B * groups, groups,
                    dense.Data + (nint)t * B * D, wide ? 0 : D, I - D, inputGradient.Data, null);
                GruCell.ScatterInputGradient(B, H, in input, gate);
                if (t > 0 || initial.IsDifferentiable)
                    MatrixProduct.Multiply(B, gate + H, 4 * H, in recurrent, carry.Data, H, accumulate: true);
            }
            tape.Accumulate(initial, tape.Constant(carry));

            if (bias.IsDifferentiable)
            {
                Tensor biasGradient = arena.Allocate(bias.Shape);
                Span<float> from = biasOfGates.Span, to = biasGradient.Span;
                from.Slice(H, 2 * H).CopyTo(to);
                from[..H].CopyTo(to[(2 * H)..]);
                from[(3 * H)..].CopyTo(to[(3 * H)..]);
                tape.Accumulate(bias, tape.Constant(biasGradient));
            }

            // ---- dU = Σ_t h_{t−1}ᵀ (z | r | q)_t: all steps at once, the rows of h being those of the step before
            // ----
            if (hiddenWeight.IsDifferentiable)
            {
                Tensor hiddenGradient = arena.Allocate(hiddenWeight.Shape);
                MatrixProduct.Multiply(
                    true, false, H, 3 * H, (T - 1) * B, hidden.Data, H, gates.Data + 4 * step + H, 4 * H,
                    hiddenGradient.Data, 3 * H, accumulate: false);
                if (initial.Exists)
                {
                    MatrixProduct.Multiply(
                        true, false, H, 3 * H, B, initial.Data, H, gates.Data + H, 4 * H,
                        hiddenGradient.Data, 3 * H, accumulate: true);
                }
                tape.Accumulate(hiddenWeight, tape.Constant(hiddenGradient));
            }

            // ---- wide dense inputs: dW = Σ xᵀ (z | r | c) ----
            if (wide)
            {
                float* rows = inputGradient.Data + (nint)(I - D) * 3 * H;
                MatrixProduct.Multiply(
                    true, false, D, 2 * H, T * B, dense.Data, D, gates.Data + H, 4 * H, rows, 3 * H, accumulate: false);
                MatrixProduct.Multiply(
                    true, false, D, H, T * B, dense.Data, D, gates.Data, 4 * H, rows + 2 * H, 3 * H, accumulate: false);
            }
            tape.Accumulate(inputWeight, tape.Constant(inputGradient));

            // ---- dx = (z | r | c) Wᵀ ----
            if (dense.IsDifferentiable)
            {
                Tensor denseGradient = arena.Allocate(dense.Shape);
                float* rows = inputWeight.Data + (nint)(I - D) * 3 * H;
                MatrixProduct.Multiply(
                    false, true, T * B, D, 2 * H, gates.Data + H, 4 * H, rows, 3 * H, denseGradient.Data, D,
                    accumulate: false);
                MatrixProduct.Multiply(
                    false, true, T * B, D, H, gates.Data, 4 * H, rows + 2 * H, 3 * H, denseGradient.Data, D,
                    accumulate: true);
                tape.Accumulate(dense, tape.Constant(denseGradient));
            }
        }
    }

    static void RequireShapes(SequenceInput input, Tensor inputWeight, Tensor hiddenWeight, Tensor bias, Tensor initial)
    {
        int H = hiddenWeight.Shape.Rows;
        if (hiddenWeight.Shape.Columns != 3 * H || inputWeight.Shape.Columns != 3 * H || bias.Shape.Count != 4 * H)
        {
            throw new ArgumentException(
                $"a GRU needs weights [I, 3H], [H, 3H] and biases [4H], but has {inputWeight.Shape}, " +
                $"{hiddenWeight.Shape} and {bias.Shape}");
        }
        if (initial.Exists && initial.Shape.Count != (long)input.B * H)
            throw new ArgumentException($"the initial state has shape {initial.Shape}; [{input.B}, {H}] is needed");
        int oneHotRows = inputWeight.Shape.Rows - input.DenseWidth;
        if (oneHotRows < 0)
        {
            throw new ArgumentException(
                $"the input has {input.DenseWidth} numbers, but the layer has only {inputWeight.Shape.Rows} inputs");
        }
        foreach (int index in input.Indices.Count > 0 ? input.Indices.Span : default)
        {
            if ((uint)index >= (uint)oneHotRows)
                throw new ArgumentException($"the index {index} names no input; 0 to {oneHotRows - 1} do");
        }
    }
}
