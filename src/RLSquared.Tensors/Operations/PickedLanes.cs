namespace RLSquared.Tensors;

/// <summary>
/// Some lanes of a rollout [T, N, …]: the trials of a minibatch, all of their steps. A lane may be picked twice.
/// </summary>
public static class PickedLanes
{
    extension(Tensor x)
    {
        /// <summary>y[t, b, :] = x[t, lanes[b], :] for the first steps, [steps, lanes picked, W].</summary>
        /// <param name="lanes">Which lanes, 0 to N − 1.</param>
        /// <param name="steps">How many steps; 0 for all T.</param>
        /// <exception cref="ArgumentException">x is not [T, N, W], or an index names no lane.</exception>
        public Tensor PickLanes(Indices lanes, int steps = 0)
        {
            Tape tape = Tape.Of(x);
            steps = StepsOf(x.Shape, steps);
            Gathering.RequireWithin(tape, lanes, x.Shape[1], "lanes", x.Shape);
            Tensor y = tape.Arena.Allocate(new Shape(steps, lanes.Count, x.Shape[2]));
            tape.Device.PickLanes(x.Address, y.Address, steps, x.Shape[1], x.Shape[2] * sizeof(float), lanes);
            return tape.Record(pickRule, y, x, attributes: new Attributes { Indices = lanes });
        }
    }

    extension(Indices x)
    {
        /// <summary>The same for whole numbers [T, N, W], of which [steps, lanes picked, W] are given.</summary>
        /// <param name="tape">Where they are put.</param>
        /// <param name="laneCount">N.</param>
        /// <param name="width">W, numbers per lane and step.</param>
        /// <param name="lanes">Which lanes, 0 to N − 1.</param>
        /// <param name="steps">How many steps.</param>
        public Indices PickLanes(Tape tape, int laneCount, int width, Indices lanes, int steps)
        {
            ArgumentNullException.ThrowIfNull(tape);
            var shape = new Shape(steps, laneCount, width);
            if (x.Count < shape.Count)
                throw new ArgumentException($"{x.Count} indices are not {shape}");
            Gathering.RequireWithin(tape, lanes, laneCount, "lanes", shape);
            Indices y = tape.Arena.AllocateIndices(checked(steps * lanes.Count * width));
            if (y.Count > 0)
            {
                tape.Require(x);
                tape.Device.PickLanes(x.Address, y.Address, steps, laneCount, (long)width * sizeof(int), lanes);
            }
            return y;
        }
    }

    extension(Images x)
    {
        /// <summary>The same for images [T, N], of which [steps, lanes picked] are given.</summary>
        /// <param name="tape">Where they are put.</param>
        /// <param name="laneCount">N.</param>
        /// <param name="lanes">Which lanes, 0 to N − 1.</param>
        /// <param name="steps">How many steps.</param>
        public Images PickLanes(Tape tape, int laneCount, Indices lanes, int steps)
        {
            ArgumentNullException.ThrowIfNull(tape);
            if (x.Count < (long)steps * laneCount)
                throw new ArgumentException($"{x.Count} images are not [{steps}, {laneCount}]");
            Gathering.RequireWithin(tape, lanes, laneCount, "lanes", new Shape(steps, laneCount));
            var y = Images.Allocate(tape.Arena, checked(steps * lanes.Count), x.Height, x.Width, x.Channels);
            if (y.Count > 0)
            {
                tape.Require(x.Memory);
                tape.Device.PickLanes(x.Address, y.Address, steps, laneCount, x.Size, lanes);
            }
            return y;
        }
    }

    // The transpose: what each picked lane got goes back to it, and adds up where a lane was picked twice.
    static Tensor PutLanes(Tensor g, Indices lanes, Shape shape)
    {
        Tape tape = Tape.Of(g);
        int steps = g.Shape[0], N = shape[1], W = shape[2];
        Tensor y = tape.Arena.Zeros(shape);
        for (int t = 0; t < steps; t++)
        {
            tape.Device.ScatterRows(g.RowsFrom((long)t * lanes.Count, new Shape(lanes.Count, W)), lanes,
                y.RowsFrom((long)t * N, new Shape(N, W)));
        }
        return tape.Record(putRule, y, g, attributes: new Attributes { Indices = lanes });
    }

    static int StepsOf(Shape shape, int steps)
    {
        if (shape.Rank != 3)
            throw new ArgumentException($"lanes are picked from [T, N, W], not from {shape}");
        if (steps < 0 || steps > shape[0])
            throw new ArgumentOutOfRangeException(nameof(steps), steps, $"{shape} has 0 to {shape[0]} steps");
        return steps == 0 ? shape[0] : steps;
    }

    static readonly PickRule pickRule = new();
    static readonly PutRule putRule = new();

    sealed class PickRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], PutLanes(g, node.Attributes.Indices, node.Inputs[0].Shape));
    }

    sealed class PutRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], g.PickLanes(node.Attributes.Indices, node.Inputs[0].Shape[0]));
    }
}
