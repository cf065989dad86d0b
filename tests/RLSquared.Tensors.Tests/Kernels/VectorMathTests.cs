using System.Runtime.Intrinsics;
using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

/// <summary>
/// All widths give the same bits as the scalar form, whose error against double precision is bounded.
/// </summary>
public sealed unsafe class VectorMathTests
{
    // NaN, infinities, zeros, the least denormal and normal numbers, the edges of overflow and underflow.
    static readonly float[] special =
    [
        float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -0f, float.Epsilon, -float.Epsilon,
        1.1754942e-38f, 1.17549435e-38f, float.MaxValue, float.MinValue, 1, -1,
        88.72283f, 88.72284f, -87.33654f,
        -103.97f, -103.98f, -104f, 89, -150, 9.01f, 9.02f, -9.02f, 0.34657359f, 0.34657362f,
        0.70710677f, 0.7071068f, 1.4142135f, 1e-5f, -1e-5f,
    ];

    public static TheoryData<string> Functions => ["exp", "log", "tanh", "sigmoid"];

    [Theory, MemberData(nameof(Functions))]
    public void The_error_stays_below_what_is_stated(string name)
    {
        (Func<double, double> exact, double stated) = name switch
        {
            "exp" => ((Func<double, double>)Math.Exp, 1.05),
            "log" => (Math.Log, 0.9),
            "tanh" => (Math.Tanh, 2.5),
            _ => (x => x < 0 ? Math.Exp(x) / (1 + Math.Exp(x)) : 1 / (1 + Math.Exp(-x)), 2.4),
        };
        const int stride = 16_381;                          // a prime: every kind of mantissa for each exponent
        var x = new List<float>(special);
        for (long bits = 0; bits <= uint.MaxValue; bits += stride)
            x.Add(BitConverter.UInt32BitsToSingle((uint)bits));
        float[] y = Apply(name, [.. x]);
        for (int i = 0; i < y.Length; i++)
        {
            double wanted = exact(x[i]);
            if (double.IsNaN(wanted) || float.IsInfinity((float)wanted))
            {
                Assert.Equal((float)wanted, y[i]);
                continue;
            }
            double unit = Math.ScaleB(1, Math.Max(wanted == 0 ? -126 : Math.ILogB(wanted), -126) - 23);
            Assert.True(Math.Abs(y[i] - wanted) <= stated * unit, $"{name}({x[i]:R}) = {y[i]:R}, not {wanted:R}");
        }
    }

    [Theory, MemberData(nameof(Functions))]
    public void Every_width_and_length_gives_the_bits_of_the_scalar_form(string name)
    {
        float[] x = Mixed(200);
        for (int count = 0; count <= 67; count++)
        {
            float[] part = x.AsSpan(count, count).ToArray();
            int[] wanted = Bits(Reference(name, part));
            Assert.Equal(wanted, Bits(Apply(name, part)));
            Assert.Equal(wanted, Bits(With<Vector512<float>, Simd512>(name, part)));
            Assert.Equal(wanted, Bits(With<Vector256<float>, Simd256>(name, part)));
            Assert.Equal(wanted, Bits(With<Vector128<float>, Simd128>(name, part)));
        }
    }

    [Fact]
    public void Slopes_of_every_length_are_those_of_the_scalar_form()
    {
        float[] all = Mixed(134);
        for (int count = 0; count <= 67; count++)
        {
            float[] y = all[..count], g = all[count..(2 * count)];
            Compare<ReluGradient>(y, g);
            Compare<TanhGradient>(y, g);
            Compare<SigmoidGradient>(y, g);
        }
        // g where y > 0; g (1 − y²); g y (1 − y).
        Assert.Equal([0, 3], Compare<ReluGradient>([0, 2], [5, 3]));
        Assert.Equal([3, 0], Compare<TanhGradient>([0.5f, 1], [4, 5]));
        Assert.Equal([0.75f, 0], Compare<SigmoidGradient>([0.25f, 1], [4, 5]));

        static float[] Compare<TFunction>(float[] y, float[] g) where TFunction : struct, IBinaryFunction
        {
            float[] wanted = new float[y.Length], found = new float[y.Length];
            Elementwise.Reference<TFunction>(y, g, wanted);
            Elementwise.Zip<TFunction>(y, g, found);
            Assert.Equal(Bits(wanted), Bits(found));
            return found;
        }
    }

    [Fact]
    public void Places_beyond_the_end_are_left_alone()
    {
        float[] y = [5, 5, 5, 5];
        Elementwise.Map<ExpFunction>([0, 0, 0], y);
        Assert.Equal([1, 1, 1, 5], y);
        Assert.Equal("3 results do not fit into 2 places",
            Assert.Throws<ArgumentException>(() => Elementwise.Map<ExpFunction>(new float[3], new float[2])).Message);
    }

