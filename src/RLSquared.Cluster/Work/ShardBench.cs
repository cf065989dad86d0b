using System.Net;
using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Cluster.Doors;
using RLSquared.Cluster.Lanes;
using RLSquared.Cluster.Messages;
using RLSquared.Cluster.Snapshots;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Work;

/// <summary>
/// What a worker has besides its silo: threads, the algorithm of the training, a lane, and if it was sent away.
/// </summary>
internal sealed class ShardBench : IDisposable
{
    readonly Func<RunConfiguration, Workers, IAlgorithm> create;
    readonly Workers workers;
    readonly LaneListener listener;
    readonly TaskCompletionSource<string?> left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lock gate = new();                             // of the replica
    readonly ClusterOptions options;
    Replica? replica;                                       // of an algorithm with shards
    IPipelinedAlgorithm? pipelined;                         // or one that learns from blocks
    WeightFetcher? fetcher;                                 // for it
    string? training;
    volatile bool isReleased;
    long lastHeard = Environment.TickCount64;
    int busy;

    /// <summary>Makes ready for a training.</summary>
    /// <param name="name">The worker's name.</param>
    /// <param name="threads">The threads with which it computes.</param>
    /// <param name="create">Makes the algorithm that a configuration describes.</param>
    /// <param name="listen">The address of this machine at which the training reaches it.</param>
    /// <param name="options">With what secret and certificate.</param>
    public ShardBench(
        string name, int threads, Func<RunConfiguration, Workers, IAlgorithm> create, IPAddress listen,
        ClusterOptions options)
    {
        (Name, this.create, this.options) = (name, create, options);
        workers = new Workers(threads);
        listener = new LaneListener(listen, options, this);
    }

    /// <summary>The worker's name.</summary>
    public string Name { get; }

    /// <summary>Done when the training has sent the worker away; with why, or null where it was asked to.</summary>
    public Task<string?> Left => left.Task;

    /// <summary>Done when it has been sent away, or when its silo cannot go on.</summary>
    public Task Ended => Task.WhenAny(left.Task, lost.Task);

    /// <summary>The time since the training was last heard of.</summary>
    public TimeSpan Silence => Volatile.Read(ref busy) > 0 ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(Environment.TickCount64 - Volatile.Read(ref lastHeard));

    /// <summary>Called once for each training, with its task and algorithm.</summary>
    public Action<TrainingCard>? Greeted { get; init; }

    /// <summary>Makes the algorithm of a training, which may take its time.</summary>
    public Task<byte[]> Greet(byte[] training) => Task.Factory.StartNew(() =>
    {
        TrainingCard card = JsonSerializer.Deserialize(training, CardJson.Default.TrainingCard)!;
        string? refusal = Heard(() => Make(card));
        if (refusal is null)
            Greeted?.Invoke(card);
        return JsonSerializer.SerializeToUtf8Bytes(
            new WorkerCard(Name, workers.Threads, listener.Port, refusal), CardJson.Default.WorkerCard);
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Why a caller may not open a lane; null if it may.</summary>
    public string? Complaint(Hello hello)
    {
        lock (gate)
        {
            return hello.Build != Build.Current ? $"worker '{Name}' is of another build"
                : training == hello.Name ? null : $"worker '{Name}' takes part in another training";
        }
    }

    /// <summary>Computes what is asked for on a lane until that ends.</summary>
    public void Serve(Lane lane)
    {
        List<byte[]> memory = [];
        try
        {
            if (pipelined is { } algorithm)
            {
                using var work = new BlockWork(algorithm, fetcher!, lane);
                work.Serve(() => Volatile.Write(ref lastHeard, Environment.TickCount64));
            }
            while (true)
            {
                ShardRequest request = ShardRequest.Read(lane, memory);
                Heard(() => Answer(lane, request));
            }
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException)
        {
            lane.Dispose();                                 // the training has ended, or has given this worker up
        }
    }

    /// <summary>The training says goodbye.</summary>
    public void Leave(string? reason) => left.TrySetResult(reason);

    /// <summary>The silo cannot go on.</summary>
    public void Lose() => lost.TrySetResult();

    /// <summary>Takes nothing more; the memory is returned when what is being computed is done.</summary>
    public void Dispose() => listener.Dispose();

    /// <summary>Returns the memory; called when no lane will be served any more.</summary>
    public void Release()
    {
        lock (gate)
        {
            isReleased = true;
            Forget();
            workers.Dispose();
        }
    }

    T Heard<T>(Func<T> job)
    {
        Interlocked.Increment(ref busy);
        try
        {
            lock (gate)
                return job();
        }
        finally
        {
            Volatile.Write(ref lastHeard, Environment.TickCount64);
            Interlocked.Decrement(ref busy);
        }
    }

    bool Answer(Lane lane, ShardRequest request)
    {
        try
        {
            replica!.Compute(request, result => lane.Write(result.Span));
        }
        catch (Exception failure) when (!lane.IsBroken)
        {
            ShardReply.WriteFailure(lane, $"{failure.GetType().Name}: {failure.Message}");
        }
        return true;
    }

    void Forget()
    {
        replica?.Dispose();
        pipelined?.Dispose();
        fetcher?.Dispose();
        (replica, pipelined, fetcher, training) = (null, null, null, null);
    }

    string? Make(TrainingCard card)
    {
        if (training == card.Training)
            return null;                                    // it was greeted before, and the answer was lost
        Forget();
        if (isReleased)
            return $"worker '{Name}' is about to end";
        try
        {
            IAlgorithm made = create(card.Configuration, workers);
            if (made is IShardedAlgorithm sharded && made.GetType().Module.ModuleVersionId == card.Code
                && sharded.Shards.Count == card.Shards)
            {
                (replica, training) = (new Replica(sharded, workers), card.Training);
                return null;
            }
            if (made is IPipelinedAlgorithm { Alone: null } learner && card.WeightPort > 0
                && made.GetType().Module.ModuleVersionId == card.Code)
            {
                fetcher = new WeightFetcher(
                    new IPEndPoint(options.Address.Address, card.WeightPort), options, card.Training);
                (pipelined, training) = (learner, card.Training);
                return null;
            }
            made.Dispose();
            return $"worker '{Name}' makes another {card.Configuration.Algorithm} of this training's options; use " +
                "the same build on both sides";
        }
        catch (Exception failure)
        {
            return $"worker '{Name}' cannot make {card.Configuration.Algorithm} for {card.Configuration.Task}: " +
                failure.Message;
        }
    }
}
