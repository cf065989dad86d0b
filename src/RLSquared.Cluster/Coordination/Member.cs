using System.Collections.Concurrent;
using RLSquared.Cluster.Messages;

namespace RLSquared.Cluster.Coordination;

/// <summary>A worker as the training sees it.</summary>
/// <param name="silo">Its silo.</param>
/// <param name="service">Reaches it.</param>
/// <param name="name">Its name.</param>
/// <param name="threads">The threads with which it computes.</param>
internal sealed class Member(SiloAddress silo, IShardService service, string name, int threads)
{
    readonly TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long shards;
    double seconds;

    /// <summary>Its silo.</summary>
    public SiloAddress Silo { get; } = silo;

    /// <summary>Reaches it.</summary>
    public IShardService Service { get; } = service;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>The threads with which it computes.</summary>
    public int Threads { get; } = threads;

    /// <summary>By name of a part, the identity of what it has.</summary>
    public ConcurrentDictionary<string, string> Known { get; } = [];

    /// <summary>The call that it has not answered yet, or has answered last.</summary>
    public Task Pending { get; set; } = Task.CompletedTask;

    /// <summary>Whether it takes no more shards.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>Until when it rests after a call that failed, in ticks of <see cref="Environment"/>.</summary>
    public long RestsUntil { get; set; }

    /// <summary>Done when its process has ended, as far as the others know.</summary>
    public Task Gone => gone.Task;

    /// <summary>Whether it can be given shards.</summary>
    public bool IsAvailable =>
        !Gone.IsCompleted && !IsLeaving && Pending.IsCompleted && Environment.TickCount64 >= RestsUntil;

    /// <summary>Notes that its process has ended.</summary>
    public void NoteGone() => gone.TrySetResult();

    /// <summary>Notes what it has computed.</summary>
    public void NoteWork(int count, double time)
    {
        shards += count;
        seconds += time;
    }

    /// <summary>How it does.</summary>
    public WorkerStatus Status => new(Name, Silo.Endpoint.ToString(), Threads,
        IsLeaving ? "leaving" : Pending.IsCompleted && Environment.TickCount64 < RestsUntil ? "resting" : "working",
        shards, seconds);
}
