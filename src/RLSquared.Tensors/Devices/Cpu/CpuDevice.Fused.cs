using System.Numerics.Tensors;

namespace RLSquared.Tensors.Devices;

internal sealed unsafe partial class CpuDevice
{
    internal override void TanhOfRows(Tensor a, Indices i, Tensor b, Indices j, Tensor s, Tensor c, Tensor y)
    {
        GatheredTanh.Rows rows = RowsOf(y, i, j, s);
        GatheredTanh.Forward(in rows, a.Data, b.Data, c.Data, y.Data);
    }

    internal override void TanhOfRowsGradient(
        Tensor y, Tensor g, Indices i, Indices j, Tensor s, Tensor da, Tensor db, Tensor dc)
    {
        GatheredTanh.Rows rows = RowsOf(y, i, j, s);
        GatheredTanh.Backward(in rows, y.Data, g.Data, da.Data, db.Data, dc.Data);
    }

    internal override void Gelu(Tensor x, Tensor y) => Elementwise.Map<GeluFunction>(x.Span, y.Span);

    internal override void GeluGradient(Tensor x, Tensor g, Tensor dx) =>
        Elementwise.Zip<GeluGradient>(x.Span, g.Span, dx.Span);

    static GatheredTanh.Rows RowsOf(Tensor y, Indices i, Indices j, Tensor s) => new()
    {
        R = y.Shape.Rows,
        H = y.Shape.Columns,
        I = i.Data,
        J = j.Data,
        S = s.Data,
    };

    internal override void FilterForward(
        in Window window, Tensor x, Images bytes, Tensor weight, Tensor bias, Arena scratch, Tensor y) =>
        FilterSweep.Forward(in window, x, bytes, weight, bias, scratch, y);

    internal override void FilterBackward(in Window window, Tensor x, Images bytes, Tensor weight, Tensor y, Tensor g,
        Arena scratch, Tensor dweight, Tensor dbias, Tensor dx) =>
        FilterSweep.Backward(in window, x, bytes, weight, y, g, scratch, dweight, dbias, dx);

    internal override void GruForward(
        in GruOperands gru, Arena scratch, Tensor gates, Tensor previous, Tensor hidden) =>
        GruSweep.Forward(in gru, scratch, gates, previous, hidden);

    internal override void GruBackward(
        in GruOperands gru, Arena scratch, Tensor hidden, Tensor gates, Tensor previous, Tensor g,
        in GruGradients gradients) => GruSweep.Backward(in gru, scratch, hidden, gates, previous, g, in gradients);

    internal override PackedGru PackGru(
        Arena arena, Tensor inputWeight, Tensor hiddenWeight, Tensor bias, int groups, int denseWidth, bool relu) =>
        new CpuPackedGru(arena, inputWeight, hiddenWeight, bias, groups, denseWidth, relu);

    internal override void GruStep(
        PackedGru weights, in SequenceInput input, Tensor previous, Arena scratch, Tensor hidden)
    {
        var packed = (CpuPackedGru)weights;
        int B = input.B, H = packed.Hidden;
        float* gates = scratch.Allocate(new Shape(B, 4 * H)).Data;
        bool wide = GruWeights.IsWide(input.Groups, input.DenseWidth);
        float* product = wide ? scratch.Allocate(new Shape(B, 3 * H)).Data : null;
        packed.Weights.Step(B, input.Indices.Data, input.Groups, input.Dense.Data, input.DenseWidth, product,
            previous.Data, gates, hidden.Data);
    }

    internal override void Adam(in AdamConstants constants, Tensor g, Tensor m, Tensor v, Tensor w) =>
        AdamUpdate.Apply(in constants, g.Span, m.Span, v.Span, w.Span);

    // Piece by piece, each of which stays in the first-level cache meanwhile.
    internal override void MoveTowards(Tensor w, Tensor there, float share)
    {
        const int piece = 2048;
        Span<float> numbers = w.Span;
        ReadOnlySpan<float> aims = there.Span;
        for (int i = 0; i < numbers.Length; i += piece)
        {
            int length = Math.Min(piece, numbers.Length - i);
            Span<float> some = numbers.Slice(i, length);
            ReadOnlySpan<float> aim = aims.Slice(i, length);
            TensorPrimitives.Subtract(some, aim, some);
            TensorPrimitives.Multiply(some, share, some);
            TensorPrimitives.Add(some, aim, some);
        }
    }

    internal override void Norm(ReadOnlySpan<Tensor> tensors, Tensor norm)
    {
        double sum = 0;
        foreach (Tensor tensor in tensors)
            sum = Norms.AddSumOfSquares(sum, tensor.Span);
        norm.Span[0] = (float)Math.Sqrt(sum);
    }

    internal override void MaskedSoftmax(bool causal, Tensor x, Tensor mask, Tensor y) => AttentionRows.MaskedSoftmax(
        causal, x.Shape[1], x.Shape[2], x.Span, mask.Exists ? mask.Span : default, y.Span);

    internal override void Rotary(bool inverse, Tensor x, Tensor cosines, Tensor sines, Tensor y) =>
        AttentionRows.Rotate(inverse, x.Shape[1], x.Shape[2], x.Span, cosines.Span, sines.Span, y.Span);

    internal override void RmsNormalise(Tensor x, Tensor gain, float epsilon, Tensor y, Tensor scale) =>
        RmsNormalisation.Forward(x.Span, gain.Span, epsilon, y.Span, scale.Span);

    internal override void RmsNormaliseGradient(
        Tensor x, Tensor gain, Tensor scale, Tensor g, Tensor dx, Tensor dgain) =>
        RmsNormalisation.Backward(x.Span, gain.Span, scale.Span, g.Span, dx.Span, dgain.Span);

    internal override void SelectedLogProbability(Tensor logits, Indices selected, Tensor y) =>
        SelectedLogarithm.Forward(logits.Span, logits.Shape.Columns, selected.Span, y.Span);

    internal override void SelectedLogProbabilityGradient(
        Tensor logits, Indices selected, Tensor g, Tensor dlogits) => SelectedLogarithm.Backward(
            logits.Span, logits.Shape.Columns, selected.Span, g.Span, dlogits.Span);

    sealed class CpuPackedGru(
        Arena arena, Tensor inputWeight, Tensor hiddenWeight, Tensor bias, int groups, int denseWidth, bool relu)
        : PackedGru(inputWeight, hiddenWeight, bias, groups, denseWidth, relu)
    {
        public GruWeights Weights { get; } =
            GruWeights.Pack(arena, inputWeight, hiddenWeight, bias, groups, denseWidth, relu);
    }
}
