using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Experience;

/// <summary>
/// A fixed share of the lanes with all that one thread needs to take it through play, forward and backward: a game with
/// the player's hidden states, a tape with its arena. Which thread takes a shard changes nothing.
/// </summary>
public sealed class Shard : IDisposable
{
    /// <summary>The lanes from one number to another.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="policy">Who plays.</param>
    /// <param name="first">The first lane.</param>
    /// <param name="end">The lane after the last.</param>
    /// <param name="lanesApart">Whether each lane begins its next trial by itself.</param>
    internal Shard(TaskDistribution task, Policy policy, int first, int end, bool lanesApart = false)
    {
        (First, Count) = (first, end - first);
        int lanes = Math.Min(Count, task.MaxLanes);
        Game = new Game(task, new PolicyAgent(task.Name, policy), lanes, checksActions: false)
        {
            LanesApart = lanesApart,
        };
        Player = (PolicyPlayer)Game.Player;
        Player.KeepsLogProbabilities = true;
        Active = new float[lanes];
        Trials = [.. Enumerable.Range(first, Count)];
        Tape = new Tape(new Arena(policy.Parameters.Device));
    }

    /// <summary>The number of the shard's first trial.</summary>
    public int First { get; }

    /// <summary>The shard's trials.</summary>
    public int Count { get; }

    /// <summary>The numbers of the shard's own trials, [<see cref="Count"/>].</summary>
    public int[] Trials { get; }

    /// <summary>Where losses are computed; free between two plays.</summary>
    public Tape Tape { get; }

    /// <summary>Where the trials are played, B at once: all, or fewer in several rounds if lanes are few.</summary>
    internal Game Game { get; }

    internal PolicyPlayer Player { get; }

    /// <summary>1 for lanes whose trial goes on, else 0, [B].</summary>
    internal float[] Active { get; }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        Game.Dispose();
        Tape.Arena.Dispose();
    }
}
