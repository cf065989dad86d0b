using System.Diagnostics;
using RLSquared.Agents;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Sharding;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Algorithms;

/// <summary>
/// RL² (Duan et al. 2016, 'RL²: Fast Reinforcement Learning via Slow Reinforcement Learning'): a slow algorithm trains
/// a recurrent network over many tasks; the network's hidden state then is a fast algorithm that learns each new task.
/// <para>
/// A trial is n episodes on one task drawn from a distribution. The network sees observation, previous action, previous
/// reward and the end of an episode, and keeps its hidden state for the whole trial. The objective is the return of the
/// whole trial, so that exploring early pays later:
/// </para>
/// <code>
///   max_θ  E_task E_trial [ Σ_t γᵗ r_t ]
/// </code>
/// The outer algorithm is what the first author really ran under the name of first-order TRPO: proximal policy
/// optimisation with a clipped ratio and a KL guard, generalised advantages over the trial, a recurrent baseline,
/// minibatches of whole trials and back-propagation through all of their steps. <see cref="Rl2Options.Paper"/> is
/// that recipe; the defaults differ from it by a time-to-go input, γ = 1, a longer λ, a decaying step size, a wider
/// clip and no guard.
/// </summary>
public sealed class Rl2 : IAgentAlgorithm, IShardedAlgorithm
{
    const int Losses = 5;                                     // figures of a minibatch that are added up

    readonly Rl2Options options;
    readonly ulong seed;
    readonly Policy policy;
    readonly Adam adam;
    readonly Rollout rollout;
    readonly Collector collector;
    readonly int[] order;                                    // the trials, in the order in which minibatches take them
    readonly ExponentialMoments returnMoments = new(rate: 0.9f);
    readonly IReadOnlyList<Shard> shards;
    readonly Credit credit;
    readonly Tape[] tapes;
    readonly Tally[] losses;                                  // by shard, over the minibatches of an iteration
    readonly (double Kl, double Surrogate, double Steps)[] moved;                   // by shard, what the guard measured
    readonly int chunk;                                       // trials that a shard takes at once where order is free
    readonly ShardPhase learning, measuring;
    readonly ShardSet work;
    readonly Func<(double Kl, double Surrogate)> measurePolicy;
    readonly PolicyGuard? guard;
    readonly RewardInputs? rewardInputs;
    long lessons, minibatches;                                // versions of what was played, and of its parts
    int minibatchStart;
    float minibatchSteps, entropyWeight;
    int iteration;
    long steps;

