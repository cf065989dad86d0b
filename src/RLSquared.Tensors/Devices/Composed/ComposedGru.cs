namespace RLSquared.Tensors.Devices;

/// <summary>The gated recurrent unit made of primitives; the equations are at <see cref="GruCell"/>.</summary>
internal static class ComposedGru
{
    public static void Forward(Device device, in GruOperands gru, Arena scratch, Tensor gates, Tensor previous,
        Tensor hidden)
    {
        SequenceInput input = gru.Input;
        int T = input.T, B = input.B, H = gru.HiddenWeight.Shape.Rows;
        bool keep = gates.Shape[0] == T;
        Tensor x = Inputs(device, in input, gru.InputWeight, gru.Bias, scratch);
        var cell = new Cell(device, scratch, B, H, gru.HiddenWeight, gru.Bias, gru.Relu);
        for (int t = 0; t < T; t++)
        {
            Tensor from;
            if (gru.IsAddressed)
                device.GatherRows(Flat(hidden), gru.Sources.Slice(t * B, B), from = StepOf(previous, t, B));
            else
                from = t > 0 ? StepOf(hidden, t - 1, B) : InitialOr(scratch, in gru, B, H);
            cell.Forward(StepOf(x, t, B), from, StepOf(gates, keep ? t : 0, B), StepOf(hidden, t, B));
        }
    }

    public static void Step(Device device, PackedGru weights, in SequenceInput input, Tensor previous, Arena scratch,
        Tensor hidden)
    {
        int B = input.B, H = weights.Hidden;
        Tensor x = Inputs(device, in input, weights.InputWeight, weights.Bias, scratch);
        var cell = new Cell(device, scratch, B, H, weights.HiddenWeight, weights.Bias, weights.Relu);
        cell.Forward(x, previous, scratch.Allocate(new Shape(B, 4 * H)), hidden);
    }

    public static void Backward(Device device, in GruOperands gru, Arena scratch, Tensor hidden, Tensor gates,
        Tensor previous, Tensor g, in GruGradients gradients)
    {
        SequenceInput input = gru.Input;
        int T = input.T, B = input.B, H = gru.HiddenWeight.Shape.Rows, rows = T * B;
        var cell = new Cell(device, scratch, B, H, gru.HiddenWeight, gru.Bias, gru.Relu);
        // dL/d(xW + b), z | r | c, and dL/d(hU), z | r | q, of all steps.
        Tensor dx = scratch.Allocate(new Shape(rows, 3 * H)), dh = scratch.Allocate(new Shape(rows, 3 * H));
        Tensor from = scratch.Allocate(new Shape(rows, H)), outer = scratch.Allocate(new Shape(rows, H));
        device.Copy(Flat(g), outer);
        if (gru.IsAddressed)
        {
            device.Copy(Flat(previous), from);
        }
        else
        {
            device.Copy(InitialOr(scratch, in gru, B, H), StepOf(from, 0, B));
            for (int t = 1; t < T; t++)
                device.Copy(StepOf(hidden, t - 1, B), StepOf(from, t, B));
        }
        Tensor carry = gradients.Initial, sum = gru.IsAddressed ? scratch.Allocate(outer.Shape) : default;
        for (int t = T - 1; t >= 0; t--)
        {
            if (gru.IsAddressed)
                device.Fill(carry, 0);
            cell.Backward(StepOf(from, t, B), StepOf(gates, t, B), StepOf(outer, t, B), carry,
                StepOf(dx, t, B), StepOf(dh, t, B));
            if (!gru.IsAddressed)
                continue;
            device.ScatterRows(carry, gru.Sources.Slice(t * B, B), sum);
            device.Zip(Combination.Add, outer, sum, Repeat.None, outer);
        }
        if (gradients.Bias.Exists)
        {
            Tensor ofAll = scratch.Allocate(new Shape(3 * H));
            device.Sum(Repeat.Row, dx, ofAll);
            device.CopyColumns(ofAll, 0, gradients.Bias.WithShape(new Shape(4 * H)), 0, 3 * H);
            device.Sum(Repeat.Row, dh, ofAll);
            device.CopyColumns(ofAll, 2 * H, gradients.Bias.WithShape(new Shape(4 * H)), 3 * H, H);
        }
        if (gradients.HiddenWeight.Exists)
            device.Product(true, false, from, dh, gradients.HiddenWeight);
        OfInputs(device, in gru, scratch, dx, in gradients);
    }

