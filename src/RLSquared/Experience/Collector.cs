using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Experience;

/// <summary>
/// Plays N trials in lock-step, every lane on a task of its own and from a hidden state of zero, and writes them into a
/// <see cref="Experience.Rollout"/>. The lanes are cut into shards; a worker takes a whole shard. The trials of iteration
/// i are numbered i·N to i·N + N − 1, and what happens in a trial depends on (seed, trial) alone, so the rollout is the
/// same bit for bit for every number of threads.
/// </summary>
sealed class Collector : IDisposable
{
    readonly TaskDistribution task;
    readonly RecurrentNetwork network;
    readonly Workers workers;
    readonly ulong seed;
    readonly float discount;
    readonly bool countRegrets;
    readonly int chunk;
    readonly Action<int> playShard, estimateShard;
    int iteration;
    float valueMean, valueDeviation;

    /// <summary>Room for N trials.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="network">Who plays.</param>
    /// <param name="trials">N.</param>
    /// <param name="shards">The pieces into which the lanes are cut.</param>
    /// <param name="chunk">Trials that a shard takes at once where their order is free; it bounds memory.</param>
    /// <param name="seed">Of the tasks and of the actions.</param>
    /// <param name="discount">γ, which the rollout's discounts are made of.</param>
    /// <param name="countRegrets">Whether what counts is the negated regret of an action instead of its reward.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">Regrets are to count, and the task does not know them.</exception>
    public Collector(
        TaskDistribution task, RecurrentNetwork network, int trials, int shards, int chunk, ulong seed, float discount,
        bool countRegrets, Workers workers)
    {
        (this.task, this.network, this.seed, this.workers, this.chunk) = (task, network, seed, workers, chunk);
        (this.discount, this.countRegrets) = (discount, countRegrets);
        Rollout = new Rollout(
            task.TrialLength, trials, task.Action, network.Groups, network.DenseWidth, network.PrivilegedWidth,
            task.Masks, network.SeesImages ? network.Observation : default);
        RequireWholeRounds(trials, shards, task.MaxLanes);
        Shards = new Shard[shards];
        for (int s = 0; s < shards; s++)
            Shards[s] = new Shard(
                task, network, Minibatches.Cut(trials, s, shards), Minibatches.Cut(trials, s + 1, shards));
        (playShard, estimateShard) = (PlayShard, EstimateShard);
        if (countRegrets && !Shards[0].Lanes.KnowsRegrets)
        {
            throw new OptionException("regret",
                $"the task {task.Name} does not know what an action cost; train on its rewards: regret=false");
        }
    }

    /// <summary>What was played.</summary>
    public Rollout Rollout { get; }

    /// <summary>The pieces, with a tape each that may be used between two plays.</summary>
    public Shard[] Shards { get; }

    /// <summary>Plays the trials of an iteration: all of the rollout but values, advantages and returns.</summary>
    /// <exception cref="NonFiniteException">A reward or an observation is not a finite number.</exception>
    /// <exception cref="InvalidDataException">An observation is not of its space, or no option is allowed.</exception>
    public void Play(int iteration)
    {
        this.iteration = iteration;
        if (task.MaxLanes == int.MaxValue)
        {
            workers.Run(Shards.Length, playShard);
            return;
        }
        for (int s = 0; s < Shards.Length; s++)
            PlayShard(s);
    }

    /// <summary>Fills in the values of all steps, by the network as it played.</summary>
    /// <param name="mean">What a network's value of 0 stands for …</param>
    /// <param name="deviation">… and by how much more a value of 1.</param>
    public void EstimateValues(float mean, float deviation)
    {
        (valueMean, valueDeviation) = (mean, deviation);
        workers.Run(Shards.Length, estimateShard);
    }

    void PlayShard(int s)
    {
        Shard shard = Shards[s];
        for (int played = 0; played < shard.Count;)
        {
            try
            {
                PlayRound(shard, shard.First + played);
                played += shard.Lanes.Count;
            }
            catch (TrialsInterruptedException)
            {
                // The same trials once more; what they have written so far is written over.
            }
        }
    }

