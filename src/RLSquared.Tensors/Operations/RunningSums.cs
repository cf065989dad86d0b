namespace RLSquared.Tensors;

/// <summary>
/// Sums over all that came before, along the first axis. Running forwards and running backwards are each other's
/// gradients.
/// </summary>
public static class RunningSums
{
    extension(Tensor x)
    {
        /// <summary>y[t] = x[0] + … + x[t] for x [T, …].</summary>
        public Tensor RunningSum() => Apply(x, backwards: false);
    }

    static Tensor Apply(Tensor x, bool backwards)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Allocate(x.Shape);
        tape.Device.RunningSum(backwards, x, y);
        return tape.Record(rule, y, x, attributes: new Attributes { Backwards = backwards });
    }

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], Apply(g, !node.Attributes.Backwards));
    }
}
