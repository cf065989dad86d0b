using System.Diagnostics;
using RLSquared.Agents;
using RLSquared.Rollouts;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Algorithms;

/// <summary>What RL² can be told. The defaults are what learned fastest and most reliably here; see docs/rl2.md.</summary>
public sealed record Rl2Options
{
    /// <summary>The network's shape.</summary>
    public RecurrentNetworkOptions Network { get; init; } = new();

    // ---- collection ----

    /// <summary>
    /// Trials per iteration, N. Few: many small, noisy improvements; many: few, sure ones. 256 to 4096; the paper's
    /// batch of 250,000 steps is 25,000 trials of ten pulls.
    /// </summary>
    public int Trials { get; init; } = 1024;

    /// <summary>
    /// Independent pieces into which trials and minibatches are cut. More pieces keep more threads busy, and each is
    /// smaller. The result depends on it (in the last bits), and never on the number of threads.
    /// </summary>
    public int Shards { get; init; } = 4;

    // ---- targets ----

    /// <summary>
    /// γ, the weight of a reward one step later. Low: short-sighted, little variance; 1: exactly the sum that is scored.
    /// The paper: 0.99.
    /// </summary>
    public float Discount { get; init; } = 1f;

    /// <summary>
    /// λ of the advantages. Low trusts the value estimate, high the rewards that followed. 0.3 (the paper) to 0.99.
    /// </summary>
    public float Lambda { get; init; } = 0.9f;

    // ---- optimisation ----

    /// <summary>How often each trial is learned from. More squeezes more out of a trial and strays further; 1 to 10.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>Whole trials per minibatch; must divide the trials. Small: more, noisier steps.</summary>
    public int Minibatch { get; init; } = 256;

    /// <summary>The optimiser's step size. Low: slow; high: unstable. 1e-4 to 5e-3.</summary>
    public float LearningRate { get; init; } = 3e-3f;

    /// <summary>How the step size changes over the budget: <c>constant</c>, <c>linear</c> or <c>cosine</c>.</summary>
    public Schedule LearningRateSchedule { get; init; } = Schedule.Linear;

    /// <summary>
    /// Limit of the length of the whole gradient; longer ones are shortened. Low: steady and slow. 0 for none.
    /// </summary>
    public float GradientNorm { get; init; } = 1f;

    /// <summary>Limit of each single element of the gradient, as in the paper (40). 0 for none.</summary>
    public float GradientElement { get; init; }

    // ---- loss ----

    /// <summary>ε of the clipped ratio. Low: small, safe changes of the policy; high: fast and risky. 0.05 to 0.3.</summary>
    public float Clip { get; init; } = 0.2f;

    /// <summary>
    /// Weight of the policy's entropy. Keeps the policy from settling too early; too high, and it never settles. 0 to 0.02.
    /// </summary>
    public float Entropy { get; init; } = 0.003f;

    /// <summary>Weight of the value's squared error (of targets with deviation 1). Matters most with a shared layer.</summary>
    public float ValueWeight { get; init; } = 0.5f;

    // ---- guard ----

    /// <summary>
    /// Most mean KL divergence that an iteration may move the policy. After the last epoch the best epoch within the
    /// limit is kept, or else the step is halved until it is within. Costs one more forward pass per epoch. 0 for no guard;
    /// the paper: 0.01.
    /// </summary>
    public float MaxKl { get; init; }

    /// <summary>The recipe of the paper's own experiments (shared/research: the author's launch scripts).</summary>
    public static Rl2Options Paper { get; } = new()
    {
        Network = new() { Hidden = 256, Relu = true, WeightNorm = true, TimeToGo = false },
        Discount = 0.99f,
        Lambda = 0.3f,
        Epochs = 5,
        Minibatch = 128,
        LearningRate = 1e-3f,
        LearningRateSchedule = Schedule.Constant,
        GradientNorm = 0,
        GradientElement = 40,
        Clip = 0.1f,
        Entropy = 0,
        MaxKl = 0.01f,
    };
}

