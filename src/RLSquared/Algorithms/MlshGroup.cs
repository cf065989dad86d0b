using System.Runtime.InteropServices;
using RLSquared.Agents;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Algorithms;

/// <summary>
/// One task of <see cref="Mlsh"/> and its master. It plays the task L times together, and keeps two views of what
/// happened: slices, from which the master learns here, and steps, from which the skills learn. Time comes first in
/// both: step t of lane n is row t · L + n, and slice s of lane n is row s · L + n.
/// <para>One thread takes a whole group.</para>
/// </summary>
sealed partial class MlshGroup : IDisposable
{
    readonly MlshOptions options;
    readonly SkillPolicy policy;
    readonly ulong seed;
    readonly int number;
    readonly Game game;
    readonly PolicyPlayer player;
    readonly SkillMemory memory;
    readonly Rollout slices;                                    // S · L "trials" of one step
    readonly float[] rewards, nextValues, sliceNext, returnSums;
    readonly Endings[] cut;                                     // as the steps' endings, where slices end too
    readonly int[] sliceOf, lastOf, lanesSlice, order, chunk;   // [T, L], [S, L], [L], scratch
    readonly List<int>[] rowsOf;                                // of each skill
    Adam adam;

    /// <summary>A group before its first task.</summary>
    /// <param name="task">Where tasks are drawn from.</param>
    /// <param name="policy">The skills; shared.</param>
    /// <param name="options">How masters learn.</param>
    /// <param name="seed">Of everything random.</param>
    /// <param name="number">The group's.</param>
    public MlshGroup(TaskDistribution task, SkillPolicy policy, MlshOptions options, ulong seed, int number)
    {
        (this.options, this.policy, this.seed, this.number) = (options, policy, seed, number);
        int L = options.Plays, T = task.TrialLength, S = options.Terminations ? T : T / options.Interval;
        game = new Game(new RepeatedTrials(task), new PolicyAgent(Mlsh.Called, policy), L, checksActions: false);
        player = (PolicyPlayer)game.Player;
        player.KeepsLogProbabilities = true;
        memory = (SkillMemory)player.Memory;
        memory.Exploration = options.Exploration;
        Master = policy.CreateMaster(seed, $"master{number}");
        memory.SetMaster(Master);
        adam = CreateOptimiser();
        Steps = new Rollout(1, checked(T * L), task.Spaces);
        slices = new Rollout(1, S * L, Master.Spaces);
        Skills = new int[T * L];
        (rewards, nextValues) = (new float[T * L], new float[T * L]);
        (sliceNext, returnSums) = (new float[S * L], new float[L]);
        cut = new Endings[T * L];
        (sliceOf, lastOf, lanesSlice) = (new int[T * L], new int[S * L], new int[L]);
        (order, chunk) = (new int[S * L], new int[T * L]);
        Weights = new double[policy.Count];
        rowsOf = [.. Enumerable.Range(0, policy.Count).Select(_ => new List<int>())];
        (decisions, decisionsOf) = CreateDecisions();
    }

    /// <summary>The present task's master.</summary>
    public MlpPolicy Master { get; }

    /// <summary>What was played, step by step, [T · L].</summary>
    public Rollout Steps { get; }

    /// <summary>What was played, slice by slice, [S · L].</summary>
    public Rollout Slices => slices;

    /// <summary>The skill in charge at each step, [T · L].</summary>
    public int[] Skills { get; }

    /// <summary>Where losses are computed.</summary>
    public Tape Tape { get; } = new(new Arena());

    /// <summary>The number of the trial whose task it is.</summary>
    public long Trial { get; private set; }

    /// <summary>Iterations that were done on it.</summary>
    public long Age { get; private set; }

    /// <summary>What the trials that were played last brought on average.</summary>
    public double MeanReturn { get; private set; }

    /// <summary>The losses of the master in its last update.</summary>
    public MlshLosses Losses { get; private set; }

    /// <summary>How much each skill's steps weigh in the skills' update, [K].</summary>
    public double[] Weights { get; }

    /// <summary>The skill that is always in charge; null, at first, where the master chooses.</summary>
    public int? AlwaysChooses
    {
        get => memory.Always;
        set => memory.Always = value;
    }

    /// <summary>The steps of each skill that were played last, in a new order for each epoch.</summary>
    public IReadOnlyList<List<int>> RowsOf => rowsOf;

