using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RLSquared.Tensors.Kernels;

/// <summary>
/// Arithmetic on <see cref="Width"/> numbers at once, so that a kernel is written once for every width of vector.
/// <typeparamref name="TVector"/> is the vector type itself (no wrapper stands between it and a register); the
/// implementing struct is only a name for its instructions: <see cref="Simd512"/>, <see cref="Simd256"/>,
/// <see cref="Simd128"/>, and <see cref="SimdScalar"/> for tails and as the specification.
/// <para>All widths round alike, so a result does not depend on the width that computed it. The sole exception is
/// <see cref="Sum"/>, whose order of addition is part of its definition.</para>
/// </summary>
internal unsafe interface ISimd<TVector> where TVector : unmanaged
{
    /// <summary>Numbers per vector.</summary>
    static abstract int Width { get; }

    /// <summary>The numbers at <paramref name="source"/>, which need not be aligned.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Writes the numbers to <paramref name="destination"/>, which need not be aligned.</summary>
    static abstract void Store(TVector vector, float* destination);

    /// <summary>One number in every place.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a − b.</summary>
    static abstract TVector Subtract(TVector a, TVector b);

    /// <summary>a · b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a / b.</summary>
    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract TVector FusedMultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>√a.</summary>
    static abstract TVector SquareRoot(TVector a);

    /// <summary>The smaller; if <paramref name="b"/> is NaN the result is, and if a alone is NaN it is unspecified.</summary>
    static abstract TVector Min(TVector a, TVector b);

    /// <summary>The larger; if <paramref name="b"/> is NaN the result is, and if a alone is NaN it is unspecified.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>|a|.</summary>
    static abstract TVector Abs(TVector a);

    /// <summary>−a, exactly: only the sign bit turns.</summary>
    static abstract TVector Negate(TVector a);

    /// <summary>The size of the one with the sign of the other.</summary>
    static abstract TVector CopySign(TVector size, TVector sign);

    /// <summary>The nearest whole number; of two, the even one.</summary>
    static abstract TVector Round(TVector a);

    /// <summary>All bits set where a &lt; b, none elsewhere: a mask for <see cref="Select"/>.</summary>
    static abstract TVector LessThan(TVector a, TVector b);

    /// <summary>All bits set where a = b.</summary>
    static abstract TVector AreEqual(TVector a, TVector b);

    /// <summary><paramref name="a"/> where the mask is set, else <paramref name="b"/>.</summary>
    static abstract TVector Select(TVector mask, TVector a, TVector b);

    /// <summary>2ⁿ for whole n in −126…127.</summary>
    static abstract TVector PowerOfTwo(TVector n);

    /// <summary>a · 2ⁿ, rounded once, for a near 1 and whole n in −151…129; NaN where a is NaN.</summary>
    static abstract TVector ScaleByPowerOfTwo(TVector a, TVector n);

    /// <summary>
    /// Takes a positive normal number apart: x = mantissa · 2^exponent with the mantissa in [√½, √2).
    /// For any other x the parts mean nothing, but nothing fails.
    /// </summary>
    static abstract void Split(TVector x, out TVector mantissa, out TVector exponent);

    /// <summary>The sum of the numbers of one vector, halves added first.</summary>
    static abstract float Sum(TVector a);
}

/// <summary>Bit patterns that the implementations share.</summary>
file static class Bits
{
    public const int ExponentBias = 127, MantissaLength = 23;
    public const int HalfRoot = 0x3F3504F3;         // √½ as a float: the least mantissa that Split leaves
}

