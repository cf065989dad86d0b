namespace RLSquared.Tensors;

/// <summary>
/// Numbers picked by index: one column of each row (the score of the action taken), or rows of a table (an embedding).
/// Picking and putting back are each other's gradients.
/// </summary>
public static class Gathering
{
    extension(Tensor x)
    {
        /// <summary>y[r] = x[r, index[r]], [rows, 1].</summary>
        /// <exception cref="ArgumentException">There is not one index per row, or one names no column.</exception>
        public Tensor Gather(Indices index)
        {
            if (index.Count != x.Shape.Rows)
                throw new ArgumentException($"{x.Shape} has {x.Shape.Rows} rows, but {index.Count} indices were given");
            RequireWithin(Tape.Of(x), index, x.Shape.Columns, "columns", x.Shape);
            return FromColumns(x, index);
        }

        /// <summary>
        /// y[r, :] = x[index[r], :], [indices, columns]; rows of the table that occur often get the sum of
        /// their gradients.
        /// </summary>
        /// <exception cref="ArgumentException">An index names no row.</exception>
        public Tensor GatherRows(Indices index)
        {
            RequireWithin(Tape.Of(x), index, x.Shape.Rows, "rows", x.Shape);
            return FromRows(x, index);
        }

        /// <summary>
        /// y[index[r], :] = Σ x[r, :], [rows, columns]: the rows that have the same index are added up; those that no
        /// index names are 0.
        /// </summary>
        /// <param name="index">The row of y for each row of x.</param>
        /// <param name="rows">Rows of y.</param>
        /// <exception cref="ArgumentException">There is not one index per row, or one names no row.</exception>
        public Tensor SumIntoRows(Indices index, int rows)
        {
            if (index.Count != x.Shape.Rows)
                throw new ArgumentException($"{x.Shape} has {x.Shape.Rows} rows, but {index.Count} indices were given");
            var shape = new Shape(rows, x.Shape.Columns);
            RequireWithin(Tape.Of(x), index, rows, "rows", shape);
            return IntoRows(x, index, shape);
        }

        /// <summary>The largest number of each row, [rows, 1]; the gradient goes to the first that has it.</summary>
        public Tensor MaxOfColumns()
        {
            if (x.Shape.Columns == 0)
                throw new ArgumentException($"rows of {x.Shape} are empty and have no largest number");
            Tape tape = Tape.Of(x);
            Indices index = tape.Arena.AllocateIndices(x.Shape.Rows);
            Tensor y = tape.Arena.Allocate(new Shape(x.Shape.Rows, 1));
            tape.Device.MaxOfColumns(x, y, index);
            return tape.Record(columnRule, y, x, attributes: new Attributes { Indices = index });
        }
    }

    static Tensor FromColumns(Tensor x, Indices index)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Allocate(new Shape(x.Shape.Rows, 1));
        tape.Device.GatherColumns(x, index, y);
        return tape.Record(columnRule, y, x, attributes: new Attributes { Indices = index });
    }

    internal static Tensor IntoColumns(Tensor x, Indices index, Shape shape)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Allocate(shape);
        tape.Device.ScatterColumns(x, index, y);
        return tape.Record(intoColumnsRule, y, x, attributes: new Attributes { Indices = index });
    }

    static Tensor FromRows(Tensor x, Indices index)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Allocate(new Shape(index.Count, x.Shape.Columns));
        tape.Device.GatherRows(x, index, y);
        return tape.Record(rowRule, y, x, attributes: new Attributes { Indices = index });
    }

    static Tensor IntoRows(Tensor x, Indices index, Shape shape)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Allocate(shape);
        tape.Device.ScatterRows(x, index, y);
        return tape.Record(intoRowsRule, y, x, attributes: new Attributes { Indices = index });
    }

    static readonly ColumnRule columnRule = new();
    static readonly IntoColumnsRule intoColumnsRule = new();
    static readonly RowRule rowRule = new();
    static readonly IntoRowsRule intoRowsRule = new();

    sealed class ColumnRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], IntoColumns(g, node.Attributes.Indices, node.Inputs[0].Shape));
    }

    sealed class IntoColumnsRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], FromColumns(g, node.Attributes.Indices));
    }

    sealed class RowRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], IntoRows(g, node.Attributes.Indices, node.Inputs[0].Shape));
    }

    sealed class IntoRowsRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], FromRows(g, node.Attributes.Indices));
    }

    /// <summary>Refuses indices of which one names none of so many rows or columns.</summary>
    internal static void RequireWithin(Tape tape, Indices index, int count, string what, Shape shape)
    {
        if (index.Count == 0)
            return;
        tape.Require(index);
        int wrong = tape.Device.FirstOutside(index, 0, count);
        if (wrong >= 0)
        {
            throw new ArgumentException(
                $"index {At(index, wrong)} at place {wrong} names none of the {count} {what} of {shape}");
        }
    }

    /// <summary>One index, read for a message.</summary>
    internal static int At(Indices index, int place) => index.Slice(place, 1).ToArray()[0];
}
