namespace RLSquared.Tensors;

/// <summary>Distributions over actions that are given by scores (logits), a row each.</summary>
public static class Categoricals
{
    extension(Tensor logits)
    {
        /// <summary>
        /// y[r] = the logarithm of the probability of what was selected, logits[r, selected[r]] − ln Σ exp(logits[r,
        /// :]), [rows, 1]; as <c>LogSoftmax</c> and <c>Gather</c>, without the matrix between them.
        /// </summary>
        /// <exception cref="ArgumentException">There is not one index per row, or one names no column.</exception>
        public Tensor SelectedLogProbability(Indices selected)
        {
            Tape tape = Tape.Of(logits);
            if (selected.Count != logits.Shape.Rows)
            {
                throw new ArgumentException(
                    $"{logits.Shape} has {logits.Shape.Rows} rows, but {selected.Count} indices were given");
            }
            Gathering.RequireWithin(tape, selected, logits.Shape.Columns, "columns", logits.Shape);
            Tensor y = tape.Arena.Allocate(new Shape(logits.Shape.Rows, 1));
            tape.Device.SelectedLogProbability(logits, selected, y);
            return tape.Record(rule, y, logits, attributes: new Attributes { Indices = selected });
        }

        /// <summary>
        /// One draw from each row [N, A]; gives the logarithms of their probabilities, constants [N, 1].
        /// </summary>
        /// <param name="uniform">A number from 0 to below 1 for each row, [N].</param>
        /// <param name="actions">Receives what was drawn, [N].</param>
        public Tensor SampleCategorical(Tensor uniform, Indices actions)
        {
            Tape tape = Tape.Of(logits, uniform);
            int N = logits.Shape.Rows;
            if (uniform.Shape.Count != N || actions.Count != N || logits.Shape.Columns == 0)
            {
                throw new ArgumentException(
                    $"draws from {logits.Shape} need {N} uniform numbers and room for as many " +
                    $"actions, but have {uniform.Shape.Count} and {actions.Count}");
            }
            tape.Require(actions);
            Tensor y = tape.Arena.Allocate(new Shape(N, 1));
            tape.Device.SampleCategorical(logits, uniform, actions, y);
            return tape.Constant(y);
        }
    }

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        // dlogits = g (1 at the selected column − softmax)
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            (Tensor logits, Indices selected) = (node.Inputs[0], node.Attributes.Indices);
            if (tape.Recording)
            {
                Tensor picked = Gathering.IntoColumns(g, selected, logits.Shape);
                tape.Accumulate(logits, picked - logits.Softmax() * g);
                return;
            }
            Tensor dlogits = tape.Arena.Allocate(logits.Shape);
            tape.Device.SelectedLogProbabilityGradient(logits, selected, g, dlogits);
            tape.Accumulate(logits, tape.Constant(dlogits));
        }
    }
}