    /// <summary>A policy at its first weights.</summary>
    /// <param name="task">What is to be learned.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="device">Where the policy is computed; null for the processor.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public Rl2(TaskDistribution task, Rl2Options options, ulong seed, Workers workers, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        options.Validate();
        if (options.ExploreEpisodes > 0)
            ERl2.RequireEpisodes(task, options.ExploreEpisodes);
        MemoryNeed.Require(task, options.Network, options.Trials, options.Minibatch);
        (Task, this.options, this.seed) = (task, options, seed);
        policy = Policy.Recurrent(task.Spaces, options.Network, seed, device);
        adam = new Adam(policy.Parameters);
        int N = options.Trials, S = options.Shards;
        chunk = Math.Max(1, options.Minibatch / S);
        collector = new Collector(
            task, policy, N, S, chunk, seed, options.Discount, options.Regret, workers);
        (rollout, shards) = (collector.Rollout, collector.Shards);
        tapes = [.. shards.Select(shard => shard.Tape)];
        credit = new Credit(rollout, options.Regret, options.ExploreEpisodes);
        order = new int[N];
        losses = [.. shards.Select(_ => new Tally(policy.Parameters.Device, Losses))];
        moved = new (double, double, double)[S];
        var lesson = new ShardPart("lesson", () => lessons, rollout.VisitLesson);
        var minibatch = new ShardPart("minibatch", () => minibatches, VisitMinibatch);
        learning = new ShardPhase("learn", [collector.Weights, lesson, minibatch], Learn, VisitLearned);
        measuring = new ShardPhase("measure", [collector.Weights, lesson], Measure,
            (visitor, s) => visitor.Number(ref moved[s]));
        work = new ShardSet(S, workers, [collector.PlayingWithValues, learning, measuring]);
        measurePolicy = MeasurePolicy;
        rewardInputs = RewardInputs.Of(policy);
        guard = options.MaxKl > 0 ? new PolicyGuard(policy.Parameters, options.MaxKl) : null;
    }

    /// <summary>
    /// The policy as an agent, to be evaluated or shipped. It shares the weights that are being
    /// trained.
    /// </summary>
    public Agent Agent => new PolicyAgent(Name, policy) { Explores = options.ExploreEpisodes };

    /// <summary>The policy that is being trained.</summary>
    public Policy Policy => policy;

    /// <summary>How it is trained.</summary>
    internal Rl2Options Options => options;

    /// <summary>The most environment steps of one iteration: trials may be over sooner.</summary>
    public long StepsPerIteration => (long)rollout.T * rollout.N;

    /// <summary>
    /// One iteration: plays, finds advantages, learns. In the steady state only its report, and the layout of the
    /// weights for playing, are allocated.
    /// </summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what schedules go by.</param>
    /// <exception cref="NonFiniteException">A reward, a loss or a gradient is not a finite number.</exception>
    public IterationReport Iterate(double progress)
    {
        long start = Stopwatch.GetTimestamp();
        collector.Play(iteration, returnMoments.Mean, returnMoments.StandardDeviation, work.Runner);
        double rolloutSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        TrialTargets.Compute(rollout, credit, options.Lambda, options.ValueLambda, returnMoments);
        lessons++;
        IReadOnlyList<(string, double)> figures = Update(progress);
        rewardInputs?.Add(rollout);
        iteration++;
        steps += rollout.Steps;
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new IterationReport(iteration, steps, MeanScore(), rolloutSeconds, updateSeconds, figures);
    }

    double MeanScore()
    {
        if (!Explores)
            return rollout.MeanReturn();
        double sum = 0;
        foreach (float reward in credit.ComputeRewards())
            sum += reward;
        return sum / rollout.N;
    }

    // ---- learn: epochs of minibatches of whole trials ----

    IReadOnlyList<(string Name, double Value)> Update(double progress)
    {
        double gradientNorm = 0;
        int updates = 0;
        foreach (Tally shard in losses)
            shard.Clear();
        float learningRate = options.LearningRate * options.LearningRateSchedule.At(progress);
        entropyWeight = options.Entropy * options.EntropySchedule.At(progress);
        guard?.Remember();

        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            var random = new RandomKey(seed, RandomPurpose.Minibatch, (ulong)iteration).Sequence((uint)epoch);
            Minibatches.Shuffle(order, rollout, options.Minibatch, random);
            for (minibatchStart = 0; minibatchStart < order.Length; minibatchStart += options.Minibatch, updates++)
            {
                minibatchSteps = rollout.ActiveSteps(order.AsSpan(minibatchStart, options.Minibatch));
                minibatches++;
                work.Run(learning);
                policy.Parameters.SumGradients(tapes);
                gradientNorm += GradientLimit.Apply(
                    policy.Parameters, options.GradientNorm, iteration, options.GradientElement);
                adam.Step(learningRate);
            }
            guard?.Consider(MeasurePolicy());
        }
        guard?.Settle(measurePolicy);

        Span<double> sums = stackalloc double[Losses];             // a minibatch's shards add up to its mean
        sums.Clear();
        foreach (Tally shard in losses)
            shard.AddTo(sums);
        (string, double)[] ofTrials = Explores ? [("trial_return", rollout.MeanReturn())] : [];
        return
        [
            .. ofTrials,
            ("policy_loss", sums[0] / updates),
            ("value_loss", sums[1] / updates),
            ("entropy", sums[2] / updates),
            ("kl", sums[3] / updates),
            ("clip_fraction", sums[4] / updates),
            ("explained_variance", rollout.ExplainedVariance()),
            ("trial_length", (double)rollout.Steps / rollout.N),
            ("gradient_norm", gradientNorm / updates),
            ("learning_rate", learningRate),
        ];
    }

    /// <summary>Loss and gradient of one shard's trials of the present minibatch.</summary>
    void Learn(int s)
    {
        Shard shard = shards[s];
        ReadOnlySpan<int> trials =
            Minibatches.Share(order.AsSpan(minibatchStart, options.Minibatch), s, shards.Count);
        Tape tape = shard.Tape;
        tape.Reset();
        tape.Recording = true;
        var batch = new TrialBatch(rollout, trials, tape);
        Tensor oldLogProb = batch.Pick(rollout.LogProbabilities);                                   // all [T · B, 1]
        Tensor advantage = batch.Pick(rollout.Advantages);
        Tensor target = ValueFit.Target(batch.Pick(rollout.Returns), returnMoments);
        Tensor weight = batch.Pick(rollout.Active) * (1 / minibatchSteps);             // sums to 1 over the minibatch

        (PolicyDistribution now, Tensor values) = policy.Forward(tape, batch.Input(policy));
        Tensor logRatio = now.LogProbability(batch.Taken()) - oldLogProb;
        Tensor ratio = logRatio.Exp();                                                // π(a) / π_old(a)
        Tensor policyLoss = ClippedSurrogate.Loss(ratio, advantage, weight, options.Clip);
        Tensor entropy = (now.Entropy() * weight).Sum();
        Tensor valueLoss = ValueFit.Loss(values, target, weight);
        Tensor loss = policyLoss + valueLoss * options.ValueWeight - entropy * entropyWeight;
        NonFiniteException.ThrowIf(loss.Read(), "loss", iteration);
        tape.Backward(loss);

        losses[s].Add(policyLoss, valueLoss, entropy, ClippedSurrogate.Kl(ratio, logRatio, weight),
            ClippedSurrogate.ClippedShare(ratio, weight, options.Clip));
    }

    // ---- shards that are computed elsewhere: what they go by, and what comes of them ----

    ShardSet IShardedAlgorithm.Shards => work;

    void VisitMinibatch(ByteVisitor visitor)
    {
        visitor.Minibatch(
            ref iteration, ref minibatchStart, ref minibatchSteps, returnMoments, order, options.Minibatch);
        visitor.Number(ref entropyWeight);
    }

    void VisitLearned(ByteVisitor visitor, int s)
    {
        visitor.Gradients(shards[s].Tape, policy.Parameters);
        losses[s].HandOver(visitor);
    }

    // ---- guard: how far the policy has moved, over all that was played ----

    internal (double Kl, double Surrogate) MeasurePolicy()
    {
        work.Run(measuring);
        double kl = 0, surrogate = 0, count = 0;
        foreach ((double Kl, double Surrogate, double Steps) shard in moved)
        {
            kl += shard.Kl;
            surrogate += shard.Surrogate;
            count += shard.Steps;
        }
        return (kl / count, surrogate / count);
    }

    void Measure(int s)
    {
        Shard shard = shards[s];
        moved[s] = default;
        for (int from = 0; from < shard.Count; from += chunk)
        {
            ReadOnlySpan<int> trials = shard.Trials.AsSpan(from, Math.Min(chunk, shard.Count - from));
            Tape tape = shard.Tape;
            tape.Reset();
            tape.Recording = false;
            var batch = new TrialBatch(rollout, trials, tape);
            PolicyDistribution now = policy.Distribution(tape, batch.Input(policy));
            Tensor logRatio = now.LogProbability(batch.Taken()) - batch.Pick(rollout.LogProbabilities);
            Tensor ratio = logRatio.Exp(), active = batch.Pick(rollout.Active);
            Tensor advantage = batch.Pick(rollout.Advantages);
            moved[s].Kl += ClippedSurrogate.Kl(ratio, logRatio, active).Read();
            moved[s].Surrogate += (ratio * advantage * active).Sum().Read();
            moved[s].Steps += active.Sum().Read();
        }
    }

    // ---- state: what a checkpoint holds ----

    /// <summary>The name in run folders and on the command line.</summary>
    public string Name => Explores ? ERl2.Name : "rl2";

    /// <summary>What it goes by: of E-RL², the rewards of the episodes that count.</summary>
    public string Score => Explores ? "exploit return" : "return";

    bool Explores => options.ExploreEpisodes > 0;

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public ParameterSet Parameters => policy.Parameters;

    /// <inheritdoc/>
    public TaskDistribution Task { get; }

    /// <inheritdoc/>
    public TaskSpaces Spaces => policy.Spaces;

    /// <inheritdoc/>
    public void VisitState(StateVisitor visitor)
    {
        visitor.Parameters(policy.Parameters);
        visitor.Optimiser(adam);
        visitor.Moments("returns", returnMoments, batches: "return_batches");
        if (rewardInputs is not null)
            visitor.Moments("reward_inputs", rewardInputs.Moments, rows: "reward_inputs_seen");
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("steps", ref steps);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        collector.Dispose();
        guard?.Dispose();
        rewardInputs?.Dispose();
        foreach (Tally shard in losses)
            shard.Dispose();
        adam.Dispose();
        returnMoments.Dispose();
        policy.Dispose();
    }
}
