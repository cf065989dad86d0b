using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Experience;

/// <summary>
/// A fixed share of the lanes with all that one thread needs to take it through play, forward and backward: buffers for
/// a step, the players' hidden states, a tape with its arena. Which thread takes a shard changes nothing.
/// </summary>
sealed class Shard : IDisposable
{
    readonly int width;

    public Shard(TaskDistribution task, RecurrentNetwork network, int first, int end)
    {
        (First, Count, width) = (first, end - first, task.Observation.Width);
        int lanes = Math.Min(Count, task.MaxLanes);
        Lanes = task.CreateLanes(lanes);
        Player = new RecurrentPlayer(network, lanes);
        Observations = new float[lanes * width];
        Actions = new ActionBuffer(task.Action, lanes);
        Allowed = new bool[task.Masks ? lanes * task.Actions : 0];
        Rewards = new float[lanes];
        Active = new float[lanes];
        Endings = new Endings[lanes];
        Trials = [.. Enumerable.Range(first, Count)];
    }

    /// <summary>The number of the shard's first trial.</summary>
    public int First { get; }

    /// <summary>The shard's trials.</summary>
    public int Count { get; }

    /// <summary>Where they are played, B at once: all, or fewer in several rounds if lanes are few.</summary>
    public Lanes Lanes { get; }

    public RecurrentPlayer Player { get; }

    public Tape Tape { get; } = new(new Arena());

    // What the last step of a round brought; [B] each, and [B, Width].
    public float[] Observations { get; }
    public ActionBuffer Actions { get; }
    public float[] Rewards { get; }
    public Endings[] Endings { get; }

    /// <summary>Which options may be chosen next, [B, A]; empty where all of them always may.</summary>
    public bool[] Allowed { get; }

    /// <summary>1 for lanes whose trial goes on, else 0.</summary>
    public float[] Active { get; }

    /// <summary>The numbers of the shard's own trials.</summary>
    public int[] Trials { get; }

    /// <summary>What the lanes see before step t.</summary>
    public Percept Percept(int t) => new()
    {
        Step = t,
        Observations = Observations,
        PreviousActions = Actions.Span,
        PreviousRewards = Rewards,
        PreviousEndings = Endings,
        Allowed = Allowed,
    };

    public void Dispose()
    {
        Player.Dispose();
        Tape.Arena.Dispose();
    }
}
