using RLSquared.Tensors;

namespace RLSquared.Language.Models;

/// <summary>
/// One way through the decoder: what differs between training, which has whole sequences, and generation, which has
/// one token of each and the keys and values of the others in pages.
/// </summary>
abstract class DecoderPass(Tape tape, bool usesAdapter)
{
    /// <summary>Where it is computed.</summary>
    public Tape Tape { get; } = tape;

    /// <summary>The cosines and sines of the rows' positions, [M, E/2].</summary>
    public abstract (Tensor Cosines, Tensor Sines) Angles { get; }

    /// <summary>Whether adapters take part.</summary>
    protected bool UsesAdapter { get; } = usesAdapter;

    /// <summary>The same way on another tape, for what is computed twice.</summary>
    public virtual DecoderPass On(Tape tape) => tape == Tape ? this
        : throw new NotSupportedException("generation has no gradients and computes nothing twice");

    /// <summary>x Wᵀ [M, out] for x [M, in] and W [out, in].</summary>
    protected abstract Tensor Product(Tensor x, Parameter weight);

    /// <summary>x Wᵀ, the bias, and what an adapter adds.</summary>
    public Tensor Project(Tensor x, Projection projection)
    {
        Tensor y = Product(x, projection.Weight);
        if (projection.Bias is { } bias)
            y += Tape.Watch(bias);
        return projection.Adapter is { } adapter && UsesAdapter
            ? y + Product(Product(x, adapter.A) * adapter.Scale, adapter.B)     // scaled where it is narrow
            : y;
    }

    /// <summary>
    /// Attention of queries [M, H·E] with keys and values [M, G·E] of the same rows, and what precedes.
    /// </summary>
    public abstract Tensor Attend(int layer, int window, Tensor q, Tensor k, Tensor v);
}

/// <summary>Training and scoring: whole sequences, with gradients where the tape records.</summary>
sealed class SequencePass : DecoderPass
{
    readonly ModelConfiguration configuration;
    readonly Indices starts;

    public SequencePass(Tape tape, LanguageModel model, PackedBatch batch, bool usesAdapter) : base(tape, usesAdapter)
    {
        configuration = model.Configuration;
        starts = tape.Arena.CopyIndices(batch.Starts);
        int half = configuration.HeadSize / 2;
        float[] angles = new float[2 * batch.Count * half];
        Span<float> cosines = angles.AsSpan(0, batch.Count * half), sines = angles.AsSpan(batch.Count * half);
        for (int s = 0; s < batch.Sequences; s++)
        {
            int first = batch.Starts[s], length = batch.Starts[s + 1] - first;
            model.Rotations.CopyTo(0, length, cosines[(first * half)..], sines[(first * half)..]);
        }
        var shape = new Shape(batch.Count, half);
        Angles = (tape.Constant(shape, cosines), tape.Constant(shape, sines));
    }

    SequencePass(Tape tape, SequencePass other) : base(tape, other.UsesAdapter)
    {
        (configuration, starts) = (other.configuration, other.starts);
        Angles = (tape.Constant(other.Angles.Cosines), tape.Constant(other.Angles.Sines));
    }

    public override (Tensor Cosines, Tensor Sines) Angles { get; }

    public override DecoderPass On(Tape tape) => tape == Tape ? this : new SequencePass(tape, this);

    protected override Tensor Product(Tensor x, Parameter weight) => x.MatMul(Tape.Watch(weight), transposeB: true);

    public override Tensor Attend(int layer, int window, Tensor q, Tensor k, Tensor v) =>
        q.CausalAttention(k, v, starts, configuration.Heads, configuration.HeadSize, window);
}
