using RLSquared.Policies;
using RLSquared.Tensors;

namespace RLSquared.Gpu.Benchmark;

/// <summary>What an accelerator computes against plain loops in double precision.</summary>
sealed class Checks(GpuMath math, int scale)
{
    readonly Accelerator accelerator = math.Accelerator;
    readonly Random random = new(5);
    readonly List<(string Name, double Error, double Bound)> results = [];

    /// <summary>The relative error of each computation, and what is allowed.</summary>
    public IReadOnlyList<(string Name, double Error, double Bound)> Run()
    {
        Functions();
        Combinations();
        Sums();
        Softmaxes();
        Selections();
        Products();
        Normalisations();
        Optimiser();
        return results;
    }

    void Functions()
    {
        int n = 37 * scale;
        Func<double, double>[] functions =
        [
            x => Math.Max(x, 0), Math.Tanh, x => 1 / (1 + Math.Exp(-x)), Math.Exp, Math.Log, Math.Sqrt, x => -x,
            x => 1 / x,
        ];
        string[] names = ["relu", "tanh", "sigmoid", "exp", "log", "sqrt", "negate", "reciprocal"];
        for (int f = 0; f < functions.Length; f++)
        {
            float[] x = Numbers(n, f is 4 or 5 ? 0.001f : -8, 8);
            float[] y = On(n, [x], (from, to) => math.Map(f, n, from[0], to));
            int function = f;
            Compare(names[f], y, i => functions[function](x[i]), 2e-6);
        }
        float[] value = Numbers(n, -0.9f, 0.9f), g = Numbers(n, -1, 1);
        float[] slope = On(n, [value, g], (from, to) => math.MapGradient(1, n, from[0], from[1], to));
        Compare("tanh-gradient", slope, i => g[i] * (1 - (double)value[i] * value[i]), 2e-6);
        float[] affine = On(n, [value], (from, to) => math.Affine(2, -1, n, from[0], to));
        Compare("affine", affine, i => 2.0 * value[i] - 1, 2e-6);
        float[] clamped = On(n, [value], (from, to) => math.Clamp(-0.5f, 0.5f, n, from[0], to));
        Compare("clamp", clamped, i => Math.Clamp(value[i], -0.5f, 0.5f), 0);
    }

    void Combinations()
    {
        int rows = 5 * scale, columns = 7, n = rows * columns;
        float[] a = Numbers(n, -2, 2);
        string[] names = ["add", "subtract", "multiply", "divide", "min", "max", "is-at-most"];
        Func<double, double, double>[] functions =
        [
            (x, y) => x + y, (x, y) => x - y, (x, y) => x * y, (x, y) => x / y, Math.Min, Math.Max,
            (x, y) => x <= y ? 1 : 0,
        ];
        for (int f = 0; f < functions.Length; f++)
        {
            for (int repeat = 0; repeat < 4; repeat++)
            {
                float[] b = Numbers(repeat == 0 ? n : repeat == 1 ? columns : repeat == 2 ? rows : 1, 0.5f, 2);
                float[] y = On(n, [a, b], (from, to) => math.Zip(f, repeat, columns, n, from[0], from[1], to));
                (int function, int way) = (f, repeat);
                Compare($"{names[f]}-{repeat}", y, i => functions[function](a[i],
                    b[way == 0 ? i : way == 1 ? i % columns : way == 2 ? i / columns : 0]), 2e-6);
            }
        }
    }

    void Sums()
    {
        int rows = 40 * scale, columns = 50, n = rows * columns;
        float[] x = Numbers(n, 0, 1);
        Compare("sum", On(1, [x], (from, to) => math.Sum(n, from[0], to)), _ => x.Sum(v => (double)v), 1e-5);
        Compare("sum-of-squares", On(1, [x], (from, to) => math.SumOfSquares(n, from[0], to)),
            _ => x.Sum(v => (double)v * v), 1e-5);
        Compare("sum-of-columns", On(rows, [x], (from, to) => math.SumOfColumns(rows, columns, from[0], to)),
            r => Enumerable.Range(0, columns).Sum(c => (double)x[r * columns + c]), 1e-5);
        Compare("sum-of-rows", On(columns, [x], (from, to) => math.SumOfRows(rows, columns, columns, from[0], to)),
            c => Enumerable.Range(0, rows).Sum(r => (double)x[r * columns + c]), 1e-5);
        float[] factor = Numbers(n, 0, 0.9f);
        double[] expected = new double[n];
        for (int i = n - 1; i >= 0; i--)
            expected[i] = x[i] + (i + columns < n ? factor[i] * expected[i + columns] : 0);
        Compare("recurrence", On(n, [x, factor],
            (from, to) => math.Recurrence(true, rows, columns, from[0], from[1], to)), i => expected[i], 1e-5);
    }

