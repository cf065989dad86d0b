using RLSquared.Pipelines;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>
/// An algorithm that learns while its experience is made, in numbered blocks, which other processes can make too. Each
/// process makes the algorithm of the same options and seed; one of them iterates, and the others make blocks with the
/// weights that it publishes.
/// </summary>
internal interface IPipelinedAlgorithm : IAlgorithm
{
    /// <summary>Why no other process can make blocks, and what would help; null if others can.</summary>
    string? Alone { get; }

    /// <summary>Who makes which block.</summary>
    BlockLedger Ledger { get; }

    /// <summary>The version of the weights, which counts updates.</summary>
    int WeightVersion { get; }

    /// <summary>Blocks that wait to be learnt from.</summary>
    int Queued { get; }

    /// <summary>Blocks that were learnt from or dropped: those below this number.</summary>
    long Taken { get; }

    /// <summary>
    /// Receives weights as soon as they are published, with their version, on the thread that learns; whoever keeps
    /// them shares the snapshot.
    /// </summary>
    Action<WeightSnapshot, int>? Published { get; set; }

    /// <summary>Takes over a block that another process has made and scored. Waits while the queue is full.</summary>
    /// <param name="maker">Who made it.</param>
    /// <param name="number">Its number.</param>
    /// <param name="block">What <see cref="BlockCalls.Made"/> was given.</param>
    /// <returns>Whether it was taken; not if the maker does not have the number, or no longer.</returns>
    /// <exception cref="InvalidDataException">It is no block of this training; the message says why.</exception>
    bool Receive(object maker, long number, byte[] block);

    /// <summary>
    /// In a process that makes blocks: begins to make them, with no weights as yet.
    /// </summary>
    /// <param name="calls">What it asks for and hands over, on threads of its own.</param>
    IBlockMaker Make(BlockCalls calls);
}

/// <summary>What a maker of blocks asks for and hands over.</summary>
/// <param name="TryBegin">The number of a block to begin; none where there is none at present.</param>
/// <param name="Made">Receives a block that is made and scored, with its number.</param>
/// <param name="Stepped">Called after each step, and now and then while there is nothing to do.</param>
/// <param name="Failed">Receives why no more blocks come.</param>
internal sealed record BlockCalls(
    Func<long?> TryBegin, Action<long, byte[]> Made, Action Stepped, Action<Exception> Failed);

/// <summary>Makes blocks of experience on a thread of its own.</summary>
internal interface IBlockMaker : IDisposable
{
    /// <summary>The version of the weights that it acts with; −1 before it has any.</summary>
    int Version { get; }

    /// <summary>Sequences in progress.</summary>
    int InFlight { get; }

    /// <summary>Tokens, or what else the algorithm counts, that it has drawn.</summary>
    long Steps { get; }

    /// <summary>Blocks that it could begin now, with one more so that it never waits for a number.</summary>
    int Room { get; }

    /// <summary>Takes the weights that the algorithm's parameters have now.</summary>
    void TakeWeights(int version);

    /// <summary>There are numbers to begin.</summary>
    void Wake();
}
