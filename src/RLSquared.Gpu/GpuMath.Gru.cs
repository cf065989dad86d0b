namespace RLSquared.Gpu;

/// <summary>
/// A gated recurrent unit over T steps of B rows, as addresses; 0 for what is missing. Input rows have G one-hot groups
/// and D plain numbers, which use the last D of the I rows of W [I, 3H]. Sources [T, B] say from which earlier row each
/// goes on, if not from the same row of the step before.
/// </summary>
readonly record struct GruShape(int T, int B, int H, int I, int G, int D, bool Relu)
{
    /// <summary>Plain numbers of more than this width are multiplied as a matrix.</summary>
    public bool IsWide => D > 8;

    /// <summary>
    /// Units that step at once: of the same shape, on the same input, and all that a unit has lies this far after what
    /// the one before it has, in numbers.
    /// </summary>
    public int Units { get; init; } = 1;

    /// <summary>From a weight of one unit to that of the next.</summary>
    public long WeightStride { get; init; }

    /// <summary>From gates to gates.</summary>
    public long GateStride { get; init; }

    /// <summary>From hidden states, and their slopes, to those of the next unit.</summary>
    public long StateStride { get; init; }
}

readonly record struct GruPlaces(
    nint Indices, nint Dense, nint InputWeight, nint HiddenWeight, nint Bias, nint Initial, nint Sources);

/// <summary>
/// Where backward puts its results; 0 for what is not wanted. Initial is always there, and is carried in.
/// </summary>
readonly record struct GruGradientPlaces(
    nint Dense, nint InputWeight, nint HiddenWeight, nint Bias, nint Initial);

// A gated recurrent unit over a sequence: per step one product and one kernel; its weights' gradients as one product
// over all steps.
sealed partial class GpuMath
{
    /// <summary>
    /// Hidden states [T, B, H] and gates [T, B, 4H], or [1, B, 4H] where they are not kept; goneOnFrom [T, B, H] where
    /// there are sources; product [B, 3H] where the input is wide.
    /// </summary>
    public void GruForward(
        in GruShape shape, in GruPlaces gru, bool keep, nint gates, nint goneOnFrom, nint product, nint hidden)
    {
        long step = (long)shape.B * shape.H * Float;
        nint previous = gru.Initial;
        for (int t = 0; t < shape.T; t++)
        {
            nint next = hidden + (nint)(t * step);
            if (gru.Sources != 0)
            {
                previous = goneOnFrom + (nint)(t * step);
                GatherRows(shape.B, shape.H, hidden, gru.Sources + (nint)((long)t * shape.B * sizeof(int)), previous);
            }
            GruStep(in shape, in gru, t, previous, gates + (keep ? (nint)(4 * t * step) : 0), product, next);
            previous = next;
        }
    }

    /// <summary>One step, number t of the input, from previous [B, H] (0 for zeros) to hidden; gates [B, 4H].</summary>
    public void GruStep(
        in GruShape shape, in GruPlaces gru, int t, nint previous, nint gates, nint product, nint hidden)
    {
        (int B, int H, int I, int G, int D, bool relu) = (shape.B, shape.H, shape.I, shape.G, shape.D, shape.Relu);
        nint indices = gru.Indices == 0 ? 0 : gru.Indices + (nint)((long)t * B * G * sizeof(int));
        nint dense = gru.Dense == 0 ? 0 : gru.Dense + (nint)((long)t * B * D * Float);
        if (previous != 0)
        {
            Multiply(Batched(in shape, new ProductShape(false, false, B, 3 * H, H, H, 3 * H, 4 * H)
            {
                StrideA = shape.StateStride,
                StrideB = shape.WeightStride,
                StrideY = shape.GateStride,
            }), previous, gru.HiddenWeight, gates + H * Float);
        }
        bool wide = shape.IsWide;
        if (wide)
        {
            Multiply(Batched(in shape, new ProductShape(false, false, B, 3 * H, D, D, 3 * H, 3 * H)
            {
                StrideB = shape.WeightStride,
                StrideY = 3L * B * H,
            }), dense, gru.InputWeight + (nint)((long)(I - D) * 3 * H * Float), product);
        }
        Launch(Kernel.GruForward, Groups(in shape),
            [relu, B, H, G, wide ? 0 : D, I - D, shape.WeightStride, shape.GateStride, shape.StateStride, indices,
                dense, gru.InputWeight, wide ? product : 0, gru.Bias,
                previous, gates, hidden]);
    }

