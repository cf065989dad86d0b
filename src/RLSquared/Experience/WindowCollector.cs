using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Experience;

/// <summary>
/// Plays N lanes for T steps at a time and goes on in the next iteration where it stopped: windows of steps, which
/// begin and end anywhere in a trial. It is for policies that remember nothing, whose steps can be learned from one by
/// one: so the <see cref="Experience.Rollout"/> holds T · N trials of one step each, time first.
/// <para>
/// Lane n plays the trials n, n + N, n + 2N, …, and what happens in a trial depends on (seed, trial) and the policy
/// alone, so a window is the same bit for bit for every number of threads. Where the lanes stand can be saved and
/// restored (<see cref="Save"/>).
/// </para>
/// </summary>
internal sealed class WindowCollector : IDisposable
{
    readonly TaskDistribution task;
    readonly Policy policy;
    readonly Workers workers;
    readonly ulong seed;
    readonly int chunk;
    readonly WindowShard[] shards;
    readonly Action<int> playShard, estimateShard;
    byte[]? toRestore;

    /// <summary>Room for N lanes and T steps.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="policy">Who plays.</param>
    /// <param name="lanes">N.</param>
    /// <param name="window">T.</param>
    /// <param name="shards">The pieces into which the lanes are cut.</param>
    /// <param name="chunk">Steps whose values a shard finds at once; it bounds memory.</param>
    /// <param name="seed">Of the tasks and of the actions.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">The task has other lanes than that.</exception>
    public WindowCollector(
        TaskDistribution task, Policy policy, int lanes, int window, int shards, int chunk, ulong seed, Workers workers)
    {
        (this.task, this.policy, this.seed, this.workers, this.chunk) = (task, policy, seed, workers, chunk);
        (N, T) = (lanes, window);
        if (task.MaxLanes < lanes || (task.MaxLanes != int.MaxValue && shards > 1))
        {
            throw new OptionException("lanes", $"the task {task.Name} has {task.MaxLanes} lanes, which play " +
                $"together; set lanes={task.MaxLanes} shards=1");
        }
        Rollout = new Rollout(1, checked(window * lanes), task.Spaces);
        NextValues = new float[window * lanes];
        this.shards = new WindowShard[shards];
        for (int s = 0; s < shards; s++)
        {
            this.shards[s] = new WindowShard(
                task, policy, Minibatches.Cut(lanes, s, shards), Minibatches.Cut(lanes, s + 1, shards), lanes);
        }
        (playShard, estimateShard) = (PlayShard, EstimateShard);
    }

    /// <summary>Lanes.</summary>
    public int N { get; }

    /// <summary>Steps of a window.</summary>
    public int T { get; }

    /// <summary>What was played, T · N steps; a step that is padding has length 0.</summary>
    public Rollout Rollout { get; }

    /// <summary>The value of what followed each step, [T, N]; nothing where an episode terminated.</summary>
    public float[] NextValues { get; }

    /// <summary>A tape for each shard, which may be used between two plays.</summary>
    public IEnumerable<Tape> Tapes => shards.Select(shard => shard.Tape);

    /// <summary>The mean total of the trials that ended in the window; null where none did.</summary>
    public double? MeanReturn
    {
        get
        {
            (int count, double sum) = (0, 0);
            foreach (WindowShard shard in shards)
                (count, sum) = (count + shard.Finished.Trials, sum + shard.Finished.Total);
            return count > 0 ? sum / count : null;
        }
    }

    /// <summary>The mean of what the trials under way have brought so far.</summary>
    public double MeanSoFar => shards.Sum(shard => shard.Totals.Sum()) / N;

    /// <summary>
    /// Plays the next window: all of the rollout but advantages and returns, and the values after it.
    /// </summary>
    /// <exception cref="NonFiniteException">A reward or an observation is not a finite number.</exception>
    /// <exception cref="InvalidDataException">An observation is not of its space, or no option is allowed.</exception>
    public void Play()
    {
        if (toRestore is { } state)
        {
            toRestore = null;
            ReadLanes(state);
        }
        workers.Run(shards.Length, playShard);
        workers.Run(shards.Length, estimateShard);
        for (int i = 0; i < NextValues.Length - N; i++)
        {
            if ((Rollout.Endings[i] & (Endings.EpisodeEnded | Endings.TrialEnded)) == 0)
                NextValues[i] = Rollout.Values[i + N];
        }
        // A task that does not keep what followed a cut: the value before the last step stands in for it.
        for (int i = 0; i < NextValues.Length; i++)
        {
            if (float.IsNaN(NextValues[i]))
                NextValues[i] = Rollout.Values[i];
        }
    }

