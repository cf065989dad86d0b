namespace RLSquared.Tensors;

/// <summary>
/// The hyperbolic tangent of sums of picked rows as one operation: the same as gathering, adding and
/// <c>Tanh</c>, which is several times slower because each of them writes what the next one reads. Where a second
/// derivative is asked for, it goes by these.
/// </summary>
public static class TanhOfRows
{
    extension(Tensor a)
    {
        /// <summary>y[r, :] = tanh(a[i[r], :] + b[j[r], :] + s[r] · c), [R, H].</summary>
        /// <param name="i">Which row of this table, [R].</param>
        /// <param name="b">Another table, [·, H].</param>
        /// <param name="j">Which row of it, [R].</param>
        /// <param name="s">Coefficients, [R], to which no gradient flows; the default for no such term.</param>
        /// <param name="c">What they are coefficients of, [H].</param>
        /// <exception cref="ArgumentException">The shapes do not fit, or an index names no row.</exception>
        public Tensor TanhOfSums(Indices i, Tensor b, Indices j, Tensor s = default, Tensor c = default)
        {
            Tape tape = Tape.Of(a, b);
            int H = a.Shape.Columns, R = i.Count;
            if (b.Shape.Columns != H || j.Count != R || (s.Exists && (s.Shape.Count != R || c.Shape.Count != H)))
            {
                throw new ArgumentException(
                    $"rows of {a.Shape} and {b.Shape}, picked by {R} and {j.Count} indices, cannot be added");
            }
            if (s.Exists && s.IsDifferentiable)
                throw new ArgumentException("no gradient flows to the coefficients; they must be constants");
            Gathering.RequireWithin(tape, i, a.Shape.Rows, "rows", a.Shape);
            Gathering.RequireWithin(tape, j, b.Shape.Rows, "rows", b.Shape);
            Tensor y = tape.Arena.Allocate(new Shape(R, H));
            tape.Device.TanhOfRows(a, i, b, j, s, c, y);
            return tape.Record(
                rule, y, [a, b, c], [s], new Attributes { Indices = i, MoreIndices = j });
        }
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
            (Tensor a, Tensor b, Tensor c, Tensor s) = (node.Inputs[0], node.Inputs[1], node.Inputs[2], node.Saved[0]);
            Tensor da = tape.Arena.Zeros(a.Shape), db = tape.Arena.Zeros(b.Shape);
            Tensor dc = s.Exists ? tape.Arena.Zeros(c.Shape) : default;
            tape.Device.TanhOfRowsGradient(
                node.Output, g, node.Attributes.Indices, node.Attributes.MoreIndices, s, da, db, dc);
            tape.Accumulate(a, tape.Constant(da));
            tape.Accumulate(b, tape.Constant(db));
            if (s.Exists)
                tape.Accumulate(c, tape.Constant(dc));
        }
    }

    static void BackwardThroughTwin(Tape tape, Node node, Tensor g)
    {
        Tensor s = node.Saved[0];
        tape.BackwardThroughTwin([node.Inputs[0], node.Inputs[1], node.Inputs[2]], g, inputs =>
        {
            Tensor sum = inputs[0].GatherRows(node.Attributes.Indices)
                + inputs[1].GatherRows(node.Attributes.MoreIndices);
            if (s.Exists)
            {
                int R = s.Shape.Rows * s.Shape.Columns, H = sum.Shape.Columns;
                sum += s.Reshape(new Shape(R, 1)).MatMul(inputs[2].Reshape(new Shape(1, H)));
            }
            return sum.Tanh();
        });
    }
}