    void PlayRound(Shard shard, int first)
    {
        Rollout rollout = Rollout;
        int T = rollout.T, N = rollout.N, B = shard.Lanes.Count, P = rollout.PrivilegedWidth;
        int K = task.Action.Choices, C = task.Action.Numbers;
        ulong firstTrial = (ulong)iteration * (ulong)N + (ulong)first;
        shard.Lanes.Begin(seed, firstTrial, shard.Observations);
        Incoming.RequireObservations(task, shard.Observations, 0, first);
        shard.Player.Begin(seed, firstTrial);
        shard.Actions.Clear();
        shard.Rewards.AsSpan().Clear();
        shard.Endings.AsSpan().Fill(Endings.Terminated);
        shard.Active.AsSpan().Fill(1);

        int t = 0;
        for (int playing = B; t < T && playing > 0; t++)
        {
            int row = t * N + first;
            if (task.Masks)
            {
                ActionMasks.Ask(task, shard.Lanes, shard.Endings, shard.Allowed, t, first);
                shard.Allowed.CopyTo(rollout.Allowed.AsSpan(row * task.Actions));
            }
            shard.Player.Act(shard.Percept(t), shard.Actions.Span);
            shard.Player.InputIndices.CopyTo(rollout.InputIndices.AsSpan(row * rollout.Groups));
            shard.Player.InputNumbers.CopyTo(rollout.InputNumbers.AsSpan(row * rollout.DenseWidth));
            CopyImages(shard, t, first);
            if (P > 0)
            {
                Span<float> privileged = rollout.Privileged.AsSpan(row * P, B * P);
                shard.Lanes.Privileged(privileged);
                NonFiniteException.ThrowIfAny(privileged, "privileged observation", t, P, first);
            }
            shard.Actions.Choices.CopyTo(rollout.Actions.AsSpan(row * K));
            if (C > 0)
                NonFiniteException.ThrowIfAny(shard.Player.Draws, "action", t, C, first);
            shard.Player.Draws.CopyTo(rollout.Draws.AsSpan(row * C));
            shard.Player.LogProbabilities.CopyTo(rollout.LogProbabilities.AsSpan(row));

            shard.Lanes.Step(shard.Actions.Span, shard.Observations, shard.Rewards, shard.Endings);
            Incoming.RequireRewards(task, shard.Rewards, t, first);
            Incoming.RequireObservations(task, shard.Observations, t, first);
            Span<float> counts = rollout.Counts.AsSpan(row, B);
            if (countRegrets)
            {
                shard.Lanes.Regrets(counts);
                TensorPrimitives.Negate(counts, counts);
                NonFiniteException.ThrowIfAny(counts, "regret", t, firstLane: first);
            }
            else
            {
                shard.Rewards.CopyTo(counts);
            }
            for (int i = 0; i < B; i++)
            {
                bool ends = (shard.Endings[i] & Endings.TrialEnded) != 0;
                rollout.Rewards[row + i] = shard.Rewards[i] * shard.Active[i];
                counts[i] *= shard.Active[i];
                rollout.Active[row + i] = shard.Active[i];
                // The end of an episode does not cut the return: the same task goes on. The end of the trial does.
                rollout.Discounts[row + i] = ends ? 0 : discount;
                if (ends && shard.Active[i] != 0)
                {
                    shard.Active[i] = 0;
                    rollout.Lengths[first + i] = t + 1;
                    playing--;
                }
            }
        }
        for (int i = 0; i < B; i++)
        {
            if (shard.Active[i] != 0)
                rollout.Lengths[first + i] = T;
        }
        // All trials of the round are over: nothing is played any more, and what an earlier rollout left is cleared.
        for (; t < T; t++)
            rollout.Clear(t, first, B);
    }

    void CopyImages(Shard shard, int t, int first)
    {
        int size = Rollout.Image.Size, row = t * Rollout.N + first;
        for (int i = 0; size > 0 && i < shard.Lanes.Count; i++)
        {
            if (shard.Active[i] != 0)
                shard.Player.InputImages.Slice(i * size, size).CopyTo(Rollout.Images.AsSpan((row + i) * size));
        }
    }

    static void RequireWholeRounds(int trials, int shards, int lanes)
    {
        for (int s = 0; s < shards; s++)
        {
            int count = Minibatches.Cut(trials, s + 1, shards) - Minibatches.Cut(trials, s, shards);
            if (count % Math.Min(count, lanes) == 0)
                continue;
            int round = checked(shards * lanes), fits = (trials + round - 1) / round * round;
            throw new OptionException("trials",
                $"{trials} trials in {shards} shards are {count} for each, and {lanes} lanes cannot play these in " +
                $"whole rounds; trials={fits} can");
        }
    }

    void EstimateShard(int s)
    {
        (Shard shard, Rollout rollout) = (Shards[s], Rollout);
        for (int from = 0; from < shard.Count; from += chunk)
        {
            ReadOnlySpan<int> trials = shard.Trials.AsSpan(from, Math.Min(chunk, shard.Count - from));
            shard.Tape.Reset();
            shard.Tape.Recording = false;
            var batch = new TrialBatch(rollout, trials, shard.Tape);
            SequenceInput input = batch.Input();
            Span<float> values = network.Values(shard.Tape, input, batch.ValueInput(input)).Span;         // [T, trials]
            for (int t = 0, i = 0; t < batch.T; t++)
            {
                foreach (int trial in trials)
                    rollout.Values[t * rollout.N + trial] = valueMean + valueDeviation * values[i++];
            }
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        foreach (Shard shard in Shards)
            shard.Dispose();
    }
}
