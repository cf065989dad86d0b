using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Cluster.Messages;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Work;

/// <summary>What a worker has besides its silo: threads, a replica, and whether it has been sent away.</summary>
internal sealed class ShardBench : IDisposable
{
    readonly Func<RunConfiguration, Workers, IAlgorithm> create;
    readonly ComputingThread computing = new();
    readonly Workers workers;
    readonly TaskCompletionSource<string?> left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    Replica? replica;
    long lastRequest = Environment.TickCount64;

    public ShardBench(string name, int threads, Func<RunConfiguration, Workers, IAlgorithm> create)
    {
        (Name, this.create) = (name, create);
        workers = new Workers(threads);
    }

    /// <summary>The worker's name.</summary>
    public string Name { get; }

    /// <summary>Done when the training has sent the worker away; with why, or null where it was asked to.</summary>
    public Task<string?> Left => left.Task;

    /// <summary>Done when it has been sent away, or when its silo cannot go on.</summary>
    public Task Ended => Task.WhenAny(left.Task, lost.Task);

    /// <summary>Whether nothing is being computed.</summary>
    public bool IsIdle => computing.IsIdle;

    /// <summary>The time since the training was last heard of.</summary>
    public TimeSpan Silence =>
        computing.IsIdle ? TimeSpan.FromMilliseconds(Environment.TickCount64 - lastRequest) : TimeSpan.Zero;

    /// <summary>Called once for each training, with its task and algorithm.</summary>
    public Action<TrainingCard>? Greeted { get; init; }

    public Task<byte[]> Greet(byte[] training) => Heard(() =>
    {
        TrainingCard card = JsonSerializer.Deserialize(training, CardJson.Default.TrainingCard)!;
        string? refusal = Make(card);
        if (refusal is null)
            Greeted?.Invoke(card);
        return JsonSerializer.SerializeToUtf8Bytes(
            new WorkerCard(Name, workers.Threads, refusal), CardJson.Default.WorkerCard);
    });

    public Task Offer(PartPiece piece) => Heard(() =>
    {
        if (replica?.Training == piece.Training)
            replica.Take(piece);
        return true;
    });

    public Task<ShardReply> Compute(ShardRequest request) => Heard(() => replica?.Compute(request)
        ?? new ShardReply([], [], "the worker has not been greeted yet"));

    public void Leave(string? reason) => left.TrySetResult(reason);

    public void Lose() => lost.TrySetResult();

    /// <summary>Returns the memory, once what is being computed is done.</summary>
    public void Dispose()
    {
        computing.Run(() =>
        {
            replica?.Dispose();
            workers.Dispose();
            return true;
        });
        computing.Dispose();
    }

    async Task<T> Heard<T>(Func<T> job)
    {
        try
        {
            return await computing.Run(job);
        }
        finally
        {
            lastRequest = Environment.TickCount64;
        }
    }

    string? Make(TrainingCard card)
    {
        replica?.Dispose();
        replica = null;
        try
        {
            IAlgorithm made = create(card.Configuration, workers);
            if (made is IShardedAlgorithm sharded && made.GetType().Module.ModuleVersionId == card.Code
                && sharded.Shards.Count == card.Shards)
            {
                replica = new Replica(card.Training, sharded, workers);
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
