using RLSquared.Agents;
using RLSquared.Tensors;

namespace RLSquared.Policies;

/// <summary>What a policy remembers of N trials while they are played. No method allocates.</summary>
public abstract class PolicyMemory : IDisposable
{
    /// <summary>A new trial begins in each lane.</summary>
    /// <param name="weights">
    /// Shows the weights until the next call; they may be laid out in its memory. It does not record.
    /// </param>
    public abstract void Begin(Tape weights);

    /// <summary>A new trial begins in one lane, with the weights as they were when all began.</summary>
    /// <param name="lane">0 … N − 1.</param>
    public abstract void Forget(int lane);

    /// <summary>One step: remembers the input rows, and gives A logits and C means, [N, A + C].</summary>
    /// <param name="tape">Shows the weights; does not record; was reset before.</param>
    /// <param name="rows">One step of N rows.</param>
    public abstract Tensor Step(Tape tape, in SequenceInput rows);

    /// <summary>
    /// Shows what all lanes see before <see cref="Step"/>, to a memory that goes by more than the input rows or that
    /// draws. Most do nothing.
    /// </summary>
    /// <param name="percept">What they see.</param>
    /// <param name="key">The lanes' keys: what is drawn depends on them alone.</param>
    /// <param name="greedy">Whether the likeliest is taken in place of a draw.</param>
    internal virtual void Observe(in Percept percept, in LaneKeys key, bool greedy)
    {
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns the memory of a derived class.</summary>
    /// <param name="disposing">True; there is no finaliser.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>Where each lane is: what a draw depends on.</summary>
/// <param name="seed">The seed of the draws.</param>
/// <param name="trials">The number of each lane's trial, [N].</param>
/// <param name="steps">The number of its step within the trial, [N].</param>
readonly ref struct LaneKeys(ulong seed, ReadOnlySpan<ulong> trials, ReadOnlySpan<uint> steps)
{
    /// <summary>The seed of the draws.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>The number of each lane's trial, [N].</summary>
    public ReadOnlySpan<ulong> Trials { get; } = trials;

    /// <summary>The number of its step within the trial, [N].</summary>
    public ReadOnlySpan<uint> Steps { get; } = steps;
}
