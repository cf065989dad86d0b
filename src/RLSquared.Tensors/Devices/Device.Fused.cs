namespace RLSquared.Tensors.Devices;

/// <summary>
/// Fused forms: what primitives can compose too, only slower. A device overrides those that it does better.
/// </summary>
public abstract partial class Device
{
    /// <summary>y[r, :] = tanh(a[i[r], :] + b[j[r], :] + s[r] · c); s and c may be missing.</summary>
    internal virtual void TanhOfRows(Tensor a, Indices i, Tensor b, Indices j, Tensor s, Tensor c, Tensor y) =>
        ComposedTanhOfRows.Forward(this, a, i, b, j, s, c, y);

    /// <summary>Adds its gradients from g = dL/dy to da, db and dc; dc is missing if s is.</summary>
    internal virtual void TanhOfRowsGradient(
        Tensor y, Tensor g, Indices i, Indices j, Tensor s, Tensor da, Tensor db, Tensor dc) =>
        ComposedTanhOfRows.Backward(this, y, g, i, j, s, da, db, dc);

    /// <summary>y = x · σ(2u), the Gaussian error linear unit in its tanh form (<see cref="Gelus"/>).</summary>
    internal virtual void Gelu(Tensor x, Tensor y) => ComposedGelu.Forward(this, x, y);

    /// <summary>Its gradient from x and g = dL/dy.</summary>
    internal virtual void GeluGradient(Tensor x, Tensor g, Tensor dx) => ComposedGelu.Backward(this, x, g, dx);

    /// <summary>
    /// Filters over images [N, H, W, C], and relu: y [N, down, across, F]. The images are numbers, or else bytes.
    /// </summary>
    internal virtual void FilterForward(
        in Window window, Tensor x, Images bytes, Tensor weight, Tensor bias, Arena scratch, Tensor y) =>
        ComposedFilter.Forward(this, in window, x, bytes, weight, bias, scratch, y);

    /// <summary>Its gradients from g = dL/dy; dx may be none.</summary>
    internal virtual void FilterBackward(in Window window, Tensor x, Images bytes, Tensor weight, Tensor y, Tensor g,
        Arena scratch, Tensor dweight, Tensor dbias, Tensor dx) =>
        ComposedFilter.Backward(this, in window, x, bytes, weight, y, g, scratch, dweight, dbias, dx);

    /// <summary>
    /// A gated recurrent unit over a sequence: hidden [T, B, H]; for backward gates [T, B, 4H] ([1, B, 4H] for none), a
    /// row of which holds c | z | r | q, and, where rows say from where they go on, what they went on from, previous
    /// [T, B, H]. The equations are at <see cref="GruCell"/>.
    /// </summary>
    internal virtual void GruForward(
        in GruOperands gru, Arena scratch, Tensor gates, Tensor previous, Tensor hidden) =>
        ComposedGru.Forward(this, in gru, scratch, gates, previous, hidden);

    /// <summary>Its gradients from dL/d(hidden), [T, B, H]; uses the gates up.</summary>
    internal virtual void GruBackward(
        in GruOperands gru, Arena scratch, Tensor hidden, Tensor gates, Tensor previous, Tensor g,
        in GruGradients gradients) =>
        ComposedGru.Backward(this, in gru, scratch, hidden, gates, previous, g, in gradients);

    /// <summary>
    /// Lays out a unit's weights for many single steps, in memory of the arena; the result is valid until the arena is
    /// reset or the weights change.
    /// </summary>
    internal virtual PackedGru PackGru(
        Arena arena, Tensor inputWeight, Tensor hiddenWeight, Tensor bias, int groups, int denseWidth, bool relu) =>
        new(inputWeight, hiddenWeight, bias, groups, denseWidth, relu);

    /// <summary>One step of B rows: hidden' [B, H] from previous [B, H] and an input of one time step.</summary>
    internal virtual void GruStep(
        PackedGru weights, in SequenceInput input, Tensor previous, Arena scratch, Tensor hidden) =>
        ComposedGru.Step(this, weights, in input, previous, scratch, hidden);

    /// <summary>
    /// One step of Adam: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← k w − a m / (b √v + ε).
    /// </summary>
    internal virtual void Adam(in AdamConstants constants, Tensor g, Tensor m, Tensor v, Tensor w) =>
        ComposedAdam.Step(this, in constants, g, m, v, w);

