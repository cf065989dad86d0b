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
