using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Cli.Tests;

/// <summary>Options of <see cref="PretendAlgorithm"/>.</summary>
public sealed record PretendOptions
{
    public int Hidden { get; init => field = Require.AtLeast("hidden", value, 1); } = 4;
    public int Trials { get; init => field = Require.AtLeast("trials", value, 1); } = 10;
    public int Minibatch { get; init => field = Require.AtLeast("minibatch", value, 1); } = 5;
    public double LearningRate { get; init => field = Require.Above("learning-rate", value, 0); } = 0.1;

    public static OptionTable<PretendOptions> Table { get; } =
        new OptionTable<PretendOptions>("the algorithm pretend", new())
            .Integer("hidden", "units", o => o.Hidden, (o, value) => o with { Hidden = value }, "less", "more")
            .Integer("trials", "trials per iteration", o => o.Trials, (o, value) => o with { Trials = value })
            .Integer("minibatch", "trials per update", o => o.Minibatch, (o, value) => o with { Minibatch = value })
            .Number("learning-rate", "step size", o => o.LearningRate, (o, value) => o with { LearningRate = value });
}

/// <summary>
/// An algorithm that learns nothing but has all that runs, checkpoints and the command need: it plays at random, and
/// its weights depend on everything that it has met so far.
/// </summary>
public sealed class PretendAlgorithm : IAgentAlgorithm
{
    readonly Tensor weights;                                    // [A, H]
    readonly TaskDistribution task;
    readonly PretendOptions options;
    readonly ulong seed;
    long iteration, steps;

    public PretendAlgorithm(TaskDistribution task, PretendOptions options, ulong seed)
    {
        if (options.Trials % options.Minibatch != 0)
        {
            throw new OptionException("minibatch",
                $"minibatch {options.Minibatch} does not divide {options.Trials} trials; {options.Trials / 2} does");
        }
        (this.task, this.options, this.seed) = (task, options, seed);
        weights = Parameters.Add("policy.weights", new Shape(task.Actions, options.Hidden)).Value;
    }

    public static AlgorithmEntry Entry { get; } = AlgorithmEntry.Of(
        "pretend", "plays at random", PretendOptions.Table,
        (task, options, seed, _) => new PretendAlgorithm(task, options, seed),
        ("default", "the usual", _ => new PretendOptions()),
        ("paper", "the paper's", _ => new PretendOptions { Hidden = 8 }));

    public string Name => "pretend";

    public long Steps => steps;

    public Agent Agent { get; } = new RandomAgent();

    public TaskDistribution Task => task;

    public TaskSpaces Spaces => task.Spaces;

    public ParameterSet Parameters { get; } = new();

    public void VisitState(StateVisitor visitor)
    {
        visitor.Parameters(Parameters);
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("steps", ref steps);
    }

    public IterationReport Iterate(double progress)
    {
        int N = options.Trials;
        Lanes lanes = task.CreateLanes(N);
        float[] rewards = new float[N];
        int[] actions = new int[N];
        var endings = new Endings[N];
        float[] observations = new float[N * task.Observation.Width];
        lanes.Begin(seed, (ulong)iteration * (ulong)N, observations);
        double sum = 0;
        for (int step = 0; step < task.TrialLength; step++)
        {
            RandomSequence random = new RandomKey(seed, RandomPurpose.Agent, (ulong)iteration).Sequence((uint)step);
            for (int lane = 0; lane < N; lane++)
                actions[lane] = random.NextInt(task.Actions);
            lanes.Step(actions, observations, rewards, endings);
            NonFiniteException.ThrowIfAny(rewards, "reward", step);
            sum += rewards.Sum();
        }
        weights.CopyFrom([.. weights.ToArray().Select(weight => (weight + (float)sum) * 0.7f)]);
        iteration++;
        steps += (long)N * task.TrialLength;
        return new IterationReport((int)iteration, Steps, sum / N, 0.001, 0.002, [("entropy", weights.ToArray()[0])]);
    }

    public void Dispose() => Parameters.Dispose();
}

/// <summary>Bandits whose trial number 39 has a reward at its step 3 that is no number.</summary>
public sealed class PoisonedBandits : TaskDistribution
{
    internal static TaskEntry Entry { get; } = TaskEntry.Of(
        "poisoned", "gives a reward that is no number", BernoulliBanditsOptions.Table, _ => new PoisonedBandits());

    public override string Name => "poisoned";
    public override IReadOnlyList<Assignment> Settings => new BernoulliBandits().Settings;
    public override ObservationSpace Observation => ObservationSpace.Nothing;
    public override ActionSpace Action => 5;
    public override int TrialLength => 10;
    public override Lanes CreateLanes(int count) => new PoisonedLanes(count);

    sealed class PoisonedLanes(int count) : Lanes
    {
        const ulong poisoned = 39;
        ulong firstTrial;
        int step;

        public override int Count => count;

        public override void Begin(ulong seed, ulong firstTrial, Span<float> observations) =>
            (this.firstTrial, step) = (firstTrial, 0);

        public override void Step(
            ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
        {
            rewards.Fill(1);
            if (firstTrial <= poisoned && poisoned < firstTrial + (ulong)count && step++ == 3)
                rewards[(int)(poisoned - firstTrial)] = float.NaN;
        }
    }
}
