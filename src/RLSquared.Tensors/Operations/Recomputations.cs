namespace RLSquared.Tensors;

/// <summary>
/// Less memory for more time: what lies between the input and the output of a part of a network is forgotten after
/// forward, and computed again when backward needs it (Chen et al. 2016).
/// </summary>
static class Recomputations
{
    /// <summary>
    /// y = function(x), of which the tape keeps x and y alone. The gradients have the bits that they have without this.
    /// </summary>
    /// <param name="x">The input.</param>
    /// <param name="function">
    /// Computes y on the tape that it is given, from x and from parameters that it watches there; it must give the same
    /// each time. Of other tensors of the outer tape it makes constants first.
    /// </param>
    /// <param name="parameters">All that the function watches; none may be bound.</param>
    public static Tensor Recompute(
        this Tensor x, Func<Tape, Tensor, Tensor> function, IReadOnlyList<Parameter> parameters)
    {
        Tape tape = Tape.Of(x), inner = tape.Inner();
        if (!tape.Recording)
            return function(tape, x);
        Tensor[] leaves = [.. parameters.Select(tape.Watch)];
        inner.Recording = false;
        Tensor found = function(inner, inner.Constant(x));
        Tensor y = tape.Arena.Allocate(found.Shape);
        tape.Device.Copy(found, y);
        inner.Reset();
        // An input may be a constant, and the parameters still learn.
        Tensor learned = Array.Find(leaves, leaf => leaf.IsDifferentiable);
        return tape.Record(new Rule(function, parameters, leaves), y, x, learned);
    }

    sealed class Rule(Func<Tape, Tensor, Tensor> function, IReadOnlyList<Parameter> parameters, Tensor[] leaves)
        : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            if (tape.Recording)
                throw new NotSupportedException(
                    "what is recomputed has no second derivative; switch recomputation off");
            Tensor x = node.Inputs[0];
            Tape inner = tape.Inner();
            inner.Recording = true;
            Tensor input = x.IsDifferentiable ? inner.Variable(x) : inner.Constant(x);
            // The gradient of Σ y g with respect to y is g.
            inner.Backward((function(inner, input) * inner.Constant(g)).Sum());
            if (x.IsDifferentiable)
                tape.Accumulate(x, Kept(tape, inner.GradientOf(input)));
            for (int i = 0; i < leaves.Length; i++)
            {
                if (leaves[i].IsDifferentiable && inner.TryGradientOf(parameters[i], out Tensor gradient))
                    tape.Accumulate(leaves[i], Kept(tape, gradient));
            }
            inner.Reset();
        }

        static Tensor Kept(Tape tape, Tensor gradient)
        {
            Tensor copy = tape.Arena.Allocate(gradient.Shape);
            tape.Device.Copy(gradient, copy);
            return tape.Constant(copy);
        }
    }
}