    [Fact]
    public void Primitives_of_all_widths_agree()
    {
        float[] x = Mixed(16 * 5);
        for (int i = 0; i < x.Length; i += 16)
        {
            int[] wanted = Bits(Primitives<float, SimdScalar>(x.AsSpan(i, 16)));
            Assert.Equal(wanted, Bits(Primitives<Vector128<float>, Simd128>(x.AsSpan(i, 16))));
            Assert.Equal(wanted, Bits(Primitives<Vector256<float>, Simd256>(x.AsSpan(i, 16))));
            Assert.Equal(wanted, Bits(Primitives<Vector512<float>, Simd512>(x.AsSpan(i, 16))));
        }
    }

    [Fact]
    public void Sums_of_a_vector_add_all_places()
    {
        float[] x = [.. Enumerable.Range(1, 16).Select(i => (float)i)];
        fixed (float* p = x)
        {
            Assert.Equal(136, Simd512.Sum(Simd512.Load(p)));
            Assert.Equal(36, Simd256.Sum(Simd256.Load(p)));
            Assert.Equal(10, Simd128.Sum(Simd128.Load(p)));
        }
    }

    // Whatever the functions above do not reach: minima with a NaN in second place, signs, square roots, powers of two.
    static float[] Primitives<TVector, TSimd>(Span<float> x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        float[] y = new float[8 * x.Length];
        fixed (float* from = x, to = y)
        {
            for (int i = 0; i < x.Length; i += TSimd.Width)
            {
                TVector v = TSimd.Load(from + i), half = TSimd.Broadcast(0.5f);
                TVector bounded = TSimd.Min(TSimd.Broadcast(100), TSimd.Max(TSimd.Broadcast(-100), v));
                TVector isFinite = TSimd.LessThan(bounded, TSimd.Broadcast(1e9f));
                TVector whole = TSimd.Round(TSimd.Select(isFinite, bounded, half));
                TSimd.Store(bounded, to + i);
                TSimd.Store(TSimd.SquareRoot(TSimd.Abs(v)), to + x.Length + i);
                TSimd.Store(TSimd.CopySign(half, v), to + 2 * x.Length + i);
                TSimd.Store(TSimd.Negate(v), to + 3 * x.Length + i);
                TSimd.Store(whole, to + 4 * x.Length + i);
                TSimd.Store(TSimd.PowerOfTwo(whole), to + 5 * x.Length + i);
                TSimd.Store(TSimd.ScaleByPowerOfTwo(TSimd.Broadcast(1.3f), whole), to + 7 * x.Length + i);
                TSimd.Store(TSimd.Select(TSimd.AreEqual(v, v), half, whole), to + 6 * x.Length + i);
            }
        }
        return y;
    }

    static float[] Mixed(int count)
    {
        var random = new System.Random(5);
        return [.. Enumerable.Range(0, count).Select(i =>
            i % 3 == 0 ? special[i / 3 % special.Length] : (float)(random.NextDouble() * 40 - 20))];
    }

    // All NaNs count as one: which of them comes out is not promised.
    static int[] Bits(float[] values) =>
        [.. values.Select(value => float.IsNaN(value) ? 0x7FC00000 : BitConverter.SingleToInt32Bits(value))];

    static float[] Apply(string name, float[] x)
    {
        float[] y = new float[x.Length];
        switch (name)
        {
            case "exp": Elementwise.Map<ExpFunction>(x, y); break;
            case "log": Elementwise.Map<LogFunction>(x, y); break;
            case "tanh": Elementwise.Map<TanhFunction>(x, y); break;
            default: Elementwise.Map<SigmoidFunction>(x, y); break;
        }
        return y;
    }

    static float[] Reference(string name, float[] x)
    {
        float[] y = new float[x.Length];
        switch (name)
        {
            case "exp": Elementwise.Reference<ExpFunction>(x, y); break;
            case "log": Elementwise.Reference<LogFunction>(x, y); break;
            case "tanh": Elementwise.Reference<TanhFunction>(x, y); break;
            default: Elementwise.Reference<SigmoidFunction>(x, y); break;
        }
        return y;
    }

    static float[] With<TVector, TSimd>(string name, float[] x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        float[] y = new float[x.Length];
        fixed (float* from = x, to = y)
        {
            switch (name)
            {
                case "exp": Elementwise.Map<ExpFunction, TVector, TSimd>(from, to, x.Length); break;
                case "log": Elementwise.Map<LogFunction, TVector, TSimd>(from, to, x.Length); break;
                case "tanh": Elementwise.Map<TanhFunction, TVector, TSimd>(from, to, x.Length); break;
                default: Elementwise.Map<SigmoidFunction, TVector, TSimd>(from, to, x.Length); break;
            }
        }
        return y;
    }
}