/// <summary>What one iteration did.</summary>
public readonly record struct Rl2Report
{
    /// <summary>How many iterations were done, this one included.</summary>
    public required int Iteration { get; init; }
    /// <summary>Environment steps taken since training began.</summary>
    public required long Steps { get; init; }
    /// <summary>The mean total reward of this iteration's trials.</summary>
    public required double MeanReturn { get; init; }
    /// <summary>The clipped surrogate, negated; mean over the updates.</summary>
    public required double PolicyLoss { get; init; }
    /// <summary>The value's mean squared error, of targets with deviation 1.</summary>
    public required double ValueLoss { get; init; }
    /// <summary>The policy's mean entropy in nats.</summary>
    public required double Entropy { get; init; }
    /// <summary>Mean KL(old policy ‖ new), estimated from the actions taken: mean of ratio − 1 − log ratio.</summary>
    public required double Kl { get; init; }
    /// <summary>The share of ratios that lay outside the clip.</summary>
    public required double ClipFraction { get; init; }
    /// <summary>1 − Var(return − value) / Var(return): 1 for a perfect value, 0 for a useless one.</summary>
    public required double ExplainedVariance { get; init; }
    /// <summary>The gradient's mean length before any limit.</summary>
    public required double GradientNorm { get; init; }
    /// <summary>The step size used.</summary>
    public required double LearningRate { get; init; }
    /// <summary>Time spent playing.</summary>
    public required double RolloutSeconds { get; init; }
    /// <summary>Time spent learning.</summary>
    public required double UpdateSeconds { get; init; }
}

/// <summary>
/// RL² (Duan et al. 2016, «RL²: Fast Reinforcement Learning via Slow Reinforcement Learning»): a slow algorithm trains a
/// recurrent network over many tasks; the network's hidden state then is a fast algorithm that learns each new task.
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
/// minibatches of whole trials and back-propagation through all of their steps. <see cref="Rl2Options.Paper"/> is that
/// recipe; the defaults differ from it by a time-to-go input, γ = 1, a longer λ, a decaying step size, a wider clip and no
/// guard.
/// </summary>
public sealed class Rl2 : IDisposable
{
    readonly TaskDistribution task;
    readonly Rl2Options options;
    readonly ulong seed;
    readonly RecurrentNetwork network;
    readonly Adam adam;
    readonly Workers workers;
    readonly Rollout rollout;
    readonly float[] discounts, lastValues;
    readonly int[] order;                                       // the trials in the order of the minibatches
    readonly RunningMoments returnMoments = new(rate: 0.9);
    readonly Shard[] shards;
    readonly Tape[] tapes;
    readonly Action<int> playShard, learnShard;
    int minibatchStart;
    int iteration;
    long steps;

    /// <summary>A network at its first weights.</summary>
    /// <param name="task">What is to be learned.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public Rl2(TaskDistribution task, Rl2Options options, ulong seed, Workers workers)
    {
        options.Validate();
        (this.task, this.options, this.seed, this.workers) = (task, options, seed, workers);
        network = new RecurrentNetwork(task, options.Network, seed);
        adam = new Adam(network.Parameters);
        int T = task.TrialLength, N = options.Trials, S = options.Shards;
        rollout = new Rollout(T, N, network.Groups, network.DenseWidth);
        discounts = new float[T * N];
        lastValues = new float[N];
        order = new int[N];
        shards = new Shard[S];
        tapes = new Tape[S];
        for (int s = 0; s < S; s++)
        {
            shards[s] = new Shard(task, network, first: N * s / S, count: N * (s + 1) / S - N * s / S);
            tapes[s] = shards[s].Tape;
        }
        (playShard, learnShard) = (s => Play(shards[s]), s => Learn(shards[s], s));
    }

    /// <summary>One iteration: plays, finds advantages, learns. Allocates nothing in the steady state.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what schedules go by.</param>
    /// <exception cref="NonFiniteException">A reward, a loss or a gradient is not a finite number.</exception>
    public Rl2Report Iterate(double progress)
    {
        long start = Stopwatch.GetTimestamp();
        workers.Run(shards.Length, playShard);
        steps += (long)rollout.T * rollout.N;
        double rolloutSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        ComputeTargets();
        Rl2Report report = Update(progress);
        iteration++;
        return report with
        {
            Iteration = iteration,
            Steps = steps,
            RolloutSeconds = rolloutSeconds,
            UpdateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
        };
    }
}
