using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>
/// y = a + b, a − b, a · b, a / b, min(a, b), max(a, b), element by element. The second operand may be smaller and is
/// then repeated: a row [columns] for every row, a column [rows, 1] for every column, or one number for all. Shapes
/// that do not fit so are an <see cref="ArgumentException"/> that names both.
/// </summary>
public static class Arithmetic
{
    extension(Tensor)
    {
        /// <summary>a + b.</summary>
        public static Tensor operator +(Tensor a, Tensor b) => Add(a, b);

        /// <summary>a − b.</summary>
        public static Tensor operator -(Tensor a, Tensor b) => Apply(Combination.Subtract, a, b);

        /// <summary>a · b.</summary>
        public static Tensor operator *(Tensor a, Tensor b) => Apply(Combination.Multiply, a, b);

        /// <summary>a / b.</summary>
        public static Tensor operator /(Tensor a, Tensor b) => Apply(Combination.Divide, a, b);

        /// <summary>The smaller of the two; where they are equal the gradient goes to <paramref name="a"/>.</summary>
        public static Tensor Min(Tensor a, Tensor b) => Apply(Combination.Min, a, b);

        /// <summary>The larger of the two; where they are equal the gradient goes to <paramref name="b"/>.</summary>
        public static Tensor Max(Tensor a, Tensor b) => Apply(Combination.Max, a, b);
    }

    internal static Tensor Add(Tensor a, Tensor b) => Apply(Combination.Add, a, b);

    internal static Tensor IsAtMost(Tensor a, Tensor b)
    {
        Tape tape = Tape.Of(a, b);
        Tensor y = tape.Arena.Allocate(a.Shape);
        tape.Device.Zip(Combination.IsAtMost, a, b, RepeatOf(a.Shape, b.Shape), y);
        return tape.Constant(y);
    }

    /// <summary>How <paramref name="b"/> is repeated to meet <paramref name="a"/>.</summary>
    internal static Repeat RepeatOf(Shape a, Shape b)
    {
        if (a.Count == b.Count && a.Columns == b.Columns)
            return Repeat.None;
        if (b.Count == 1)
            return Repeat.Scalar;
        if (b.Columns == 1 && b.Count == a.Rows)
            return Repeat.Column;
        if (b.Rows == 1 && b.Columns == a.Columns)
            return Repeat.Row;
        throw new ArgumentException(
            $"shapes {a} and {b} do not meet; the second must be of the first's shape, a row [{a.Columns}], " +
            $"a column [{a.Rows}, 1] or one number");
    }

    static Tensor Apply(Combination combination, Tensor a, Tensor b)
    {
        Tape tape = Tape.Of(a, b);
        Repeat repeat = RepeatOf(a.Shape, b.Shape);
        Tensor y = tape.Arena.Allocate(a.Shape);
        tape.Device.Zip(combination, a, b, repeat, y);
        return tape.Record(Rules[(int)combination], y, a, b, new Attributes { Repeat = repeat });
    }

    static readonly Operation[] Rules =
        [new AddRule(), new SubtractRule(), new MultiplyRule(), new DivideRule(), new MinRule(), new MaxRule()];

    // ---- the rules: g is dL/dy ----

    sealed class AddRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            tape.Accumulate(node.Inputs[0], g);
            AccumulateRepeated(tape, in node, g);
        }
    }

    sealed class SubtractRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            tape.Accumulate(node.Inputs[0], g);
            if (node.Inputs[1].IsDifferentiable)
                AccumulateRepeated(tape, in node, -g);
        }
    }

    sealed class MultiplyRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            if (node.Inputs[0].IsDifferentiable)
                tape.Accumulate(node.Inputs[0], g * node.Inputs[1]);
            if (node.Inputs[1].IsDifferentiable)
                AccumulateRepeated(tape, in node, g * node.Inputs[0]);
        }
    }

    sealed class DivideRule : Operation
    {
        // y = a/b: dy/da = 1/b, dy/db = −y/b
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            Tensor quotient = g / node.Inputs[1];
            tape.Accumulate(node.Inputs[0], quotient);
            if (node.Inputs[1].IsDifferentiable)
                AccumulateRepeated(tape, in node, -(quotient * node.Output));
        }
    }

    sealed class MinRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            Tensor first = g * IsAtMost(node.Inputs[0], node.Inputs[1]);
            tape.Accumulate(node.Inputs[0], first);
            if (node.Inputs[1].IsDifferentiable)
                AccumulateRepeated(tape, in node, g - first);
        }
    }

    sealed class MaxRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            Tensor second = g * IsAtMost(node.Inputs[0], node.Inputs[1]);
            if (node.Inputs[0].IsDifferentiable)
                tape.Accumulate(node.Inputs[0], g - second);
            if (node.Inputs[1].IsDifferentiable)
                AccumulateRepeated(tape, in node, second);
        }
    }

    // What was repeated on the way forward is summed on the way back.
    static void AccumulateRepeated(Tape tape, in Node node, Tensor g)
    {
        Tensor input = node.Inputs[1];
        if (input.IsDifferentiable)
            tape.Accumulate(input, Sums.SumTo(g, input.Shape, node.Attributes.Repeat));
    }
}
