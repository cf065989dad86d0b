using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Gpu;

public sealed partial class GpuDevice
{
    internal override void TanhOfRows(Tensor a, Indices i, Tensor b, Indices j, Tensor s, Tensor c, Tensor y) =>
        math.TanhOfRows(y.Shape.Rows, y.Shape.Columns, a.Address, i.Address, b.Address, j.Address, s.AddressOrNone,
            c.AddressOrNone, y.Address);

    internal override void TanhOfRowsGradient(
        Tensor y, Tensor g, Indices i, Indices j, Tensor s, Tensor da, Tensor db, Tensor dc) =>
        math.TanhOfRowsGradient(y.Shape.Rows, y.Shape.Columns, y.Address, g.Address, i.Address, j.Address,
            s.AddressOrNone, da.Shape.Rows, da.Address, db.Shape.Rows, db.Address, dc.AddressOrNone);

    internal override void FilterForward(
        in Window window, Tensor x, Images bytes, Tensor weight, Tensor bias, Arena scratch, Tensor y)
    {
        int rows = window.Images * window.PlacesDown * window.PlacesAcross, F = weight.Shape.Columns;
        nint columns = Columns(in window, x, bytes, scratch);
        math.Product(new ProductShape(false, false, rows, F, window.Seen, window.Seen, F, F), columns, weight.Address,
            y.Address);
        math.AddBiasRelu(rows, F, bias.Address, y.Address);
    }

    internal override void FilterBackward(in Window window, Tensor x, Images bytes, Tensor weight, Tensor y, Tensor g,
        Arena scratch, Tensor dweight, Tensor dbias, Tensor dx)
    {
        int rows = window.Images * window.PlacesDown * window.PlacesAcross, F = weight.Shape.Columns;
        nint columns = Columns(in window, x, bytes, scratch);
        Tensor slope = scratch.Allocate(new Shape(rows, F));
        math.MapGradient((int)Function.Relu, Count(slope), y.Address, g.Address, slope.Address);
        math.Product(new ProductShape(true, false, window.Seen, F, rows, window.Seen, F, F), columns, slope.Address,
            dweight.Address);
        math.SumOfRows(rows, F, F, slope.Address, dbias.Address);
        if (!dx.Exists)
            return;
        math.Product(new ProductShape(false, true, rows, window.Seen, F, F, F, window.Seen), slope.Address,
            weight.Address, columns);
        Clear(dx.Address, Count(dx) * sizeof(float));
        math.ColumnsToImage(channelsLast: true, Convert(in window), columns, dx.Address);
    }

    nint Columns(in Window window, Tensor x, Images bytes, Arena scratch)
    {
        int size = window.Height * window.Width * window.Channels;
        nint images = x.AddressOrNone;
        if (!x.Exists)
        {
            images = scratch.Allocate(new Shape(window.Images, size)).Address;
            math.FromBytes((long)window.Images * size, bytes.Address, images);
        }
        int rows = window.Images * window.PlacesDown * window.PlacesAcross;
        Tensor columns = scratch.Allocate(new Shape(rows, window.Seen));
        math.ImageToColumns(channelsLast: true, Convert(in window), images, columns.Address);
        return columns.Address;
    }

    internal override void GruForward(
        in GruOperands gru, Arena scratch, Tensor gates, Tensor previous, Tensor hidden)
    {
        GruShape shape = ShapeOf(in gru);
        nint product = shape.IsWide ? scratch.Allocate(new Shape(shape.B, 3 * shape.H)).Address : 0;
        GruPlaces places = PlacesOf(in gru);
        math.GruForward(in shape, in places, gates.Shape[0] == shape.T, gates.Address, previous.AddressOrNone, product,
            hidden.Address);
    }

    internal override void GruBackward(in GruOperands gru, Arena scratch, Tensor hidden, Tensor gates, Tensor previous,
        Tensor g, in GruGradients gradients)
    {
        GruShape shape = ShapeOf(in gru);
        GruPlaces places = PlacesOf(in gru);
        nint slopes = g.Address;
        if (gru.IsAddressed)
        {
            // Rows that are gone on from get more slope than what came from outside.
            slopes = scratch.Allocate(g.Shape).Address;
            Copy(g.Address, slopes, Count(g) * sizeof(float));
        }
        nint rows = gradients.InputWeight.Exists
            ? scratch.Allocate(new Shape(shape.T * shape.B, shape.I)).Address : 0;
        math.GruBackward(in shape, in places, hidden.Address, gates.Address, previous.AddressOrNone, slopes,
            gru.Initial.IsDifferentiable, rows, new GruGradientPlaces(gradients.Dense.AddressOrNone,
                gradients.InputWeight.AddressOrNone, gradients.HiddenWeight.AddressOrNone,
                gradients.Bias.AddressOrNone, gradients.Initial.Address));
    }

