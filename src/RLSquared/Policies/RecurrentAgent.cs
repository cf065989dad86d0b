using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Policies;

/// <summary>
/// A trained recurrent network as an agent. Its learning of a task happens in its hidden state
/// alone.
/// </summary>
/// <param name="name">The name in tables, such as <c>rl2</c>.</param>
/// <param name="network">The network; its weights are shared, not copied.</param>
/// <param name="greedy">
/// Whether the likeliest action is taken instead of a sampled one. The paper samples, and so do all reported figures
/// unless they say otherwise.
/// </param>
public sealed class RecurrentAgent(string name, RecurrentNetwork network, bool greedy = false) : Agent
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <summary>What it plays with.</summary>
    internal RecurrentNetwork Network => network;

    /// <summary>The same network, which takes the likeliest action each time.</summary>
    internal RecurrentAgent Greedily() => new($"{name} (greedy)", network, greedy: true);

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        if (task.Action != network.Action)
        {
            throw new NotSupportedException(
                $"this network was trained for {network.Action}, but {task.Name} has {task.Action}");
        }
        if (task.Observation != network.Observation)
        {
            throw new NotSupportedException(
                $"this network was trained to see {network.Observation}, but {task.Name} shows {task.Observation}");
        }
        return new RecurrentPlayer(network, lanes, greedy, task.TrialLength);
    }
}

/// <summary>A recurrent network that plays N trials in lock-step.</summary>
public sealed class RecurrentPlayer : Player, IDisposable
{
    readonly RecurrentNetwork network;
    readonly bool greedy;
    readonly int trialLength;
    readonly PolicyMemory memory;
    readonly Tape weightTape = new(new Arena()) { Recording = false };
    readonly Tape stepTape = new(new Arena()) { Recording = false };
    WeightSnapshot? weights;                          // as they were at Begin
    readonly int[] indices;
    readonly ulong[] trials;                          // [N]
    readonly uint[] steps;                            // [N]
    readonly float[] dense, probabilities, draws, logProbabilities;
    readonly byte[] images;                           // [N, size], where the network sees images
    ulong seed;

    /// <summary>Room for <paramref name="lanes"/> trials.</summary>
    /// <param name="network">The network; changed weights are seen from the next <see cref="Begin"/> on.</param>
    /// <param name="lanes">N.</param>
    /// <param name="greedy">Whether the likeliest action is taken instead of a sampled one.</param>
    /// <param name="trialLength">
    /// The most steps of the trials that are played, if not as in training: what a time to go is a share of.
    /// </param>
    public RecurrentPlayer(RecurrentNetwork network, int lanes, bool greedy = false, int? trialLength = null)
    {
        (this.network, this.greedy) = (network, greedy);
        this.trialLength = trialLength ?? network.TrialLength;
        memory = network.CreateMemory(lanes, this.trialLength);
        indices = new int[lanes * network.Groups];
        trials = new ulong[lanes];
        steps = new uint[lanes];
        dense = new float[lanes * network.DenseWidth];
        probabilities = new float[lanes * network.Action.Size];
        draws = new float[lanes * network.Action.Numbers];
        logProbabilities = new float[lanes];
        images = network.SeesImages ? new byte[lanes * network.Observation.Size] : [];
    }

    /// <summary>The probabilities with which the last actions were chosen, [N, A].</summary>
    public ReadOnlySpan<float> ActionProbabilities => probabilities;

    /// <summary>
    /// The numbers of the last actions as they were drawn, [N, C], of which the task sees what lies between −1 and 1.
    /// </summary>
    internal ReadOnlySpan<float> Draws => draws;

    /// <summary>Whether <see cref="LogProbabilities"/> are kept, which costs a little time.</summary>
    internal bool KeepsLogProbabilities { get; set; }

    /// <summary>log π of the last actions, [N].</summary>
    internal ReadOnlySpan<float> LogProbabilities => logProbabilities;

    /// <summary>The positions of the ones in the last input rows, [N, groups].</summary>
    internal ReadOnlySpan<int> InputIndices => indices;

    /// <summary>The plain numbers of the last input rows, [N, D].</summary>
    internal ReadOnlySpan<float> InputNumbers => dense;

    /// <summary>
    /// The images of the last percept, [N, size], or nothing; stale where a trial is over.
    /// </summary>
    internal ReadOnlySpan<byte> InputImages => images;

    /// <inheritdoc/>
    public override void Begin(ulong seed, ulong firstTrial)
    {
        this.seed = seed;
        for (int lane = 0; lane < trials.Length; lane++)
            trials[lane] = firstTrial + (ulong)lane;
        WeightSnapshot? before = weights;
        weightTape.Weights = stepTape.Weights = weights = network.Parameters.Snapshot();
        before?.Dispose();
        weightTape.Reset();
        memory.Begin(weightTape);
        Array.Clear(dense);
    }

    /// <summary>Begins a trial in one lane alone, with the weights as they were when all lanes began.</summary>
    internal void BeginLane(int lane, ulong trial)
    {
        trials[lane] = trial;
        memory.Forget(lane);
    }

    /// <inheritdoc/>
    public override void Act(in Percept percept, ActionSpan actions)
    {
        Array.Fill(steps, (uint)percept.Step);
        Act(percept, steps, actions);
    }

