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
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Algorithms;

/// <summary>
/// RL² (Duan et al. 2016) with the outer loop that the paper names, trust region policy optimisation (Schulman et al.
/// 2015). It is <see cref="Rl2"/>, its trials, targets and network, but for how an iteration learns: one step of the
/// policy along the natural gradient, and then the value alone, by epochs of minibatches.
/// <code>
///   max_θ  mean[ π(a)/π_old(a) · Â ]     with  mean KL(π_old ‖ π) ≤ δ
/// </code>
/// The means are over all steps of all trials, and gradients flow back through whole trials. Divergences are exact,
/// summed over all actions; their curvature is taken from a share of the trials. The step itself is in
/// <see cref="TrustRegion"/>.
/// <para>
/// The paper says 'first-order TRPO', and its author's code is a clipped ratio with a guard: that is
/// <see cref="Rl2"/>. This is the second-order reading. It has no step size and no clip; there is no entropy bonus, and
/// no limit of a gradient's length.
/// </para>
/// </summary>
public sealed class Rl2Trpo : IAgentAlgorithm, IShardedAlgorithm
{
    readonly Rl2TrpoOptions options;
    readonly ulong seed;
    readonly Policy policy;
    readonly Adam adam;                                       // of the value; the policy's gradients are zero to it
    readonly Rollout rollout;
    readonly Collector collector;
    readonly int[] order;                                    // the trials, in the order in which minibatches take them
    readonly ExponentialMoments returnMoments = new(rate: 0.9f);
    readonly IReadOnlyList<Shard> shards;
    readonly Credit credit;
    readonly Tape[] tapes;
    readonly double[] valueLosses;                            // by shard, over the minibatches of an iteration
    readonly (double Kl, double Surrogate, double Entropy)[] moved;                 // by shard, sums over its steps
    readonly int chunk;                                       // trials that a shard takes at once where order is free
    readonly ParameterVector weights;                        // of the policy
    readonly TrustRegion trustRegion;
    readonly RewardInputs? rewardInputs;
    readonly float[] gradient;                                // of the surrogate
    readonly float[][] shardGradients;
    readonly PlayedRows old;
    readonly ShardPhase learning, measuring, differentiating, differentiatingKl;
    readonly ShardSet work;
    long lessons, minibatches;                                // versions of what was played, and of its parts
    int minibatchStart;
    float minibatchSteps;
    int iteration;
    long steps;

    /// <summary>A policy at its first weights.</summary>
    /// <param name="task">What is to be learned.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="device">Where the policy is computed; null for the processor.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public Rl2Trpo(TaskDistribution task, Rl2TrpoOptions options, ulong seed, Workers workers, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        options.Validate();
        MemoryNeed.Require(task, options.Network, options.Trials, options.ValueMinibatch);
        (Task, this.options, this.seed) = (task, options, seed);
        policy = Policy.Recurrent(task.Spaces, options.Network, seed, device);
        adam = new Adam(policy.Parameters);
        int N = options.Trials, S = options.Shards;
        chunk = Math.Max(1, options.ValueMinibatch / S);
        collector = new Collector(
            task, policy, N, S, chunk, seed, options.Discount, options.Regret, workers);
        (rollout, shards) = (collector.Rollout, collector.Shards);
        tapes = [.. shards.Select(shard => shard.Tape)];
        credit = new Credit(rollout, options.Regret);
        order = new int[N];
        valueLosses = new double[S];
        moved = new (double, double, double)[S];