/// <summary>16 numbers at once: AVX-512.</summary>
internal readonly unsafe struct Simd512 : ISimd<Vector512<float>>
{
    public static int Width => Vector512<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> vector, float* destination) => vector.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FusedMultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SquareRoot(Vector512<float> a) => Vector512.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Abs(Vector512<float> a) => Vector512.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Negate(Vector512<float> a) => -a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> CopySign(Vector512<float> size, Vector512<float> sign) =>
        Vector512.CopySign(size, sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> a) => Vector512.Round(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LessThan(Vector512<float> a, Vector512<float> b) => Vector512.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AreEqual(Vector512<float> a, Vector512<float> b) => Vector512.Equals(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Select(Vector512<float> mask, Vector512<float> a, Vector512<float> b) =>
        Vector512.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfTwo(Vector512<float> n) => OfExponent(Vector512.ConvertToInt32Native(n));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ScaleByPowerOfTwo(Vector512<float> a, Vector512<float> n)
    {
        if (Avx512F.IsSupported)
            return Avx512F.Scale(a, n);
        Vector512<int> whole = Vector512.ConvertToInt32Native(n), half = whole >> 1;
        return a * OfExponent(half) * OfExponent(whole - half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split(Vector512<float> x, out Vector512<float> mantissa, out Vector512<float> exponent)
    {
        Vector512<int> e = (x.AsInt32() - Vector512.Create(Bits.HalfRoot)) >> Bits.MantissaLength;
        mantissa = (x.AsInt32() - (e << Bits.MantissaLength)).AsSingle();
        exponent = Vector512.ConvertToSingle(e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> a) => Simd256.Sum(a.GetLower() + a.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> OfExponent(Vector512<int> n) =>
        ((n + Vector512.Create(Bits.ExponentBias)) << Bits.MantissaLength).AsSingle();
}

/// <summary>8 numbers at once: AVX2.</summary>
internal readonly unsafe struct Simd256 : ISimd<Vector256<float>>
{
    public static int Width => Vector256<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> vector, float* destination) => vector.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FusedMultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Vector256.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SquareRoot(Vector256<float> a) => Vector256.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Abs(Vector256<float> a) => Vector256.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Negate(Vector256<float> a) => -a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> CopySign(Vector256<float> size, Vector256<float> sign) =>
        Vector256.CopySign(size, sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> a) => Vector256.Round(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LessThan(Vector256<float> a, Vector256<float> b) => Vector256.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AreEqual(Vector256<float> a, Vector256<float> b) => Vector256.Equals(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Select(Vector256<float> mask, Vector256<float> a, Vector256<float> b) =>
        Vector256.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfTwo(Vector256<float> n) => OfExponent(Vector256.ConvertToInt32Native(n));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ScaleByPowerOfTwo(Vector256<float> a, Vector256<float> n)
    {
        if (Avx512F.VL.IsSupported)
            return Avx512F.VL.Scale(a, n);
        Vector256<int> whole = Vector256.ConvertToInt32Native(n), half = whole >> 1;
        return a * OfExponent(half) * OfExponent(whole - half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split(Vector256<float> x, out Vector256<float> mantissa, out Vector256<float> exponent)
    {
        Vector256<int> e = (x.AsInt32() - Vector256.Create(Bits.HalfRoot)) >> Bits.MantissaLength;
        mantissa = (x.AsInt32() - (e << Bits.MantissaLength)).AsSingle();
        exponent = Vector256.ConvertToSingle(e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> a) => Simd128.Sum(a.GetLower() + a.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> OfExponent(Vector256<int> n) =>
        ((n + Vector256.Create(Bits.ExponentBias)) << Bits.MantissaLength).AsSingle();
}

/// <summary>4 numbers at once: SSE, Advanced SIMD of ARM, WebAssembly.</summary>
internal readonly unsafe struct Simd128 : ISimd<Vector128<float>>
{
    public static int Width => Vector128<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> vector, float* destination) => vector.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FusedMultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Vector128.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SquareRoot(Vector128<float> a) => Vector128.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Abs(Vector128<float> a) => Vector128.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Negate(Vector128<float> a) => -a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> CopySign(Vector128<float> size, Vector128<float> sign) =>
        Vector128.CopySign(size, sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Round(Vector128<float> a) => Vector128.Round(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LessThan(Vector128<float> a, Vector128<float> b) => Vector128.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AreEqual(Vector128<float> a, Vector128<float> b) => Vector128.Equals(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Select(Vector128<float> mask, Vector128<float> a, Vector128<float> b) =>
        Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> PowerOfTwo(Vector128<float> n) => OfExponent(Vector128.ConvertToInt32Native(n));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ScaleByPowerOfTwo(Vector128<float> a, Vector128<float> n)
    {
        if (Avx512F.VL.IsSupported)
            return Avx512F.VL.Scale(a, n);
        Vector128<int> whole = Vector128.ConvertToInt32Native(n), half = whole >> 1;
        return a * OfExponent(half) * OfExponent(whole - half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split(Vector128<float> x, out Vector128<float> mantissa, out Vector128<float> exponent)
    {
        Vector128<int> e = (x.AsInt32() - Vector128.Create(Bits.HalfRoot)) >> Bits.MantissaLength;
        mantissa = (x.AsInt32() - (e << Bits.MantissaLength)).AsSingle();
        exponent = Vector128.ConvertToSingle(e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> a) =>
        a.GetElement(0) + a.GetElement(2) + (a.GetElement(1) + a.GetElement(3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> OfExponent(Vector128<int> n) =>
        ((n + Vector128.Create(Bits.ExponentBias)) << Bits.MantissaLength).AsSingle();
}

/// <summary>One number at a time: what the others must agree with bit for bit, and what their tails use.</summary>
internal readonly unsafe struct SimdScalar : ISimd<float>
{
    public static int Width => 1;

    public static float Load(float* source) => *source;

    public static void Store(float vector, float* destination) => *destination = vector;

    public static float Broadcast(float value) => value;

    public static float Add(float a, float b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static float Divide(float a, float b) => a / b;

    public static float FusedMultiplyAdd(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    public static float SquareRoot(float a) => MathF.Sqrt(a);

    public static float Min(float a, float b) => a < b ? a : b;

    public static float Max(float a, float b) => a > b ? a : b;

    public static float Abs(float a) => MathF.Abs(a);

    public static float Negate(float a) => -a;

    public static float CopySign(float size, float sign) => MathF.CopySign(size, sign);

    public static float Round(float a) => MathF.Round(a);

    public static float LessThan(float a, float b) => BitConverter.Int32BitsToSingle(a < b ? -1 : 0);

    public static float AreEqual(float a, float b) => BitConverter.Int32BitsToSingle(a == b ? -1 : 0);

    public static float Select(float mask, float a, float b) => BitConverter.SingleToInt32Bits(mask) != 0 ? a : b;

    public static float PowerOfTwo(float n) => OfExponent((int)n);

    public static float ScaleByPowerOfTwo(float a, float n)
    {
        int whole = (int)n, half = whole >> 1;      // in two steps, since 2^−150 is no float; only the last one rounds
        return a * OfExponent(half) * OfExponent(whole - half);
    }

    public static void Split(float x, out float mantissa, out float exponent)
    {
        int e = (BitConverter.SingleToInt32Bits(x) - Bits.HalfRoot) >> Bits.MantissaLength;
        mantissa = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(x) - (e << Bits.MantissaLength));
        exponent = e;
    }

    public static float Sum(float a) => a;

    static float OfExponent(int n) => BitConverter.Int32BitsToSingle((n + Bits.ExponentBias) << Bits.MantissaLength);
}