    /// <summary>The same where each lane is at a step of its own.</summary>
    /// <param name="percept">What an agent sees before it acts, but for its step.</param>
    /// <param name="steps">The number of each lane's step within its trial, [N].</param>
    /// <param name="actions">Receives what it decides in each lane.</param>
    internal void Act(in Percept percept, ReadOnlySpan<uint> steps, ActionSpan actions)
    {
        network.Row.Encode(percept, steps, trialLength, indices, dense);
        if (network.SeesImages)
            See(percept);
        stepTape.Reset();
        Tensor outputs = memory.Step(stepTape, indices, dense);                                // [N, A + C]
        Tensor forbidden = Forbidden(percept);
        for (int k = 0; k < network.Action.Choices; k++)
            Choose(k, outputs, forbidden, steps, actions.Choices);
        if (network.Action.Numbers > 0)
            Draw(outputs, steps, actions.Numbers);
        if (KeepsLogProbabilities)
            Score(outputs, forbidden, actions.Choices);
    }

    // What is added to the logits, [N, A]; the default where all options are allowed.
    Tensor Forbidden(in Percept percept)
    {
        if (percept.Allowed.IsEmpty)
            return default;
        Tensor forbidden = stepTape.Arena.Allocate(new Shape(percept.Lanes, network.Action.Size));
        ActionMasks.Write(percept.Allowed, forbidden.Span);
        return stepTape.Constant(forbidden);
    }

    // Choice k in every lane.
    void Choose(int k, Tensor outputs, Tensor forbidden, ReadOnlySpan<uint> steps, Span<int> choices)
    {
        int K = network.Action.Choices, A = network.Action.Size;
        (int start, int size) = (network.Action.StartOf(k), network.Action.SizeOf(k));
        Tensor logits = outputs.SliceColumns(start, size);
        if (forbidden.Exists)
            logits += forbidden.SliceColumns(start, size);
        ReadOnlySpan<float> policy = logits.Softmax().Span;                                        // [N, size]
        for (int i = 0; i < steps.Length; i++)
        {
            ReadOnlySpan<float> p = policy.Slice(i * size, size);
            p.CopyTo(probabilities.AsSpan(i * A + start));
            choices[i * K + k] = greedy
                ? TensorPrimitives.IndexOfMax(p)
                : Distributions.Sample(
                    p, new RandomKey(seed, RandomPurpose.Agent, trials[i]).Uniform(steps[i], (uint)k));
        }
    }

    // The numbers in every lane: a Gaussian's draw, of which the task sees what lies between −1 and 1.
    void Draw(Tensor outputs, ReadOnlySpan<uint> steps, Span<float> numbers)
    {
        int A = network.Action.Size, C = network.Action.Numbers;
        ReadOnlySpan<float> means = outputs.SliceColumns(A, C).Span;
        ReadOnlySpan<float> logDeviations = network.LogDeviations(stepTape).Span;
        for (int i = 0; i < steps.Length; i++)
        {
            RandomSequence random = new RandomKey(seed, RandomPurpose.AgentNumbers, trials[i]).Sequence(steps[i]);
            for (int c = 0, at = i * C; c < C; c++, at++)
            {
                float z = greedy ? 0 : (float)random.NextNormal();
                draws[at] = means[at] + MathF.Exp(logDeviations[c]) * z;
                numbers[at] = Math.Clamp(draws[at], -1, 1);
            }
        }
    }

    // log π by the same distribution as in training, so that the ratio of both is exactly 1 before the first update.
    void Score(Tensor outputs, Tensor forbidden, ReadOnlySpan<int> choices)
    {
        (ActionSpace space, int N) = (network.Action, logProbabilities.Length);
        Indices taken = stepTape.Arena.AllocateIndices(space.Choices * N);
        for (int k = 0; k < space.Choices; k++)
        {
            for (int i = 0; i < N; i++)
                taken.Span[k * N + i] = space.StartOf(k) + choices[i * space.Choices + k];
        }
        Tensor numbers = space.Numbers == 0 ? default : stepTape.Constant(new Shape(N, space.Numbers), draws);
        new PolicyDistribution(space, outputs, network.LogDeviations(stepTape), forbidden)
            .LogProbability(new TakenActions(taken, numbers)).CopyTo(logProbabilities);
    }

    // Looks at the images of those trials that are not over, and puts their features where they belong.
    void See(in Percept percept)
    {
        int N = percept.PreviousEndings.Length, size = network.Observation.Size, M = 0;
        stepTape.Reset();
        foreach (Endings ending in percept.PreviousEndings)
            M += (ending & Endings.TrialEnded) == 0 ? 1 : 0;
        if (M == 0)
            return;
        ObservationSpace space = network.Observation;
        var seen = Images.Allocate(stepTape.Arena, M, space.Height, space.Across, space.Channels);
        Indices previous = stepTape.Arena.AllocateIndices(M);
        for (int i = 0, m = 0; i < N; i++)
        {
            if ((percept.PreviousEndings[i] & Endings.TrialEnded) != 0)
                continue;
            Span<byte> image = images.AsSpan(i * size, size);
            Bytes.FromWhole(percept.Observations.Slice(i * size, size), image);
            image.CopyTo(seen[m]);
            previous.Span[m++] = network.Action.IsDiscrete ? percept.PreviousActions[i] : 0;
        }
        Tensor features = network.See(stepTape, seen, previous);                                   // [M, F]
        int F = features.Shape.Columns;
        for (int i = 0, m = 0; i < N; i++)
        {
            if ((percept.PreviousEndings[i] & Endings.TrialEnded) == 0)
                features.Span.Slice(m++ * F, F).CopyTo(dense.AsSpan(i * network.DenseWidth));
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        memory.Dispose();
        weights?.Dispose();
        weights = null;
        weightTape.Arena.Dispose();
        stepTape.Arena.Dispose();
    }
}
