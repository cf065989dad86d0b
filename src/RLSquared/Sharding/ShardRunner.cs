using RLSquared.Tensors;

namespace RLSquared.Sharding;

/// <summary>Where shards are computed: on the threads of this process, or in several processes.</summary>
internal abstract class ShardRunner
{
    /// <summary>Computes all shards of a phase; their results are in this process when it returns.</summary>
    /// <param name="phase">What is to be done.</param>
    /// <param name="shards">How many shards there are.</param>
    public abstract void Run(ShardPhase phase, int shards);
}

/// <summary>The threads of this process.</summary>
/// <param name="workers">The threads; shared, not owned.</param>
internal sealed class ThreadRunner(Workers workers) : ShardRunner
{
    /// <summary>How many threads work.</summary>
    public int Threads => workers.Threads;

    /// <inheritdoc/>
    public override void Run(ShardPhase phase, int shards)
    {
        if (phase.Together is { } all)
        {
            all([.. Enumerable.Range(0, shards)]);
            return;
        }
        if (!phase.OneAtATime)
        {
            workers.Run(shards, phase.Compute);
            return;
        }
        for (int s = 0; s < shards; s++)
            phase.Compute(s);
    }

    /// <summary>Computes some shards of a phase.</summary>
    public void Run(ShardPhase phase, int[] shards)
    {
        if (phase.Together is { } all)
            all(shards);
        else
            workers.Run(shards.Length, i => phase.Compute(shards[i]));
    }
}

/// <summary>The shards of an algorithm: how many, in what phases they work, and where.</summary>
/// <param name="count">Shards of each phase.</param>
/// <param name="workers">The threads that compute them at first.</param>
/// <param name="phases">The phases, in the same order in each process.</param>
internal sealed class ShardSet(int count, Workers workers, IReadOnlyList<ShardPhase> phases)
{
    /// <summary>Shards of each phase.</summary>
    public int Count { get; } = count;

    /// <summary>The phases.</summary>
    public IReadOnlyList<ShardPhase> Phases { get; } = phases;

    /// <summary>Where they are computed; at first, on the threads that the algorithm was given.</summary>
    public ShardRunner Runner { get; set; } = new ThreadRunner(workers);

    /// <summary>Computes all shards of a phase; their results are in this process when it returns.</summary>
    public void Run(ShardPhase phase) => Runner.Run(phase, Count);
}