    /// <summary>w ← there + share · (w − there).</summary>
    internal virtual void MoveTowards(Tensor w, Tensor there, float share)
    {
        Zip(Combination.Subtract, w, there, Repeat.None, w);
        Affine(w, share, 0, w);
        Zip(Combination.Add, w, there, Repeat.None, w);
    }

    /// <summary>norm[0] = √Σ x² over all numbers of all tensors.</summary>
    internal virtual void Norm(ReadOnlySpan<Tensor> tensors, Tensor norm)
    {
        Fill(norm, 0);
        foreach (Tensor tensor in tensors)
            AddSumOfSquares(tensor, norm);
        Map(Function.Sqrt, norm, norm);
    }

    /// <summary>y[g] = op(a[g]) · op(b[g]) for G matrices each: [G, M, K] and [G, K, N] give [G, M, N].</summary>
    internal virtual void BatchedProduct(bool transposeA, bool transposeB, Tensor a, Tensor b, Tensor y)
    {
        for (int g = 0; g < y.Shape[0]; g++)
            Product(transposeA, transposeB, MatrixOf(a, g), MatrixOf(b, g), MatrixOf(y, g));
    }

    /// <summary>
    /// y[g, t, :] = the softmax of x[g, t, :] + mask[t, :] for scores x [G, T, S]. The mask [T, S] may be missing;
    /// causal: row t sees columns up to t + S − T only. A row that sees nothing is not a number.
    /// </summary>
    internal virtual void MaskedSoftmax(bool causal, Tensor x, Tensor mask, Tensor y) =>
        ComposedAttention.MaskedSoftmax(this, causal, x, mask, y);

    /// <summary>
    /// x [G, T, D] turned by angles given as cosines and sines [T, D/2]: the pair (x[i], x[i + D/2]) becomes
    /// (x[i] cos − x[i + D/2] sin, x[i + D/2] cos + x[i] sin). Inverse turns back.
    /// </summary>
    internal virtual void Rotary(bool inverse, Tensor x, Tensor cosines, Tensor sines, Tensor y) =>
        ComposedAttention.Rotary(this, inverse, x, cosines, sines, y);

    /// <summary>y = x · scale · gain per row, with scale[r] = 1 / √(mean of x² + epsilon).</summary>
    internal virtual void RmsNormalise(Tensor x, Tensor gain, float epsilon, Tensor y, Tensor scale) =>
        ComposedRms.Forward(this, x, gain, epsilon, y, scale);

    /// <summary>Its gradients from g = dL/dy.</summary>
    internal virtual void RmsNormaliseGradient(
        Tensor x, Tensor gain, Tensor scale, Tensor g, Tensor dx, Tensor dgain) =>
        ComposedRms.Backward(this, x, gain, scale, g, dx, dgain);

    /// <summary>
    /// y[r] = logits[r, selected[r]] − ln Σ exp(logits[r, :]), the logarithm of the probability of what was selected.
    /// </summary>
    internal virtual void SelectedLogProbability(Tensor logits, Indices selected, Tensor y)
    {
        using var scratch = new Arena(this);
        Tensor logarithms = scratch.Allocate(logits.Shape);
        Softmax(true, logits, logarithms);
        GatherColumns(logarithms, selected, y);
    }

    /// <summary>dlogits[r, :] = g[r] · (1 at selected[r] − softmax(logits[r, :])).</summary>
    internal virtual void SelectedLogProbabilityGradient(Tensor logits, Indices selected, Tensor g, Tensor dlogits)
    {
        using var scratch = new Arena(this);
        Tensor probabilities = scratch.Allocate(logits.Shape);
        Softmax(false, logits, probabilities);
        Zip(Combination.Multiply, probabilities, g, Repeat.Column, probabilities);
        ScatterColumns(g, selected, dlogits);
        Zip(Combination.Subtract, dlogits, probabilities, Repeat.None, dlogits);
    }

    /// <summary>The matrix of one place of the first axis.</summary>
    static Tensor MatrixOf(Tensor x, int g)
    {
        var shape = new Shape(x.Shape[1], x.Shape[2]);
        return x.RowsFrom((long)g * shape.Rows, shape);
    }
}
