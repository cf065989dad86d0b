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

    /// <summary>All bytes.</summary>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public Span<byte> Bytes => MemoryMarshal.AsBytes(memory.Span)[..(Count * Size)];

    /// <summary>The bytes of one image.</summary>
    public Span<byte> this[int image] => Bytes.Slice(image * Size, Size);

    internal Indices Memory => memory;

    internal bool Exists => memory.Count > 0;
}