    Adam CreateOptimiser() => new(Master.Parameters, new AdamOptions { Epsilon = 1e-5f });

    /// <summary>Takes up a task, with a fresh master.</summary>
    /// <param name="trial">The number of a trial that plays it.</param>
    /// <param name="age">Iterations that count as done.</param>
    public void BeginTask(long trial, long age = 0)
    {
        (Trial, Age) = (trial, age);
        (uint low, uint high, _, _) = new RandomKey(seed, RandomPurpose.Weights, (ulong)trial).Words((uint)number, 1);
        using MlpPolicy fresh = policy.CreateMaster(((ulong)high << 32) | low, $"master{number}");
        Master.Parameters.CopyFrom(fresh.Parameters);
        if (options.FreshOptimiser)
        {
            adam.Dispose();
            adam = CreateOptimiser();
        }
    }

    // ---- play ----

    /// <summary>Plays the task L times: all of both views but scaled rewards and targets.</summary>
    /// <exception cref="NonFiniteException">A reward or an observation is not a finite number.</exception>
    /// <exception cref="InvalidDataException">An observation is not of its space, or no option is allowed.</exception>
    public void Play()
    {
        int L = options.Plays, K = Steps.Action.Choices, C = Steps.Action.Numbers, W = Steps.Width;
        // Play 0 of a trial is left for the agent that is judged on it. The plays of a trial are limited: a task that
        // is played for longer has the environment's draws again, with other draws of the policies.
        int blocks = (RandomKey.MostPlays - 1) / L, first = 1 + (int)(Age % blocks) * L;
        ulong play = RandomKey.Play((ulong)Trial, first);
        game.Begin(seed, play);
        player.Begin(unchecked(seed + (ulong)(Age / blocks) * 0x9E3779B97F4A7C15), play);
        for (int n = 0; n < L; n++)
            player.BeginLane(n, RepeatedTrials.NumberOf(play, n));
        foreach (Rollout view in (ReadOnlySpan<Rollout>)[Steps, slices])
        {
            Array.Clear(view.Active);
            Array.Clear(view.Rewards);
            Array.Clear(view.Lengths);
            Array.Fill(view.Endings, Endings.TrialEnded);
        }
        Array.Fill(lanesSlice, -1);
        while (game.Decide())
        {
            int t = game.Steps, row = t * L;
            Steps.NoteSeen(row, game.Seen, (uint)t);
            game.Actions.Choices.CopyTo(Steps.Actions.AsSpan(row * K));
            if (C > 0)
                NonFiniteException.ThrowIfAny(player.Draws, "action", t, C);
            player.Draws.CopyTo(Steps.Draws.AsSpan(row * C));
            player.LogProbabilities.CopyTo(Steps.LogProbabilities.AsSpan(row));
            memory.InCharge.CopyTo(Skills.AsSpan(row));
            NoteDecisions(row);
            for (int n = 0; n < L; n++)
            {
                if ((game.Endings[n] & Endings.TrialEnded) != 0)
                    continue;
                (Steps.Active[row + n], Steps.Lengths[row + n]) = (1, 1);
                if (memory.Chose[n])
                    BeginSlice(n, game.Observations.Slice(n * W, W), t);
                sliceOf[row + n] = lanesSlice[n] * L + n;
            }
            game.Step();
            for (int n = 0; n < L; n++)
            {
                if (Steps.Active[row + n] == 0)
                    continue;
                int slice = sliceOf[row + n];
                Steps.Rewards[row + n] = game.Rewards[n];
                Steps.Endings[row + n] = slices.Endings[slice] = game.Endings[n];
                lastOf[slice] = row + n;
            }
        }
        MeanReturn = TensorPrimitives.Sum<float>(Steps.Rewards) / L;
        Age++;
    }

    void BeginSlice(int lane, ReadOnlySpan<float> observation, int t)
    {
        int row = ++lanesSlice[lane] * options.Plays + lane;
        observation.CopyTo(slices.Observations.AsSpan(row * slices.Width));
        (slices.Active[row], slices.Lengths[row], slices.StepsInTrial[row]) = (1, 1, (uint)t);
        slices.Actions[row] = memory.InCharge[lane];
        slices.LogProbabilities[row] = memory.LogProbabilities[lane];
    }

