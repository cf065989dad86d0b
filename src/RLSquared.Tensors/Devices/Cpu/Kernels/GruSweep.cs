using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// A gated recurrent unit over T steps of B rows, forward and backward: <see cref="GruCell"/> for what is done element
/// by element, <see cref="MatrixProduct"/> for the rest. Cost: 2·T·B·3H·(I + H) operations forward, twice that
/// backward; one-hot inputs cost T·B·3H in place of the I.
/// </summary>
internal static unsafe class GruSweep
{
    /// <summary>
    /// Fills hidden [T, B, H] and the stored activations, [T, B, 4H] or, where none are kept, [1, B,
    /// 4H].
    /// </summary>
    public static void Forward(in GruOperands gru, Arena scratch, Tensor gates, Tensor goneOnFrom, Tensor hidden)
    {
        SequenceInput input = gru.Input;
        int T = input.T, B = input.B, D = input.DenseWidth, H = hidden.Shape.Columns;
        bool keep = gates.Shape[0] == T;
        Tensor product = GruWeights.IsWide(input.Groups, D) ? scratch.Allocate(new Shape(B, 3 * H)) : default;
        GruWeights weights = GruWeights.Pack(
            scratch, gru.InputWeight, gru.HiddenWeight, gru.Bias, input.Groups, D, gru.Relu);
        float* previous = gru.Initial.Data;
        for (int t = 0; t < T; t++)
        {
            float* next = hidden.Data + (nint)t * B * H;
            if (gru.IsAddressed)
            {
                previous = goneOnFrom.Data + (nint)t * B * H;
                GatherRows(B, H, gru.Sources.Data + (nint)t * B, hidden.Data, previous);
            }
            weights.Step(
                B, input.Indices.Data + (nint)t * B * input.Groups, input.Groups,
                input.Dense.Data + (nint)t * B * D, D, product.Data,
                previous, gates.Data + (keep ? (nint)t * B * 4 * H : 0), next);
            previous = next;
        }
    }

