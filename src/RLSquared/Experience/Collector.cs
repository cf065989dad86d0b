using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Sharding;
using RLSquared.Tasks;
using RLSquared.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Experience;

/// <summary>
/// Plays N trials in lock-step, every lane on a task of its own and from a hidden state of zero, and writes them into a
/// <see cref="Experience.Rollout"/>. The lanes are cut into shards; a worker takes a whole shard. The trials of
/// iteration i are numbered i·N to i·N + N − 1, and what happens in a trial depends on (seed, trial) alone, so the
/// rollout is the same bit for bit for every number of threads.
/// </summary>
public sealed class Collector : IDisposable
{
    readonly TaskDistribution task;
    readonly Policy policy;
    readonly Workers workers;
    readonly ulong seed;
    readonly float discount;
    readonly bool keepsRegrets;
    readonly int chunk;
    readonly Shard[] shards;
    readonly Action<int> estimateShard;
    readonly ThreadRunner threads;
    readonly ShardPhase playing;
    long plays;                                     // the version of what a play goes by
    int iteration;
    float valueMean, valueDeviation;

    /// <summary>Room for N trials.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="policy">Who plays.</param>
    /// <param name="trials">N.</param>
    /// <param name="shards">The pieces into which the lanes are cut.</param>
    /// <param name="chunk">Trials that a shard takes at once where their order is free; it bounds memory.</param>
    /// <param name="seed">Of the tasks and of the actions.</param>
    /// <param name="discount">γ, which the rollout's discounts are made of.</param>
    /// <param name="keepsRegrets">Whether it is kept what each action cost (<see cref="Lanes.Regrets"/>).</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">Regrets are to be kept, and the task does not know them.</exception>
    public Collector(
        TaskDistribution task, Policy policy, int trials, int shards, int chunk, ulong seed, float discount,
        bool keepsRegrets, Workers workers)
    {
        (this.task, this.policy, this.seed, this.workers, this.chunk) = (task, policy, seed, workers, chunk);
        (this.discount, this.keepsRegrets) = (discount, keepsRegrets);
        Rollout = new Rollout(
            task.TrialLength, trials, task.Spaces, policy.Row.Features, policy.PrivilegedWidth, keepsRegrets);
        RequireWholeRounds(trials, shards, task.MaxLanes);
        this.shards = new Shard[shards];
        for (int s = 0; s < shards; s++)
            this.shards[s] = new Shard(
                task, policy, Minibatches.Cut(trials, s, shards), Minibatches.Cut(trials, s + 1, shards));
        (estimateShard, threads) = (EstimateShard, new ThreadRunner(workers));
        Weights = new ShardPart(
            "weights", () => policy.Parameters.Version, visitor => visitor.Weights(policy.Parameters));
        bool oneAtATime = task.MaxLanes != int.MaxValue;
        playing = new ShardPhase("play", [], PlayShard, (_, _) => { }) { OneAtATime = oneAtATime };
        var settings = new ShardPart("play", () => plays, VisitSettings);
        PlayingWithValues = new ShardPhase("play", [Weights, settings], PlayShardWithValues, VisitPlayed)
        {
            OneAtATime = oneAtATime,
        };
        if (keepsRegrets && !this.shards[0].Game.Lanes.KnowsRegrets)
        {
            throw new OptionException("regret",
                $"the task {task.Name} does not know what an action cost; train on its rewards: regret=false");
        }
    }

    /// <summary>What was played.</summary>
    public Rollout Rollout { get; }

    /// <summary>The pieces, with a tape each that may be used between two plays.</summary>
    public IReadOnlyList<Shard> Shards => shards;

    /// <summary>The policy's weights, for shards that are computed elsewhere.</summary>
    internal ShardPart Weights { get; }

    /// <summary>What <see cref="Play(int)"/> and <see cref="EstimateValues"/> do, one shard after the other.</summary>
    internal ShardPhase PlayingWithValues { get; }

    /// <summary>Plays the trials of an iteration: all of the rollout but values, advantages and returns.</summary>
    /// <exception cref="NonFiniteException">A reward or an observation is not a finite number.</exception>
    /// <exception cref="InvalidDataException">An observation is not of its space, or no option is allowed.</exception>
    public void Play(int iteration)
    {
        this.iteration = iteration;
        Rollout.WeightVersion = policy.Parameters.Version;
        threads.Run(playing, shards.Length);
    }

    /// <summary>The same, and the values of all steps besides; shards may be computed elsewhere.</summary>
    /// <param name="iteration">The number of the iteration.</param>
    /// <param name="mean">What a network's value of 0 stands for …</param>
    /// <param name="deviation">… and by how much more a value of 1.</param>
    /// <param name="runner">Where shards are computed.</param>
    internal void Play(int iteration, float mean, float deviation, ShardRunner runner)
    {
        (this.iteration, valueMean, valueDeviation) = (iteration, mean, deviation);
        plays++;
        Rollout.WeightVersion = policy.Parameters.Version;
        runner.Run(PlayingWithValues, shards.Length);
    }

