using System.Globalization;
using System.Runtime.Intrinsics;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Cli.SelfTests;

/// <summary>Checks that this machine computes what it should: kernels, gradients, the optimiser.</summary>
internal static unsafe class NumberTests
{
    const string Wrong = "this processor or its .NET computes wrongly: update .NET and try again, then try with "
        + "DOTNET_PreferredVectorBitWidth=256 or =128 in the environment, and report which of them helps";

    // Longer than two of the widest vectors, with a tail.
    const int Length = 67;

    /// <summary>The checks, quickest first.</summary>
    public static IReadOnlyList<SelfTest> All { get; } =
    [
        new("random numbers are those of every other machine", Wrong, Draws),
        new("kernels of 128, 256 and 512 bits give the bits of plain loops", Wrong, Widths),
        new("matrix products of every width agree with plain loops", Wrong, Products),
        new("a gradient agrees with finite differences", Wrong, Gradient),
        new("the fused GRU agrees with the one that is made of single operations", Wrong, FusedGru),
        new("Adam follows its formula, and twice alike", Wrong, Optimiser),
    ];

    /// <summary>Numbers of a normal distribution, always the same ones.</summary>
    public static float[] Numbers(int count, ulong stream = 0)
    {
        RandomSequence random = new RandomKey(1, RandomPurpose.Other, stream).Sequence(0);
        float[] numbers = new float[count];
        foreach (ref float number in numbers.AsSpan())
            number = (float)random.NextNormal();
        return numbers;
    }

    // The known answer of the authors of Philox 4×32-10 for a key and a counter of zeros.
    static string? Draws()
    {
        (uint, uint, uint, uint) found = Philox.Draw(0, 0, 0, 0, 0);
        return found == (0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8) ? null : $"zeros give {found}";
    }

    static string? Widths()
    {
        return Differs<ExpFunction>("exp") ?? Differs<LogFunction>("log") ?? Differs<TanhFunction>("tanh")
            ?? Differs<SigmoidFunction>("sigmoid");

        static string? Differs<TFunction>(string name) where TFunction : struct, IUnaryFunction
        {
            float[] x = Numbers(Length), wanted = new float[Length];
            Elementwise.Reference<TFunction>(x, wanted);
            return With<TFunction, Vector128<float>, Simd128>(name, x, wanted)
                ?? With<TFunction, Vector256<float>, Simd256>(name, x, wanted)
                ?? With<TFunction, Vector512<float>, Simd512>(name, x, wanted);
        }

        static string? With<TFunction, TVector, TSimd>(string name, float[] x, float[] wanted)
            where TFunction : struct, IUnaryFunction
            where TVector : unmanaged
            where TSimd : struct, ISimd<TVector>
        {
            float[] found = new float[Length];
            fixed (float* from = x, to = found)
                Elementwise.Map<TFunction, TVector, TSimd>(from, to, Length);
            for (int i = 0; i < Length; i++)
            {
                // A logarithm of a negative number is NaN, whose bits are not specified.
                if (found[i] != wanted[i] && !(float.IsNaN(found[i]) && float.IsNaN(wanted[i])))
                    return Text($"{name}({x[i]}) is {found[i]} with {32 * TSimd.Width} bits, and {wanted[i]} without");
            }
            return null;
        }
    }

    static string? Products()
    {
        const int M = 37, N = 53, K = 29;
        float[] a = Numbers(M * K), b = Numbers(K * N, 1), expected = new float[M * N];
        fixed (float* pa = a, pb = b, pe = expected)
            MatrixProduct.Reference(false, false, M, N, K, pa, K, pb, N, pe, N, accumulate: false);
        return With<Vector128<float>, Simd128>() ?? With<Vector256<float>, Simd256>()
            ?? With<Vector512<float>, Simd512>();

        string? With<TVector, TSimd>()
            where TVector : unmanaged
            where TSimd : struct, ISimd<TVector>
        {
            float[] c = new float[M * N];
            fixed (float* pa = a, pb = b, pc = c)
                MatrixProduct.MultiplyWith<TVector, TSimd>(false, false, M, N, K, pa, K, pb, N, pc, N, false);
            float far = Distance(c, expected);
            return far <= 1e-4f ? null : Text($"with {32 * TSimd.Width} bits they differ by {far}");
        }
    }