    /// <summary>Lets a scale know what was played.</summary>
    public void AddTo(ReturnScale scale)
    {
        Array.Clear(returnSums);
        scale.Add(Steps.Rewards, Steps.Endings, Steps.Active, returnSums);
    }

    // ---- the master: each slice is one step ----

    /// <summary>The master's targets and update, from what was played last.</summary>
    /// <param name="scale">Of rewards.</param>
    public void LearnMaster(ReturnScale scale)
    {
        Steps.Rewards.CopyTo(rewards, 0);
        if (options.NormaliseRewards)
            scale.Apply(rewards);
        Array.Clear(slices.Rewards);
        for (int i = 0; i < rewards.Length; i++)
        {
            if (Steps.Active[i] != 0)
                slices.Rewards[sliceOf[i]] += rewards[i];                   // no discount within a slice
        }
        int count = slices.ActiveRows(order);
        Estimate(slices, order.AsSpan(0, count), input => policy.ValuesOf(Master, Tape, in input), slices.Values);
        FindAfter(slices, count);
        Advantages.GaeOfEpisodes(options.Plays, slices.Rewards, slices.Endings, slices.Values, sliceNext,
            options.MasterDiscount, options.Lambda, slices.Advantages);
        TensorPrimitives.Add(slices.Advantages, slices.Values, slices.Returns);
        RequireReturns(slices);
        Advantages.Standardise(slices.Advantages, slices.Active, Least(scale));
        Losses = UpdateMaster(order.AsSpan(0, count));
    }

    double Least(ReturnScale scale) => options.NormaliseRewards ? Advantages.Negligible : scale.LeastDeviation;

    // What the master takes to follow each slice: the value of the next one, or at a limit of time that of the state
    // before the last step, since no step is played from the state at the cut.
    void FindAfter(Rollout slices, int count)
    {
        int L = options.Plays, cuts = 0;
        for (int i = 0; i < count; i++)
        {
            int slice = order[i];
            Endings ending = slices.Endings[slice];
            if ((ending & (Endings.EpisodeEnded | Endings.TrialEnded)) == 0)
                sliceNext[slice] = slices.Values[slice + L];
            else if (IsCut(ending) && options.Bootstrap)
                chunk[cuts++] = lastOf[slice];
            else
                sliceNext[slice] = 0;
        }
        Estimate(Steps, chunk.AsSpan(0, cuts), input => policy.ValuesOf(Master, Tape, in input), nextValues);
        for (int i = 0; i < cuts; i++)
            sliceNext[sliceOf[chunk[i]]] = nextValues[chunk[i]];
    }

    static bool IsCut(Endings ending) =>
        (ending & Endings.Truncated) != 0 && (ending & Endings.Terminated) == 0;