    void Softmaxes()
    {
        foreach (int columns in (int[])[9, 70])
        {
            int rows = 6 * scale, n = rows * columns;
            float[] x = Numbers(n, -4, 4), g = Numbers(n, -1, 1);
            double[] p = new double[n], l = new double[n];
            for (int r = 0; r < rows; r++)
            {
                double sum = Enumerable.Range(0, columns).Sum(c => Math.Exp(x[r * columns + c]));
                for (int c = 0; c < columns; c++)
                {
                    l[r * columns + c] = x[r * columns + c] - Math.Log(sum);
                    p[r * columns + c] = Math.Exp(l[r * columns + c]);
                }
            }
            float[] softmax = On(n, [x], (from, to) => math.Softmax(false, rows, columns, from[0], to));
            float[] logarithm = On(n, [x], (from, to) => math.Softmax(true, rows, columns, from[0], to));
            Compare($"softmax-{columns}", softmax, i => p[i], 3e-6);
            Compare($"log-softmax-{columns}", logarithm, i => l[i], 3e-6);
            float[] dx = On(n, [logarithm, g],
                (from, to) => math.SoftmaxGradient(true, rows, columns, from[0], from[1], to));
            Compare($"log-softmax-gradient-{columns}", dx, i => g[i] - p[i] * Enumerable.Range(0, columns)
                .Sum(c => (double)g[i / columns * columns + c]), 1e-5);
            dx = On(n, [softmax, g], (from, to) => math.SoftmaxGradient(false, rows, columns, from[0], from[1], to));
            Compare($"softmax-gradient-{columns}", dx, i => p[i] * (g[i] - Enumerable.Range(0, columns)
                .Sum(c => p[i / columns * columns + c] * g[i / columns * columns + c])), 1e-5);
        }
    }

    void Selections()
    {
        int rows = 40 * scale, columns = 11, targets = 5, n = rows * columns;
        float[] x = Numbers(n, -1, 1);
        int[] index = [.. Enumerable.Range(0, rows).Select(_ => random.Next(targets))];
        using Uploaded places = Put(index);
        Compare("gather-columns", On(rows, [x], (from, to) =>
            math.GatherColumns(rows, columns, from[0], places.Address, to)), r => x[r * columns + index[r]], 0);
        Compare("gather-rows", On(n, [x], (from, to) =>
            math.GatherRows(rows, columns, from[0], places.Address, to)),
            i => x[index[i / columns] * columns + i % columns], 0);
        Compare("scatter-rows", On(targets * columns, [x], (from, to) =>
            math.ScatterRows(rows, columns, targets, from[0], places.Address, to)),
            i => Enumerable.Range(0, rows).Where(r => index[r] == i / columns)
                .Sum(r => (double)x[r * columns + i % columns]), 1e-5);
        Compare("transpose", On(n, [x], (from, to) => math.Transpose(1, rows, columns, from[0], to)),
            i => x[i % rows * columns + i / rows], 0);
        Compare("max-of-columns", On(rows, [x], (from, to) =>
            math.MaxOfColumns(rows, columns, from[0], to, places.Address)),
            r => x.AsSpan(r * columns, columns).ToArray().Max(), 0);
    }

    void Products()
    {
        int M = 33 * scale, N = 21, K = 45;
        foreach ((bool transposeA, bool transposeB) in ((bool, bool)[])[(false, false), (true, false), (false, true)])
        {
            float[] a = Numbers(M * K, -1, 1), b = Numbers(K * N, -1, 1);
            var shape = new ProductShape(transposeA, transposeB, M, N, K, transposeA ? M : K, transposeB ? K : N, N);
            float[] y = On(M * N, [a, b], (from, to) => math.Product(in shape, from[0], from[1], to));
            string name = $"product-{(transposeA ? "t" : "n")}{(transposeB ? "t" : "n")}";
            Compare(name, y, i => Enumerable.Range(0, K).Sum(k =>
                (double)a[transposeA ? k * M + i / N : i / N * K + k] * b[transposeB ? i % N * K + k : k * N + i % N]),
                1e-5);
        }
        int rows = 8192 + 77, wide = 6, narrow = 4;
        float[] left = Numbers(rows * wide, -1, 1), right = Numbers(rows * narrow, -1, 1);
        var sum = new ProductShape(true, false, wide, narrow, rows, wide, narrow, narrow);
        Compare("product-long-sum", On(wide * narrow, [left, right], (from, to) =>
            math.Product(in sum, from[0], from[1], to)), i => Enumerable.Range(0, rows).Sum(r =>
            (double)left[r * wide + i / narrow] * right[r * narrow + i % narrow]), 1e-4);
    }