    /// <summary>
    /// Gradients from g = dL/d(hidden) [T, B, H], which is changed where there are sources; the gates are used up.
    /// Rows is room for the input rows written out, [T · B, I].
    /// </summary>
    public void GruBackward(in GruShape shape, in GruPlaces gru, nint hidden, nint gates, nint goneOnFrom, nint g,
        bool wantsInitial, nint rows, in GruGradientPlaces to)
    {
        (int T, int B, int H, bool relu) = (shape.T, shape.B, shape.H, shape.Relu);
        long step = (long)B * H * Float;
        nint carry = to.Initial;
        bool addressed = gru.Sources != 0;
        for (int t = T - 1; t >= 0; t--)
        {
            nint previous = addressed ? goneOnFrom + (nint)(t * step)
                : t > 0 ? hidden + (nint)((t - 1) * step) : gru.Initial;
            nint gate = gates + (nint)(4 * t * step);
            Launch(Kernel.GruBackward, Groups(in shape),
                [relu, addressed || t == T - 1, Count((long)B * H), H, shape.GateStride, shape.StateStride, previous,
                    gate, g + (nint)(t * step), carry]);
            if (t > 0 || wantsInitial)
            {
                Multiply(Batched(in shape, new ProductShape(false, true, B, H, 3 * H, 4 * H, 3 * H, H, Add: true)
                {
                    StrideA = shape.GateStride,
                    StrideB = shape.WeightStride,
                    StrideY = (long)B * H,
                }), gate + H * Float, gru.HiddenWeight, carry);
            }
            if (addressed)
                AddToRows(B, H, carry, gru.Sources + (nint)((long)t * B * sizeof(int)), g);
        }

        if (to.InputWeight != 0)
        {
            Launch(Kernel.SpreadInput, Groups(Count((long)T * B * shape.I)),
                [T * B, shape.I, shape.G, shape.D, gru.Indices, gru.Dense, rows]);
        }
        for (int unit = 0; unit < shape.Units; unit++)
        {
            nint ofWeights = (nint)(unit * shape.WeightStride * Float);
            nint ofStates = (nint)(unit * shape.StateStride * Float);
            GruPlaces own = gru with
            {
                InputWeight = gru.InputWeight + ofWeights,
                Initial = gru.Initial == 0 ? 0 : gru.Initial + ofStates,
            };
            WeightGradients(in shape, in own, hidden + ofStates, gates + (nint)(unit * shape.GateStride * Float),
                goneOnFrom, rows, new GruGradientPlaces(to.Dense, After(to.InputWeight, ofWeights),
                    After(to.HiddenWeight, ofWeights), After(to.Bias, ofWeights), 0));
        }

        static nint After(nint address, nint bytes) => address == 0 ? 0 : address + bytes;
    }

    // Gates hold c | z | r | q, the gradients of the sums that went into them; rows are the input rows written out.
    void WeightGradients(in GruShape shape, in GruPlaces gru, nint hidden, nint gates, nint goneOnFrom, nint rows,
        in GruGradientPlaces to)
    {
        (int T, int B, int H, int I, int D) = (shape.T, shape.B, shape.H, shape.I, shape.D);
        long step = (long)B * H * Float;
        int all = T * B;
        nint ofC = gates, ofZ = gates + H * Float;
        if (to.Bias != 0)
        {
            nint sums = KeptScratch(4 * H * Float);
            SumOfRows(all, 4 * H, 4 * H, gates, sums);
            accelerator.Copy(sums + H * Float, to.Bias, 2 * H * Float);
            accelerator.Copy(sums, to.Bias + 2 * H * Float, H * Float);
            accelerator.Copy(sums + 3 * H * Float, to.Bias + 3 * H * Float, H * Float);
        }
        if (to.HiddenWeight != 0 && gru.Sources != 0)
        {
            Product(new ProductShape(true, false, H, 3 * H, all, H, 4 * H, 3 * H), goneOnFrom, ofZ, to.HiddenWeight);
        }
        else if (to.HiddenWeight != 0)
        {
            if (T > 1)
            {
                Product(new ProductShape(true, false, H, 3 * H, all - B, H, 4 * H, 3 * H), hidden,
                    ofZ + (nint)(4 * step), to.HiddenWeight);
            }
            else
            {
                accelerator.Clear(to.HiddenWeight, 3L * H * H * Float);
            }
            if (gru.Initial != 0)
            {
                Multiply(new ProductShape(true, false, H, 3 * H, B, H, 4 * H, 3 * H, Add: true), gru.Initial, ofZ,
                    to.HiddenWeight);
            }
        }
        if (to.InputWeight != 0)
        {
            // The rows of W in the order z | r | c: two products, since c stands before z here.
            nint ofGates = KeptScratch((long)I * 3 * H * Float);
            Product(new ProductShape(true, false, I, 3 * H, all, I, 4 * H, 3 * H), rows, ofC, ofGates);
            CopyColumns(I, 2 * H, 3 * H, H, 3 * H, 0, ofGates, to.InputWeight);
            CopyColumns(I, H, 3 * H, 0, 3 * H, 2 * H, ofGates, to.InputWeight);
        }
        if (to.Dense != 0)
        {
            nint weights = gru.InputWeight + (nint)((long)(I - D) * 3 * H * Float);
            Multiply(new ProductShape(false, true, all, D, 2 * H, 4 * H, 3 * H, D), ofZ, weights, to.Dense);
            Multiply(new ProductShape(false, true, all, D, H, 4 * H, 3 * H, D, Add: true), ofC,
                weights + 2 * H * Float, to.Dense);
        }
    }

    (int, int, int) Groups(in GruShape shape) =>
        (Groups(Count((long)shape.B * shape.H)).Item1, shape.Units, 1);

    static ProductShape Batched(in GruShape shape, ProductShape product) => product with { Batch = shape.Units };
}
