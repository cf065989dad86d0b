using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>
/// What a language model's decoder is made of besides products and norms: heads turned by their places, causal
/// attention over packed sequences, the gated unit, and the head over the vocabulary. On the processor the result of a
/// row does not depend, bit for bit, on the other rows that are computed with it.
/// </summary>
public static class Decoders
{
    const string NoSecond =
        "this fused operation has no second derivative; compose it of BatchMatMul, MaskedSoftmax and LogSoftmax";

    extension(Tensor x)
    {
        /// <summary>
        /// Rows of heads [M, heads · E], each row turned by its own angles: the pair (x[i], x[i + E/2]) of a head
        /// becomes (x[i] cos − x[i + E/2] sin, x[i + E/2] cos + x[i] sin) (Su et al. 2021, with halves as pairs).
        /// </summary>
        /// <param name="cosines">[M, E/2].</param>
        /// <param name="sines">[M, E/2].</param>
        /// <param name="heads">Heads of a row.</param>
        public Tensor RotateHeads(Tensor cosines, Tensor sines, int heads) => Turn(x, cosines, sines, heads, false);

        /// <summary>y = x σ(x) b, the gated unit of feed-forward networks (Shazeer 2020).</summary>
        /// <param name="b">Of the same shape.</param>
        public Tensor Gated(Tensor b)
        {
            if (x.Shape != b.Shape)
                throw new ArgumentException($"a gated unit needs equal shapes, but {x.Shape} and {b.Shape} were given");
            Tape tape = Tape.Of(x, b);
            Tensor y = tape.Arena.Allocate(x.Shape);
            tape.Device.GatedUnit(x, b, y);
            return tape.Record(gatedRule, y, x, b);
        }

        /// <summary>
        /// Causal attention of these queries over sequences that lie one after the other; a token sees itself and what
        /// stands before it in its sequence. Scores are kept for a block of queries at a time, never T × T.
        /// </summary>
        /// <param name="keys">[M, G·E].</param>
        /// <param name="values">[M, G·E].</param>
        /// <param name="starts">The first row of each sequence, ascending from 0, and last of all M.</param>
        /// <param name="heads">H: these queries are [M, H·E]; the G heads of keys divide it.</param>
        /// <param name="headSize">E.</param>
        /// <param name="window">How many tokens are seen, oneself included; 0 for all.</param>
        /// <exception cref="ArgumentException">Shapes or starts do not fit; the message says which.</exception>
        public Tensor CausalAttention(
            Tensor keys, Tensor values, Indices starts, int heads, int headSize, int window = 0)
        {
            Tape tape = Tape.Of([x, keys, values]);
            int M = x.Shape.Rows, G = headSize < 1 ? 0 : keys.Shape.Columns / headSize;
            if (x.Shape.Columns != heads * headSize || G == 0 || heads % G != 0 || keys.Shape != values.Shape
                || keys.Shape.Columns != G * headSize || keys.Shape.Rows != M || window < 0)
            {
                throw new ArgumentException(
                    $"{heads} heads of {headSize} numbers need queries [M, {heads * headSize}] " +
                    $"and keys and values [M, G · {headSize}], not {x.Shape}, {keys.Shape} and {values.Shape}");
            }
            RequireStarts(starts, M);
            var shape = new AttentionShape(heads, G, headSize, window);
            Tensor y = tape.Arena.Allocate(x.Shape), logSums = tape.Arena.Allocate(new Shape(M, heads));
            tape.Device.CausalAttention(in shape, starts, x, keys, values, tape.Arena, y, logSums);
            return tape.Record(attentionRule, y, [x, keys, values], [logSums],
                new Attributes { Attention = shape, Indices = starts });
        }

