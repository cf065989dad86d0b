using System.Runtime.InteropServices;
using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Devices;

/// <summary>
/// A device of plain scalar loops over buffers of its own, to prove that nothing above the seam reads or writes memory
/// of the host: an address is the number of a buffer and an offset into it, so that whoever takes it for a pointer
/// fails at once. It writes the primitives and nothing else; the fused forms are the composed ones.
/// </summary>
public sealed partial class ReferenceDevice : Device
{
    const int OffsetBits = 40;

    readonly Dictionary<long, byte[]> buffers = [];
    readonly Lock gate = new();
    long next = 1;

    public ReferenceDevice() : base("reference", isHost: false) { }

    /// <summary>Bytes that are allocated now.</summary>
    public long Allocated
    {
        get
        {
            lock (gate)
                return buffers.Values.Sum(buffer => (long)buffer.Length);
        }
    }

    /// <summary>Bytes of the most that may be allocated at once.</summary>
    public long Limit { get; set; } = 1 << 30;

    /// <summary>How often the host waited for numbers.</summary>
    public int Downloads { get; private set; }

    internal override nint Allocate(long bytes)
    {
        if (bytes + Allocated > Limit)
            throw new DeviceOutOfMemoryException(bytes, Name, "a buffer");
        byte[] buffer = new byte[bytes];
        Array.Fill(buffer, (byte)0xFF);                    // not a number, for those who read before they write
        lock (gate)
        {
            buffers.Add(next, buffer);
            return (nint)(next++ << OffsetBits);
        }
    }

    internal override void Free(nint address)
    {
        lock (gate)
        {
            if ((address & ((1L << OffsetBits) - 1)) != 0 || !buffers.Remove((long)address >> OffsetBits))
                throw new InvalidOperationException("an address is freed that was not allocated, or is freed twice");
        }
    }

    internal override void Upload(ReadOnlySpan<byte> source, nint to) => source.CopyTo(At(to, source.Length));

    internal override void Download(nint from, Span<byte> destination)
    {
        Downloads++;
        At(from, destination.Length).CopyTo(destination);
    }

    internal override void Copy(nint from, nint to, long bytes) => At(from, bytes).CopyTo(At(to, bytes));

    internal override void Clear(nint address, long bytes) => At(address, bytes).Clear();

    internal override void Synchronise()
    {
    }

    Span<byte> At(nint address, long bytes)
    {
        lock (gate)
        {
            return buffers.TryGetValue((long)address >> OffsetBits, out byte[]? buffer)
                ? buffer.AsSpan((int)((long)address & ((1L << OffsetBits) - 1)), checked((int)bytes))
                : throw new InvalidOperationException($"the address {address} is not one of this device");
        }
    }

    Span<float> Of(Tensor x) => MemoryMarshal.Cast<byte, float>(At(x.Address, x.Bytes));

    Span<int> Of(Indices x) =>
        x.Count == 0 ? [] : MemoryMarshal.Cast<byte, int>(At(x.Address, (long)x.Count * sizeof(int)));
}
