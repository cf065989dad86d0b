using RLSquared.Cluster.Lanes;
using RLSquared.Cluster.Messages;

namespace RLSquared.Cluster.Coordination;

/// <summary>A worker as the training sees it.</summary>
/// <param name="silo">Its silo.</param>
/// <param name="service">Reaches it.</param>
/// <param name="card">Its name, its threads, and where it takes lanes.</param>
/// <param name="lane">Carries shards; owned.</param>
internal sealed class Member(SiloAddress silo, IShardService service, WorkerCard card, Lane lane)
{
    readonly TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long shards;
    double seconds;

    /// <summary>Its silo.</summary>
    public SiloAddress Silo { get; } = silo;

    /// <summary>Reaches it.</summary>
    public IShardService Service { get; } = service;

    /// <summary>Its name, its threads, and where it takes lanes.</summary>
    public WorkerCard Card { get; } = card;

    /// <summary>Its name.</summary>
    public string Name => Card.Name;

    /// <summary>The threads with which it computes.</summary>
    public int Threads => Card.Threads;

    /// <summary>Carries shards; another one after it broke.</summary>
    public Lane Lane { get; private set; } = lane;

    /// <summary>By name of a part, the version of what was sent to it.</summary>
    public Dictionary<string, long> Known { get; } = [];

    /// <summary>Memory for what it sends.</summary>
    public byte[] Memory = [];

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
        !Lane.IsBroken && !Gone.IsCompleted && !IsLeaving && Environment.TickCount64 >= RestsUntil;

    /// <summary>Notes that its process has ended.</summary>
    public void NoteGone()
    {
        gone.TrySetResult();
        Lane.Abort();
        Lane.Dispose();
    }

    /// <summary>Gives it another lane; it knows nothing of what was sent on the one before.</summary>
    public void Take(Lane another)
    {
        Known.Clear();
        Lane.Dispose();
        Lane = another;
        if (Gone.IsCompleted)
            Lane.Dispose();
    }

    /// <summary>Notes that it has computed a shard in so many seconds more.</summary>
    public void NoteWork(double time)
    {
        shards++;
        seconds += time;
    }

    /// <summary>How it does.</summary>
    public WorkerStatus Status => new(Name, Silo.Endpoint.ToString(), Threads,
        IsLeaving ? "leaving" : Lane.IsBroken || Environment.TickCount64 < RestsUntil ? "resting" : "working",
        shards, seconds);
}
