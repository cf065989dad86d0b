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
/// PPO (Schulman et al. 2017, 'Proximal policy optimization algorithms') on ordinary tasks of episodes: a policy and a
/// value learn from windows of steps, each step a few times, and a ratio that is clipped keeps the policy near the one
/// that played.
/// <code>
///   max_θ  E_t [ min(ρ_t Â_t, clamp(ρ_t, 1 ± ε) Â_t) ] − c_v E_t [(V_θ(s_t) − R_t)²] + c_e E_t [H(π_θ(s_t))]
///   ρ_t = π_θ(a_t | s_t) / π_old(a_t | s_t),     R_t = Â_t + V_old(s_t)
/// </code>
/// <para>
/// An episode that terminates ends there; one that a limit of time cuts is bootstrapped with the value of the state at
/// the cut, and a window that ends within an episode with the value of its next state. The advantages of each minibatch
/// are brought to mean 0 and deviation 1; rewards are divided by the running deviation of the discounted return,
/// observations are normalised by running moments that are part of the policy.
/// </para>
/// <para>
/// A feed-forward policy learns from single steps of windows that go on across iterations; a recurrent one from whole
/// trials, with back-propagation through all of their steps.
/// </para>
/// </summary>
public sealed class Ppo : IAgentAlgorithm
{
    readonly PpoOptions options;
    readonly ulong seed;
    readonly Policy policy;
    readonly Adam adam;
    readonly Workers workers;
    readonly Rollout rollout;
    readonly WindowCollector? windows;                      // feed-forward
    readonly Collector? trials;                             // recurrent
    readonly Tape[] tapes;                                  // by shard
    readonly float[] nextValues, rewards;                   // as the rollout's arrays; rewards as they are learned from
    readonly int[] order;                                   // what minibatches are made of, in their order
    readonly ReturnScale returns;
    readonly RunningMoments? observationMoments;
    readonly Arena memory = new();
    readonly Mirror discounted;                             // [N], each lane's return backwards in time
    readonly float[] seen;                                  // scratch: rows of observations
    const int Losses = 5, Kl = 3;                           // figures of a minibatch, and the divergence among them
    readonly Tally[] losses;                                // by shard, over the minibatches of an epoch
    readonly Action<int> learnShard;
    float minibatchSteps, minibatchMean, minibatchScale, meanReturn;
    int minibatchStart, minibatchEnd, iteration;
    long steps;