    /// <summary>
    /// The gradients from g = dL/d(hidden), [T, B, H]. The activations become gradients in place, so this can be done
    /// once.
    /// </summary>
    public static void Backward(
        in GruOperands gru, Arena scratch, Tensor hidden, Tensor gates, Tensor goneOnFrom, Tensor g,
        in GruGradients gradients)
    {
        SequenceInput input = gru.Input;
        int T = input.T, B = input.B, D = input.DenseWidth, H = hidden.Shape.Columns, I = gru.InputWeight.Shape.Rows;
        bool wide = GruWeights.IsWide(input.Groups, D);
        nint step = (nint)B * H;
        Tensor biasOfGates = scratch.Zeros(new Shape(4, H));                                        // c | z | r | q
        PackedMatrix recurrent = GruWeights.Pack(scratch, true, 3 * H, H, gru.HiddenWeight.Data, 3 * H);
        float* carry = gradients.Initial.Data;
        bool addressed = gru.IsAddressed;
        // Rows that are gone on from pass their gradient to where they came from, at whatever step that is.
        Tensor outer = addressed ? scratch.Copy(g.Shape, g.Span) : g;

        for (int t = T - 1; t >= 0; t--)
        {
            float* previous = addressed ? goneOnFrom.Data + t * step
                : t > 0 ? hidden.Data + (t - 1) * step : gru.Initial.Data;
            float* gate = gates.Data + 4 * t * step;
            if (addressed)
                gradients.Initial.Span.Clear();
            GruCell.Backward(B, H, previous, gate, outer.Data + t * step, carry, biasOfGates.Data, gru.Relu);
            if (gradients.InputWeight.Exists)
            {
                // As many groups at a time as a list of terms holds; narrow numbers go with the first.
                int first = 0;
                do
                {
                    var terms = new GruInput(
                        H, input.Indices.Data + (nint)t * B * input.Groups + first,
                        Math.Min(input.Groups - first, GruInput.MostTerms), input.Dense.Data + (nint)t * B * D,
                        wide ? 0 : D, I - D, gradients.InputWeight.Data, null, input.Groups);
                    GruCell.ScatterInputGradient(B, H, in terms, gate);
                    first += GruInput.MostTerms;
                }
                while (first < input.Groups);
            }
            if (t > 0 || gru.Initial.IsDifferentiable)
                MatrixProduct.Multiply(B, gate + H, 4 * H, in recurrent, carry, H, accumulate: true);
            if (addressed)
                ScatterRows(B, H, gru.Sources.Data + (nint)t * B, carry, outer.Data);
        }

        if (gradients.Bias.Exists)
        {
            Span<float> from = biasOfGates.Span, to = gradients.Bias.Span;
            from.Slice(H, 2 * H).CopyTo(to);
            from[..H].CopyTo(to[(2 * H)..]);
            from[(3 * H)..].CopyTo(to[(3 * H)..]);
        }

        // ---- dU = Σ_t h_{t−1}ᵀ (z | r | q)_t: all steps at once, the rows of h being those of the step before ----
        if (gradients.HiddenWeight.Exists && addressed)
        {
            MatrixProduct.Multiply(
                true, false, H, 3 * H, T * B, goneOnFrom.Data, H, gates.Data + H, 4 * H, gradients.HiddenWeight.Data,
                3 * H, accumulate: false);
        }
        else if (gradients.HiddenWeight.Exists)
        {
            float* target = gradients.HiddenWeight.Data;
            MatrixProduct.Multiply(
                true, false, H, 3 * H, (T - 1) * B, hidden.Data, H, gates.Data + 4 * step + H, 4 * H, target, 3 * H,
                accumulate: false);
            if (gru.Initial.Exists)
            {
                MatrixProduct.Multiply(
                    true, false, H, 3 * H, B, gru.Initial.Data, H, gates.Data + H, 4 * H, target, 3 * H,
                    accumulate: true);
            }
        }

        // ---- wide dense inputs: dW = Σ xᵀ (z | r | c), dx = (z | r | c) Wᵀ ----
        float* x = input.Dense.Data, gateC = gates.Data, gateZ = gates.Data + H;
        if (wide && D > 0 && gradients.InputWeight.Exists)
        {
            float* rows = gradients.InputWeight.Data + (nint)(I - D) * 3 * H;
            MatrixProduct.Multiply(true, false, D, 2 * H, T * B, x, D, gateZ, 4 * H, rows, 3 * H, accumulate: false);
            rows += 2 * H;
            MatrixProduct.Multiply(true, false, D, H, T * B, x, D, gateC, 4 * H, rows, 3 * H, accumulate: false);
        }
        if (gradients.Dense.Exists)
        {
            float* rows = gru.InputWeight.Data + (nint)(I - D) * 3 * H, dx = gradients.Dense.Data;
            MatrixProduct.Multiply(false, true, T * B, D, 2 * H, gateZ, 4 * H, rows, 3 * H, dx, D, accumulate: false);
            rows += 2 * H;
            MatrixProduct.Multiply(false, true, T * B, D, H, gateC, 4 * H, rows, 3 * H, dx, D, accumulate: true);
        }
    }

    // Zeros where the source is −1.
    static void GatherRows(int B, int H, int* sources, float* from, float* to)
    {
        for (int b = 0; b < B; b++, to += H)
        {
            var row = new Span<float>(to, H);
            if (sources[b] < 0)
                row.Clear();
            else
                new ReadOnlySpan<float>(from + (nint)sources[b] * H, H).CopyTo(row);
        }
    }

    static void ScatterRows(int B, int H, int* sources, float* from, float* to)
    {
        for (int b = 0; b < B; b++, from += H)
        {
            if (sources[b] < 0)
                continue;
            var sum = new Span<float>(to + (nint)sources[b] * H, H);
            TensorPrimitives.Add(sum, new ReadOnlySpan<float>(from, H), sum);
        }
    }
}
