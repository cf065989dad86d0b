using System.Runtime.InteropServices;

namespace RLSquared.Tensors.Devices;

/// <summary>The processor: memory of the host, and managed SIMD code. An address is a pointer.</summary>
internal sealed unsafe partial class CpuDevice : Device
{
    const nuint Alignment = 64;                     // a cache line, and the widest vector

    static readonly long MostBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    public CpuDevice() : base("cpu", isHost: true) { }

    internal override nint Allocate(long bytes)
    {
        // What the machine cannot have would be promised by some systems and end the process where it is used.
        if (bytes > MostBytes)
            throw new DeviceOutOfMemoryException(bytes, Name, "a block of memory");
        try
        {
            return (nint)NativeMemory.AlignedAlloc(checked((nuint)bytes), Alignment);
        }
        catch (OutOfMemoryException)
        {
            throw new DeviceOutOfMemoryException(bytes, Name, "a block of memory");
        }
    }

    internal override void Free(nint address) => NativeMemory.AlignedFree((void*)address);

    internal override void Upload(ReadOnlySpan<byte> source, nint to) =>
        source.CopyTo(new Span<byte>((void*)to, source.Length));

    internal override void Download(nint from, Span<byte> destination) =>
        new ReadOnlySpan<byte>((void*)from, destination.Length).CopyTo(destination);

    internal override void Copy(nint from, nint to, long bytes) =>
        Buffer.MemoryCopy((void*)from, (void*)to, bytes, bytes);

    internal override void Clear(nint address, long bytes) => NativeMemory.Clear((void*)address, (nuint)bytes);

    internal override void Synchronise()
    {
    }

    internal override int FirstOutside(Indices index, int low, int high)
    {
        ReadOnlySpan<int> values = index.Span;
        uint range = (uint)(high - low);
        for (int i = 0; i < values.Length; i++)
        {
            if ((uint)(values[i] - low) >= range)
                return i;
        }
        return -1;
    }

    internal override int FirstSourceNotBefore(Indices sources, int B)
    {
        ReadOnlySpan<int> values = sources.Span;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] < -1 || values[i] >= i / B * B)
                return i;
        }
        return -1;
    }
}