    /// <summary>A policy at its first weights.</summary>
    /// <param name="task">What is to be learned.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public Ppo(TaskDistribution task, PpoOptions options, ulong seed, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        MemoryNeed.Require(task, options);
        (Task, this.options, this.seed, this.workers) = (task, options, seed, workers);
        policy = PolicyOf(task.Spaces, options, seed);
        adam = new Adam(policy.Parameters, new AdamOptions { Epsilon = 1e-5f });
        int N = options.Lanes, S = options.Shards;
        if (options.Recurrent)
        {
            int chunk = Math.Max(1, N / options.Minibatches / S);
            trials = new Collector(task, policy, N, S, chunk, seed, options.Discount, keepsRegrets: false, workers);
            rollout = trials.Rollout;
            tapes = [.. trials.Shards.Select(shard => shard.Tape)];
            nextValues = new float[rollout.Rewards.Length];
        }
        else
        {
            windows = new WindowCollector(task, policy, N, options.Window, S, chunk: 256, seed, workers);
            rollout = windows.Rollout;
            tapes = [.. windows.Tapes];
            nextValues = windows.NextValues;
        }
        rewards = new float[rollout.Rewards.Length];
        returns = new ReturnScale(options.Discount, options.NormaliseRewards ? rewards.Length : 0);
        order = new int[rollout.N];
        discounted = new Mirror(memory, new Shape(N));
        if (policy.Normaliser is not null)
            observationMoments = new RunningMoments(task.Observation.Width);
        seen = new float[observationMoments is null ? 0 : rewards.Length * task.Observation.Width];
        losses = [.. tapes.Select(_ => new Tally(policy.Parameters.Device, Losses))];
        learnShard = Learn;
    }

    /// <inheritdoc/>
    public TaskDistribution Task { get; }

    /// <summary>
    /// The policy as an agent, to be evaluated or shipped. It shares the weights that are being
    /// trained.
    /// </summary>
    public Agent Agent => new PolicyAgent(Name, policy);

    /// <summary>The policy that is being trained.</summary>
    public Policy Policy => policy;

    /// <summary>The policy that these options describe, at its first weights.</summary>
    internal static Policy PolicyOf(TaskSpaces spaces, PpoOptions options, ulong seed) =>
        options.Recurrent ? Policy.Recurrent(spaces, RecurrentShape(options), seed)
            : Policy.FeedForward(spaces, options.Network, seed);

    /// <summary>The shape of the recurrent network that the options describe.</summary>
    internal static RecurrentPolicyOptions RecurrentShape(PpoOptions options) => new()
    {
        Hidden = options.Network.Hidden,
        Shared = options.Network.Shared,
        Deviation = options.Network.Deviation,
        Normalise = options.Network.Normalise,
        TimeToGo = false,
    };

    /// <summary>One iteration: plays, finds advantages, learns.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what schedules go by.</param>
    /// <exception cref="NonFiniteException">A reward, a loss or a gradient is not a finite number.</exception>
    public IterationReport Iterate(double progress)
    {
        long start = Stopwatch.GetTimestamp();
        Play();
        double rolloutSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        ComputeTargets();
        IReadOnlyList<(string, double)> figures = Update(progress);
        NormaliseObservations();
        iteration++;
        steps += rollout.Steps;
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new IterationReport(iteration, steps, meanReturn, rolloutSeconds, updateSeconds, figures);
    }

    // ---- play ----

    void Play()
    {
        if (windows is not null)
        {
            windows.Play();
            // The mean of the trials that ended; a window in which none did says nothing new.
            meanReturn = (float)(windows.MeanReturn ?? (iteration == 0 ? windows.MeanSoFar : meanReturn));
            return;
        }
        trials!.Play(iteration);
        trials.EstimateValues(mean: 0, deviation: 1);
        meanReturn = (float)rollout.MeanReturn();
        int N = rollout.N;
        for (int i = 0; i < nextValues.Length; i++)
        {
            // No step was played from the state at a cut, so the value before its last step stands in for it.
            bool ended = (rollout.Endings[i] & (Endings.EpisodeEnded | Endings.TrialEnded)) != 0;
            nextValues[i] = ended || i + N >= nextValues.Length ? rollout.Values[i] : rollout.Values[i + N];
        }
    }

    // ---- targets ----

    void ComputeTargets()
    {
        ScaleRewards();
        Advantages.GaeOfEpisodes(options.Lanes, rewards, rollout.Endings, rollout.Values, nextValues,
            options.Discount, options.Lambda, rollout.Advantages);
        for (int i = 0; i < rewards.Length; i++)
        {
            rollout.Returns[i] = rollout.Advantages[i] + rollout.Values[i];
            if (rollout.Active[i] != 0 && !(Math.Abs(rollout.Returns[i]) <= Incoming.Largest))
            {
                throw new InvalidDataException($"the return of lane {i % options.Lanes} from step " +
                    $"{i / options.Lanes} of the window on is {rollout.Returns[i]}; sums of rewards beyond " +
                    $"±{Incoming.Largest} overflow, so give rewards in a larger unit");
            }
        }
    }

    void ScaleRewards()
    {
        rollout.Rewards.CopyTo(rewards, 0);
        if (!options.NormaliseRewards)
            return;
        Span<float> sums = discounted.Host;
        if (windows is null)
            sums.Clear();
        returns.Add(rewards, rollout.Endings, rollout.Active, sums);
        returns.Apply(rewards);
    }

    // What was observed counts from the next window on: a policy must not change between playing and learning.
    void NormaliseObservations()
    {
        if (observationMoments is null)
            return;
        int W = Task.Observation.Width, count = 0;
        for (int i = 0; i < rewards.Length; i++)
        {
            if (rollout.Active[i] != 0)
                rollout.Observations.AsSpan(i * W, W).CopyTo(seen.AsSpan(count++ * W));
        }
        observationMoments.Add(seen.AsSpan(0, count * W));
        policy.Normaliser!.Set(observationMoments.Mean, observationMoments.Variance);
    }

    // ---- learn: epochs of minibatches of steps, or of whole trials ----

    IReadOnlyList<(string Name, double Value)> Update(double progress)
    {
        double gradientNorm = 0;
        int updates = 0, epochs = 0, M = options.Minibatches;
        Span<double> all = stackalloc double[Losses];
        all.Clear();
        float learningRate = options.LearningRate * options.LearningRateSchedule.At(progress);
        bool near = true;
        for (; epochs < options.Epochs && near; epochs++)
        {
            var random = new RandomKey(seed, RandomPurpose.Minibatch, (ulong)iteration).Sequence((uint)epochs);
            Minibatches.Shuffle(order, random);
            foreach (Tally shard in losses)
                shard.Clear();
            for (int m = 0; m < M; m++, updates++)
            {
                (minibatchStart, minibatchEnd) =
                    (Minibatches.Cut(order.Length, m, M), Minibatches.Cut(order.Length, m + 1, M));
                MeasureAdvantages();
                workers.Run(tapes.Length, learnShard);
                policy.Parameters.SumGradients(tapes);
                gradientNorm += GradientLimit.Apply(policy.Parameters, options.GradientNorm, iteration);
                adam.Step(learningRate);
            }
            double klBefore = all[Kl];
            foreach (Tally shard in losses)
                shard.AddTo(all);
            near = options.MaxKl == 0 || (all[Kl] - klBefore) / M <= options.MaxKl;
        }
        return
        [
            ("policy_loss", all[0] / updates),
            ("value_loss", all[1] / updates),
            ("entropy", all[2] / updates),
            ("kl", all[Kl] / updates),
            ("clip_fraction", all[4] / updates),
            ("explained_variance", rollout.ExplainedVariance()),
            ("epochs", epochs),
            ("gradient_norm", gradientNorm / updates),
            ("learning_rate", learningRate),
        ];
    }

    // Mean and deviation of the minibatch's advantages, and how many of its steps were played.
    void MeasureAdvantages()
    {
        double count = 0, sum = 0, squares = 0;
        foreach (int unit in order.AsSpan(minibatchStart..minibatchEnd))
        {
            for (int i = unit; i < rewards.Length; i += rollout.N)
            {
                count += rollout.Active[i];
                sum += rollout.Active[i] * (double)rollout.Advantages[i];
            }
        }
        double mean = count > 0 ? sum / count : 0;
        foreach (int unit in order.AsSpan(minibatchStart..minibatchEnd))
        {
            for (int i = unit; i < rewards.Length; i += rollout.N)
                squares += rollout.Active[i] * (rollout.Advantages[i] - mean) * (rollout.Advantages[i] - mean);
        }
        double deviation = Math.Sqrt(squares / Math.Max(1, count)) + 1e-8;
        // What hardly varies is noise, and is not scaled up to a signal.
        double least = returns.LeastDeviation;
        minibatchSteps = (float)Math.Max(1, count);
        minibatchMean = (float)mean;
        minibatchScale = (float)(1 / Math.Max(deviation, options.NormaliseRewards ? Advantages.Negligible : least));
    }

    // Loss and gradient of one shard's part of the present minibatch.
    void Learn(int s)
    {
        ReadOnlySpan<int> units = Minibatches.Share(order.AsSpan(minibatchStart..minibatchEnd), s, tapes.Length);
        Tape tape = tapes[s];
        tape.Reset();
        tape.Recording = true;
        var batch = new TrialBatch(rollout, units, tape);
        Tensor advantage = (batch.Pick(rollout.Advantages) - minibatchMean) * minibatchScale;        // all [M, 1]
        Tensor weight = batch.Pick(rollout.Active) * (1 / minibatchSteps);             // sums to 1 over the minibatch

        (PolicyDistribution now, Tensor values) = policy.Forward(tape, batch.Input(policy));
        Tensor logRatio = now.LogProbability(batch.Taken()) - batch.Pick(rollout.LogProbabilities);
        Tensor ratio = logRatio.Exp();                                                // π(a) / π_old(a)
        Tensor policyLoss = ClippedSurrogate.Loss(ratio, advantage, weight, options.Clip);
        Tensor entropy = (now.Entropy() * weight).Sum();
        Tensor valueLoss = ClippedValue.Loss(
            values, batch.Pick(rollout.Values), batch.Pick(rollout.Returns), weight, options.ValueClip);
        Tensor loss = policyLoss + valueLoss * options.ValueWeight - entropy * options.Entropy;
        NonFiniteException.ThrowIf(loss.Read(), "loss", iteration);
        tape.Backward(loss);

        losses[s].Add(policyLoss, valueLoss, entropy, ClippedSurrogate.Kl(ratio, logRatio, weight),
            ClippedSurrogate.ClippedShare(ratio, weight, options.Clip));
    }

    // ---- state: what a checkpoint holds ----

    /// <summary>The name in run folders and on the command line.</summary>
    public string Name => "ppo";

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public ParameterSet Parameters => policy.Parameters;

    /// <inheritdoc/>
    public TaskSpaces Spaces => policy.Spaces;

    /// <inheritdoc/>
    public void VisitState(StateVisitor visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        visitor.Parameters(policy.Parameters);
        visitor.Optimiser(adam);
        visitor.Moments("returns", returns.Moments, "return_steps");
        if (observationMoments is not null)
            visitor.Moments("observations", observationMoments, "observation_steps");
        visitor.Tensor("discounted_returns", discounted.Device);
        if (windows is not null)
        {
            byte[] state = windows.Save(), visited = state;
            visitor.Bytes("lanes", ref visited);
            if (!ReferenceEquals(visited, state))
                windows.Restore(visited);
        }
        byte[] mean = BitConverter.GetBytes(meanReturn);
        visitor.Bytes("mean_return", ref mean);
        meanReturn = BitConverter.ToSingle(mean);
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("steps", ref steps);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        windows?.Dispose();
        trials?.Dispose();
        foreach (Tally shard in losses)
            shard.Dispose();
        adam.Dispose();
        returns.Dispose();
        observationMoments?.Dispose();
        memory.Dispose();
        policy.Dispose();
    }
}
