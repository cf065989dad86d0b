using System.Runtime.InteropServices;

namespace RLSquared.Tensors;

/// <summary>
/// Images of bytes in an arena, a quarter of the size of floats: [Count, Height, Width, Channels], row by row from the
/// top left. To a network a byte b is the number 2b / 255 − 1.
/// </summary>
public readonly struct Images
{
    readonly Indices memory;

    Images(Indices memory, int count, int height, int width, int channels) =>
        (this.memory, Count, Height, Width, Channels) = (memory, count, height, width, channels);

    /// <summary>Room for images; their bytes are whatever the memory held.</summary>
    public static Images Allocate(Arena arena, int count, int height, int width, int channels)
    {
        ArgumentNullException.ThrowIfNull(arena);
        long bytes = (long)count * height * width * channels;
        Indices memory = arena.AllocateIndices(checked((int)((bytes + sizeof(int) - 1) / sizeof(int))));
        return new Images(memory, count, height, width, channels);
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Rows of pixels.</summary>
    public int Height { get; }

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>Channels of a pixel.</summary>
    public int Channels { get; }

    /// <summary>Bytes of one image.</summary>
    public int Size => Height * Width * Channels;

    /// <summary>Overwrites all bytes from the host.</summary>
    /// <param name="bytes">[Count, Height, Width, Channels].</param>
    /// <exception cref="ArgumentException">There are more or fewer bytes.</exception>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public void CopyFrom(ReadOnlySpan<byte> bytes)
    {
        RequireLength(bytes.Length);
        if (bytes.Length > 0)
            memory.Device.Upload(bytes, memory.Address);
    }

    /// <summary>Copies all bytes to the host; waits for the device.</summary>
    /// <param name="bytes">[Count, Height, Width, Channels].</param>
    /// <exception cref="ArgumentException">There is room for more or fewer bytes.</exception>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public void CopyTo(Span<byte> bytes)
    {
        RequireLength(bytes.Length);
        if (bytes.Length > 0)
            memory.Device.Download(memory.Address, bytes);
    }

    void RequireLength(int bytes)
    {
        if (bytes != (long)Count * Size)
            throw new ArgumentException($"{Count} images of {Size} bytes do not meet {bytes} bytes");
    }

    /// <summary>All bytes, where the device is the host.</summary>
    internal Span<byte> Bytes => MemoryMarshal.AsBytes(memory.Span)[..(Count * Size)];

    /// <summary>The bytes of one image, where the device is the host.</summary>
    internal Span<byte> this[int image] => Bytes.Slice(image * Size, Size);

    /// <summary>Where the first image lies, in the language of its device.</summary>
    internal nint Address => memory.Address;

    internal Indices Memory => memory;

    internal bool Exists => memory.Count > 0;
}
