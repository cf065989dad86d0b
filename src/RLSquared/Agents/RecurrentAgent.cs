using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Kernels;
using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Agents;

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

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        if (task.Actions != network.Actions)
        {
            throw new NotSupportedException(
                $"this network was trained for {network.Actions} actions, but {task.Name} has {task.Actions}");
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
    readonly int[] indices;
    readonly float[] dense, probabilities;
    readonly byte[] images;                           // [N, size], where the network sees images
    ulong seed, firstTrial;

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
        dense = new float[lanes * network.DenseWidth];
        probabilities = new float[lanes * network.Actions];
        images = network.SeesImages ? new byte[lanes * network.Observation.Size] : [];
    }

    /// <summary>The probabilities with which the last actions were chosen, [N, A].</summary>
    public ReadOnlySpan<float> ActionProbabilities => probabilities;

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
        (this.seed, this.firstTrial) = (seed, firstTrial);
        weightTape.Reset();
        memory.Begin(weightTape);
        Array.Clear(dense);
    }

    /// <inheritdoc/>
    public override void Act(in Percept percept, Span<int> actions)
    {
        int N = actions.Length, A = network.Actions;
        network.Encode(percept, trialLength, indices, dense);
        if (network.SeesImages)
            See(percept);
        stepTape.Reset();
        Tensor policy = memory.Step(stepTape, indices, dense).Softmax();                           // [N, A]
        policy.Span.CopyTo(probabilities);
        for (int i = 0; i < N; i++)
        {
            ReadOnlySpan<float> p = probabilities.AsSpan(i * A, A);
            actions[i] = greedy
                ? TensorPrimitives.IndexOfMax(p)
                : Distributions.Sample(p, new RandomKey(seed, RandomPurpose.Agent, firstTrial + (ulong)i)
                    .Uniform((uint)percept.Step));
        }
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
            previous.Span[m++] = percept.PreviousActions[i];
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
        weightTape.Arena.Dispose();
        stepTape.Arena.Dispose();
    }
}
