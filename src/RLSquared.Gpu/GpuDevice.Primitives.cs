using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Gpu;

public sealed partial class GpuDevice
{
    static long Count(Tensor x) => x.Shape.Count;

    internal override void Map(Function function, Tensor x, Tensor y) =>
        math.Map((int)function, Count(x), x.Address, y.Address);

    internal override void MapGradient(Function function, Tensor y, Tensor g, Tensor dx) =>
        math.MapGradient((int)function, Count(y), y.Address, g.Address, dx.Address);

    internal override void Zip(Combination combination, Tensor a, Tensor b, Repeat repeat, Tensor y) =>
        math.Zip((int)combination, (int)repeat, a.Shape.Columns, Count(a), a.Address, b.Address, y.Address);

    internal override void Affine(Tensor x, float scale, float shift, Tensor y) =>
        math.Affine(scale, shift, Count(x), x.Address, y.Address);

    internal override void Product(bool transposeA, bool transposeB, Tensor a, Tensor b, Tensor y)
    {
        int M = transposeA ? a.Shape.Columns : a.Shape.Rows, K = transposeA ? a.Shape.Rows : a.Shape.Columns;
        int N = transposeB ? b.Shape.Rows : b.Shape.Columns;
        math.Product(new ProductShape(transposeA, transposeB, M, N, K, a.Shape.Columns, b.Shape.Columns, N),
            a.Address, b.Address, y.Address);
    }

    internal override void Sum(Repeat axis, Tensor x, Tensor y)
    {
        (int rows, int columns) = (x.Shape.Rows, x.Shape.Columns);
        switch (axis)
        {
            case Repeat.None: Copy(x, y); break;
            case Repeat.Scalar: math.Sum(Count(x), x.Address, y.Address); break;
            case Repeat.Row: math.SumOfRows(rows, columns, columns, x.Address, y.Address); break;
            case Repeat.Column: math.SumOfColumns(rows, columns, x.Address, y.Address); break;
        }
    }

    internal override void RunningSum(bool backwards, Tensor x, Tensor y) => Recur(backwards, x, 0, y);

    internal override void LinearRecurrence(bool backwards, Tensor x, Tensor factor, Tensor y) =>
        Recur(backwards, x, factor.Address, y);

    void Recur(bool backwards, Tensor x, nint factor, Tensor y)
    {
        int steps = x.Shape[0];
        if (steps > 0)
            math.Recurrence(backwards, steps, (int)(Count(x) / steps), x.Address, factor, y.Address);
    }

    internal override void Copy(Tensor x, Tensor y) => Copy(x.Address, y.Address, Count(x) * sizeof(float));

    internal override void CopyColumns(Tensor x, int firstOfX, Tensor y, int firstOfY, int columns) => math.CopyColumns(
        x.Shape.Rows, columns, x.Shape.Columns, firstOfX, y.Shape.Columns, firstOfY, x.Address, y.Address);

    internal override void Transpose(int A, int B, int C, Tensor x, Tensor y) =>
        math.Transpose(A, B, C, x.Address, y.Address);

    internal override void GatherColumns(Tensor x, Indices index, Tensor y) =>
        math.GatherColumns(index.Count, x.Shape.Columns, x.Address, index.Address, y.Address);

    internal override void ScatterColumns(Tensor x, Indices index, Tensor y) =>
        math.ScatterColumns(index.Count, y.Shape.Columns, x.Address, index.Address, y.Address);

    internal override void GatherRows(Tensor x, Indices index, Tensor y) =>
        math.GatherRows(index.Count, x.Shape.Columns, x.Address, index.Address, y.Address);

    internal override void ScatterRows(Tensor x, Indices index, Tensor y) => math.ScatterRows(
        index.Count, x.Shape.Columns, y.Shape.Rows, x.Address, index.Address, y.Address);

    internal override void MaxOfColumns(Tensor x, Tensor y, Indices index) =>
        math.MaxOfColumns(index.Count, x.Shape.Columns, x.Address, y.Address, index.Address);

    internal override void Softmax(bool logarithm, Tensor x, Tensor y) =>
        math.Softmax(logarithm, x.Shape.Rows, x.Shape.Columns, x.Address, y.Address);

    internal override void SoftmaxGradient(bool logarithm, Tensor y, Tensor g, Tensor dx) =>
        math.SoftmaxGradient(logarithm, y.Shape.Rows, y.Shape.Columns, y.Address, g.Address, dx.Address);

    internal override void LayerNormalise(
        Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor scale) =>
        math.LayerNormalise(x.Shape.Rows, x.Shape.Columns, epsilon, x.Address, gain.Address, bias.Address, y.Address,
            mean.Address, scale.Address);

    internal override void LayerNormaliseGradient(Tensor x, Tensor gain, Tensor mean, Tensor scale, Tensor g, Tensor dx,
        Tensor dgain, Tensor dbias) =>
        math.NormaliseGradient(x.Shape.Rows, x.Shape.Columns, x.Address, gain.Address, mean.Address, scale.Address,
            g.Address, dx.Address, dgain.Address, dbias.Address);

    internal override void ImageToColumns(in Window window, Tensor images, Tensor columns) =>
        math.ImageToColumns(channelsLast: false, Convert(in window), images.Address, columns.Address);

    internal override void ColumnsToImage(in Window window, Tensor columns, Tensor images) =>
        math.ColumnsToImage(channelsLast: false, Convert(in window), columns.Address, images.Address);

    static ImageWindow Convert(in Window window) => new(window.Images, window.Channels, window.Height, window.Width,
        window.PlacesDown, window.PlacesAcross, window.KernelHeight, window.KernelWidth, window.Stride, window.Padding);

    internal override void Fill(Tensor y, float value) => math.Fill(value, Count(y), y.Address);

    internal override void Clamp(Tensor x, float low, float high, Tensor y) =>
        math.Clamp(low, high, Count(x), x.Address, y.Address);

    internal override void Widen(Images bytes, Tensor y) => math.FromBytes(Count(y), bytes.Address, y.Address);

    internal override void PickLanes(nint x, nint y, int steps, int laneCount, long recordBytes, Indices lanes) =>
        math.PickLanes(steps, laneCount, lanes.Count, recordBytes, x, lanes.Address, y);

    internal override void AddSumOfSquares(Tensor x, Tensor sum) =>
        math.SumOfSquares(Count(x), x.Address, sum.Address, add: true);

    internal override void AllFinite(Tensor x, Tensor flag) => math.AllFinite(Count(x), x.Address, flag.Address);

    internal override void LimitByNorm(Tensor x, Tensor norm, float limit) =>
        math.LimitByNorm(limit, Count(x), norm.Address, x.Address);

    internal override void LimitByElement(Tensor x, Tensor norm, float limit) =>
        math.LimitByElement(limit, Count(x), norm.Address, x.Address);

    internal override void SampleCategorical(Tensor logits, Tensor uniform, Indices actions, Tensor logProbability) =>
        math.SampleCategorical(logits.Shape.Rows, logits.Shape.Columns, logits.Address, uniform.Address,
            actions.Address, logProbability.Address);
}
