namespace RLSquared.Tensors;

/// <summary>
/// What attention over sequences is made of: products of many matrices, masked softmax, turned pairs.
/// </summary>
public static class Attention
{
    extension(Tensor x)
    {
        /// <summary>
        /// The products of G pairs of matrices: [G, M, K] times [G, K, N] is [G, M, N] in 2·G·M·N·K operations.
        /// </summary>
        /// <param name="b">[G, K, N], or [G, N, K] to be transposed.</param>
        /// <param name="transposeA">Whether these matrices are [G, K, M] and read as [G, M, K].</param>
        /// <param name="transposeB">Whether <paramref name="b"/> is [G, N, K] and read as [G, K, N].</param>
        /// <exception cref="ArgumentException">The numbers of matrices or the inner axes differ.</exception>
        public Tensor BatchMatMul(Tensor b, bool transposeA = false, bool transposeB = false)
        {
            Tape tape = Tape.Of(x, b);
            if (x.Shape.Rank != 3 || b.Shape.Rank != 3 || x.Shape[0] != b.Shape[0])
            {
                throw new ArgumentException(
                    $"many products are of [G, M, K] and [G, K, N], not of {x.Shape} and {b.Shape}");
            }
            int M = x.Shape[transposeA ? 2 : 1], K = x.Shape[transposeA ? 1 : 2];
            int N = b.Shape[transposeB ? 1 : 2], inner = b.Shape[transposeB ? 2 : 1];
            if (K != inner)
            {
                throw new ArgumentException(
                    $"a product needs equal inner lengths, but {x.Shape}{(transposeA ? " transposed" : "")} has {K} " +
                    $"and {b.Shape}{(transposeB ? " transposed" : "")} has {inner}");
            }
            Tensor y = tape.Arena.Allocate(new Shape(x.Shape[0], M, N));
            tape.Device.BatchedProduct(transposeA, transposeB, x, b, y);
            return tape.Record(
                productRule, y, x, b, new Attributes { TransposeA = transposeA, TransposeB = transposeB });
        }

        /// <summary>
        /// Probabilities from scores [G, T, S], over the last axis, where not every query sees every key. A row must
        /// see something.
        /// </summary>
        /// <param name="causal">
        /// Whether query t sees keys up to t + S − T only: the queries are the last T of S places.
        /// </param>
        /// <param name="mask">Added to the scores of each g, [T, S]: 0, or −∞ for what is not seen; the default for
        /// none. No gradient flows to it.</param>
        public Tensor MaskedSoftmax(bool causal, Tensor mask = default)
        {
            Tape tape = Tape.Of(x, mask);
            if (x.Shape.Rank != 3 || (mask.Exists && mask.Shape.Count != (long)x.Shape[1] * x.Shape[2]))
            {
                throw new ArgumentException(
                    $"scores are [G, T, S] and a mask is [T, S], but {x.Shape} and {mask.Shape} were given");
            }
            if (causal && x.Shape[1] > x.Shape[2])
                throw new ArgumentException($"{x.Shape[1]} queries cannot be the last of {x.Shape[2]} places");
            if (mask.IsDifferentiable)
                throw new ArgumentException("no gradient flows to a mask; it must be a constant");
            Tensor y = tape.Arena.Allocate(x.Shape);
            tape.Device.MaskedSoftmax(causal, x, mask, y);
            return tape.Record(softmaxRule, y, x);
        }

        /// <summary>
        /// Rows [G, T, D] turned by the angles of their places: the pair (x[i], x[i + D/2]) becomes
        /// (x[i] cos − x[i + D/2] sin, x[i + D/2] cos + x[i] sin) (Su et al. 2021, with halves as pairs).
        /// </summary>
        /// <param name="cosines">[T, D/2].</param>
        /// <param name="sines">[T, D/2].</param>
        public Tensor Rotate(Tensor cosines, Tensor sines) => Turn(x, cosines, sines, inverse: false);
    }

    static Tensor Turn(Tensor x, Tensor cosines, Tensor sines, bool inverse)
    {
        Tape tape = Tape.Of([x, cosines, sines]);
        bool fits = x.Shape.Rank == 3 && x.Shape[2] % 2 == 0;
        long angles = fits ? (long)x.Shape[1] * (x.Shape[2] / 2) : 0;
        if (!fits || cosines.Shape.Count != angles || sines.Shape.Count != angles)
        {
            throw new ArgumentException($"rows [G, T, D] of an even D are turned by [T, D/2] angles, not " +
                $"{x.Shape} by {cosines.Shape} and {sines.Shape}");
        }
        if (cosines.IsDifferentiable || sines.IsDifferentiable)
            throw new ArgumentException("no gradient flows to angles; they must be constants");
        Tensor y = tape.Arena.Allocate(x.Shape);
        tape.Device.Rotary(inverse, x, cosines, sines, y);
        return tape.Record(turnRule, y, [x], [cosines, sines], new Attributes { Inverse = inverse });
    }

    static readonly ProductRule productRule = new();
    static readonly SoftmaxRule softmaxRule = new();
    static readonly TurnRule turnRule = new();

    sealed class ProductRule : Operation
    {
        // As the rule of a single product.
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            (Tensor a, Tensor b) = (node.Inputs[0], node.Inputs[1]);
            (bool ta, bool tb) = (node.Attributes.TransposeA, node.Attributes.TransposeB);
            if (a.IsDifferentiable)
                tape.Accumulate(a, ta ? b.BatchMatMul(g, tb, true) : g.BatchMatMul(b, false, !tb));
            if (b.IsDifferentiable)
                tape.Accumulate(b, tb ? g.BatchMatMul(a, true, ta) : a.BatchMatMul(g, !ta, false));
        }
    }

    sealed class SoftmaxRule : Operation
    {
        // What is masked has y = 0 and gets no gradient.
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], Softmaxes.InputGradient(tape, node.Output, g));
    }

    sealed class TurnRule : Operation
    {
        // A turn is orthogonal: its transpose turns back.
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], Turn(g, node.Saved[0], node.Saved[1], !node.Attributes.Inverse));
    }
}
