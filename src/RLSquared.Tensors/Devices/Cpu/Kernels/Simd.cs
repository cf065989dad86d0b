namespace RLSquared.Tensors.Devices;

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

    /// <summary>Whether there are 32 registers, as with AVX-512 and on Arm, rather than 16.</summary>
    static abstract bool HasThirtyTwoRegisters { get; }

    /// <summary>The numbers at <paramref name="source"/>, which need not be aligned.</summary>
    static abstract TVector Load(float* source);

    /// <summary>As many bfloat16 numbers at <paramref name="source"/>, widened, which is exact.</summary>
    static abstract TVector LoadBf16(ushort* source);

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

    /// <summary>
    /// The smaller; if <paramref name="b"/> is NaN the result is, and if a alone is NaN it is unspecified.
    /// </summary>
    static abstract TVector Min(TVector a, TVector b);

    /// <summary>
    /// The larger; if <paramref name="b"/> is NaN the result is, and if a alone is NaN it is unspecified.
    /// </summary>
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
internal static class FloatBits
{
    public const int ExponentBias = 127, MantissaLength = 23;
    public const int HalfRoot = 0x3F3504F3;         // √½ as a float: the least mantissa that Split leaves
}

/// <summary>One number at a time: what the others must agree with bit for bit, and what their tails use.</summary>
internal readonly unsafe struct SimdScalar : ISimd<float>
{
    public static int Width => 1;

    public static bool HasThirtyTwoRegisters => false;

    public static float Load(float* source) => *source;

    public static float LoadBf16(ushort* source) => BitConverter.UInt32BitsToSingle((uint)*source << 16);

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
        int e = (BitConverter.SingleToInt32Bits(x) - FloatBits.HalfRoot) >> FloatBits.MantissaLength;
        mantissa = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(x) - (e << FloatBits.MantissaLength));
        exponent = e;
    }

    public static float Sum(float a) => a;

    static float OfExponent(int n) =>
        BitConverter.Int32BitsToSingle((n + FloatBits.ExponentBias) << FloatBits.MantissaLength);
}
