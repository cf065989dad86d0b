namespace RLSquared.Tensors;

/// <summary>The Gaussian error linear unit (Hendrycks and Gimpel 2016) in its tanh form.</summary>
public static class Gelus
{
    extension(Tensor x)
    {
        /// <summary>
        /// x · σ(2u) with u = √(2/π) (x + 0.044715 x³), which is ½ x (1 + tanh u): a smooth relu that lets a little of
        /// what is below 0 through.
        /// </summary>
        public Tensor Gelu()
        {
            Tape tape = Tape.Of(x);
            Tensor y = tape.Arena.Allocate(x.Shape);
            tape.Device.Gelu(x, y);
            return tape.Record(rule, y, x);
        }
    }

    /// <summary>2 √(2/π).</summary>
    internal const float Slope = 1.5957691216f;

    /// <summary>The weight of x³.</summary>
    internal const float Cubic = 0.044715f;

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        // dy/dx = s + x s (1 − s) · 2u′ with s = σ(2u) and 2u′ = slope · (1 + 3 · cubic · x²).
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            Tensor x = node.Inputs[0];
            if (!tape.Recording)
            {
                Tensor dx = tape.Arena.Allocate(x.Shape);
                tape.Device.GeluGradient(x, g, dx);
                tape.Accumulate(x, tape.Constant(dx));
                return;
            }
            Tensor square = x.Square();
            Tensor s = (x * (square * Cubic + 1) * Slope).Sigmoid();
            tape.Accumulate(x, g * (s + x * s * (1 - s) * (square * (3 * Cubic) + 1) * Slope));
        }
    }
}
