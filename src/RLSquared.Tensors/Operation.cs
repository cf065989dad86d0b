using System.Runtime.CompilerServices;
using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>One operation that happened.</summary>
internal struct Node
{
    public Operation? Operation;
    public Tensor Output;
    public Operands Inputs;
    public Operands Saved;
    public Attributes Attributes;
    public bool IsUsed;

    [InlineArray(6)]
    public struct Operands
    {
        Tensor first;
    }
}

/// <summary>What an operation was told besides its tensors.</summary>
internal struct Attributes
{
    public int First;                               // row or column from which on a part is taken, or put
    public int Parts;                               // tensors that were joined
    public int Heads, Groups;                       // of attention; of the ones in an input row
    public AttentionShape Attention;
    public Repeat Repeat;
    public float Scale, Epsilon, Low, High;
    public bool TransposeA, TransposeB, Inverse, Backwards, Relu;
    public Indices Indices, MoreIndices;
    public Images Images;
    public Window Window;
}

/// <summary>
/// The rule of one kind of operation. Forward and backward stand side by side in one file under <c>Operations/</c>.
/// <para>To add an operation: 1. a file with an extension method that computes and calls <c>tape.Record</c>, and the
/// class with the rule below it; 2. its primitives on <see cref="Device"/> and a kernel under <c>Kernels/</c>, if it
/// needs new ones; 3. a finite-difference test under <c>tests/RLSquared.Tensors.Tests/Operations</c>.</para>
/// </summary>
internal abstract class Operation
{
    /// <summary>
    /// Given dL/d(output), calls <see cref="Tape.Accumulate"/> with dL/d(input) for each input that is differentiable.
    /// </summary>
    public abstract void Backward(Tape tape, in Node node, Tensor gradient);
}