    MlshLosses UpdateMaster(Span<int> played)
    {
        MlshLosses sum = default;
        int updates = 0;
        var key = new RandomKey(seed, RandomPurpose.Minibatch, (ulong)Trial);
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            RandomSequence random = key.Sequence((uint)(Age * options.Epochs + epoch));
            random.Shuffle(played);
            for (int m = 0; m < options.MasterMinibatches; m++)
            {
                ReadOnlySpan<int> some = Minibatches.Share(played, m, options.MasterMinibatches);
                if (some.IsEmpty)
                    continue;
                Tape.Reset();
                Tape.Recording = true;
                var batch = new TrialBatch(slices, some, Tape);
                (PolicyDistribution now, Tensor values) = policy.Forward(Master, Tape, batch.Input(Master));
                (Tensor loss, MlshLosses losses) = MlshLosses.Of(
                    now, values, in batch, slices, 1f / some.Length, options, options.MasterEntropy);
                NonFiniteException.ThrowIf(losses.Loss, "loss", (int)Age);
                Tape.Backward(loss);
                Master.Parameters.SumGradients([Tape]);
                GradientLimit.Apply(Master.Parameters, options.GradientNorm, (int)Age);
                adam.Step(options.MasterLearningRate);
                sum += losses;
                updates++;
            }
        }
        return sum / Math.Max(1, updates);
    }

    // ---- the skills: steps, each with the value of the skill that was in charge ----

    /// <summary>The skills' values and advantages, from what was played last.</summary>
    public void JudgeSteps()
    {
        int L = options.Plays;
        foreach (List<int> rows in rowsOf)
            rows.Clear();
        for (int i = 0; i < Skills.Length; i++)
        {
            if (Steps.Active[i] != 0)
                rowsOf[Skills[i]].Add(i);
        }
        for (int k = 0; k < rowsOf.Length; k++)
            EstimateOf(k, CollectionsMarshal.AsSpan(rowsOf[k]), Steps.Values);
        bool apart = options.Credit == SkillCredit.Slice;
        int boundaries = 0;
        for (int i = 0; i < Skills.Length; i++)
        {
            bool goesOn = Steps.Active[i] != 0 && (Steps.Endings[i] & (Endings.EpisodeEnded | Endings.TrialEnded)) == 0;
            bool ends = apart && goesOn && sliceOf[i + L] != sliceOf[i];
            cut[i] = ends ? Endings.Truncated : Steps.Endings[i];
            nextValues[i] = goesOn ? Steps.Values[i + L] : options.Bootstrap ? Steps.Values[i] : 0;
            if (ends)
                chunk[boundaries++] = i + L;
        }
        if (apart)
            JudgeBoundaries(chunk.AsSpan(0, boundaries));
        Advantages.GaeOfEpisodes(
            L, rewards, cut, Steps.Values, nextValues, options.Discount, options.Lambda, Steps.Advantages);
        TensorPrimitives.Add(Steps.Advantages, Steps.Values, Steps.Returns);
        RequireReturns(Steps);
        JudgeDecisions();
    }

    // At the end of a slice, the value of the state that follows by the skill that was in charge.
    void JudgeBoundaries(Span<int> following)
    {
        int L = options.Plays;
        for (int k = 0; k < rowsOf.Length; k++)
        {
            int[] own = [.. following.ToArray().Where(row => Skills[row - L] == k)];
            float[] values = new float[Skills.Length];
            EstimateOf(k, own, values);
            foreach (int row in own)
                nextValues[row - L] = values[row];
        }
    }

    void EstimateOf(int skill, ReadOnlySpan<int> rows, float[] values) =>
        Estimate(Steps, rows, input => policy.Values(skill, Tape, in input), values);

    /// <summary>Puts the steps of each skill into a new order.</summary>
    public void Shuffle(RandomKey key, uint epoch)
    {
        foreach (List<int> rows in rowsOf.Concat(decisionsOf))
        {
            RandomSequence random = key.Sequence(epoch);
            random.Shuffle(CollectionsMarshal.AsSpan(rows));
        }
    }

    /// <summary>The steps of a skill that are in a minibatch.</summary>
    public ReadOnlySpan<int> Share(int skill, int minibatch) => Minibatches.Share(
        CollectionsMarshal.AsSpan(rowsOf[skill]), minibatch, options.Minibatches);

    // ---- parts ----

    const int Chunk = 1024;                                     // rows whose values are found at once

    void Estimate(Rollout view, ReadOnlySpan<int> rows, Func<PolicyInput, Tensor> values, float[] found)
    {
        for (int from = 0; from < rows.Length; from += Chunk)
        {
            ReadOnlySpan<int> some = rows.Slice(from, Math.Min(Chunk, rows.Length - from));
            Tape.Reset();
            Tape.Recording = false;
            var batch = new TrialBatch(view, some, Tape);
            batch.Put(values(batch.Input(Master)), found);
        }
    }

    void RequireReturns(Rollout view)
    {
        for (int i = view.Returns.Length - 1; i >= 0; i--)
        {
            if (view.Active[i] != 0 && !(Math.Abs(view.Returns[i]) <= Incoming.Largest))
            {
                throw new InvalidDataException($"the return of lane {i % options.Plays} of group {number} is " +
                    $"{view.Returns[i]}; sums of rewards beyond ±{Incoming.Largest} overflow, so give rewards in a " +
                    "larger unit");
            }
        }
    }

    // ---- state ----

    /// <summary>The master and where its task is.</summary>
    public void VisitState(StateVisitor visitor)
    {
        visitor.Parameters(Master.Parameters);
        visitor.Optimiser(adam, steps: $"master{number}.updates");
        (long trial, long age) = (Trial, Age);
        visitor.Integer($"master{number}.trial", ref trial);
        visitor.Integer($"master{number}.age", ref age);
        (Trial, Age) = (trial, age);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        game.Dispose();
        Tape.Arena.Dispose();
        adam.Dispose();
        Master.Dispose();
    }
}