    // d Σ tanh(x)² / dx against (f(x + h) − f(x − h)) / 2h.
    static string? Gradient()
    {
        const float h = 1e-2f;
        using var arena = new Arena();
        float[] x = Numbers(8);
        var tape = new Tape(arena);
        Tensor input = tape.Variable(arena.Copy(new Shape(x.Length), x));
        tape.Backward(Loss(input));
        float[] gradient = tape.GradientOf(input).ToArray();
        for (int i = 0; i < x.Length; i++)
        {
            float difference = (At(i, x[i] + h) - At(i, x[i] - h)) / (2 * h);
            if (!(Math.Abs(difference - gradient[i]) <= 2e-3f))
                return Text($"element {i} is {gradient[i]}, and differences give {difference}");
        }
        return null;

        static Tensor Loss(Tensor input)
        {
            Tensor tanh = input.Tanh();
            return (tanh * tanh).Sum();
        }

        float At(int element, float value)
        {
            float[] moved = [.. x];
            moved[element] = value;
            return Loss(new Tape(arena).Variable(arena.Copy(new Shape(x.Length), moved))).Read();
        }
    }

    // Loss Σ h², so that the gradient of a state depends on the state. Sums of some dozen terms near 1 leave 1e-5.
    static string? FusedGru()
    {
        const int T = 4, B = 3, D = 5, H = 19;
        (float[] fused, float[] composed) = (Result(isFused: true), Result(isFused: false));
        float far = Distance(fused, composed);
        return far <= 1e-4f ? null : Text($"states and gradients differ by {far}");

        static float[] Result(bool isFused)
        {
            using var arena = new Arena();
            using var parameters = new ParameterSet();
            var tape = new Tape(arena);
            var gru = new Gru(parameters, "gru", D, H, new RandomKey(1, RandomPurpose.Weights, 0));
            var input = new SequenceInput(T, B, tape.Constant(new Shape(T, B, D), Numbers(T * B * D)));
            Tensor[] states = isFused ? [gru.Forward(tape, input)] : gru.ForwardComposed(tape, input);
            Tensor loss = tape.Constant(arena.Zeros(new Shape(1)));
            foreach (Tensor state in states)
                loss += state.Square().Sum();
            float[] values = [.. states.SelectMany(state => state.ToArray())];
            tape.Backward(loss);
            foreach (Parameter parameter in parameters.All)
            {
                if (tape.TryGradientOf(parameter, out Tensor gradient))
                    values = [.. values, .. gradient.ToArray()];
            }
            return values;
        }
    }

    // Five steps against the formula of the paper in double precision.
    static string? Optimiser()
    {
        const int steps = 5;
        const double rate = 0.01, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
        float[] first = Stepped(), second = Stepped(), start = Numbers(Length);
        if (!first.AsSpan().SequenceEqual(second))
            return "the same steps gave other weights the second time";
        for (int i = 0; i < Length; i++)
        {
            double w = start[i], m = 0, v = 0;
            for (int t = 1; t <= steps; t++)
            {
                double g = Numbers(Length, (ulong)t)[i];
                m = beta1 * m + (1 - beta1) * g;
                v = beta2 * v + (1 - beta2) * g * g;
                double mean = m / (1 - Math.Pow(beta1, t)), size = Math.Sqrt(v / (1 - Math.Pow(beta2, t)));
                w -= rate * mean / (size + epsilon);
            }
            if (!(Math.Abs(first[i] - w) <= 1e-5))
                return Text($"weight {i} is {first[i]}, and the formula gives {w}");
        }
        return null;

        static float[] Stepped()
        {
            using var parameters = new ParameterSet();
            Parameter weights = parameters.Add("weights", new Shape(Length));
            weights.Value.CopyFrom(Numbers(Length));
            using var adam = new Adam(parameters);
            for (int t = 1; t <= steps; t++)
            {
                weights.Gradient.CopyFrom(Numbers(Length, (ulong)t));
                adam.Step((float)rate);
            }
            return weights.Value.ToArray();
        }
    }

    // The largest difference, NaN if there is one.
    static float Distance(float[] a, float[] b) => a.Length == b.Length
        ? a.Zip(b, (x, y) => Math.Abs(x - y)).Aggregate(MathF.Max) : float.NaN;

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