        /// <summary>
        /// For hidden rows [S, D] and the vocabulary's embeddings: column 0 has the logarithm of the probability of the
        /// selected token of each row, column 1 the entropy of the row's distribution softmax(x Wᵀ / temperature);
        /// [S, 2]. The scores of all tokens are never kept.
        /// </summary>
        /// <param name="embeddings">W [V, D].</param>
        /// <param name="selected">A token for each row.</param>
        /// <param name="temperature">Above 0.</param>
        /// <exception cref="ArgumentException">Shapes differ, or a token is none of V.</exception>
        public Tensor VocabularyLogProbability(Tensor embeddings, Indices selected, float temperature = 1)
        {
            Tape tape = Tape.Of(x, embeddings);
            if (x.Shape.Columns != embeddings.Shape.Columns || selected.Count != x.Shape.Rows)
            {
                throw new ArgumentException(
                    $"rows {x.Shape} need embeddings [V, {x.Shape.Columns}] and a token each, " +
                    $"not {embeddings.Shape} and {selected.Count} tokens");
            }
            if (!(temperature > 0) || !float.IsFinite(temperature))
                throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "a temperature is above 0");
            Gathering.RequireWithin(tape, selected, embeddings.Shape.Rows, "rows", embeddings.Shape);
            float scale = 1 / temperature;
            Tensor y = tape.Arena.Allocate(new Shape(x.Shape.Rows, 2));
            Tensor logSums = tape.Arena.Allocate(new Shape(x.Shape.Rows));
            tape.Device.VocabularyRows(x, embeddings, selected, scale, tape.Arena, y, logSums);
            return tape.Record(vocabularyRule, y, [x, embeddings], [logSums],
                new Attributes { Scale = scale, Indices = selected });
        }
    }

    static Tensor Turn(Tensor x, Tensor cosines, Tensor sines, int heads, bool inverse)
    {
        Tape tape = Tape.Of([x, cosines, sines]);
        int columns = x.Shape.Columns;
        bool fits = heads > 0 && columns % (2 * heads) == 0;
        long angles = fits ? (long)x.Shape.Rows * (columns / heads / 2) : -1;
        if (cosines.Shape.Count != angles || sines.Shape.Count != angles)
        {
            throw new ArgumentException($"rows of {heads} heads of an even size are turned by [rows, size / 2] " +
                $"angles, not {x.Shape} by {cosines.Shape} and {sines.Shape}");
        }
        if (cosines.IsDifferentiable || sines.IsDifferentiable)
            throw new ArgumentException("no gradient flows to angles; they must be constants");
        Tensor y = tape.Arena.Allocate(x.Shape);
        tape.Device.RotaryHeads(inverse, heads, x, cosines, sines, y);
        return tape.Record(turnRule, y, [x], [cosines, sines], new Attributes { Heads = heads, Inverse = inverse });
    }

    static void RequireStarts(Indices starts, int rows)
    {
        int[] values = starts.Count == 0 ? [] : starts.ToArray();
        bool ascends = values.Length > 0 && values[0] == 0 && values[^1] == rows;
        for (int s = 1; s < values.Length; s++)
            ascends &= values[s] >= values[s - 1];
        if (!ascends)
            throw new ArgumentException($"the starts of sequences ascend from 0 to {rows}, the number of rows");
    }

    static readonly TurnRule turnRule = new();
    static readonly GatedRule gatedRule = new();
    static readonly AttentionRule attentionRule = new();
    static readonly VocabularyRule vocabularyRule = new();

    sealed class TurnRule : Operation
    {
        // A turn is orthogonal: its transpose turns back.
        public override void Backward(Tape tape, in Node node, Tensor g) => tape.Accumulate(node.Inputs[0],
            Turn(g, node.Saved[0], node.Saved[1], node.Attributes.Heads, !node.Attributes.Inverse));
    }

    sealed class GatedRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            (Tensor a, Tensor b) = (node.Inputs[0], node.Inputs[1]);
            if (tape.Recording)
            {
                Tensor sigma = a.Sigmoid();
                tape.Accumulate(a, g * b * sigma * (a * (1 - sigma) + 1));
                tape.Accumulate(b, g * a * sigma);
                return;
            }
            Tensor da = tape.Arena.Allocate(a.Shape), db = tape.Arena.Allocate(b.Shape);
            tape.Device.GatedUnitGradient(a, b, g, da, db);
            tape.Accumulate(a, tape.Constant(da));
            tape.Accumulate(b, tape.Constant(db));
        }
    }

    sealed class AttentionRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            if (tape.Recording)
                throw new NotSupportedException(NoSecond);
            (Tensor q, Tensor k, Tensor v) = (node.Inputs[0], node.Inputs[1], node.Inputs[2]);
            AttentionShape shape = node.Attributes.Attention;
            Tensor dq = tape.Arena.Allocate(q.Shape), dk = tape.Arena.Allocate(k.Shape);
            Tensor dv = tape.Arena.Allocate(v.Shape);
            tape.Device.CausalAttentionGradient(
                in shape, node.Attributes.Indices, q, k, v, node.Output, node.Saved[0], g, tape.Arena, dq, dk, dv);
            tape.Accumulate(q, tape.Constant(dq));
            tape.Accumulate(k, tape.Constant(dk));
            tape.Accumulate(v, tape.Constant(dv));
        }
    }

    sealed class VocabularyRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            if (tape.Recording)
                throw new NotSupportedException(NoSecond);
            (Tensor h, Tensor w) = (node.Inputs[0], node.Inputs[1]);
            Tensor dh = tape.Arena.Allocate(h.Shape);
            Tensor dw = w.IsDifferentiable ? tape.Arena.Allocate(w.Shape) : default;
            tape.Device.VocabularyRowsGradient(h, w, node.Attributes.Indices, node.Attributes.Scale, node.Output,
                node.Saved[0], g, tape.Arena, dh, dw);
            tape.Accumulate(h, tape.Constant(dh));
            if (dw.Exists)
                tape.Accumulate(w, tape.Constant(dw));
        }
    }
}
