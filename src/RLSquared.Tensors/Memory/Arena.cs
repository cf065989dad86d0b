using System.Runtime.InteropServices;
using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>
/// Memory of a device for what lives as long as one training step. Tensors are cut off a block one after the other and
/// all given back at once by <see cref="Reset"/>; single tensors are never disposed. A step that outgrows the block
/// gets further ones, and the next reset replaces them by a single block of the whole size, so that the steady state
/// never allocates.
/// </summary>
public sealed class Arena : IDisposable
{
    const long Alignment = 64;                      // a cache line, and the widest vector
    const long SmallestBlock = 1 << 16;
    const long MostBytes = long.MaxValue / 4;

    readonly List<Block> blocks = [];
    long usedInLast, usedBefore;                    // bytes in the last block, and in all blocks before it

    /// <summary>Memory that is empty as yet.</summary>
    /// <param name="device">Whose memory it is; null for <see cref="Devices.Device.Cpu"/>.</param>
    /// <param name="capacity">Bytes to set aside at once; 0 to grow as needed.</param>
    /// <exception cref="DeviceOutOfMemoryException">The device cannot give the capacity.</exception>
    public Arena(Device? device = null, long capacity = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        Device = device ?? Device.Cpu;
        if (capacity > 0)
            blocks.Add(new Block(Device, capacity));
    }

    /// <summary>The device whose memory this is, and that computes on it.</summary>
    public Device Device { get; }

    /// <summary>Bytes in use since the last reset.</summary>
    public long Used => usedBefore + usedInLast;

    /// <summary>
    /// How often the arena was reset. A tensor remembers it, so that it cannot be used after its step.
    /// </summary>
    internal int Generation { get; private set; }

    /// <summary>
    /// How often the host wrote to tensors that lie here. Code that changes weights on the device reports it by
    /// <see cref="NoteWrite"/>; snapshots of weights go by it.
    /// </summary>
    internal long Writes { get; private set; }

    /// <summary>Whether the host is kept from overwriting tensors that lie here: they are a snapshot.</summary>
    internal bool IsReadOnly { get; set; }

    /// <summary>Room for a tensor; its numbers are whatever the memory held.</summary>
    /// <exception cref="DeviceOutOfMemoryException">The device cannot give so much memory.</exception>
    public Tensor Allocate(Shape shape) => Allocate(shape, ElementType.F32);

    /// <summary>Room for a tensor of another type.</summary>
    internal Tensor Allocate(Shape shape, ElementType type) =>
        new(Take((Int128)shape.Count * type.Size(), shape), shape, type, this);

    /// <summary>A tensor of zeros.</summary>
    /// <exception cref="DeviceOutOfMemoryException">The device cannot give so much memory.</exception>
    public Tensor Zeros(Shape shape)
    {
        Tensor tensor = Allocate(shape);
        Device.Clear(tensor.Address, tensor.Bytes);
        return tensor;
    }

    /// <summary>A tensor that holds a copy of <paramref name="values"/>, row by row.</summary>
    /// <exception cref="ArgumentException">There are more or fewer values than the shape has.</exception>
    /// <exception cref="DeviceOutOfMemoryException">The device cannot give so much memory.</exception>
    public Tensor Copy(Shape shape, ReadOnlySpan<float> values)
    {
        if (values.Length != shape.Count)
            throw new ArgumentException($"{values.Length} values do not fill a tensor of shape {shape}");
        Tensor tensor = Allocate(shape);
        Device.Upload(MemoryMarshal.AsBytes(values), tensor.Address);
        return tensor;
    }

    /// <summary>Room for whole numbers; they are whatever the memory held.</summary>
    /// <exception cref="DeviceOutOfMemoryException">The device cannot give so much memory.</exception>
    public Indices AllocateIndices(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new Indices(Take((Int128)count * sizeof(int), new Shape(count)), count, this);
    }

    /// <summary>Whole numbers that are a copy of <paramref name="values"/>, as many as these.</summary>
    /// <exception cref="DeviceOutOfMemoryException">The device cannot give so much memory.</exception>
    public Indices CopyIndices(ReadOnlySpan<int> values)
    {
        Indices indices = AllocateIndices(values.Length);
        Device.Upload(MemoryMarshal.AsBytes(values), indices.Address);
        return indices;
    }

    /// <summary>Gives everything back. Tensors made before must not be used again.</summary>
    public void Reset()
    {
        if (blocks.Count > 1)
        {
            long total = usedBefore + blocks[^1].Length;
            foreach (Block block in blocks)
                block.Dispose();
            blocks.Clear();
            blocks.Add(new Block(Device, total));
        }
        usedInLast = usedBefore = 0;
        Generation++;
    }

    /// <summary>Returns the memory to the device.</summary>
    public void Dispose()
    {
        foreach (Block block in blocks)
            block.Dispose();
        blocks.Clear();
        usedInLast = usedBefore = 0;
        Generation++;
    }

    /// <summary>Numbers that lie here were changed.</summary>
    internal void NoteWrite() => Writes++;

    nint Take(Int128 needed, Shape shape)
    {
        if (needed > MostBytes)
            throw new DeviceOutOfMemoryException(needed, Device.Name, $"a tensor of shape {shape}");
        long bytes = ((long)needed + Alignment - 1) & -Alignment;
        if (blocks.Count == 0 || usedInLast + bytes > blocks[^1].Length)
            Grow(bytes, shape);
        nint start = blocks[^1].Start + (nint)usedInLast;
        usedInLast += bytes;
        return start;
    }

    void Grow(long bytes, Shape shape)
    {
        long used = blocks.Count > 0 ? usedBefore + usedInLast : usedBefore;
        Block block;
        try
        {
            block = new Block(Device, Math.Max(bytes, Math.Max(SmallestBlock, used)));      // doubles
        }
        catch (DeviceOutOfMemoryException)
        {
            throw new DeviceOutOfMemoryException(bytes, Device.Name, $"a tensor of shape {shape}");
        }
        blocks.Add(block);
        (usedBefore, usedInLast) = (used, 0);
    }

    /// <summary>A stretch of a device's memory that returns itself even if its arena is forgotten.</summary>
    sealed class Block : IDisposable
    {
        readonly Device device;

        public readonly nint Start;
        public readonly long Length;

        public Block(Device device, long length)
        {
            this.device = device;
            Length = length;
            Start = device.Allocate(length);
        }

        ~Block() => Free();

        public void Dispose()
        {
            Free();
            GC.SuppressFinalize(this);
        }

        void Free()
        {
            if (Start != 0)
                device.Free(Start);
        }
    }
}
