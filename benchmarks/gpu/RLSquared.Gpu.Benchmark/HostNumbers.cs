using System.Runtime.InteropServices;
using RLSquared.Tensors;

namespace RLSquared.Gpu.Benchmark;

/// <summary>Reading and writing the host's tensors.</summary>
static class HostNumbers
{
    public static float[] Read(Tensor tensor) => tensor.ToArray();

    public static void Write(Tensor tensor, float[] values) => tensor.CopyFrom(values);
}

/// <summary>Arrays as bytes.</summary>
static class Memory
{
    public static Span<byte> Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan());
}
