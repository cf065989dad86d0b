using System.Runtime.InteropServices;

namespace RLSquared.Tensors;

/// <summary>
/// Floats that the host writes row by row and the device reads as a tensor, such as what a rollout collects. Where the
/// device is the host both are the same memory, and <see cref="Upload()"/> and <see cref="Download"/> do nothing; else
/// the host has an array of its own. It lives until its arena is reset.
/// </summary>
public sealed class Mirror
{
    readonly float[]? own;

    /// <summary>A mirror of zeros of the given shape.</summary>
    /// <param name="arena">Whose device reads it.</param>
    /// <param name="shape">The shape.</param>
    public Mirror(Arena arena, Shape shape)
    {
        ArgumentNullException.ThrowIfNull(arena);
        Device = arena.Zeros(shape);
        own = arena.Device.IsHost ? null : MirrorMemory.Allocate<float>(shape.Count);
    }

    /// <summary>What the host writes and reads, row by row, as many as the shape has.</summary>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public Span<float> Host => own is null ? Device.Span : own;

    /// <summary>What the device computes with.</summary>
    public Tensor Device { get; }

    /// <summary>Makes all that the host wrote seen by the device.</summary>
    public void Upload()
    {
        if (own is not null)
            Device.CopyFrom(own);
    }

    /// <summary>The same for some entries of the first axis.</summary>
    /// <param name="first">The first entry, from 0.</param>
    /// <param name="count">How many.</param>
    public void Upload(int first, int count)
    {
        if (own is null)
            return;
        (long start, long length) = MirrorMemory.Part(Device.Shape, first, count);
        Device.Device.Upload(MemoryMarshal.AsBytes(own.AsSpan((int)start, (int)length)),
            Device.Address + (nint)(start * sizeof(float)));
    }

    /// <summary>Makes what the device computed seen by the host; waits for the device.</summary>
    public void Download()
    {
        if (own is not null)
            Device.CopyTo(own);
    }
}

/// <summary>The same for whole numbers: indices that the host writes and the device reads.</summary>
public sealed class IndexMirror
{
    readonly int[]? own;

    /// <summary>A mirror of zeros, as many as said.</summary>
    /// <param name="arena">Whose device reads it.</param>
    /// <param name="count">How many.</param>
    public IndexMirror(Arena arena, int count)
    {
        ArgumentNullException.ThrowIfNull(arena);
        Device = arena.AllocateIndices(count);
        if (count > 0)
            arena.Device.Clear(Device.Address, (long)count * sizeof(int));
        own = arena.Device.IsHost ? null : MirrorMemory.Allocate<int>(count);
    }

    /// <summary>What the host writes and reads, as many as there are indices.</summary>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public Span<int> Host => own is null ? Device.Span : own;

    /// <summary>What the device reads.</summary>
    public Indices Device { get; }

    /// <summary>Makes all that the host wrote seen by the device.</summary>
    public void Upload() => Upload(0, Device.Count);

    /// <summary>The same for some of them.</summary>
    /// <param name="first">The first, from 0.</param>
    /// <param name="count">How many.</param>
    public void Upload(int first, int count)
    {
        if (own is not null)
            Device.Slice(first, count).CopyFrom(own.AsSpan(first, count));
    }

    /// <summary>Makes what the device computed seen by the host; waits for the device.</summary>
    public void Download()
    {
        if (own is not null)
            Device.CopyTo(own);
    }
}

/// <summary>The same for images of bytes.</summary>
public sealed class ImageMirror
{
    readonly byte[]? own;

    /// <summary>A mirror of images, all of whose bytes are 0.</summary>
    /// <param name="arena">Whose device reads it.</param>
    /// <param name="count">Images.</param>
    /// <param name="height">Rows of pixels.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="channels">Channels of a pixel.</param>
    public ImageMirror(Arena arena, int count, int height, int width, int channels)
    {
        ArgumentNullException.ThrowIfNull(arena);
        Device = Images.Allocate(arena, count, height, width, channels);
        long bytes = (long)count * Device.Size;
        if (bytes > 0)
            arena.Device.Clear(Device.Address, bytes);
        own = arena.Device.IsHost ? null : MirrorMemory.Allocate<byte>(bytes);
    }

    /// <summary>All bytes, [Count, Height, Width, Channels].</summary>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public Span<byte> Host => own is null ? Device.Bytes : own;

    /// <summary>The bytes of one image, [Height, Width, Channels].</summary>
    public Span<byte> this[int image] => Host.Slice(image * Device.Size, Device.Size);

    /// <summary>What the device reads.</summary>
    public Images Device { get; }

    /// <summary>Makes all that the host wrote seen by the device.</summary>
    public void Upload() => Upload(0, Device.Count);

    /// <summary>The same for some of the images.</summary>
    /// <param name="first">The first, from 0.</param>
    /// <param name="count">How many.</param>
    public void Upload(int first, int count)
    {
        if (own is null || count == 0)
            return;
        Device.Memory.Device.Upload(own.AsSpan(first * Device.Size, count * Device.Size),
            Device.Address + (nint)first * Device.Size);
    }
}

/// <summary>What the mirrors share.</summary>
file static class MirrorMemory
{
    /// <summary>Zeros that stay where they are, so that a device can fetch them while the program goes on.</summary>
    public static T[] Allocate<T>(long count) where T : unmanaged =>
        GC.AllocateArray<T>(checked((int)count), pinned: true);

    /// <summary>Where some entries of the first axis begin, and how many numbers they hold.</summary>
    public static (long Start, long Length) Part(Shape shape, int first, int count)
    {
        int entries = shape.Rank > 0 ? shape[0] : 0;
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, entries - first);
        long each = entries == 0 ? 0 : shape.Count / entries;
        return (first * each, count * each);
    }
}