    static void OfInputs(Device device, in GruOperands gru, Arena scratch, Tensor dx, in GruGradients gradients)
    {
        SequenceInput input = gru.Input;
        int D = input.DenseWidth, I = gru.InputWeight.Shape.Rows, wide = gru.InputWeight.Shape.Columns;
        if (gradients.InputWeight.Exists)
        {
            Tensor sum = scratch.Allocate(new Shape(I, wide)), to = gradients.InputWeight.WithShape(sum.Shape);
            for (int i = 0; i < input.Groups; i++)
            {
                device.ScatterRows(dx, GroupOf(device, in input, i, scratch), sum);
                device.Zip(Combination.Add, to, sum, Repeat.None, to);
            }
            if (D > 0)
                device.Product(true, false, Flat(input.Dense), dx, to.RowsFrom(I - D, new Shape(D, wide)));
        }
        if (gradients.Dense.Exists)
            device.Product(false, true, dx, DenseRows(gru.InputWeight, D), Flat(gradients.Dense));
    }

    /// <summary>xW + b of all rows, [T · B, 3H].</summary>
    static Tensor Inputs(Device device, in SequenceInput input, Tensor weight, Tensor bias, Arena scratch)
    {
        int rows = input.T * input.B, wide = weight.Shape.Columns, H = wide / 3;
        Tensor x = scratch.Zeros(new Shape(rows, wide)), term = scratch.Allocate(x.Shape);
        device.Zip(Combination.Add, x, BiasRows(bias, H, 0, 3), Repeat.Row, x);
        if (input.DenseWidth > 0)
        {
            device.Product(false, false, Flat(input.Dense), DenseRows(weight, input.DenseWidth), term);
            device.Zip(Combination.Add, x, term, Repeat.None, x);
        }
        for (int i = 0; i < input.Groups; i++)
        {
            device.GatherRows(weight, GroupOf(device, in input, i, scratch), term);
            device.Zip(Combination.Add, x, term, Repeat.None, x);
        }
        return x;
    }

    /// <summary>The indices of one group, [T · B].</summary>
    static Indices GroupOf(Device device, in SequenceInput input, int group, Arena scratch)
    {
        int rows = input.T * input.B;
        Indices own = scratch.AllocateIndices(rows);
        device.PickLanes(input.Indices.Address, own.Address, rows, input.Groups, sizeof(int),
            scratch.CopyIndices([group]));
        return own;
    }

    static Tensor InitialOr(Arena scratch, in GruOperands gru, int B, int H) =>
        gru.Initial.Exists ? gru.Initial.WithShape(new Shape(B, H)) : scratch.Zeros(new Shape(B, H));

    static Tensor DenseRows(Tensor weight, int D) =>
        weight.RowsFrom(weight.Shape.Rows - D, new Shape(D, weight.Shape.Columns));

    static Tensor BiasRows(Tensor bias, int H, int first, int count) =>
        bias.WithShape(new Shape(4, H)).RowsFrom(first, new Shape(count, H)).WithShape(new Shape(count * H));

    static Tensor Flat(Tensor x) => x.WithShape(new Shape(x.Shape.Rows, x.Shape.Columns));

    static Tensor StepOf(Tensor x, int t, int B) => x.RowsFrom((long)t * B, new Shape(B, x.Shape.Columns));

