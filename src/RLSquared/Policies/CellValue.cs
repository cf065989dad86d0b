using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Policies;

/// <summary>
/// A value that is read from a table of cells, of which it needs two things: the present state's cells and, where there
/// are several states, all that is known. Both are means:
/// <code>
///   here     = mean over a of tanh(y[a] + G g[a])
///   anywhere = mean over all cells of tanh(P cell + Q g + p)
///   v        = w · tanh(M (here, anywhere, clock) + m)             or, with one state, w · tanh(M here + m)
/// </code>
/// where g is what only the simulator knows of an action, if the value is privileged; of cells elsewhere, what it was
/// at their last visit. The mean over all cells costs no more than one cell, because a step changes only one.
/// </summary>
sealed class CellValue : ValueFunction
{
    readonly CellTable table;
    readonly Linear mix, head;
    readonly Linear? anywhere, anywhereGap;
    readonly Parameter? gap;
    readonly int actions;

    public CellValue(ParameterSet parameters, CellTable table, int actions, bool privileged, RandomKey random)
    {
        (this.table, this.actions) = (table, actions);
        int H = table.H, width = H;
        var noBias = new LinearOptions { Bias = false };
        if (privileged)
            gap = new Linear(parameters, "value.gap", 1, H, random, noBias).Weight;
        if (table.Count > actions)
        {
            anywhere = new Linear(parameters, "value.anywhere", H, H, random);
            anywhereGap = privileged ? new Linear(parameters, "value.anywhere_gap", 1, H, random, noBias) : null;
            width = 2 * H + CellTable.ClockWidth;
        }
        mix = new Linear(parameters, "value.mix", width, H, random);
        head = new Linear(parameters, "value.head", H, 1, random, gain: 0.01f);
    }

    public override Tensor Forward(Tape tape, SequenceInput input, SequenceInput valueInput)
    {
        int rows = input.T * input.B;
        Tensor gaps = gap is null ? default
            : valueInput.Dense.Reshape(new Shape(rows, valueInput.DenseWidth))
                .SliceColumns(input.DenseWidth, actions).Reshape(new Shape(rows * actions));
        CellContents cells = table.Forward(tape, input, gaps, gap is null ? default : tape.Watch(gap));
        Tensor here = cells.Shown.SumIntoRows(cells.Rows, rows) * (1f / actions);               // [T · B, H]
        Tensor known = anywhere is null ? here
            : Tensor.Concatenate(here, Anywhere(tape, input, cells, gaps), cells.Clock);
        return head.Forward(mix.Forward(known).Tanh()).Reshape(new Shape(input.T, input.B, 1));
    }

    // The mean over all cells, [T · B, H]: step 0 writes all of them, every other step replaces one of K.
    Tensor Anywhere(Tape tape, SequenceInput input, CellContents cells, Tensor gaps)
    {
        int T = input.T, B = input.B, rows = T * B, G = input.Groups;
        Tensor contents = anywhere!.Forward(cells.Written);
        if (anywhereGap is not null)
        {
            Tensor visited = tape.Arena.Zeros(new Shape(rows, 1));                              // g of the visited cell
            ReadOnlySpan<int> indices = input.Indices.Span;
            Span<float> gapOfVisited = visited.Span, gapOfAll = gaps.Span;
            for (int row = B; row < rows; row++)
            {
                int action = indices[row * G + G - 1] - table.FirstAction;
                gapOfVisited[row] = gapOfAll[(row - B) * actions + action];
            }
            contents += anywhereGap.Forward(tape.Constant(visited));
        }
        contents = contents.Tanh();
        Indices replaced = tape.Arena.AllocateIndices(rows);
        Tensor share = tape.Arena.Allocate(new Shape(rows, 1)), gone = tape.Arena.Allocate(new Shape(rows, 1));
        TensorPrimitives.Max(cells.Sources.Span, 0, replaced.Span);
        Span<float> shares = share.Span, shareGone = gone.Span;
        shares.Fill(1f / table.Count);
        shareGone.Fill(1f / table.Count);
        shares[..B].Fill(1);
        shareGone[..B].Clear();
        Tensor change = contents * tape.Constant(share) - contents.GatherRows(replaced) * tape.Constant(gone);
        return change.Reshape(new Shape(T, B, table.H)).RunningSum().Reshape(new Shape(rows, table.H));
    }
}
