using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Rollouts;

/// <summary>
/// A fixed share of the lanes with all that one thread needs to take it through play, forward and backward: buffers for a
/// step, the players' hidden states, a tape with its arena. Which thread takes a shard changes nothing.
/// </summary>
sealed class Shard : IDisposable
{
    readonly int width;

    public Shard(TaskDistribution task, RecurrentNetwork network, int first, int end)
    {
        (First, Count, width) = (first, end - first, task.Observation.Width);
        Lanes = task.CreateLanes(Count);
        Player = new RecurrentPlayer(network, Count);
        Observations = new float[Count * width];
        Actions = new int[Count];
        Rewards = new float[Count];
        Active = new float[Count];
        Endings = new Endings[Count];
        Trials = [.. Enumerable.Range(first, Count)];
    }

    /// <summary>The number of the shard's first lane.</summary>
    public int First { get; }

    /// <summary>The shard's lanes, B.</summary>
    public int Count { get; }

    public Lanes Lanes { get; }

    public RecurrentPlayer Player { get; }

    public Tape Tape { get; } = new(new Arena());

    // What the last step brought; [B] each, and [B, Width].
    public float[] Observations { get; }
    public int[] Actions { get; }
    public float[] Rewards { get; }
    public Endings[] Endings { get; }

    /// <summary>1 for lanes whose trial goes on, else 0.</summary>
    public float[] Active { get; }

    /// <summary>The numbers of the shard's own lanes.</summary>
    public int[] Trials { get; }

    /// <summary>What the lanes see before step t.</summary>
    public Percept Percept(int t) => new()
    {
        Step = t,
        Observations = Observations,
        PreviousActions = Actions,
        PreviousRewards = Rewards,
        PreviousEndings = Endings,
    };

    /// <summary>The network's input over the whole of some trials, copied to the shard's arena.</summary>
    public SequenceInput Input(Rollout rollout, ReadOnlySpan<int> trials)
    {
        int T = rollout.T, N = rollout.N, B = trials.Length, G = rollout.Groups, D = rollout.DenseWidth;
        Indices indices = Tape.Arena.AllocateIndices(T * B * G);
        Tensor dense = Tape.Arena.Allocate(new Shape(T, B, D));
        Span<int> ones = indices.Span;
        Span<float> numbers = dense.Span;
        for (int t = 0; t < T; t++)
        {
            for (int b = 0; b < B; b++)
            {
                int from = t * N + trials[b], to = t * B + b;
                for (int g = 0; g < G; g++)
                    ones[to * G + g] = rollout.InputIndices[from * G + g];
                for (int d = 0; d < D; d++)
                    numbers[to * D + d] = rollout.InputNumbers[from * D + d];
            }
        }
        return new SequenceInput(T, B, Tape.Constant(dense), indices, G);
    }

    /// <summary>The columns of an array [T, N] that belong to some trials, as [T · B, 1].</summary>
    public Tensor Pick(Rollout rollout, float[] array, ReadOnlySpan<int> trials)
    {
        Tensor picked = Tape.Arena.Allocate(new Shape(rollout.T * trials.Length, 1));
        Pick(rollout, array, trials, picked.Span);
        return Tape.Constant(picked);
    }

    /// <summary>The same for whole numbers.</summary>
    public Indices Pick(Rollout rollout, int[] array, ReadOnlySpan<int> trials)
    {
        Indices picked = Tape.Arena.AllocateIndices(rollout.T * trials.Length);
        Pick(rollout, array, trials, picked.Span);
        return picked;
    }

    public void Dispose()
    {
        Player.Dispose();
        Tape.Arena.Dispose();
    }

    static void Pick<TNumber>(Rollout rollout, TNumber[] array, ReadOnlySpan<int> trials, Span<TNumber> picked)
    {
        for (int t = 0, to = 0; t < rollout.T; t++)
        {
            foreach (int trial in trials)
                picked[to++] = array[t * rollout.N + trial];
        }
    }
}
