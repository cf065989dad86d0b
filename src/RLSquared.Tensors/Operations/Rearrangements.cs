namespace RLSquared.Tensors;

/// <summary>
/// The same numbers in another order: other shapes, parts, joined parts. Reshapes and slices of rows are views, which
/// copy nothing; the others copy.
/// </summary>
public static class Rearrangements
{
    extension(Tensor x)
    {
        /// <summary>The same numbers under another shape: a view.</summary>
        /// <exception cref="ArgumentException">The shapes hold different numbers of elements.</exception>
        public Tensor Reshape(Shape shape)
        {
            if (shape.Count != x.Shape.Count)
            {
                throw new ArgumentException(
                    $"{x.Shape} holds {x.Shape.Count} numbers, which {shape} with its {shape.Count} cannot show");
            }
            return Tape.Of(x).Record(reshapeRule, x.WithShape(shape), x);
        }

        /// <summary>Some entries of the first axis, such as steps of [T, B, D] or rows of a matrix: a view.</summary>
        /// <param name="first">The first entry, from 0.</param>
        /// <param name="count">How many.</param>
        public Tensor SliceRows(int first, int count)
        {
            Tape tape = Tape.Of(x);
            int entries = x.Shape.Rank > 1 ? x.Shape[0] : 1;
            if (first < 0 || count < 0 || first > entries - count)
            {
                throw new ArgumentOutOfRangeException(nameof(first), first,
                    $"{x.Shape} has entries 0 to {entries - 1}; {count} from {first} on are not all among them");
            }
            int rowsPerEntry = entries == 0 ? 0 : x.Shape.Rows / entries;
            Shape shape = x.Shape.Rank > 1 ? x.Shape.WithFirst(count) : x.Shape;
            return tape.Record(sliceRowsRule, x.RowsFrom(first * rowsPerEntry, shape), x,
                attributes: new Attributes { First = first * rowsPerEntry });
        }

        /// <summary>Some columns of every row.</summary>
        /// <param name="first">The first column, from 0.</param>
        /// <param name="count">How many.</param>
        public Tensor SliceColumns(int first, int count)
        {
            if (first < 0 || count < 0 || first > x.Shape.Columns - count)
            {
                throw new ArgumentOutOfRangeException(nameof(first), first,
                    $"{x.Shape} has {x.Shape.Columns} columns; {count} from {first} on are not all among them");
            }
            if (count == x.Shape.Columns)
                return x;
            Tape tape = Tape.Of(x);
            Tensor y = tape.Arena.Allocate(x.Shape.WithColumns(count));
            tape.Device.CopyColumns(x, first, y, 0, count);
            return tape.Record(sliceColumnsRule, y, x, attributes: new Attributes { First = first });
        }

        /// <summary>The last two axes exchanged: [B, C] becomes [C, B], and [A, B, C] becomes [A, C, B].</summary>
        public Tensor Transpose()
        {
            if (x.Shape.Rank is not (2 or 3))
                throw new ArgumentException($"a transpose is of [B, C] or [A, B, C], not of {x.Shape}");
            Tape tape = Tape.Of(x);
            bool single = x.Shape.Rank == 2;
            int A = single ? 1 : x.Shape[0], B = x.Shape[single ? 0 : 1], C = x.Shape.Columns;
            Tensor y = tape.Arena.Allocate(single ? new Shape(C, B) : new Shape(A, C, B));
            tape.Device.Transpose(A, B, C, x, y);
            return tape.Record(transposeRule, y, x);
        }
    }

    extension(Tensor)
    {
        /// <summary>
        /// The parts side by side along the last axis: [rows, A] and [rows, B] give [rows, A + B]; one to six of them.
        /// </summary>
        /// <exception cref="ArgumentException">Rows differ, or there are too many parts.</exception>
        public static Tensor Concatenate(params ReadOnlySpan<Tensor> parts)
        {
            const int most = 6;
            if (parts.Length is 0 or > most)
                throw new ArgumentException($"one to {most} tensors can be joined at once, not {parts.Length}");
            int columns = 0;
            foreach (Tensor part in parts)
            {
                if (part.Shape.Rows != parts[0].Shape.Rows)
                {
                    throw new ArgumentException(
                        $"tensors side by side need equal rows, but {parts[0].Shape} and {part.Shape} were given");
                }
                columns = checked(columns + part.Shape.Columns);
            }

            Tape tape = Tape.Of(parts);
            Tensor y = tape.Arena.Allocate(parts[0].Shape.WithColumns(columns));
            int at = 0;
            foreach (Tensor part in parts)
            {
                tape.Device.CopyColumns(part, 0, y, at, part.Shape.Columns);
                at += part.Shape.Columns;
            }
            return tape.Record(concatenateRule, y, parts, [], new Attributes { Parts = parts.Length });
        }
    }

    // The transposes of the two slices: the part in its place, zeros elsewhere.

    internal static Tensor PadRows(Tensor x, Shape shape, int first)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Zeros(shape);
        tape.Device.Copy(x, y.RowsFrom(first, x.Shape));
        return tape.Record(padRowsRule, y, x, attributes: new Attributes { First = first });
    }

    static Tensor PadColumns(Tensor x, Shape shape, int first)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Zeros(shape);
        tape.Device.CopyColumns(x, 0, y, first, x.Shape.Columns);
        return tape.Record(padColumnsRule, y, x, attributes: new Attributes { First = first });
    }

    static readonly ReshapeRule reshapeRule = new();
    static readonly SliceRowsRule sliceRowsRule = new();
    static readonly PadRowsRule padRowsRule = new();
    static readonly SliceColumnsRule sliceColumnsRule = new();
    static readonly PadColumnsRule padColumnsRule = new();
    static readonly TransposeRule transposeRule = new();
    static readonly ConcatenateRule concatenateRule = new();

    sealed class ReshapeRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], g.Reshape(node.Inputs[0].Shape));
    }

    sealed class SliceRowsRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            Tensor x = node.Inputs[0];
            if (tape.Recording)
                tape.Accumulate(x, PadRows(g, x.Shape, node.Attributes.First));
            else
                tape.AccumulateRows(x, node.Attributes.First, g);
        }
    }

    sealed class PadRowsRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            Tensor x = node.Inputs[0];
            tape.Accumulate(x, tape.Record(sliceRowsRule, g.RowsFrom(node.Attributes.First, x.Shape), g,
                attributes: new Attributes { First = node.Attributes.First }));
        }
    }

    sealed class SliceColumnsRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], PadColumns(g, node.Inputs[0].Shape, node.Attributes.First));
    }

    sealed class PadColumnsRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], g.SliceColumns(node.Attributes.First, node.Inputs[0].Shape.Columns));
    }

    sealed class TransposeRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], g.Transpose());
    }

    sealed class ConcatenateRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            for (int i = 0, at = 0; i < node.Attributes.Parts; i++)
            {
                Tensor part = node.Inputs[i];
                if (part.IsDifferentiable)
                    tape.Accumulate(part, g.SliceColumns(at, part.Shape.Columns));
                at += part.Shape.Columns;
            }
        }
    }
}