    static GruShape ShapeOf(in GruOperands gru) => new(gru.Input.T, gru.Input.B, gru.HiddenWeight.Shape.Rows,
        gru.InputWeight.Shape.Rows, gru.Input.Groups, gru.Input.DenseWidth, gru.Relu);

    static GruPlaces PlacesOf(in GruOperands gru) => new(
        AddressOf(gru.Input.Indices), gru.Input.Dense.AddressOrNone, gru.InputWeight.Address, gru.HiddenWeight.Address,
        gru.Bias.Address, gru.Initial.AddressOrNone, AddressOf(gru.Sources));

    static nint AddressOf(Indices indices) => indices.Count > 0 ? indices.Address : 0;

    internal override void GruStep(
        PackedGru weights, in SequenceInput input, Tensor previous, Arena scratch, Tensor hidden)
    {
        int H = weights.Hidden;
        var shape = new GruShape(1, input.B, H, weights.InputWeight.Shape.Rows, input.Groups, input.DenseWidth,
            weights.Relu);
        var places = new GruPlaces(AddressOf(input.Indices), input.Dense.AddressOrNone, weights.InputWeight.Address,
            weights.HiddenWeight.Address, weights.Bias.Address, 0, 0);
        nint gates = scratch.Allocate(new Shape(input.B, 4 * H)).Address;
        nint product = shape.IsWide ? scratch.Allocate(new Shape(input.B, 3 * H)).Address : 0;
        math.GruStep(in shape, in places, 0, previous.AddressOrNone, gates, product, hidden.Address);
    }

    internal override void Adam(in AdamConstants constants, Tensor g, Tensor m, Tensor v, Tensor w) =>
        math.Adam(constants.Beta1, constants.Beta2, constants.Step, constants.Correction, constants.Epsilon,
            constants.Keep, Count(g), g.Address, m.Address, v.Address, w.Address);

    internal override void BatchedProduct(bool transposeA, bool transposeB, Tensor a, Tensor b, Tensor y)
    {
        (int G, int M, int N) = (y.Shape[0], y.Shape[1], y.Shape[2]);
        int K = transposeA ? a.Shape[1] : a.Shape[2];
        math.Product(new ProductShape(transposeA, transposeB, M, N, K, a.Shape[2], b.Shape[2], N)
        {
            Batch = G,
            StrideA = (long)a.Shape[1] * a.Shape[2],
            StrideB = (long)b.Shape[1] * b.Shape[2],
            StrideY = (long)M * N,
        }, a.Address, b.Address, y.Address);
    }

    internal override void MaskedSoftmax(bool causal, Tensor x, Tensor mask, Tensor y)
    {
        (int G, int T, int S) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        math.MaskedSoftmax(causal, S - T, G, T, S, 1, x.Address, mask.AddressOrNone, y.Address);
    }

    internal override void Rotary(bool inverse, Tensor x, Tensor cosines, Tensor sines, Tensor y) =>
        math.Rotary(inverse, x.Shape[0] * x.Shape[1], 1, x.Shape[2], x.Shape[1], 0, cosines.Address, sines.Address,
            x.Address, y.Address);

    internal override void RmsNormalise(Tensor x, Tensor gain, float epsilon, Tensor y, Tensor scale) =>
        math.RmsNormalise(x.Shape.Rows, x.Shape.Columns, epsilon, x.Address, gain.Address, y.Address, scale.Address);

    internal override void RmsNormaliseGradient(
        Tensor x, Tensor gain, Tensor scale, Tensor g, Tensor dx, Tensor dgain) =>
        math.NormaliseGradient(x.Shape.Rows, x.Shape.Columns, x.Address, gain.Address, 0, scale.Address, g.Address,
            dx.Address, dgain.Address, 0);

    internal override void SelectedLogProbability(Tensor logits, Indices selected, Tensor y) =>
        math.SelectedLogProbability(
            logits.Shape.Rows, logits.Shape.Columns, logits.Address, selected.Address, y.Address, 0);

    internal override void SelectedLogProbabilityGradient(Tensor logits, Indices selected, Tensor g, Tensor dlogits) =>
        math.SelectedLogProbabilityGradient(logits.Shape.Rows, logits.Shape.Columns, logits.Address, selected.Address,
            g.Address, dlogits.Address);

    void IBanditDevice.BeginArms(ulong seed, ulong firstTrial, Tensor means, Indices pulled) =>
        math.BeginBandits(
            means.Shape.Rows, means.Shape.Columns, seed, firstTrial, means.Address, pulled.Address);

    void IBanditDevice.PullArms(ulong seed, ulong firstTrial, Tensor means, Indices pulled, Indices chosen,
        Tensor rewards, Tensor regrets) =>
        math.PullBandits(means.Shape.Rows, means.Shape.Columns, seed, firstTrial, means.Address, pulled.Address,
            chosen.Address, rewards.Address, regrets.Address);
}