    void Normalisations()
    {
        int rows = 7 * scale, columns = 48, n = rows * columns;
        float[] x = Numbers(n, -2, 3), gain = Numbers(columns, 0.5f, 2), bias = Numbers(columns, -1, 1);
        using Uploaded mean = Put(new float[rows]), scales = Put(new float[rows]);
        float[] y = On(n, [x, gain, bias], (from, to) => math.LayerNormalise(
            rows, columns, 1e-5f, from[0], from[1], from[2], to, mean.Address, scales.Address));
        double Mean(int r) => Enumerable.Range(0, columns).Average(c => (double)x[r * columns + c]);
        double Deviation(int r, double m) => Math.Sqrt(
            Enumerable.Range(0, columns).Average(c => Math.Pow(x[r * columns + c] - m, 2)) + 1e-5);
        Compare("layer-normalise", y, i =>
        {
            double m = Mean(i / columns);
            return (x[i] - m) / Deviation(i / columns, m) * gain[i % columns] + bias[i % columns];
        }, 1e-5);
        y = On(n, [x, gain], (from, to) =>
            math.RmsNormalise(rows, columns, 1e-5f, from[0], from[1], to, scales.Address));
        Compare("rms-normalise", y, i => x[i] / Deviation(i / columns, 0) * gain[i % columns], 1e-5);
    }

    void Optimiser()
    {
        int n = 31 * scale;
        float[] g = Numbers(n, -1, 1), m = Numbers(n, -1, 1), v = Numbers(n, 0, 1), w = Numbers(n, -1, 1);
        using Uploaded gradient = Put(g), first = Put(m), second = Put(v), weight = Put(w);
        math.Adam(0.9f, 0.999f, 0.01f, 1.5f, 1e-8f, 1, n, gradient.Address, first.Address, second.Address,
            weight.Address);
        float[] found = new float[n];
        accelerator.Download(weight.Address, Memory.Bytes(found));
        Compare("adam", found, i => w[i] - 0.01 * (0.9 * m[i] + 0.1 * g[i])
            / (1.5 * Math.Sqrt(0.999 * v[i] + 0.001 * g[i] * (double)g[i]) + 1e-8), 1e-5);
    }

    /// <summary>
    /// The largest relative error of a network's gradient on the card against the engine's on the processor.
    /// </summary>
    public static double GradientError(GpuMath math, CardRl2Options options)
    {
        using var card = new CardRl2(math, options with { GradientNorm = 1e9f, Epochs = 1 });
        card.Iterate();
        card.Weights.Download(card.Network.Parameters);
        card.FindGradient();
        Dictionary<string, float[]> expected =
            ProcessorReference.Gradients(options, card.Network, card.ReadBatch(), card.EntropyWeight);
        double largest = 0;
        foreach ((string name, float[] gradient) in expected)
        {
            float[] found = card.Weights.ReadGradient(name);
            double size = Math.Sqrt(gradient.Sum(x => (double)x * x));
            double error = Math.Sqrt(gradient.Zip(found, (a, b) => (double)(a - b) * (a - b)).Sum());
            largest = Math.Max(largest, double.IsNaN(error) ? double.PositiveInfinity : error / (size + 1e-12));
        }
        return largest;
    }

    /// <summary>Whether two trainings of the same seed end with the same bits.</summary>
    public static bool SameBitsTwice(GpuMath math, CardRl2Options options) =>
        Weights(math, options).AsSpan().SequenceEqual(Weights(math, options));

    static float[] Weights(GpuMath math, CardRl2Options options)
    {
        using var card = new CardRl2(math, options);
        card.Iterate();
        card.Iterate();
        Policy network = card.Network;
        card.Weights.Download(network.Parameters);
        return [.. network.Parameters.All.SelectMany((Parameter parameter) => HostNumbers.Read(parameter.Value))];
    }

    float[] Numbers(int count, float low, float high) =>
        [.. Enumerable.Range(0, count).Select(_ => low + (high - low) * random.NextSingle())];

    void Compare(string name, float[] found, Func<int, double> expected, double bound)
    {
        double error = 0, size = 0;
        for (int i = 0; i < found.Length; i++)
        {
            double value = expected(i);
            error += (found[i] - value) * (found[i] - value);
            size += value * value;
        }
        error = Math.Sqrt(error) / Math.Max(Math.Sqrt(size), 1e-12);
        results.Add((name, double.IsNaN(error) ? double.PositiveInfinity : error, bound));
    }

    float[] On(int count, float[][] inputs, Action<nint[], nint> compute)
    {
        Uploaded[] uploaded = [.. inputs.Select(Put)];
        using Uploaded to = Put(Enumerable.Repeat(float.NaN, count).ToArray());
        compute([.. uploaded.Select(input => input.Address)], to.Address);
        float[] result = new float[count];
        accelerator.Download(to.Address, Memory.Bytes(result));
        foreach (Uploaded input in uploaded)
            input.Dispose();
        return result;
    }

    Uploaded Put<T>(T[] values)
        where T : unmanaged
    {
        nint address = accelerator.Allocate(Memory.Bytes(values).Length);
        accelerator.Upload(Memory.Bytes(values), address);
        return new Uploaded(accelerator, address);
    }

    sealed class Uploaded(Accelerator accelerator, nint address) : IDisposable
    {
        public nint Address => address;

        public void Dispose() => accelerator.Free(address);
    }
}
