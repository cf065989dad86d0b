using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

/// <summary>Bytes to numbers and back.</summary>
internal static unsafe class Bytes
{
    /// <summary>y = 2x / 255 − 1, so that 0 … 255 becomes −1 … 1.</summary>
    public static void ToSigned(ReadOnlySpan<byte> x, Span<float> y)
    {
        const float scale = 2f / 255;
        int i = 0, count = x.Length;
        y = y[..count];
        fixed (byte* from = x)
        fixed (float* to = y)
        {
            var scales = Vector128.Create(scale);
            Vector128<float> shift = -Vector128<float>.One;
            for (; i <= count - Vector128<byte>.Count; i += Vector128<byte>.Count)
            {
                (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Load(from + i));
                (Vector128<uint> a, Vector128<uint> b) = Vector128.Widen(low);
                (Vector128<uint> c, Vector128<uint> d) = Vector128.Widen(high);
                Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(a.AsInt32()), scales, shift).Store(to + i);
                Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(b.AsInt32()), scales, shift).Store(to + i + 4);
                Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(c.AsInt32()), scales, shift).Store(to + i + 8);
                Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(d.AsInt32()), scales, shift).Store(to + i + 12);
            }
            for (; i < count; i++)
                to[i] = MathF.FusedMultiplyAdd(from[i], scale, -1);
        }
    }

    /// <summary>The whole part of numbers in 0 … 255; others saturate.</summary>
    public static void FromWhole(ReadOnlySpan<float> x, Span<byte> y)
    {
        int i = 0, count = x.Length;
        y = y[..count];
        fixed (float* from = x)
        fixed (byte* to = y)
        {
            for (; i <= count - Vector128<byte>.Count; i += Vector128<byte>.Count)
            {
                Vector128<ushort> low = Vector128.NarrowWithSaturation(Whole(from + i), Whole(from + i + 4));
                Vector128<ushort> high = Vector128.NarrowWithSaturation(Whole(from + i + 8), Whole(from + i + 12));
                Vector128.NarrowWithSaturation(low, high).Store(to + i);
            }
            for (; i < count; i++)
                to[i] = (byte)Math.Clamp(from[i], 0, 255);
        }

        static Vector128<uint> Whole(float* x) =>
            Vector128.ConvertToInt32(Vector128.Max(Vector128.Load(x), Vector128<float>.Zero)).AsUInt32();
    }
}
