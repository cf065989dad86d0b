using System.Buffers;

namespace RLSquared.Tensors;

/// <summary>
/// A constant that the host writes number by number: into the device's own memory where that is the host's, else into
/// borrowed memory from which it is copied over. Allocates nothing.
/// <code>
/// var draft = new Draft(tape, shape);
/// draft.Host[0] = 1;
/// Tensor constant = draft.Finish();
/// </code>
/// </summary>
internal readonly ref struct Draft
{
    readonly Tape tape;
    readonly Tensor tensor;
    readonly float[]? borrowed;

    /// <summary>Room for a tensor; its numbers are whatever the memory held.</summary>
    public Draft(Tape tape, Shape shape)
    {
        this.tape = tape;
        tensor = tape.Arena.Allocate(shape);
        int count = checked((int)shape.Count);
        borrowed = tape.Device.IsHost ? null : ArrayPool<float>.Shared.Rent(count);
        Host = borrowed is null ? tensor.Span : borrowed.AsSpan(0, count);
    }

    /// <summary>What the host writes, row by row.</summary>
    public Span<float> Host { get; }

    /// <summary>The constant; once.</summary>
    public Tensor Finish()
    {
        if (borrowed is not null)
        {
            tensor.CopyFrom(Host);
            ArrayPool<float>.Shared.Return(borrowed);
        }
        return tape.Constant(tensor);
    }
}

/// <summary>The same for indices.</summary>
internal readonly ref struct IndexDraft
{
    readonly Indices indices;
    readonly int[]? borrowed;

    /// <summary>Room for indices, whose numbers are whatever the memory held.</summary>
    public IndexDraft(Tape tape, int count)
    {
        indices = tape.Arena.AllocateIndices(count);
        borrowed = tape.Device.IsHost ? null : ArrayPool<int>.Shared.Rent(count);
        Host = borrowed is null ? indices.Span : borrowed.AsSpan(0, count);
    }

    /// <summary>What the host writes.</summary>
    public Span<int> Host { get; }

    /// <summary>The indices; once.</summary>
    public Indices Finish()
    {
        if (borrowed is not null)
        {
            indices.CopyFrom(Host);
            ArrayPool<int>.Shared.Return(borrowed);
        }
        return indices;
    }
}

/// <summary>The same for images.</summary>
internal readonly ref struct ImageDraft
{
    readonly Images images;
    readonly byte[]? borrowed;

    /// <summary>Room for images, whose bytes are whatever the memory held.</summary>
    public ImageDraft(Tape tape, int count, int height, int width, int channels)
    {
        images = Images.Allocate(tape.Arena, count, height, width, channels);
        int bytes = checked(count * images.Size);
        borrowed = tape.Device.IsHost ? null : ArrayPool<byte>.Shared.Rent(bytes);
        Host = borrowed is null ? images.Bytes : borrowed.AsSpan(0, bytes);
    }

    /// <summary>What the host writes, [count, height, width, channels].</summary>
    public Span<byte> Host { get; }

    /// <summary>The images; once.</summary>
    public Images Finish()
    {
        if (borrowed is not null)
        {
            images.CopyFrom(Host);
            ArrayPool<byte>.Shared.Return(borrowed);
        }
        return images;
    }
}

/// <summary>A tensor's numbers for the host to read: its own memory where that is the host's, else a copy.</summary>
internal readonly ref struct HostCopy
{
    readonly float[]? borrowed;

    /// <summary>Waits for the device.</summary>
    public HostCopy(Tensor tensor)
    {
        int count = checked((int)tensor.Shape.Count);
        borrowed = tensor.Device.IsHost ? null : ArrayPool<float>.Shared.Rent(count);
        Numbers = tensor.Device.IsHost ? tensor.Span : borrowed.AsSpan(0, count);
        if (borrowed is not null)
            tensor.CopyTo(borrowed.AsSpan(0, count));
    }

    /// <summary>The numbers, row by row.</summary>
    public ReadOnlySpan<float> Numbers { get; }

    /// <summary>Returns borrowed memory.</summary>
    public void Dispose()
    {
        if (borrowed is not null)
            ArrayPool<float>.Shared.Return(borrowed);
    }
}
