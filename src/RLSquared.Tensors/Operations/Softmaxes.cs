namespace RLSquared.Tensors;

/// <summary>Probabilities from scores, over the last axis: y = eˣ / Σ eˣ, and their logarithms.</summary>
public static class Softmaxes
{
    extension(Tensor x)
    {
        /// <summary>
        /// Probabilities that sum to 1 in each row. A score of −∞ gets probability 0 and no gradient, as long as one
        /// score of its row is finite.
        /// </summary>
        public Tensor Softmax() => Apply(x, logarithm: false);

        /// <summary>The logarithms of the probabilities, more precise than the logarithm of <c>Softmax</c>.</summary>
        public Tensor LogSoftmax() => Apply(x, logarithm: true);
    }

    static Tensor Apply(Tensor x, bool logarithm)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Allocate(x.Shape);
        tape.Device.Softmax(logarithm, x, y);
        return tape.Record(logarithm ? logarithmRule : rule, y, x);
    }

    static readonly Rule rule = new();
    static readonly LogarithmRule logarithmRule = new();

    sealed class Rule : Operation
    {
        // dx = y (g − Σ g y)
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], InputGradient(tape, node.Output, g));
    }

    sealed class LogarithmRule : Operation
    {
        // dx = g − eʸ Σ g
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            Tensor y = node.Output;
            tape.Accumulate(node.Inputs[0], tape.Recording
                ? g - y.Exp() * g.SumOfColumns()
                : Gradient(tape, y, g, logarithm: true));
        }
    }

    /// <summary>dL/dx of y = softmax(x) from y and g = dL/dy.</summary>
    internal static Tensor InputGradient(Tape tape, Tensor y, Tensor g) => tape.Recording
        ? y * (g - (g * y).SumOfColumns())
        : Gradient(tape, y, g, logarithm: false);

    static Tensor Gradient(Tape tape, Tensor y, Tensor g, bool logarithm)
    {
        Tensor dx = tape.Arena.Allocate(y.Shape);
        tape.Device.SoftmaxGradient(logarithm, y, g, dx);
        return tape.Constant(dx);
    }
}
