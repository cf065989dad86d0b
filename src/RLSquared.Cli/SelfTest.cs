using System.Globalization;
using RLSquared.Tensors;
using RLSquared.Tensors.Kernels;
using RLSquared.Tensors.Random;

namespace RLSquared.Cli;

/// <summary>A quick check that the library works on this machine.</summary>
/// <param name="Name">What is checked.</param>
/// <param name="Check">Returns what is wrong, or null.</param>
/// <param name="Failure">What was wrong, once it ran.</param>
internal sealed record SelfTest(string Name, Func<string?> Check, string? Failure = null)
{
    /// <summary>All checks.</summary>
    public static IReadOnlyList<SelfTest> All { get; } =
    [
        new("random numbers are those of every other machine", Draws),
        new("the matrix product agrees with plain loops", Product),
        new("a gradient agrees with finite differences", Gradient),
        new("the folder for temporary files can be written", TemporaryFolder),
    ];

    /// <summary>The check with its result.</summary>
    public SelfTest Run()
    {
        try
        {
            return this with { Failure = Check() };
        }
        catch (Exception failure)
        {
            return this with { Failure = failure.Message };
        }
    }

    // The known answer of the authors of Philox 4×32-10 for a key and a counter of zeros.
    static string? Draws()
    {
        (uint, uint, uint, uint) found = Philox.Draw(0, 0, 0, 0, 0);
        return found == (0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8) ? null : $"zeros give {found}";
    }

    static unsafe string? Product()
    {
        const int M = 37, N = 53, K = 29;
        float[] a = Numbers(M * K), b = Numbers(K * N), c = new float[M * N], expected = new float[M * N];
        fixed (float* pa = a, pb = b, pc = c, pe = expected)
        {
            MatrixProduct.Multiply(false, false, M, N, K, pa, K, pb, N, pc, N, accumulate: false);
            MatrixProduct.Reference(false, false, M, N, K, pa, K, pb, N, pe, N, accumulate: false);
        }
        float worst = c.Zip(expected, (x, y) => Math.Abs(x - y)).Max();
        return worst < 1e-4f ? null : string.Create(CultureInfo.InvariantCulture, $"they differ by {worst}");
    }

    // d Σ tanh(x)² / dx against (f(x + h) − f(x − h)) / 2h.
    static string? Gradient()
    {
        const float h = 1e-2f;
        using var arena = new Arena();
        float[] x = Numbers(8);
        var tape = new Tape(arena);
        Tensor input = tape.Variable(arena.Copy(new Shape(x.Length), x));
        Tensor loss = Loss(input);
        tape.Backward(loss);
        float[] gradient = tape.GradientOf(input).Span.ToArray();
        for (int i = 0; i < x.Length; i++)
        {
            float difference = (At(i, x[i] + h) - At(i, x[i] - h)) / (2 * h);
            if (Math.Abs(difference - gradient[i]) > 2e-3f)
            {
                return string.Create(
                    CultureInfo.InvariantCulture, $"element {i} is {gradient[i]}, and differences give {difference}");
            }
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
            return Loss(new Tape(arena).Variable(arena.Copy(new Shape(x.Length), moved))).Item;
        }
    }

    static string? TemporaryFolder()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "rl2");
        bool same = File.ReadAllText(path) == "rl2";
        File.Delete(path);
        return same ? null : "what was written is not what is read";
    }

    static float[] Numbers(int count)
    {
        RandomSequence random = new RandomKey(1, RandomPurpose.Other, 0).Sequence(0);
        float[] numbers = new float[count];
        foreach (ref float number in numbers.AsSpan())
            number = (float)random.NextNormal();
        return numbers;
    }
}
