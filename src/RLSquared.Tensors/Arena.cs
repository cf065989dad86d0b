using System.Runtime.InteropServices;

namespace RLSquared.Tensors;

/// <summary>
/// Memory for what lives as long as one training step. Tensors are cut off a block one after the other and all given
/// back at once by <see cref="Reset"/>; nobody disposes a single tensor. A step that outgrows the block gets further
/// ones, and the next reset replaces them by a single block of the whole size, so that the steady state never
/// allocates.
/// </summary>
public sealed unsafe class Arena : IDisposable
{
    const nuint Alignment = 64;                     // a cache line, and the widest vector
    const long SmallestBlock = 1 << 16;

    readonly List<Block> blocks = [];
    long usedInLast, usedBefore;                    // bytes in the last block, and in all blocks before it

    /// <summary>Memory that is empty as yet.</summary>
    /// <param name="capacity">Bytes to set aside at once; 0 to grow as needed.</param>
    public Arena(long capacity = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        if (capacity > 0)
            blocks.Add(new Block(capacity));
    }

    /// <summary>Bytes in use since the last reset.</summary>
    public long Used => usedBefore + usedInLast;

    /// <summary>
    /// How often the arena was reset. A tensor remembers it, so that it cannot be read after its step.
    /// </summary>
    internal int Generation { get; private set; }

    /// <summary>Room for a tensor; its numbers are whatever the memory held.</summary>
    public Tensor Allocate(Shape shape) => new((float*)Take(shape.Count * sizeof(float)), shape, this);

    /// <summary>A tensor of zeros.</summary>
    public Tensor Zeros(Shape shape)
    {
        Tensor tensor = Allocate(shape);
        tensor.Span.Clear();
        return tensor;
    }

    /// <summary>A tensor that holds a copy of <paramref name="values"/>, row by row.</summary>
    /// <exception cref="ArgumentException">There are more or fewer values than the shape has.</exception>
    public Tensor Copy(Shape shape, ReadOnlySpan<float> values)
    {
        if (values.Length != shape.Count)
            throw new ArgumentException($"{values.Length} values do not fill a tensor of shape {shape}");
        Tensor tensor = Allocate(shape);
        values.CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>Room for whole numbers; they are whatever the memory held.</summary>
    public Indices AllocateIndices(int count) => new((int*)Take((long)count * sizeof(int)), count, this);

    /// <summary>Gives everything back. Tensors made before must not be used again.</summary>
    public void Reset()
    {
        if (blocks.Count > 1)
        {
            long total = usedBefore + blocks[^1].Length;
            foreach (Block block in blocks)
                block.Dispose();
            blocks.Clear();
            blocks.Add(new Block(total));
        }
        usedInLast = usedBefore = 0;
        Generation++;
    }

    /// <summary>Returns the memory to the operating system.</summary>
    public void Dispose()
    {
        foreach (Block block in blocks)
            block.Dispose();
        blocks.Clear();
        usedInLast = usedBefore = 0;
        Generation++;
    }

    void* Take(long bytes)
    {
        bytes = (bytes + (long)Alignment - 1) & -(long)Alignment;
        if (blocks.Count == 0 || usedInLast + bytes > blocks[^1].Length)
        {
            if (blocks.Count > 0)
                usedBefore += usedInLast;
            blocks.Add(new Block(Math.Max(bytes, Math.Max(SmallestBlock, usedBefore))));   // doubles
            usedInLast = 0;
        }
        void* start = (byte*)blocks[^1].Start + usedInLast;
        usedInLast += bytes;
        return start;
    }

    /// <summary>A stretch of native memory that returns itself even if its arena is forgotten.</summary>
    sealed class Block : IDisposable
    {
        public readonly void* Start;
        public readonly long Length;

        public Block(long length)
        {
            Start = NativeMemory.AlignedAlloc((nuint)length, Alignment);
            Length = length;
        }

        ~Block() => NativeMemory.AlignedFree(Start);

        public void Dispose()
        {
            NativeMemory.AlignedFree(Start);
            GC.SuppressFinalize(this);
        }
    }
}
