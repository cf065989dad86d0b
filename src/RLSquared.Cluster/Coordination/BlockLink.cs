using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using RLSquared.Algorithms;
using RLSquared.Cluster.Lanes;
using RLSquared.Cluster.Messages;
using RLSquared.Cluster.Snapshots;

namespace RLSquared.Cluster.Coordination;

/// <summary>
/// The lane to one worker that makes blocks. It gives as many numbers as the worker asks for and the ledger allows, and
/// takes the blocks; when the lane ends, for whatever reason, the blocks that the worker had begin again elsewhere.
/// </summary>
/// <param name="algorithm">What learns from the blocks.</param>
/// <param name="member">The worker.</param>
/// <param name="store">Has the weights.</param>
/// <param name="patience">The longest silence of a worker that lives.</param>
internal sealed class BlockLink(IPipelinedAlgorithm algorithm, Member member, WeightStore store, TimeSpan patience)
{
    readonly Lane lane = member.Lane;
    readonly Lock sending = new();
    readonly List<long> granted = [];
    readonly TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    WeightNews? sent;
    BlockState state = new() { Version = -1 };
    long given, blocks, received;
    int isSignalled;
    bool hasEnded;

    /// <summary>The worker.</summary>
    public Member Member => member;

    /// <summary>Done when the worker has no blocks and gets no more.</summary>
    public Task Idle => idle.Task;

    /// <summary>What the worker has said last.</summary>
    public BlockState State => state;

    /// <summary>Blocks that have come.</summary>
    public long Blocks => Volatile.Read(ref blocks);

    /// <summary>Bytes of blocks that have come.</summary>
    public long Received => Volatile.Read(ref received);

    /// <summary>Blocks that the worker has.</summary>
    public int Held => algorithm.Ledger.HeldBy(this);

    /// <summary>There are newer weights, or more blocks may begin: the worker is told, on another thread.</summary>
    public void Signal()
    {
        if (Interlocked.Exchange(ref isSignalled, 1) == 0)
            _ = Task.Run(Send);
    }

    /// <summary>Takes what the worker sends until the lane ends.</summary>
    /// <returns>What ended it, and the blocks that begin again.</returns>
    public (string Why, bool IsFault, long[] Lost) Serve()
    {
        (string Why, bool IsFault) end;
        try
        {
            end = (Read(), true);
        }
        catch (TimeoutException)
        {
            end = (FormattableString.Invariant($"it has said nothing for {patience.TotalSeconds:0.#} s"), false);
        }
        catch (InvalidDataException failure)
        {
            end = (failure.Message, true);
        }
        catch (IOException failure)
        {
            end = (member.Gone.IsCompleted ? "its process has ended" : failure.Message, false);
        }
        catch (Exception failure)
        {
            end = ($"{failure.GetType().Name}: {failure.Message}", true);
        }
        lane.Abort();                                       // before the lock: someone may be sending
        lock (sending)
            hasEnded = true;
        lane.Dispose();
        long[] lost = algorithm.Ledger.Abandon(this);
        idle.TrySetResult();
        return (end.Why, end.IsFault, lost);
    }

    string Read()
    {
        byte[] memory = [];
        while (true)
        {
            lane.Deadline = Stopwatch.GetTimestamp() + (long)(patience.TotalSeconds * Stopwatch.Frequency);
            (BlockMessage kind, ReadOnlyMemory<byte> content) = BlockFrames.Read(lane, ref memory);
            switch (kind)
            {
                case BlockMessage.State:
                    state = BlockFrames.State(content);
                    break;
                case BlockMessage.Block when content.Length >= sizeof(long):
                    received += content.Length;
                    long number = MemoryMarshal.Read<long>(content.Span);
                    if (algorithm.Receive(this, number, content[sizeof(long)..].ToArray()))
                        blocks++;
                    break;
                case BlockMessage.Failure:
                    return Encoding.UTF8.GetString(content.Span);
                default:
                    throw new InvalidDataException($"a worker does not say {kind}");
            }
            Signal();
        }
    }

    void Send()
    {
        Volatile.Write(ref isSignalled, 0);
        try
        {
            lock (sending)
            {
                if (hasEnded)
                    return;
                if (store.Newest is { } newest && newest != sent)
                {
                    BlockFrames.Write(lane, newest);
                    sent = newest;
                }
                granted.Clear();
                while (!member.IsLeaving && given < state.Requested && algorithm.Ledger.TryBegin(this, out long number))
                {
                    granted.Add(number);
                    given++;
                }
                if (granted.Count > 0)
                {
                    BlockFrames.Write(lane, BlockMessage.Begin,
                        MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(granted)));
                }
                if (member.IsLeaving && Held == 0)
                    idle.TrySetResult();
            }
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            lane.Abort();                                   // reading says so
        }
    }
}
