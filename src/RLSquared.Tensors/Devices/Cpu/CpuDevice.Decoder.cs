namespace RLSquared.Tensors.Devices;

internal sealed unsafe partial class CpuDevice
{
    internal override void RotaryHeads(bool inverse, int H, Tensor x, Tensor cosines, Tensor sines, Tensor y) =>
        AttentionRows.RotateHeads(inverse, H, x.Shape.Columns / H, x.Span, cosines.Span, sines.Span, y.Span);

    internal override void CausalAttention(in AttentionShape shape, Indices starts, Tensor q, Tensor k, Tensor v,
        Arena scratch, Tensor y, Tensor logSums)
    {
        float* room = scratch.Allocate(new Shape(Devices.CausalAttention.Scratch(Longest(starts)))).Data;
        Devices.CausalAttention.Forward(in shape, starts.Span, q.Data, k.Data, v.Data, y.Data, logSums.Data, room);
    }

    internal override void CausalAttentionGradient(in AttentionShape shape, Indices starts, Tensor q, Tensor k,
        Tensor v, Tensor y, Tensor logSums, Tensor g, Arena scratch, Tensor dq, Tensor dk, Tensor dv)
    {
        float* room = scratch.Allocate(new Shape(Devices.CausalAttention.Scratch(Longest(starts)))).Data;
        Devices.CausalAttention.Backward(in shape, starts.Span, q.Data, k.Data, v.Data, y.Data, logSums.Data, g.Data,
            dq.Data, dk.Data, dv.Data, room);
    }

    static int Longest(Indices starts) => Devices.CausalAttention.Longest(starts.Span);

    internal override void GatedUnit(Tensor a, Tensor b, Tensor y) =>
        Elementwise.Zip<GatedFunction>(a.Span, b.Span, y.Span);

    internal override void GatedUnitGradient(Tensor a, Tensor b, Tensor g, Tensor da, Tensor db) =>
        Devices.GatedUnit.Backward(a.Data, b.Data, g.Data, da.Data, db.Data, (nint)a.Shape.Count);

    internal override void VocabularyRows(
        Tensor h, Tensor w, Indices selected, float scale, Arena scratch, Tensor y, Tensor logSums)
    {
        int V = w.Shape.Rows;
        float* room = scratch.Allocate(new Shape(Devices.VocabularyRows.Scratch(V))).Data;
        Devices.VocabularyRows.Forward(h.Shape.Rows, V, w.Shape.Columns, h.Data, w.Data, selected.Span, scale, y.Data,
            logSums.Data, room);
    }

    internal override void VocabularyRowsGradient(Tensor h, Tensor w, Indices selected, float scale, Tensor y,
        Tensor logSums, Tensor g, Arena scratch, Tensor dh, Tensor dw)
    {
        int V = w.Shape.Rows;
        float* room = scratch.Allocate(new Shape(Devices.VocabularyRows.Scratch(V))).Data;
        if (dw.Exists)
            dw.Span.Clear();
        Devices.VocabularyRows.Backward(h.Shape.Rows, V, w.Shape.Columns, h.Data, w.Data, selected.Span, scale, y.Data,
            logSums.Data, g.Data, dh.Data, dw.Data, room);
    }
}
