using System.Runtime.InteropServices;
using RLSquared.Algorithms;
using RLSquared.Cluster.Lanes;
using RLSquared.Cluster.Messages;
using RLSquared.Cluster.Snapshots;

namespace RLSquared.Cluster.Work;

/// <summary>
/// Makes blocks of experience for a training, on one lane: begins those whose numbers come, hands them over, and
/// fetches the newest weights meanwhile. When the lane ends, what was in progress is forgotten: others begin it again.
/// </summary>
internal sealed class BlockWork : IDisposable
{
    /// <summary>How often it says that it lives, in milliseconds.</summary>
    public const int Heartbeat = 250;

    readonly IPipelinedAlgorithm algorithm;
    readonly WeightFetcher fetcher;
    readonly Lane lane;
    readonly Queue<long> numbers = [];                      // to begin
    readonly Lock gate = new(), writing = new();
    readonly CancellationTokenSource ending = new();
    readonly AutoResetEvent news = new(initialState: false);
    readonly ProcessFolder folder = new("rl2-fetched-");
    readonly IBlockMaker maker;
    readonly Thread fetching;
    readonly long fetchedBefore;
    WeightNews? newest;
    string? still;                                          // the hash of the weights that stay
    long begun, requested, said;
    int saidVersion = -1;

    /// <summary>Begins to make blocks.</summary>
    /// <param name="algorithm">Of the training's options and seed; not owned.</param>
    /// <param name="fetcher">Fetches weights; not owned.</param>
    /// <param name="lane">To the training; not owned.</param>
    public BlockWork(IPipelinedAlgorithm algorithm, WeightFetcher fetcher, Lane lane)
    {
        (this.algorithm, this.fetcher, this.lane, fetchedBefore) = (algorithm, fetcher, lane, fetcher.Fetched);
        var ready = new TaskCompletionSource<IBlockMaker>();
        maker = algorithm.Make(new BlockCalls(
            TryBegin, HandOver, () => Report(ready.Task.Result), failure => Fail(failure.Message)));
        ready.SetResult(maker);
        fetching = new Thread(Fetch) { IsBackground = true, Name = "RLSquared weights" };
        fetching.Start();
    }

    /// <summary>Does what the training says until the lane ends.</summary>
    /// <param name="heard">Called for each message.</param>
    /// <exception cref="IOException">The lane has ended.</exception>
    /// <exception cref="InvalidDataException">Something else was said.</exception>
    public void Serve(Action heard)
    {
        byte[] memory = [];
        while (true)
        {
            (BlockMessage kind, ReadOnlyMemory<byte> content) = BlockFrames.Read(lane, ref memory);
            heard();
            switch (kind)
            {
                case BlockMessage.Weights:
                    Volatile.Write(ref newest, BlockFrames.News(content));
                    news.Set();
                    break;
                case BlockMessage.Begin:
                    lock (gate)
                        Array.ForEach(BlockFrames.Numbers(content), numbers.Enqueue);
                    maker.Wake();
                    break;
                default:
                    throw new InvalidDataException($"a training does not say {kind}");
            }
        }
    }

    long? TryBegin()
    {
        lock (gate)
        {
            if (!numbers.TryDequeue(out long number))
                return null;
            begun++;
            return number;
        }
    }

    void HandOver(long number, byte[] block)
    {
        lock (writing)
        {
            BlockFrames.Write(
                lane, BlockMessage.Block, MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in number)), block);
        }
    }

    // After each step: asks for as many blocks as there is room for, and shows that it lives.
    void Report(IBlockMaker maker)
    {
        long wanted;
        lock (gate)
            wanted = Math.Max(requested, begun + maker.Room);
        int version = maker.Version;
        if (wanted == requested && version == saidVersion && Environment.TickCount64 - said < Heartbeat)
            return;
        (requested, saidVersion, said) = (wanted, version, Environment.TickCount64);
        try
        {
            lock (writing)
            {
                BlockFrames.Write(lane, new BlockState
                {
                    Requested = wanted,
                    Steps = maker.Steps,
                    Fetched = fetcher.Fetched - fetchedBefore,
                    InFlight = maker.InFlight,
                    Version = version,
                });
            }
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            lane.Abort();                                   // reading says so
        }
    }

    void Fail(string why)
    {
        if (lane.IsBroken || ending.IsCancellationRequested)
            return;
        try
        {
            lock (writing)
                BlockFrames.Write(lane, why);
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            lane.Abort();
        }
    }

    void Fetch()
    {
        WaitHandle[] either = [news, ending.Token.WaitHandle];
        try
        {
            while (WaitHandle.WaitAny(either) == 0)
            {
                WeightNews wanted = Volatile.Read(ref newest)!;
                if (wanted.Moving.Version <= maker.Version)
                    continue;
                if (wanted.Still is { } below && below.Hash != still)
                {
                    if (!TakeOver(below, isStill: true))
                        continue;
                    still = below.Hash;
                }
                if (TakeOver(wanted.Moving, isStill: false))
                {
                    maker.TakeWeights(wanted.Moving.Version);
                    maker.Wake();
                }
            }
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Fail(failure.Message);
        }
        catch (OperationCanceledException)
        {
        }
    }

    bool TakeOver(WeightName name, bool isStill)
    {
        string path = Path.Combine(folder.FullName, name.ToString());
        try
        {
            if (!fetcher.FetchAsync(name, path, ending.Token).GetAwaiter().GetResult())
                return false;                               // there are newer ones by now, whose name is on its way
            WeightFile.Read(path, name, algorithm.Parameters, isStill);
            return true;
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Stops, and forgets what is in progress.</summary>
    public void Dispose()
    {
        ending.Cancel();
        fetching.Join();
        maker.Dispose();
        folder.Dispose();
        news.Dispose();
        ending.Dispose();
    }
}
