namespace RLSquared.Tensors;

/// <summary>
/// The matrix product y = op(a) · op(b). Tensors are seen as matrices [rows, columns]; [T, B, D] times [D, H] gives
/// [T, B, H].
/// </summary>
public static class Products
{
    extension(Tensor a)
    {
        /// <summary>
        /// The product, either operand transposed where asked: [M, K] times [K, N] is [M, N] in 2·M·N·K operations.
        /// </summary>
        /// <param name="b">[K, N], or [N, K] to be transposed.</param>
        /// <param name="transposeA">Whether this tensor is [K, M] and read as [M, K].</param>
        /// <param name="transposeB">Whether <paramref name="b"/> is [N, K] and read as [K, N].</param>
        /// <exception cref="ArgumentException">The inner axes differ; the message has both shapes.</exception>
        public Tensor MatMul(Tensor b, bool transposeA = false, bool transposeB = false)
        {
            Tape tape = Tape.Of(a, b);
            int M = transposeA ? a.Shape.Columns : a.Shape.Rows, K = transposeA ? a.Shape.Rows : a.Shape.Columns;
            int N = transposeB ? b.Shape.Rows : b.Shape.Columns, inner = transposeB ? b.Shape.Columns : b.Shape.Rows;
            if (K != inner)
            {
                throw new ArgumentException(
                    $"a product needs equal inner lengths, but {a.Shape}{(transposeA ? " transposed" : "")} has {K} " +
                    $"and {b.Shape}{(transposeB ? " transposed" : "")} has {inner}");
            }
            Tensor y = tape.Arena.Allocate(transposeA ? new Shape(M, N) : a.Shape.WithColumns(N));
            tape.Device.Product(transposeA, transposeB, a, b, y);
            return tape.Record(rule, y, a, b, new Attributes { TransposeA = transposeA, TransposeB = transposeB });
        }
    }

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        // y = AB: dA = g Bᵀ, dB = Aᵀ g; the transposed forms follow by transposing both sides.
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            (Tensor a, Tensor b) = (node.Inputs[0], node.Inputs[1]);
            (bool ta, bool tb) = (node.Attributes.TransposeA, node.Attributes.TransposeB);
            if (a.IsDifferentiable)
                tape.Accumulate(a, ta ? b.MatMul(g, tb, true) : g.MatMul(b, false, !tb));
            if (b.IsDifferentiable)
                tape.Accumulate(b, tb ? g.MatMul(a, true, ta) : a.MatMul(g, !ta, false));
        }
    }
}
