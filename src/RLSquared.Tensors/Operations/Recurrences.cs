namespace RLSquared.Tensors;

/// <summary>
/// Linear recurrences over the first axis, y[t] = x[t] + f[t] · y[t ∓ 1]: discounted sums, returns and advantages.
/// </summary>
public static class Recurrences
{
    extension(Tensor x)
    {
        /// <summary>
        /// y[t] = x[t] + factor[t] · y[t − 1] for x [T, …]; or, backwards, y[t] = x[t] + factor[t] · y[t + 1]. The
        /// factor of the end at which it begins does not count.
        /// </summary>
        /// <param name="factor">Of the shape of x; 0 where a chain begins anew.</param>
        /// <param name="backwards">Whether it begins at the last entry.</param>
        /// <exception cref="ArgumentException">The shapes differ.</exception>
        public Tensor Accumulate(Tensor factor, bool backwards = false)
        {
            if (factor.Shape != x.Shape || x.Shape.Rank < 2)
            {
                throw new ArgumentException(
                    $"a recurrence needs two tensors [T, …] of one shape, not {x.Shape} and {factor.Shape}");
            }
            Tape tape = Tape.Of(x, factor);
            Tensor y = tape.Arena.Allocate(x.Shape);
            tape.Device.LinearRecurrence(backwards, x, factor, y);
            return tape.Record(rule, y, x, factor, new Attributes { Backwards = backwards });
        }
    }

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        // dL/dy[t] gathers from later steps by the factors that they had: dx[t] = g[t] + f[t ± 1] dx[t ± 1], which is
        // a recurrence the other way; and df[t] = dx[t] y[t ∓ 1].
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            (Tensor x, Tensor factor, bool backwards) = (node.Inputs[0], node.Inputs[1], node.Attributes.Backwards);
            Tensor dx = g.Accumulate(Shifted(factor, later: !backwards), !backwards);
            tape.Accumulate(x, dx);
            if (factor.IsDifferentiable)
                tape.Accumulate(factor, dx * Shifted(node.Output, later: backwards));
        }

        // The entry after each, or the one before; 0 at the end.
        static Tensor Shifted(Tensor x, bool later)
        {
            int T = x.Shape[0], rows = T == 0 ? 0 : x.Shape.Rows / T;
            return T == 0 ? x : Rearrangements.PadRows(x.SliceRows(later ? 1 : 0, T - 1), x.Shape, later ? 0 : rows);
        }
    }
}
