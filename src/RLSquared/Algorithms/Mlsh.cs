using System.Diagnostics;
using RLSquared.Agents;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Algorithms;

/// <summary>
/// MLSH (Frans, Ho, Chen, Abbeel and Schulman 2018, 'Meta learning shared hierarchies'): K skills φ that all tasks
/// share, and for each task a master θ that says every N steps which of them acts. The skills are to be such that a
/// fresh master learns a fresh task in a few updates.
/// <code>
///   for each task:   θ ← new
///     W times:       play;  θ ← PPO(θ; a slice of N steps is one step, its reward their sum)        warm-up
///     U times:       play;  θ ← PPO(θ; …);  φ_k ← PPO(φ_k; the steps in which k was in charge)      joint
/// </code>
/// Under a master that knows nothing all skills are pulled to the same place between the tasks; hence the warm-up. No
/// gradient flows between the levels, since the choice is hard.
/// <para>
/// G groups hold a task each and go on in lock-step, each on one thread (<see cref="MlshGroup"/>); the skills learn
/// from all groups in the joint phase together, in an order that does not depend on threads. An iteration plays whole
/// trials, so nothing is under way between two iterations.
/// </para>
/// <para>
/// With U = 0 the skills stay as they are and every group keeps its task: the transfer of skills to a new task, when
/// training begins with the weights of another run.
/// </para>
/// </summary>
public sealed class Mlsh : IAgentAlgorithm
{
    /// <summary>The name on the command line.</summary>
    internal const string Called = "mlsh";

    readonly MlshOptions options;
    readonly ulong seed;
    readonly SkillPolicy policy;
    readonly Adam adam;
    readonly Workers workers;
    readonly MlshGroup[] groups;
    readonly ReturnScale scale;
    readonly RunningMoments? observationMoments;
    readonly MlshLosses[] shardLosses;                                          // by group, of one minibatch
    readonly double[] shardUnlike;
    readonly double[] stepsOf;                              // of each skill in a minibatch, by their weights, [K]
    readonly Action<int> play, learnMaster, judgeSteps, learnSkills;
    MlshGroup[] joint = [];                                                     // those whose steps the skills see
    int minibatch, iteration;
    long steps, tasks;
    float meanReturn;