    /// <summary>Fills in the values of all steps, by the network as it played.</summary>
    /// <param name="mean">What a network's value of 0 stands for …</param>
    /// <param name="deviation">… and by how much more a value of 1.</param>
    public void EstimateValues(float mean, float deviation)
    {
        (valueMean, valueDeviation) = (mean, deviation);
        workers.Run(shards.Length, estimateShard);
    }

    void PlayShardWithValues(int s)
    {
        PlayShard(s);
        EstimateShard(s);
    }

    void VisitSettings(ByteVisitor visitor)
    {
        visitor.Number(ref iteration);
        visitor.Number(ref valueMean);
        visitor.Number(ref valueDeviation);
    }

    void VisitPlayed(ByteVisitor visitor, int s)
    {
        Rollout.VisitSteps(visitor, shards[s].First, shards[s].Count);
        Rollout.VisitOutcomes(visitor, shards[s].First, shards[s].Count);
    }

    void PlayShard(int s)
    {
        Shard shard = shards[s];
        for (int played = 0; played < shard.Count;)
        {
            try
            {
                PlayRound(shard, shard.First + played);
                played += shard.Game.Lanes.Count;
            }
            catch (TrialsInterruptedException)
            {
                // The same trials once more; what they have written so far is written over.
            }
        }
    }

    void PlayRound(Shard shard, int first)
    {
        (Rollout rollout, Game game) = (Rollout, shard.Game);
        int N = rollout.N, B = shard.Active.Length;
        Array.Fill(shard.Active, 1);
        game.Begin(seed, (ulong)iteration * (ulong)N + (ulong)first, first);
        while (game.Decide())
        {
            int t = game.Steps, row = t * N + first;
            NoteDecision(shard, t, first);
            game.Step();
            game.Endings.CopyTo(rollout.Endings.AsSpan(row));
            if (keepsRegrets)
            {
                Span<float> regrets = rollout.Regrets.AsSpan(row, B);
                game.Lanes.Regrets(regrets);
                NonFiniteException.ThrowIfAny(regrets, "regret", t, firstLane: first);
                TensorPrimitives.Multiply(regrets, shard.Active, regrets);
            }
            for (int i = 0; i < B; i++)
            {
                bool ends = (game.Endings[i] & Endings.TrialEnded) != 0;
                rollout.Rewards[row + i] = game.Rewards[i] * shard.Active[i];
                rollout.Active[row + i] = shard.Active[i];
                // The end of an episode does not cut the return: the same task goes on. The end of the trial does.
                rollout.Discounts[row + i] = ends ? 0 : discount;
                if (ends && shard.Active[i] != 0)
                {
                    shard.Active[i] = 0;
                    rollout.Lengths[first + i] = t + 1;
                }
            }
        }
        for (int i = 0; i < B; i++)
        {
            if (shard.Active[i] != 0)
                rollout.Lengths[first + i] = rollout.T;
        }
        // All trials of the round are over: nothing is played any more, and what an earlier rollout left is cleared.
        for (int t = game.Steps; t < rollout.T; t++)
            rollout.Clear(t, first, B);
    }

    // What was seen and decided at step t.
    void NoteDecision(Shard shard, int t, int first)
    {
        (Rollout rollout, Game game, PolicyPlayer player) = (Rollout, shard.Game, shard.Player);
        int row = t * rollout.N + first, K = task.Action.Choices, C = task.Action.Numbers, P = rollout.PrivilegedWidth;
        rollout.NoteSeen(row, game.Seen, (uint)t);
        NoteImages(shard, row);
        if (P > 0)
        {
            Span<float> privileged = rollout.Privileged.AsSpan(row * P, shard.Active.Length * P);
            game.Lanes.Privileged(privileged);
            NonFiniteException.ThrowIfAny(privileged, "privileged observation", t, P, first);
        }
        game.Actions.Choices.CopyTo(rollout.Actions.AsSpan(row * K));
        if (C > 0)
            NonFiniteException.ThrowIfAny(player.Draws, "action", t, C, first);
        player.Draws.CopyTo(rollout.Draws.AsSpan(row * C));
        player.LogProbabilities.CopyTo(rollout.LogProbabilities.AsSpan(row));
    }

    void NoteImages(Shard shard, int row)
    {
        (int size, int F) = (Rollout.Image.Size, Rollout.FeatureWidth);
        for (int i = 0; size > 0 && i < shard.Active.Length; i++)
        {
            shard.Player.FeaturesOf(i).CopyTo(Rollout.Features.AsSpan((row + i) * F));
            if (shard.Active[i] != 0)
                shard.Player.ImageOf(i).CopyTo(Rollout.Images.AsSpan((row + i) * size));
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
        (Shard shard, Rollout rollout) = (shards[s], Rollout);
        for (int from = 0; from < shard.Count; from += chunk)
        {
            ReadOnlySpan<int> trials = shard.Trials.AsSpan(from, Math.Min(chunk, shard.Count - from));
            shard.Tape.Reset();
            shard.Tape.Recording = false;
            var batch = new TrialBatch(rollout, trials, shard.Tape);
            Tensor values = policy.Values(shard.Tape, batch.Input(policy, asPlayed: true)) * valueDeviation + valueMean;
            batch.Put(values, rollout.Values);
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        foreach (Shard shard in shards)
            shard.Dispose();
    }
}