    void ReadLanes(byte[] state)
    {
        using var reader = new BinaryReader(new MemoryStream(state));
        try
        {
            foreach (WindowShard shard in shards)
                shard.Read(reader, seed);
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException($"the state of the lanes ends after {state.Length} bytes, before all " +
                $"{N} lanes are read; it is of other options, or damaged");
        }
    }

    void PlayShard(int s)
    {
        while (true)
        {
            try
            {
                PlayWindow(shards[s]);
                return;
            }
            catch (TrialsInterruptedException)
            {
                shards[s].Interrupt();
            }
        }
    }

    void PlayWindow(WindowShard shard)
    {
        shard.BeginWindow(seed);
        for (int t = 0; t < T; t++)
        {
            int row = t * N + shard.First;
            shard.Game.Decide();
            NoteDecision(shard, t, row);
            shard.Step();
            for (int i = 0; i < shard.Count; i++)
            {
                bool padding = shard.Game.WasOver(i);
                Rollout.Rewards[row + i] = shard.Game.Rewards[i];
                Rollout.Endings[row + i] = shard.Game.Endings[i];
                Rollout.Active[row + i] = padding ? 0 : 1;
                Rollout.Lengths[row + i] = padding ? 0 : 1;
                NextValues[row + i] = !shard.Bootstrapped[i] ? 0
                    : shard.Game.Lanes.KnowsLastObservations ? shard.NextValues[i] : float.NaN;
            }
            shard.BeginNext(seed);
        }
        int end = (T - 1) * N + shard.First;
        shard.FindValues();
        for (int i = 0; i < shard.Count; i++)
        {
            if ((Rollout.Endings[end + i] & (Endings.EpisodeEnded | Endings.TrialEnded)) == 0)
                NextValues[end + i] = shard.NextValues[i];
        }
    }

    // What was observed and decided at step t.
    void NoteDecision(WindowShard shard, int t, int row)
    {
        (Rollout rollout, Game game, PolicyPlayer player) = (Rollout, shard.Game, shard.Player);
        int K = task.Action.Choices, C = task.Action.Numbers;
        rollout.NoteSeen(row, game.Seen, step: 0);
        game.LaneSteps.CopyTo(rollout.StepsInTrial.AsSpan(row));
        game.Actions.Choices.CopyTo(rollout.Actions.AsSpan(row * K));
        if (C > 0)
            NonFiniteException.ThrowIfAny(player.Draws, "action", t, C, shard.First);
        player.Draws.CopyTo(rollout.Draws.AsSpan(row * C));
        player.LogProbabilities.CopyTo(rollout.LogProbabilities.AsSpan(row));
    }

    void EstimateShard(int s)
    {
        Tape tape = shards[s].Tape;
        int end = Minibatches.Cut(Rollout.N, s + 1, shards.Length);
        Span<int> steps = stackalloc int[Math.Min(chunk, 256)];
        for (int from = Minibatches.Cut(Rollout.N, s, shards.Length); from < end; from += steps.Length)
        {
            Span<int> some = steps[..Math.Min(steps.Length, end - from)];
            for (int i = 0; i < some.Length; i++)
                some[i] = from + i;
            tape.Reset();
            tape.Recording = false;
            var batch = new TrialBatch(Rollout, some, tape);
            policy.Values(tape, batch.Input(policy)).CopyTo(Rollout.Values.AsSpan(from, some.Length));
        }
    }

    // ---- state ----

    /// <summary>Where all lanes are.</summary>
    public byte[] Save()
    {
        if (toRestore is not null)
            return toRestore;
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (WindowShard shard in shards)
            shard.Write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Brings the lanes, before the next window, to where <see cref="Save"/> was asked.</summary>
    public void Restore(byte[] state) => toRestore = state;

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        foreach (WindowShard shard in shards)
            shard.Dispose();
    }
}
