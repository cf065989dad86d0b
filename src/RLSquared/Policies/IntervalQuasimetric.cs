using System.Buffers;
using RLSquared.Tensors;

namespace RLSquared.Policies;

/// <summary>
/// A distance that need not be the same both ways and obeys the triangle inequality whatever the weights are: the
/// interval quasimetric embedding (Wang and Isola 2022). Places are k groups of l numbers. In each group the distance
/// from x to y is the length of the union of the intervals from x_j to y_j, where y_j is the larger; all groups give
/// <code>
///   d(x, y) = α mean over groups + (1 − α) max over groups,       α learned, from 0 to 1
/// </code>
/// </summary>
sealed class IntervalQuasimetric
{
    readonly Parameter mix;
    readonly int width, size;

    /// <summary>Adds <c>{name}.mix</c>, the logit of α.</summary>
    /// <param name="parameters">Where to add it.</param>
    /// <param name="name">Such as <c>metric</c>.</param>
    /// <param name="width">k · l, the numbers of a place.</param>
    /// <param name="size">l, the numbers of a group.</param>
    /// <exception cref="OptionException">Places cannot be cut into such groups.</exception>
    public IntervalQuasimetric(ParameterSet parameters, string name, int width, int size)
    {
        if (width % size != 0)
        {
            throw new OptionException("latent",
                $"latent {width} cannot be cut into groups of {size}; {(width / size + 1) * size} can");
        }
        (this.width, this.size) = (width, size);
        mix = parameters.Add($"{name}.mix", new Shape(1));
    }

    /// <summary>d(x, y) of each row, [B, 1].</summary>
    /// <param name="from">x, [B, k · l].</param>
    /// <param name="to">y, [B, k · l].</param>
    public Tensor Distance(Tensor from, Tensor to)
    {
        Tape tape = Tape.Of(from, to);
        int B = from.Shape.Rows, groups = width / size;
        Tensor high = Tensor.Max(from, to);
        (Tensor starts, Tensor ends) = Edges(tape, from, high);
        // Which ends of intervals are those of the union is constant between meetings of ends, so that this has the
        // gradient of the length of the union.
        Tensor lengths = (high * ends - from * starts).Reshape(new Shape(B * groups, size)).SumOfColumns()
            .Reshape(new Shape(B, groups));                                                        // [B, k]
        Tensor alpha = tape.Watch(mix).Sigmoid();                                                  // [1]
        Tensor largest = lengths.MaxOfColumns();
        return largest + (lengths.SumOfColumns() * (1f / groups) - largest) * alpha;
    }

    /// <summary>From now on, until the tape's next step, no gradient flows to the weight.</summary>
    public void Hold(Tape tape) => tape.Bind(mix, tape.Constant(mix.Value));

    // Ones where an interval begins or ends a piece of the union, [B, k · l] each.
    (Tensor Starts, Tensor Ends) Edges(Tape tape, Tensor low, Tensor high)
    {
        int count = (int)low.Shape.Count;
        float[] lows = ArrayPool<float>.Shared.Rent(count), highs = ArrayPool<float>.Shared.Rent(count);
        float[] starts = ArrayPool<float>.Shared.Rent(count), ends = ArrayPool<float>.Shared.Rent(count);
        low.CopyTo(lows.AsSpan(0, count));
        high.CopyTo(highs.AsSpan(0, count));
        starts.AsSpan(0, count).Clear();
        ends.AsSpan(0, count).Clear();
        Span<int> order = stackalloc int[size];
        for (int first = 0; first < count; first += size)
        {
            Mark(lows.AsSpan(first, size), highs.AsSpan(first, size),
                starts.AsSpan(first, size), ends.AsSpan(first, size), order);
        }
        Tensor begin = tape.Constant(low.Shape, starts.AsSpan(0, count));
        Tensor end = tape.Constant(low.Shape, ends.AsSpan(0, count));
        ArrayPool<float>.Shared.Return(lows);
        ArrayPool<float>.Shared.Return(highs);
        ArrayPool<float>.Shared.Return(starts);
        ArrayPool<float>.Shared.Return(ends);
        return (begin, end);
    }

    /// <summary>Marks the ends of the pieces of a union of intervals; empty intervals are none of it.</summary>
    /// <param name="low">Where intervals begin, [l].</param>
    /// <param name="high">Where they end, [l].</param>
    /// <param name="starts">Receives 1 where one begins a piece, else stays 0, [l].</param>
    /// <param name="ends">Receives 1 where one ends a piece, else stays 0, [l].</param>
    /// <param name="order">Memory, [l].</param>
    internal static void Mark(
        ReadOnlySpan<float> low, ReadOnlySpan<float> high, Span<float> starts, Span<float> ends, Span<int> order)
    {
        int count = 0;
        for (int j = 0; j < low.Length; j++)
        {
            if (high[j] <= low[j])
                continue;
            int place = count++;
            for (; place > 0 && low[order[place - 1]] > low[j]; place--)
                order[place] = order[place - 1];
            order[place] = j;
        }
        int last = -1;                                              // the interval that reaches farthest so far
        for (int n = 0; n < count; n++)
        {
            int j = order[n];
            if (last < 0 || low[j] > high[last])
            {
                if (last >= 0)
                    ends[last] = 1;
                starts[j] = 1;
                last = j;
            }
            else if (high[j] > high[last])
            {
                last = j;
            }
        }
        if (last >= 0)
            ends[last] = 1;
    }
}