        rewardInputs = RewardInputs.Of(policy);
        weights = new ParameterVector(policy.Parameters.All.Where(
            parameter => !IsOfValue(parameter.Name) && !parameter.Group.Frozen));
        gradient = new float[weights.Count];
        shardGradients = [.. shards.Select(_ => new float[weights.Count])];
        var lesson = new ShardPart("lesson", () => lessons, rollout.VisitLesson);
        var minibatch = new ShardPart("minibatch", () => minibatches, VisitMinibatch);
        old = new PlayedRows(policy, shards, rollout.T);
        var rows = new ShardPart("rows", () => lessons, old.Visit);
        learning = new ShardPhase("learn", [collector.Weights, lesson, minibatch], Learn, VisitLearned);
        measuring = new ShardPhase("measure", [collector.Weights, lesson, rows], Measure,
            (visitor, s) => visitor.Number(ref moved[s]));
        differentiating = new ShardPhase("differentiate", [collector.Weights, lesson], Differentiate, VisitSurrogate);
        differentiatingKl = new ShardPhase("differentiate-kl", [collector.Weights, lesson, rows], DifferentiateKl,
            (visitor, s) => visitor.Numbers(shardGradients[s].AsSpan()));
        work = new ShardSet(
            S, workers, [collector.PlayingWithValues, differentiating, differentiatingKl, measuring, learning]);
        trustRegion = new TrustRegion(
            weights, KlGradient, MeasurePolicy, options.CgIterations, options.Damping, options.Backtracks);
    }

    /// <summary>The policy as an agent, to be evaluated or shipped. It shares the weights in training.</summary>
    public Agent Agent => new PolicyAgent(Name, policy);

    /// <summary>The policy that is being trained.</summary>
    public Policy Policy => policy;

    /// <summary>The most environment steps of one iteration: trials may be over sooner.</summary>
    public long StepsPerIteration => (long)rollout.T * rollout.N;

    /// <summary>
    /// One iteration: plays, finds advantages, learns. In the steady state only its report, and the layout of the
    /// weights for playing, are allocated.
    /// </summary>
    /// <param name="progress">The share of the budget that is spent; nothing here goes by it.</param>
    /// <exception cref="NonFiniteException">A reward, a loss or a gradient is not a finite number.</exception>
    public IterationReport Iterate(double progress)
    {
        long start = Stopwatch.GetTimestamp();
        collector.Play(iteration, returnMoments.Mean, returnMoments.StandardDeviation, work.Runner);
        double rolloutSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        TrialTargets.Compute(rollout, credit, options.Lambda, options.ValueLambda, returnMoments);
        lessons++;
        IReadOnlyList<(string, double)> figures = Update();
        rewardInputs?.Add(rollout);
        iteration++;
        steps += rollout.Steps;
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new IterationReport(iteration, steps, rollout.MeanReturn(), rolloutSeconds, updateSeconds, figures);
    }

    // ---- learn: one step of the policy over all trials, then epochs of minibatches for the value ----

    IReadOnlyList<(string Name, double Value)> Update()
    {
        (double surrogate, double entropy) = Differentiate();
        double gradientNorm = Math.Sqrt(ConjugateGradient.Dot(gradient, gradient));
        weights.RequireFinite(gradient, (float)gradientNorm, iteration);
        TrustRegionStep step = trustRegion.Step(gradient, surrogate, options.MaxKl);
        double valueLoss = FitValue();
        return
        [
            ("surrogate_gain", step.Gain),
            ("value_loss", valueLoss),
            ("entropy", entropy),
            ("kl", step.Kl),
            ("backtracks", step.Backtracks),
            ("cg_residual", step.Residual),
            ("explained_variance", rollout.ExplainedVariance()),
            ("trial_length", (double)rollout.Steps / rollout.N),
            ("gradient_norm", gradientNorm),
        ];
    }

    // ---- policy: the surrogate's gradient at the weights that played ----

    (double Surrogate, double Entropy) Differentiate()
    {
        old.Begin();
        work.Run(differentiating);
        SumShards(gradient);
        (_, double surrogate, double entropy) = SumMoved();
        return (surrogate, entropy);
    }

    void Differentiate(int s)
    {
        Shard shard = shards[s];
        Array.Clear(shardGradients[s]);
        moved[s] = default;
        for (int from = 0; from < shard.Count; from += chunk)
        {
            Tape tape = shard.Tape;
            TrialBatch batch = Take(shard, from, recording: true);
            PolicyDistribution played = policy.Distribution(tape, batch.Input(policy));
            Tensor logRatio = played.LogProbability(batch.Taken()) - batch.Pick(rollout.LogProbabilities);
            Tensor weight = batch.Pick(rollout.Active) * (1f / rollout.Steps);            // sums to 1 over all trials
            Tensor surrogate = (logRatio.Exp() * batch.Pick(rollout.Advantages) * weight).Sum();
            Tensor entropy = (played.Entropy() * weight).Sum();
            NonFiniteException.ThrowIf(surrogate.Read(), "loss", iteration);
            tape.Backward(surrogate);

            weights.AddGradient(tape, shardGradients[s]);
            old.Keep(played.Rows, s, from);
            moved[s].Surrogate += surrogate.Read();
            moved[s].Entropy += entropy.Read();
        }
    }

    // ---- policy: the divergence's gradient, from which the trust region takes its curvature ----

    void KlGradient(float[] sum)
    {
        work.Run(differentiatingKl);
        SumShards(sum);
    }

    void DifferentiateKl(int s)
    {
        Shard shard = shards[s];
        float fisherSteps = FisherSteps();
        Array.Clear(shardGradients[s]);
        for (int from = 0; from < FisherTrials(shard); from += chunk)
        {
            Tape tape = shard.Tape;
            TrialBatch batch = Take(shard, from, recording: true);
            PolicyDistribution moving = policy.Distribution(tape, batch.Input(policy));
            Tensor weight = batch.Pick(rollout.Active) * (1 / fisherSteps);
            tape.Backward((old.DivergenceOf(moving, tape, s, from) * weight).Sum());
            weights.AddGradient(tape, shardGradients[s]);
        }
    }

    float FisherSteps()
    {
        float sum = 0;
        foreach (Shard shard in shards)
            sum += rollout.ActiveSteps(shard.Trials.AsSpan(0, FisherTrials(shard)));
        return sum;
    }

    // A share of the trials, in whole chunks: they are independent of each other, so any are as good.
    int FisherTrials(Shard shard)
    {
        int wanted = Math.Max(1, (int)MathF.Ceiling(options.FisherShare * shard.Count));
        return Math.Min(shard.Count, (wanted + chunk - 1) / chunk * chunk);
    }

    // ---- policy: how far it has moved, over all that was played ----

    internal (double Kl, double Surrogate) MeasurePolicy()
    {
        work.Run(measuring);
        (double kl, double surrogate, _) = SumMoved();
        return (kl, surrogate);
    }

    void Measure(int s)
    {
        Shard shard = shards[s];
        moved[s] = default;
        for (int from = 0; from < shard.Count; from += chunk)
        {
            TrialBatch batch = Take(shard, from, recording: false);
            PolicyDistribution now = policy.Distribution(shard.Tape, batch.Input(policy));
            Tensor logRatio = now.LogProbability(batch.Taken()) - batch.Pick(rollout.LogProbabilities);
            Tensor weight = batch.Pick(rollout.Active) * (1f / rollout.Steps);
            moved[s].Kl += (old.DivergenceOf(now, shard.Tape, s, from) * weight).Sum().Read();
            moved[s].Surrogate += (logRatio.Exp() * batch.Pick(rollout.Advantages) * weight).Sum().Read();
        }
    }

    TrialBatch Take(Shard shard, int from, bool recording)
    {
        shard.Tape.Reset();
        shard.Tape.Recording = recording;
        return new TrialBatch(rollout, shard.Trials.AsSpan(from, Math.Min(chunk, shard.Count - from)), shard.Tape);
    }

    // Shards are always added in their order, so that the bits do not depend on which was ready first.
    void SumShards(float[] sum)
    {
        Array.Clear(sum);
        foreach (float[] shard in shardGradients)
            TensorPrimitives.Add(sum, shard, sum);
    }

    (double Kl, double Surrogate, double Entropy) SumMoved()
    {
        (double Kl, double Surrogate, double Entropy) sum = default;
        foreach ((double kl, double surrogate, double entropy) in moved)
            sum = (sum.Kl + kl, sum.Surrogate + surrogate, sum.Entropy + entropy);
        return sum;
    }

    // ---- value: squared error, by epochs of minibatches of whole trials ----

    double FitValue()
    {
        int updates = 0;
        Array.Clear(valueLosses);
        for (int epoch = 0; epoch < options.ValueEpochs; epoch++)
        {
            var random = new RandomKey(seed, RandomPurpose.Minibatch, (ulong)iteration).Sequence((uint)epoch);
            Minibatches.Shuffle(order, rollout, options.ValueMinibatch, random);
            for (minibatchStart = 0; minibatchStart < order.Length; minibatchStart += options.ValueMinibatch, updates++)
            {
                minibatchSteps = rollout.ActiveSteps(order.AsSpan(minibatchStart, options.ValueMinibatch));
                minibatches++;
                work.Run(learning);
                policy.Parameters.SumGradients(tapes);
                GradientLimit.Apply(policy.Parameters, norm: 0, iteration);
                adam.Step(options.ValueLearningRate);
            }
        }
        double sum = 0;
        foreach (double shard in valueLosses)
            sum += shard;
        return sum / updates;
    }

    /// <summary>Loss and gradient of one shard's trials of the present minibatch.</summary>
    void Learn(int s)
    {
        Shard shard = shards[s];
        ReadOnlySpan<int> trials =
            Minibatches.Share(order.AsSpan(minibatchStart, options.ValueMinibatch), s, shards.Count);
        Tape tape = shard.Tape;
        tape.Reset();
        tape.Recording = true;
        var batch = new TrialBatch(rollout, trials, tape);
        Tensor target = ValueFit.Target(batch.Pick(rollout.Returns), returnMoments);
        Tensor weight = batch.Pick(rollout.Active) * (1 / minibatchSteps);             // sums to 1 over the minibatch

        // Images come as the features that they had when they were played: what sees belongs to the policy.
        Tensor values = policy.Values(tape, batch.Input(policy, asPlayed: true));
        Tensor valueLoss = ValueFit.Loss(values, target, weight);
        NonFiniteException.ThrowIf(valueLoss.Read(), "loss", iteration);
        tape.Backward(valueLoss);
        valueLosses[s] += valueLoss.Read();
    }

    // ---- shards that are computed elsewhere: what they go by, and what comes of them ----

    ShardSet IShardedAlgorithm.Shards => work;

    void VisitSurrogate(ByteVisitor visitor, int s)
    {
        visitor.Numbers(shardGradients[s].AsSpan());
        old.Visit(visitor, s);
        visitor.Number(ref moved[s]);
    }

    void VisitMinibatch(ByteVisitor visitor) => visitor.Minibatch(ref iteration, ref minibatchStart, ref minibatchSteps,
        returnMoments, order, options.ValueMinibatch);

    void VisitLearned(ByteVisitor visitor, int s)
    {
        visitor.Gradients(shards[s].Tape, policy.Parameters);
        visitor.HandOver(ref valueLosses[s]);
    }

    // ---- state: what a checkpoint holds ----

    /// <summary>The name in run folders and on the command line.</summary>
    public string Name => "rl2-trpo";

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
        visitor.Optimiser(adam, IsOfValue);
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
        adam.Dispose();
        returnMoments.Dispose();
        rewardInputs?.Dispose();
        policy.Dispose();
    }

    static bool IsOfValue(string name) => name.StartsWith("value.", StringComparison.Ordinal);
}