    /// <summary>Skills at their first weights.</summary>
    /// <param name="task">Where tasks are drawn from: each trial's is one.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public Mlsh(TaskDistribution task, MlshOptions options, ulong seed, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(task);
        MemoryNeed.Require(task, options);
        (Task, this.options, this.seed, this.workers) = (task, options, seed, workers);
        policy = SkillsOf(task.Spaces, options, new ParameterSet(), seed);
        adam = new Adam(policy.Parameters, new AdamOptions { Epsilon = 1e-5f });
        groups = [.. Enumerable.Range(0, options.Groups).Select(g => new MlshGroup(task, policy, options, seed, g))];
        policy.Master = groups[0].Master;
        scale = new ReturnScale(options.Discount, task.TrialLength * options.Plays);
        if (policy.Normaliser is not null)
            observationMoments = new RunningMoments(task.Observation.Width);
        (shardLosses, shardUnlike) = (new MlshLosses[groups.Length], new double[groups.Length]);
        stepsOf = new double[options.Skills];
        play = g => groups[g].Play();
        learnMaster = g => groups[g].LearnMaster(scale);
        judgeSteps = g => joint[g].JudgeSteps();
        learnSkills = LearnSkills;
        for (int g = 0; g < groups.Length; g++)
        {
            int ahead = options.Stagger ? (int)((long)g * Cycle / groups.Length) : 0;
            groups[g].BeginTask(tasks++, ahead);
        }
    }

    /// <summary>The skills that these options describe, at their first weights.</summary>
    internal static SkillPolicy SkillsOf(TaskSpaces spaces, MlshOptions options, ParameterSet parameters, ulong seed) =>
        new(spaces, options.Network, options.Skills, options.Interval, parameters, seed, options.Terminations);

    int Cycle => Math.Max(1, options.WarmUp + options.Joint);

    bool Transfers => options.Joint == 0;

    /// <summary>
    /// What was learned, as an agent. Skills alone know no task: so for each trial that it is to play, the agent first
    /// learns a fresh master on other plays of that trial's task, W iterations long. In a transfer (U = 0) it is the
    /// skills under the first group's master, and practises no more.
    /// </summary>
    public Agent Agent => Transfers ? new PolicyAgent(Name, policy) : new PractisingAgent(policy, options, scale);

    /// <inheritdoc/>
    public IReadOnlyList<Agent> Parts =>
        [.. Enumerable.Range(0, options.Skills).Select(k => new SkillAgent(policy, k))];

    /// <summary>The skills.</summary>
    internal SkillPolicy Policy => policy;

    /// <summary>The tasks that are being learned.</summary>
    internal IReadOnlyList<MlshGroup> Groups => groups;

    /// <summary>One iteration of every group's task: plays, and learns.</summary>
    /// <param name="progress">The share of the budget that is spent; nothing here goes by it.</param>
    /// <exception cref="NonFiniteException">A reward, a loss or a gradient is not a finite number.</exception>
    public IterationReport Iterate(double progress)
    {
        long start = Stopwatch.GetTimestamp();
        BeginTasks();
        workers.Run(groups.Length, play);
        double rolloutSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        foreach (MlshGroup group in groups)
        {
            group.AddTo(scale);
            steps += group.Steps.Steps;
        }
        workers.Run(groups.Length, learnMaster);
        joint = [.. groups.Where(group => !Transfers && group.Age > options.WarmUp)];
        List<(string, double)> figures = [.. Report(), .. joint.Length > 0 ? UpdateSkills() : []];
        NormaliseObservations();
        iteration++;
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new IterationReport(iteration, steps, meanReturn, rolloutSeconds, updateSeconds, figures);
    }

    // A task is over after exactly W + U iterations; the next one is of a trial that no group has had.
    void BeginTasks()
    {
        foreach (MlshGroup group in groups)
        {
            if (group.Age >= Cycle && !Transfers)
                group.BeginTask(tasks++);
        }
    }

    // The return that counts is that of masters at the end of their warm-up: an iteration without any says nothing new.
    IEnumerable<(string, double)> Report()
    {
        MlshLosses master = default;
        foreach (MlshGroup group in groups)
            master += group.Losses;
        master /= groups.Length;
        MlshGroup[] warm = Transfers ? groups : [.. groups.Where(group => group.Age > options.WarmUp)];
        double all = groups.Average(group => group.MeanReturn);
        meanReturn = (float)(warm.Length > 0 ? warm.Average(group => group.MeanReturn)
            : iteration == 0 ? all : meanReturn);
        MlshGroup[] fresh = [.. groups.Where(group => group.Age == 1)];
        yield return ("return_all", all);
        if (fresh.Length > 0)
            yield return ("return_fresh", fresh.Average(group => group.MeanReturn));
        yield return ("master_loss", master.Policy);
        yield return ("master_value_loss", master.Value);
        yield return ("master_entropy", master.Entropy);
        yield return ("master_kl", master.Kl);
        yield return ("tasks", tasks);
    }

    // ---- the skills: epochs of minibatches, each with steps of all groups in the joint phase ----

    List<(string, double)> UpdateSkills()
    {
        workers.Run(joint.Length, judgeSteps);
        StandardiseAdvantages();
        ShareOut();
        MlshLosses sum = default;
        double gradientNorm = 0, unlike = 0;
        int updates = 0;
        ReadOnlySpan<Tape> tapes = joint.Select(group => group.Tape).ToArray();
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            foreach (MlshGroup group in joint)
                group.Shuffle(new RandomKey(seed, RandomPurpose.Minibatch, (ulong)group.Trial), Draw(group, epoch));
            for (minibatch = 0; minibatch < options.Minibatches; minibatch++)
            {
                for (int k = 0; k < stepsOf.Length; k++)
                    stepsOf[k] = joint.Sum(group => group.Weights[k] * group.Share(k, minibatch).Length);
                workers.Run(joint.Length, learnSkills);
                policy.Parameters.SumGradients(tapes);
                gradientNorm += GradientLimit.Apply(policy.Parameters, options.GradientNorm, iteration);
                Step();
                for (int g = 0; g < joint.Length; g++)
                    (sum, unlike) = (sum + shardLosses[g], unlike + shardUnlike[g]);
                updates++;
            }
        }
        sum /= updates;
        int learned = joint.Sum(group => group.RowsOf.Sum(rows => rows.Count));
        double[] shares = [.. Enumerable.Range(0, options.Skills)
            .Select(k => joint.Sum(group => group.RowsOf[k].Count) / (double)Math.Max(1, learned))];
        return
        [
            ("policy_loss", sum.Policy), ("value_loss", sum.Value), ("entropy", sum.Entropy), ("kl", sum.Kl),
            ("clip_fraction", sum.Clipped), ("gradient_norm", gradientNorm / updates),
            ("unlike", unlike / updates), ("least_used", shares.Min()),
            .. options.Terminations ? [("slice", learned / (double)joint.Sum(group => group.SliceCount))]
                : Array.Empty<(string, double)>(),
        ];
    }

    // Shuffles of masters and of skills draw apart.
    uint Draw(MlshGroup group, int epoch) => (uint)(group.Age * options.Epochs + epoch) | 1u << 31;

    // Of each skill to mean 0 and deviation 1: on each task, so that one on which nothing is earned yet counts as much
    // as one that is solved; or over all groups.
    void StandardiseAdvantages()
    {
        double least = options.NormaliseRewards ? Advantages.Negligible : scale.LeastDeviation;
        for (int k = 0; k < options.Skills; k++)
        {
            if (options.PooledAdvantages)
                Standardise(k, joint, least);
            else
            {
                foreach (MlshGroup group in joint)
                    Standardise(k, [group], least);
            }
        }
    }

    static void Standardise(int skill, MlshGroup[] groups, double least)
    {
        float[] own = [.. groups.SelectMany(
            group => group.RowsOf[skill].Select(row => group.Steps.Advantages[row]))];
        float[] all = new float[own.Length];
        Array.Fill(all, 1);
        Advantages.Standardise(own, all, least);
        int at = 0;
        foreach (MlshGroup group in groups)
        {
            foreach (int row in group.RowsOf[skill])
                group.Steps.Advantages[row] = own[at++];
        }
    }

    void ShareOut()
    {
        double[][] weights = SkillShares.Of([.. joint.Select(group => group.RowsOf.Select(
            rows => rows.Count / (double)Math.Max(1, group.RowsOf.Sum(all => all.Count))).ToArray())], options.Balance);
        for (int g = 0; g < joint.Length; g++)
            weights[g].CopyTo(joint[g].Weights, 0);
    }

    // A skill that was not in charge stays as it is: the optimiser's momentum does not move it either.
    void Step()
    {
        for (int k = 0; k < stepsOf.Length; k++)
            policy.Parameters.Group(SkillPolicy.GroupOf(k)).Frozen = stepsOf[k] == 0;
        adam.Step(options.LearningRate);
        for (int k = 0; k < stepsOf.Length; k++)
            policy.Parameters.Group(SkillPolicy.GroupOf(k)).Frozen = false;
    }

    // Loss and gradient of one group's part of the present minibatch: the sum over skills, each of mean weight 1 / K.
    void LearnSkills(int g)
    {
        MlshGroup group = joint[g];
        Tape tape = group.Tape;
        tape.Reset();
        tape.Recording = true;
        Tensor loss = default;
        (shardLosses[g], shardUnlike[g]) = (default, 0);
        for (int k = 0; k < options.Skills; k++)
        {
            ReadOnlySpan<int> rows = group.Share(k, minibatch);
            float weight = (float)(group.Weights[k] / stepsOf[k]);
            if (rows.IsEmpty || weight == 0)
                continue;
            var batch = new TrialBatch(group.Steps, rows, tape);
            PolicyInput input = batch.Input(policy);
            (PolicyDistribution now, Tensor values) = policy.Forward(k, tape, in input);
            (Tensor own, MlshLosses figures) =
                MlshLosses.Of(now, values, in batch, group.Steps, weight, options, options.Entropy);
            if (options.Diversity > 0 && options.Skills > 1)
            {
                Tensor unlike = Unlike(k, tape, in input, now, weight);
                own -= unlike * options.Diversity;
                shardUnlike[g] += unlike.Item / options.Skills;
            }
            loss = loss.Exists ? loss + own : own;
            shardLosses[g] += figures / options.Skills;
        }
        if (group.DecisionLoss(minibatch, joint.Length) is { Exists: true } ofDecisions)
            loss = loss.Exists ? loss + ofDecisions : ofDecisions;
        if (!loss.Exists)
            return;
        NonFiniteException.ThrowIf(loss.Item, "loss", iteration);
        tape.Backward(loss);
    }

    // The mean over steps and over the other skills j of 1 − exp(−KL(j ‖ k)): 0 for twins, 1 for strangers. The others
    // are taken as they are.
    Tensor Unlike(int k, Tape tape, in PolicyInput input, PolicyDistribution now, float weight)
    {
        Tensor sum = default;
        for (int j = 0; j < options.Skills; j++)
        {
            if (j == k)
                continue;
            Tensor deviations = policy.LogDeviations(tape);
            var other = PolicyDistribution.FromRows(policy.Action, policy.Distribution(j, tape, in input).Rows.Detach(),
                deviations.Exists ? deviations.Detach() : deviations);
            Tensor alike = (-now.DivergenceFrom(other)).Exp().Sum();
            sum = sum.Exists ? sum + alike : alike;
        }
        float others = options.Skills - 1;
        return -(sum * (weight / others)) + input.Rows.T * input.Rows.B * weight;
    }

    // What was observed counts from the next iteration on: a policy must not change between playing and learning. In a
    // transfer the skills stay as they are, and so do the moments that they were learned with.
    void NormaliseObservations()
    {
        if (observationMoments is null || Transfers)
            return;
        int W = Task.Observation.Width;
        foreach (MlshGroup group in groups)
        {
            float[] seen = new float[group.Steps.Steps * W];
            int count = 0;
            for (int i = 0; i < group.Steps.N; i++)
            {
                if (group.Steps.Active[i] != 0)
                    group.Steps.Observations.AsSpan(i * W, W).CopyTo(seen.AsSpan(count++ * W));
            }
            observationMoments.Add(seen);
        }
        policy.Normaliser!.Set(observationMoments.Mean, observationMoments.Variance);
    }

    // ---- state: what a checkpoint holds ----

    /// <inheritdoc/>
    public string Name => Called;

    /// <summary>The mean return of a trial under masters that have warmed up.</summary>
    public string Score => "warm return";

    /// <inheritdoc/>
    public long Steps => steps;

    /// <summary>The skills; masters are learned anew.</summary>
    public ParameterSet Parameters => policy.Parameters;

    /// <inheritdoc/>
    public TaskDistribution Task { get; }

    /// <inheritdoc/>
    public TaskSpaces Spaces => policy.Spaces;

    /// <inheritdoc/>
    public void VisitState(StateVisitor visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        visitor.Parameters(policy.Parameters);
        visitor.Optimiser(adam);
        visitor.Moments("returns", scale.Moments, "return_steps");
        if (observationMoments is not null)
            visitor.Moments("observations", observationMoments, "observation_steps");
        foreach (MlshGroup group in groups)
            group.VisitState(visitor);
        byte[] mean = BitConverter.GetBytes(meanReturn);
        visitor.Bytes("mean_return", ref mean);
        meanReturn = BitConverter.ToSingle(mean);
        visitor.Integer("tasks", ref tasks);
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("steps", ref steps);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        foreach (MlshGroup group in groups)
            group.Dispose();
        adam.Dispose();
        scale.Dispose();
        observationMoments?.Dispose();
        policy.Dispose();
    }
}
