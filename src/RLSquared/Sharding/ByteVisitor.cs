using System.Buffers;
using System.Runtime.InteropServices;
using RLSquared.Tensors;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Sharding;

/// <summary>
/// Is shown numbers in place, one after the other, and either copies them to bytes or writes bytes over them. Both
/// directions are the same walk, so that no number can be forgotten in one of them. The bytes are those in memory: the
/// bits arrive as they were.
/// </summary>
internal abstract class ByteVisitor
{
    /// <summary>Whether what is shown is written over.</summary>
    public abstract bool Overwrites { get; }

    /// <summary>Numbers of one type, in their order.</summary>
    public void Numbers<T>(Span<T> numbers) where T : unmanaged => Visit(MemoryMarshal.AsBytes(numbers));

    /// <summary>One number.</summary>
    public void Number<T>(ref T number) where T : unmanaged => Numbers(new Span<T>(ref number));

    /// <summary>Bytes whose number is another one each time.</summary>
    public void Bytes(ref byte[] bytes)
    {
        int length = bytes.Length;
        Number(ref length);
        if (Overwrites)
            bytes = new byte[Require(length)];
        Visit(bytes);
    }

    /// <summary>The numbers of a tensor, of any shape.</summary>
    public abstract void Tensor(Tensor tensor);

    /// <summary>All weights.</summary>
    public void Weights(ParameterSet parameters)
    {
        foreach (Parameter parameter in parameters.All)
            Tensor(parameter.Value);
    }

    /// <summary>Running moments.</summary>
    public void Moments(ExponentialMoments moments)
    {
        foreach ((_, Tensor tensor) in moments.State)
            Tensor(tensor);
        long count = moments.Count;
        Number(ref count);
        moments.Count = count;
    }

    /// <summary>Which trials an algorithm is learning from, and by what scale.</summary>
    /// <param name="iteration">The number of the iteration, for messages.</param>
    /// <param name="start">Where the minibatch begins.</param>
    /// <param name="steps">Its steps without padding.</param>
    /// <param name="returns">The running moments of the returns.</param>
    /// <param name="order">The trials in the order in which minibatches take them, [N].</param>
    /// <param name="size">Trials of a minibatch.</param>
    public void Minibatch(
        ref int iteration, ref int start, ref float steps, ExponentialMoments returns, int[] order, int size)
    {
        Number(ref iteration);
        Number(ref start);
        Number(ref steps);
        Moments(returns);
        Numbers(order.AsSpan(start, size));
    }

    /// <summary>The gradients that a tape has found, or that one elsewhere has found for it.</summary>
    /// <param name="tape">The tape; it begins a new step where its gradients are written over.</param>
    /// <param name="parameters">With respect to what.</param>
    public void Gradients(Tape tape, ParameterSet parameters)
    {
        if (Overwrites)
        {
            tape.Reset();
            tape.Recording = true;
        }
        foreach (Parameter parameter in parameters.All)
        {
            bool isReached = tape.TryGradientOf(parameter, out Tensor gradient);
            Number(ref isReached);
            if (!isReached)
                continue;
            if (Overwrites)
                gradient = tape.Constant(tape.Arena.Allocate(parameter.Value.Shape));
            Tensor(gradient);
            if (Overwrites)
                tape.Accumulate(tape.Watch(parameter), gradient);
        }
    }

    /// <summary>
    /// A sum that grows: what was added since the last time is handed over to the sum of the same shard elsewhere, and
    /// begins anew; or what was handed over is added.
    /// </summary>
    public void HandOver(ref double sum)
    {
        double number = Overwrites ? 0 : sum;
        Number(ref number);
        sum = Overwrites ? sum + number : 0;
    }

    protected abstract void Visit(Span<byte> bytes);

    /// <summary>A number of bytes, as long as there can be so many.</summary>
    protected virtual int Require(int length) => length;
}

/// <summary>Copies what it is shown to bytes.</summary>
internal sealed class ByteWriter : ByteVisitor
{
    readonly ArrayBufferWriter<byte> bytes = new();

    /// <summary>What was written since the last <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Written => bytes.WrittenMemory;

    /// <inheritdoc/>
    public override bool Overwrites => false;

    /// <summary>Begins anew, in the same memory.</summary>
    public void Clear() => bytes.ResetWrittenCount();

    /// <inheritdoc/>
    public override void Tensor(Tensor tensor)
    {
        int length = checked((int)tensor.Shape.Count * sizeof(float));
        tensor.CopyTo(MemoryMarshal.Cast<byte, float>(bytes.GetSpan(length)[..length]));
        bytes.Advance(length);
    }

    protected override void Visit(Span<byte> bytes) => this.bytes.Write(bytes);
}

/// <summary>Writes bytes over what it is shown.</summary>
/// <param name="bytes">What a <see cref="ByteWriter"/> has written at the same walk.</param>
internal sealed class ByteReader(ReadOnlyMemory<byte> bytes) : ByteVisitor
{
    ReadOnlyMemory<byte> left = bytes;

    /// <inheritdoc/>
    public override bool Overwrites => true;

    /// <inheritdoc/>
    public override void Tensor(Tensor tensor) => tensor.CopyFrom(
        MemoryMarshal.Cast<byte, float>(Take(checked((int)tensor.Shape.Count * sizeof(float)))));

    /// <summary>Returns if nothing is left.</summary>
    /// <exception cref="InvalidDataException">There is more than was read.</exception>
    public void RequireEnd()
    {
        if (left.Length > 0)
            throw new InvalidDataException($"{left.Length} bytes of a shard's work are left over");
    }

    protected override void Visit(Span<byte> bytes) => Take(bytes.Length).CopyTo(bytes);

    protected override int Require(int length) => length >= 0 && length <= left.Length ? length
        : throw new InvalidDataException($"a shard's work has {left.Length} bytes more, and not {length}");

    ReadOnlySpan<byte> Take(int length)
    {
        if (length > left.Length)
            throw new InvalidDataException($"a shard's work ends {length - left.Length} bytes early");
        ReadOnlySpan<byte> taken = left.Span[..length];
        left = left[length..];
        return taken;
    }
}
