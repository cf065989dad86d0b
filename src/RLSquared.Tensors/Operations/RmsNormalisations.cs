namespace RLSquared.Tensors;

/// <summary>
/// Normalisation by the root of the mean square: each row to a mean square of 1, then a learned gain.
/// </summary>
public static class RmsNormalisations
{
    extension(Tensor x)
    {
        /// <summary>y = x / √(mean of x² + ε) · gain, the mean over the last axis (Zhang and Sennrich 2019).</summary>
        /// <param name="gain">[columns].</param>
        /// <param name="epsilon">Above 0: keeps a row of zeros finite.</param>
        public Tensor RmsNormalise(Tensor gain, float epsilon = 1e-6f)
        {
            if (gain.Shape.Count != x.Shape.Columns)
            {
                throw new ArgumentException(
                    $"{x.Shape} needs a gain of [{x.Shape.Columns}], but {gain.Shape} was given");
            }
            if (!(epsilon > 0))
                throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "epsilon must be above 0 (1e-6)");
            Tape tape = Tape.Of(x, gain);
            Tensor y = tape.Arena.Allocate(x.Shape), scale = tape.Arena.Allocate(new Shape(x.Shape.Rows, 1));
            tape.Device.RmsNormalise(x, gain, epsilon, y, scale);
            return tape.Record(rule, y, [x, gain], [scale], new Attributes { Epsilon = epsilon });
        }
    }

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            (Tensor x, Tensor gain) = (node.Inputs[0], node.Inputs[1]);
            if (tape.Recording)
            {
                Composed(tape, x, gain, node.Attributes.Epsilon, g);
                return;
            }
            Tensor dx = tape.Arena.Allocate(x.Shape), dgain = tape.Arena.Allocate(gain.Shape);
            tape.Device.RmsNormaliseGradient(x, gain, node.Saved[0], g, dx, dgain);
            tape.Accumulate(x, tape.Constant(dx));
            tape.Accumulate(gain, tape.Constant(dgain));
        }

        // With n = x · scale and h = g · gain: dx = scale · (h − n · mean(h · n)), dgain = Σ g · n.
        static void Composed(Tape tape, Tensor x, Tensor gain, float epsilon, Tensor g)
        {
            float share = 1f / x.Shape.Columns;
            Tensor scale = (x.Square().SumOfColumns() * share + epsilon).Sqrt().Reciprocal();
            Tensor normal = x * scale, h = g * gain.Reshape(new Shape(x.Shape.Columns));
            tape.Accumulate(x, (h - normal * ((h * normal).SumOfColumns() * share)) * scale);
            tape.Accumulate(gain, (g * normal).SumOfRows());
        }
    }
}
