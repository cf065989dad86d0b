using RLSquared.Tasks;
using RLSquared.Tensors;
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
        return new RecurrentPlayer(network, lanes, greedy);
    }
}

/// <summary>A recurrent network that plays N trials in lock-step.</summary>
public sealed class RecurrentPlayer : Player, IDisposable
{
    readonly RecurrentNetwork network;
    readonly bool greedy;
    readonly PolicyMemory memory;
    readonly Tape weightTape = new(new Arena()) { Recording = false }, stepTape = new(new Arena()) { Recording = false };
    readonly int[] indices;
    readonly float[] dense, probabilities;
    ulong seed, firstTrial;

    /// <summary>Room for <paramref name="lanes"/> trials.</summary>
    /// <param name="network">The network; changed weights are seen from the next <see cref="Begin"/> on.</param>
    /// <param name="lanes">N.</param>
    /// <param name="greedy">Whether the likeliest action is taken instead of a sampled one.</param>
    public RecurrentPlayer(RecurrentNetwork network, int lanes, bool greedy = false)
    {
        (this.network, this.greedy) = (network, greedy);
        memory = network.CreateMemory(lanes);
        indices = new int[lanes * network.Groups];
        dense = new float[lanes * network.DenseWidth];
        probabilities = new float[lanes * network.Actions];
    }

    /// <summary>The probabilities with which the last actions were chosen, [N, A].</summary>
    public ReadOnlySpan<float> ActionProbabilities => probabilities;

    /// <summary>The positions of the ones in the last input rows, [N, groups].</summary>
    internal ReadOnlySpan<int> InputIndices => indices;

    /// <summary>The plain numbers of the last input rows, [N, D].</summary>
    internal ReadOnlySpan<float> InputNumbers => dense;

    /// <inheritdoc/>
    public override void Begin(ulong seed, ulong firstTrial)
    {
        (this.seed, this.firstTrial) = (seed, firstTrial);
        weightTape.Reset();
        memory.Begin(weightTape);
    }

    /// <inheritdoc/>
    public override void Act(in Percept percept, Span<int> actions)
    {
        int N = actions.Length, A = network.Actions;
        network.Encode(percept, indices, dense);
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

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        memory.Dispose();
        weightTape.Arena.Dispose();
        stepTape.Arena.Dispose();
    }
}
