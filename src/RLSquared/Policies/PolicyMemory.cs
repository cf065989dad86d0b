using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Policies;

/// <summary>What a recurrent policy remembers of N trials while they are played.</summary>
abstract class PolicyMemory : IDisposable
{
    /// <summary>A new trial begins in each lane.</summary>
    /// <param name="weightTape">Where weights may be laid out until the next call.</param>
    public abstract void Begin(Tape weightTape);

    /// <summary>A new trial begins in one lane, with the weights as they were laid out.</summary>
    public abstract void Forget(int lane);

    /// <summary>One step: remembers the input rows, and gives A logits and C means, [N, A + C].</summary>
    /// <param name="tape">Does not record; reset before.</param>
    /// <param name="indices">The positions of the ones, [N, groups].</param>
    /// <param name="dense">The plain numbers, [N, D].</param>
    public abstract Tensor Step(Tape tape, ReadOnlySpan<int> indices, ReadOnlySpan<float> dense);

    /// <summary>Returns the memory.</summary>
    public abstract void Dispose();
}

/// <summary>The hidden states of an ordinary recurrent layer.</summary>
sealed unsafe class HiddenMemory : PolicyMemory
{
    readonly RecurrentNetwork network;
    readonly int lanes;
    readonly Arena memory = new();
    readonly Tensor gates, product;
    Tensor hidden, nextHidden;                        // [N, H], swapped at each step
    GruWeights weights;

    public HiddenMemory(RecurrentNetwork network, int lanes)
    {
        (this.network, this.lanes) = (network, lanes);
        int H = network.Options.Hidden;
        hidden = memory.Zeros(new Shape(lanes, H));
        nextHidden = memory.Zeros(new Shape(lanes, H));
        gates = memory.Zeros(new Shape(lanes, 4 * H));
        if (GruWeights.IsWide(network.Groups, network.DenseWidth))
            product = memory.Zeros(new Shape(lanes, 3 * H));
    }

    public override void Begin(Tape weightTape)
    {
        weights = network.PackPolicy(weightTape);
        hidden.Span.Clear();
    }

    public override void Forget(int lane) =>
        hidden.Span.Slice(lane * network.Options.Hidden, network.Options.Hidden).Clear();

    public override Tensor Step(Tape tape, ReadOnlySpan<int> indices, ReadOnlySpan<float> dense)
    {
        fixed (int* ones = indices)
        fixed (float* numbers = dense)
        {
            weights.Step(
                lanes, ones, network.Groups, numbers, network.DenseWidth, product.Data, hidden.Data, gates.Data,
                nextHidden.Data);
        }
        (hidden, nextHidden) = (nextHidden, hidden);
        return network.Outputs(tape.Constant(hidden));
    }

    public override void Dispose() => memory.Dispose();
}
