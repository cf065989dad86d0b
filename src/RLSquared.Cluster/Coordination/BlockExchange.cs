using RLSquared.Algorithms;
using RLSquared.Cluster.Messages;
using RLSquared.Cluster.Snapshots;
using RLSquared.Pipelines;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Coordination;

/// <summary>
/// Lets workers make blocks of experience for a training that learns meanwhile. Weights go out as files whose names
/// each worker is told; blocks come back, and the ledger sees to it that each is learnt from once.
/// </summary>
internal sealed class BlockExchange : IDisposable
{
    static readonly TimeSpan farewell = TimeSpan.FromSeconds(2);

    readonly IPipelinedAlgorithm algorithm;
    readonly Roster roster;
    readonly TimeSpan patience;
    readonly Action<string> log;
    readonly WeightStore store;
    readonly Lock gate = new();
    readonly List<BlockLink> links = [];
    readonly List<Thread> threads = [];
    long blocksBefore, bytesBefore, fetchedBefore;                        // of lanes that have ended
    bool isClosed;

    /// <summary>Begins to publish weights.</summary>
    /// <param name="algorithm">What learns.</param>
    /// <param name="roster">The workers; says when a lane to one is open.</param>
    /// <param name="store">Keeps the weights; not owned.</param>
    /// <param name="patience">The longest silence of a worker that lives.</param>
    /// <param name="log">Receives a sentence for each event.</param>
    public BlockExchange(
        IPipelinedAlgorithm algorithm, Roster roster, WeightStore store, TimeSpan patience, Action<string> log)
    {
        (this.algorithm, this.roster, this.store, this.patience, this.log) = (algorithm, roster, store, patience, log);
        store.Written = SignalAll;
        store.Failed = failure => log($"weights cannot be written: {failure.Message}; workers go on with older ones");
        algorithm.Ledger.MoreAllowed = SignalAll;
        algorithm.Published = store.Publish;
        if (algorithm.WeightVersion > 0)
        {
            using WeightSnapshot resumed = algorithm.Parameters.Snapshot();
            store.Publish(resumed, algorithm.WeightVersion);
        }
        roster.LaneOpened = Open;
    }

    /// <summary>How the pipeline does.</summary>
    public PipelineStatus Status
    {
        get
        {
            BlockCounts counts = algorithm.Ledger.Counts;
            return new PipelineStatus(algorithm.WeightVersion, counts.Begun, counts.Delivered, counts.Held,
                counts.Waiting, counts.Restarted, counts.Refused, algorithm.Queued, algorithm.Taken)
            {
                WeightBytes = store.Newest?.Moving.Bytes ?? 0,
            };
        }
    }

    /// <summary>Bytes of weights that workers have fetched, and of blocks that came.</summary>
    public (long Sent, long Received) Bytes
    {
        get
        {
            lock (gate)
            {
                return (fetchedBefore + links.Sum(link => link.State.Fetched),
                    bytesBefore + links.Sum(link => link.Received));
            }
        }
    }

    /// <summary>Blocks that workers have made.</summary>
    public long Blocks
    {
        get
        {
            lock (gate)
                return blocksBefore + links.Sum(link => link.Blocks);
        }
    }

    /// <summary>How a worker does, with what is known of its blocks.</summary>
    public WorkerStatus Describe(WorkerStatus worker)
    {
        BlockLink? link;
        lock (gate)
            link = links.Find(one => one.Member.Name == worker.Name);
        return link is null ? worker : worker with
        {
            Shards = link.Blocks,
            Sequences = link.State.InFlight,
            InProgress = link.Held,
            Tokens = link.State.Steps,
            Version = link.State.Version,
            Bytes = link.Received + link.State.Fetched,
        };
    }

    void Open(Member member)
    {
        var link = new BlockLink(algorithm, member, store, patience);
        member.Pending = link.Idle;
        var thread = new Thread(() => Serve(link)) { IsBackground = true, Name = $"blocks of {member.Name}" };
        lock (gate)
        {
            if (isClosed)
                return;
            links.Add(link);
            threads.RemoveAll(one => !one.IsAlive);
            threads.Add(thread);
        }
        store.IsWanted = true;
        thread.Start();
        link.Signal();
    }

    void Serve(BlockLink link)
    {
        (string why, bool isFault, long[] lost) = link.Serve();
        Member member = link.Member;
        bool isEnd;
        lock (gate)
        {
            links.Remove(link);
            (blocksBefore, bytesBefore, fetchedBefore) = (blocksBefore + link.Blocks, bytesBefore + link.Received,
                fetchedBefore + link.State.Fetched);
            isEnd = isClosed;
            if (links.Count == 0)
                store.IsWanted = false;
        }
        if (isEnd)
            return;
        if (lost.Length > 0)
        {
            log($"worker '{member.Name}' makes no more of {(lost.Length == 1 ? "block" : "blocks")} " +
                $"{string.Join(", ", lost)}: {why}; others begin {(lost.Length == 1 ? "it" : "them")} again");
        }
        // What failed once would fail again: the worker is told, and its process ends with the sentence.
        if (isFault)
            roster.SendAway(member, $"worker '{member.Name}' cannot go on: {why}");
        else if (!member.Gone.IsCompleted && !member.IsLeaving)
            roster.Reopen(member);
    }

    void SignalAll()
    {
        lock (gate)
            links.ForEach(link => link.Signal());
    }

    /// <summary>Ends all lanes; the training goes on with generators of its own.</summary>
    public void Dispose()
    {
        Thread[] running;
        lock (gate)
        {
            isClosed = true;
            running = [.. threads];
        }
        algorithm.Published = null;
        algorithm.Ledger.MoreAllowed = null;
        roster.LaneOpened = null;
        roster.Close();
        foreach (Thread thread in running)
            thread.Join(farewell);
    }
}
