namespace RLSquared.Tensors;

/// <summary>Layer normalisation: each row to mean 0 and variance 1, then a learned gain and bias per column.</summary>
public static class LayerNormalisations
{
    extension(Tensor x)
    {
        /// <summary>y = (x − mean) / √(variance + ε) · gain + bias, mean and variance over the last axis.</summary>
        /// <param name="gain">[columns].</param>
        /// <param name="bias">[columns].</param>
        /// <param name="epsilon">
        /// Above 0: keeps a row of equal numbers finite; large values damp small variances.
        /// </param>
        public Tensor LayerNormalise(Tensor gain, Tensor bias, float epsilon = 1e-5f)
        {
            int C = x.Shape.Columns, R = x.Shape.Rows;
            if (gain.Shape.Count != C || bias.Shape.Count != C)
            {
                throw new ArgumentException(
                    $"{x.Shape} needs a gain and a bias of [{C}], but {gain.Shape} and {bias.Shape} were given");
            }
            if (!(epsilon > 0))
                throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "epsilon must be above 0 (1e-5)");
            Tape tape = Tape.Of([x, gain, bias]);
            Tensor y = tape.Arena.Allocate(x.Shape);
            Tensor mean = tape.Arena.Allocate(new Shape(R, 1)), scale = tape.Arena.Allocate(new Shape(R, 1));
            tape.Device.LayerNormalise(x, gain, bias, epsilon, y, mean, scale);
            return tape.Record(rule, y, [x, gain, bias], [mean, scale], new Attributes { Epsilon = epsilon });
        }
    }

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            (Tensor x, Tensor gain, Tensor bias) = (node.Inputs[0], node.Inputs[1], node.Inputs[2]);
            if (tape.Recording)
            {
                Composed(tape, x, gain, bias, node.Attributes.Epsilon, g);
                return;
            }
            Tensor dx = tape.Arena.Allocate(x.Shape);
            Tensor dgain = tape.Arena.Allocate(gain.Shape), dbias = tape.Arena.Allocate(bias.Shape);
            tape.Device.LayerNormaliseGradient(x, gain, node.Saved[0], node.Saved[1], g, dx, dgain, dbias);
            tape.Accumulate(x, tape.Constant(dx));
            tape.Accumulate(gain, tape.Constant(dgain));
            tape.Accumulate(bias, tape.Constant(dbias));
        }

        // The same in operations that can be differentiated in turn: h = g · gain,
        // dx = scale · (h − mean(h) − x̂ · mean(h · x̂)), dgain = Σ g · x̂, dbias = Σ g.
        static void Composed(Tape tape, Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor g)
        {
            float share = 1f / x.Shape.Columns;
            Tensor centred = x - x.SumOfColumns() * share;
            Tensor scale = (centred.Square().SumOfColumns() * share + epsilon).Sqrt().Reciprocal();
            Tensor normal = centred * scale;
            Tensor h = g * gain.Reshape(new Shape(x.Shape.Columns));
            tape.Accumulate(x,
                (h - h.SumOfColumns() * share - normal * ((h * normal).SumOfColumns() * share)) * scale);
            tape.Accumulate(gain, (g * normal).SumOfRows());
            tape.Accumulate(bias, g.SumOfRows());
        }
    }
}