    /// <summary>One step of B rows, with room for its parts.</summary>
    readonly struct Cell
    {
        readonly Device device;
        readonly int H;
        readonly bool relu;
        readonly Tensor U, biasOfReset, product;             // [H, 3H], [H], [B, 3H]
        readonly Tensor c, z, r, q, dc, dz, dr, dq, term;    // [B, H]

        public Cell(Device device, Arena scratch, int B, int H, Tensor U, Tensor bias, bool relu)
        {
            (this.device, this.H, this.U, this.relu) = (device, H, U, relu);
            biasOfReset = BiasRows(bias, H, 3, 1);
            product = scratch.Allocate(new Shape(B, 3 * H));
            var shape = new Shape(B, H);
            (c, z, r, q) = (scratch.Allocate(shape), scratch.Allocate(shape), scratch.Allocate(shape),
                scratch.Allocate(shape));
            (dc, dz, dr, dq) = (scratch.Allocate(shape), scratch.Allocate(shape), scratch.Allocate(shape),
                scratch.Allocate(shape));
            term = scratch.Allocate(shape);
        }

        public void Forward(Tensor x, Tensor from, Tensor gates, Tensor hidden)
        {
            device.Product(false, false, from, U, product);
            Gate(x, 0, z);
            Gate(x, H, r);
            device.CopyColumns(product, 2 * H, q, 0, H);
            device.Zip(Combination.Add, q, biasOfReset, Repeat.Row, q);
            device.CopyColumns(x, 2 * H, c, 0, H);
            device.Zip(Combination.Multiply, r, q, Repeat.None, term);
            device.Zip(Combination.Add, c, term, Repeat.None, c);
            device.Map(relu ? Function.Relu : Function.Tanh, c, c);
            device.CopyColumns(c, 0, gates, 0, H);
            device.CopyColumns(z, 0, gates, H, H);
            device.CopyColumns(r, 0, gates, 2 * H, H);
            device.CopyColumns(q, 0, gates, 3 * H, H);
            device.Zip(Combination.Subtract, from, c, Repeat.None, term);
            device.Zip(Combination.Multiply, term, z, Repeat.None, term);
            device.Zip(Combination.Add, term, c, Repeat.None, hidden);
        }

        void Gate(Tensor x, int first, Tensor gate)
        {
            device.CopyColumns(x, first, gate, 0, H);
            device.CopyColumns(product, first, term, 0, H);
            device.Zip(Combination.Add, gate, term, Repeat.None, gate);
            device.Map(Function.Sigmoid, gate, gate);
        }

        /// <summary>The carry is dL/dh' before, but for the outer part, and dL/dh after.</summary>
        public void Backward(Tensor from, Tensor gates, Tensor outer, Tensor carry, Tensor dx, Tensor dh)
        {
            device.CopyColumns(gates, 0, c, 0, H);
            device.CopyColumns(gates, H, z, 0, H);
            device.CopyColumns(gates, 2 * H, r, 0, H);
            device.CopyColumns(gates, 3 * H, q, 0, H);
            device.Zip(Combination.Add, carry, outer, Repeat.None, carry);
            device.Zip(Combination.Subtract, from, c, Repeat.None, term);
            device.Zip(Combination.Multiply, carry, term, Repeat.None, dz);
            device.MapGradient(Function.Sigmoid, z, dz, dz);
            device.Zip(Combination.Multiply, carry, z, Repeat.None, term);                      // straight to h
            device.Zip(Combination.Subtract, carry, term, Repeat.None, dc);
            device.MapGradient(relu ? Function.Relu : Function.Tanh, c, dc, dc);
            device.Zip(Combination.Multiply, dc, q, Repeat.None, dr);
            device.MapGradient(Function.Sigmoid, r, dr, dr);
            device.Zip(Combination.Multiply, dc, r, Repeat.None, dq);
            device.CopyColumns(dz, 0, dx, 0, H);
            device.CopyColumns(dr, 0, dx, H, H);
            device.CopyColumns(dc, 0, dx, 2 * H, H);
            device.CopyColumns(dz, 0, dh, 0, H);
            device.CopyColumns(dr, 0, dh, H, H);
            device.CopyColumns(dq, 0, dh, 2 * H, H);
            device.Product(false, true, dh, U, carry);
            device.Zip(Combination.Add, carry, term, Repeat.None, carry);
        }
    }
}
