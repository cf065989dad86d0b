using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>Sums and means over all elements, over the columns of each row, or over the rows.</summary>
public static class Sums
{
    extension(Tensor x)
    {
        /// <summary>The sum of all elements, [1].</summary>
        public Tensor Sum() => SumTo(x, new Shape(1), Repeat.Scalar);

        /// <summary>The mean of all elements, [1].</summary>
        public Tensor Mean() => x.Sum() * (1f / x.Shape.Count);

        /// <summary>1 if all elements are finite, else 0; a constant, [1], which is read where it is needed.</summary>
        public Tensor AllFinite()
        {
            Tape tape = Tape.Of(x);
            Tensor flag = tape.Arena.Allocate(new Shape(1));
            tape.Device.Fill(flag, 1);
            tape.Device.AllFinite(x, flag);
            return tape.Constant(flag);
        }

        /// <summary>The sum over the last axis: one number per row, [rows, 1].</summary>
        public Tensor SumOfColumns() => SumTo(x, new Shape(x.Shape.Rows, 1), Repeat.Column);

        /// <summary>The sum over all axes but the last: one number per column, [columns].</summary>
        public Tensor SumOfRows() => SumTo(x, new Shape(x.Shape.Columns), Repeat.Row);
    }

    internal static Tensor SumTo(Tensor x, Shape shape, Repeat axis)
    {
        if (axis == Repeat.None)
            return x;
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Allocate(shape);
        tape.Device.Sum(axis, x, y);
        return tape.Record(rule, y, x);
    }

    static readonly Rule rule = new();

    sealed class Rule : Operation
    {
        // Each element went into exactly one sum with weight 1.
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], Spread(tape, node.Inputs[0].Shape, g));
    }

    /// <summary>Repeats a sum over all that went into it.</summary>
    static Tensor Spread(Tape tape, Shape shape, Tensor g) => tape.Constant(tape.Arena.Zeros(shape)) + g;
}
