namespace RLSquared.Tensors.Devices;

/// <summary>
/// Fused forms of a language model's decoder, composed of primitives until a device does them better.
/// </summary>
public abstract partial class Device
{
    /// <summary>
    /// Rows x [M, H·E] of H heads, each turned by the angles of its row, [M, E/2]: the pair (x[i], x[i + E/2]) of a
    /// head becomes (x[i] cos − x[i + E/2] sin, x[i + E/2] cos + x[i] sin). Inverse turns back.
    /// </summary>
    internal virtual void RotaryHeads(bool inverse, int H, Tensor x, Tensor cosines, Tensor sines, Tensor y) =>
        ComposedDecoder.RotaryHeads(this, inverse, H, x, cosines, sines, y);

    /// <summary>
    /// Causal attention over the sequences that begin at rows starts[0], starts[1], … and end at the last of these:
    /// y [M, H·E] from q [M, H·E] and k, v [M, G·E]. What backward needs is put into logSums [M, H].
    /// </summary>
    internal virtual void CausalAttention(in AttentionShape shape, Indices starts, Tensor q, Tensor k, Tensor v,
        Arena scratch, Tensor y, Tensor logSums) =>
        ComposedDecoder.Attention(this, in shape, starts, q, k, v, y);

    /// <summary>Its gradients from g = dL/dy.</summary>
    internal virtual void CausalAttentionGradient(in AttentionShape shape, Indices starts, Tensor q, Tensor k, Tensor v,
        Tensor y, Tensor logSums, Tensor g, Arena scratch, Tensor dq, Tensor dk, Tensor dv) =>
        ComposedDecoder.AttentionGradient(this, in shape, starts, q, k, v, g, dq, dk, dv);

    /// <summary>y = a σ(a) b.</summary>
    internal virtual void GatedUnit(Tensor a, Tensor b, Tensor y) => ComposedDecoder.Gated(this, a, b, y);

    /// <summary>Its gradients from g = dL/dy.</summary>
    internal virtual void GatedUnitGradient(Tensor a, Tensor b, Tensor g, Tensor da, Tensor db) =>
        ComposedDecoder.GatedGradient(this, a, b, g, da, db);

    /// <summary>
    /// y[r] = (ln softmax(scale · h wᵀ)[r, selected[r]], the entropy of that softmax), [S, 2], for h [S, D] and
    /// w [V, D]. What backward needs is put into logSums [S].
    /// </summary>
    internal virtual void VocabularyRows(
        Tensor h, Tensor w, Indices selected, float scale, Arena scratch, Tensor y, Tensor logSums) =>
        ComposedDecoder.Vocabulary(this, h, w, selected, scale, y);

    /// <summary>Its gradients from g = dL/dy; dw may be none.</summary>
    internal virtual void VocabularyRowsGradient(Tensor h, Tensor w, Indices selected, float scale, Tensor y,
        Tensor logSums, Tensor g, Arena scratch, Tensor dh, Tensor dw) =>
        ComposedDecoder.VocabularyGradient(this, h, w, selected, scale, y, g, dh, dw);
}
