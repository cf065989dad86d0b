using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>
/// eˣ, ln x, tanh x and 1 / (1 + e⁻ˣ): the same reductions and polynomials as the processor's, so that both devices
/// agree to a few units in the last place.
/// </summary>
static class Numbers
{
    const float InverseLogTwo = 1.44269504f, LogTwoHigh = 0.693359375f, LogTwoLow = -2.12194440e-4f;
    const float Round = 12582912f;                  // 1.5 · 2²³: what is added and taken away rounds to whole numbers
    const float Q0 = 0.499999981f, Q1 = 0.166665434f, Q2 = 0.0416672007f, Q3 = 0.00836654713f, Q4 = 0.00138825165f;
    const int MantissaLength = 23, ExponentBias = 127, HalfRoot = 0x3F3504F3;

    public static float Exp(float x)
    {
        // A NaN fails both comparisons and passes.
        if (x > 89f)
            x = 89f;
        if (x < -104f)
            x = -104f;
        float n = x * InverseLogTwo + Round - Round;
        float r = x - n * LogTwoHigh - n * LogTwoLow;
        int whole = (int)n, half = whole >> 1;
        return (1f + ExpMinusOne(r)) * PowerOfTwo(half) * PowerOfTwo(whole - half);
    }

    public static float Sigmoid(float x)
    {
        float e = Exp(x < 0 ? x : -x);
        return (x < 0 ? e : 1f) / (1f + e);
    }

    public static float Tanh(float x)
    {
        // tanh|x| = −m / (2 + m) with m = e^−2|x| − 1, found without cancellation.
        float size = x < 0 ? -x : x;
        if (size > 10f)
            size = 10f;
        float y = -2f * size;
        float n = y * InverseLogTwo + Round - Round;
        float r = y - n * LogTwoHigh - n * LogTwoLow;
        float scale = PowerOfTwo((int)n);
        float m = scale * ExpMinusOne(r) + (scale - 1f);
        float t = m / (2f + m);
        return x < 0 ? t : -t;
    }

    public static float Log(float x)
    {
        float e = 0;
        float from = x;
        if (x < 1.17549435e-38f)
        {
            x *= 8388608f;
            e = -23f;
        }
        int bits = (int)Interop.FloatAsInt(x);
        int exponent = (bits - HalfRoot) >> MantissaLength;
        float f = Interop.IntAsFloat((uint)(bits - (exponent << MantissaLength))) - 1f;
        e += exponent;
        float square = f * f;
        float p = -0.076344838f;
        p = p * f + 0.127619600f;
        p = p * f - 0.131603641f;
        p = p * f + 0.142017194f;
        p = p * f - 0.166233362f;
        p = p * f + 0.200012278f;
        p = p * f - 0.250008216f;
        p = p * f + 0.333333317f;
        float y = e * LogTwoHigh + (f + (p * f * square + (e * LogTwoLow - 0.5f * square)));
        if (!(from < float.PositiveInfinity))
            y = from;
        if (from == 0)
            y = float.NegativeInfinity;
        return from < 0 ? float.NaN : y;
    }

    public static bool IsNaN(float x) => (Interop.FloatAsInt(x) & 0x7FFFFFFF) > 0x7F800000;

    public static float SquareRoot(float x) => System.MathF.Sqrt(x);

    // eʳ − 1 for |r| ≤ ½ ln 2.
    static float ExpMinusOne(float r)
    {
        float q = Q4;
        q = q * r + Q3;
        q = q * r + Q2;
        q = q * r + Q1;
        q = q * r + Q0;
        return r * r * q + r;
    }

    static float PowerOfTwo(int n) => Interop.IntAsFloat((uint)((n + ExponentBias) << MantissaLength));
}
