using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Benchmarks;

/// <summary>
/// The matrix product of this library beside the machine's OpenBLAS, in one process, in turns, so that both see the
/// same clock and the same neighbours: median and best of repeated runs, GFLOP/s with 2·M·N·K operations per product.
/// Arguments: a part of the product's name, to measure only these, and a number of threads, to measure only that.
/// </summary>
internal static unsafe class OpenBlas
{
    private const int RowMajor = 101, Plain = 111, Transposed = 112;

    private static readonly string[] LibraryNames =
        ["libopenblas.so.0", "libopenblas.so", "libblas.so.3", "libopenblas.dll", "libopenblas.dylib"];

    private delegate void Product();

    public static int Compare(string[] arguments)
    {
        nint library = 0;
        string? found = LibraryNames.FirstOrDefault(name => NativeLibrary.TryLoad(name, out library));
        if (found is null || !NativeLibrary.TryGetExport(library, "cblas_sgemm", out nint sgemmAddress))
        {
            Console.Error.WriteLine(
                $"No OpenBLAS with cblas_sgemm here (tried {string.Join(", ", LibraryNames)}); " +
                "on Debian it is the package libopenblas0.");
            return 1;
        }

        var sgemm = (delegate* unmanaged<
            int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)sgemmAddress;
        // A BLAS of another kind lacks this function; then its address stays null.
        NativeLibrary.TryGetExport(library, "openblas_set_num_threads", out nint setAddress);
        var setThreads = (delegate* unmanaged<int, void>)setAddress;
        string core = NativeLibrary.TryGetExport(library, "openblas_get_corename", out nint coreAddress)
            ? Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)coreAddress)()) ?? "?" : "?";
        Console.WriteLine($"{found}, kernels for {core} (OPENBLAS_CORETYPE chooses others); runs in turns");
        Console.WriteLine($"{"GFLOP/s",-28}{"",8}{"------- median -------",26}{"-------- best --------",26}");
        Console.WriteLine(
            $"{"product",-28}{"threads",8}{"ours",9}{"OpenBLAS",9}{"ratio",8}{"ours",9}{"OpenBLAS",9}{"ratio",8}");
        string filter = arguments.Length > 0 ? arguments[0] : "";
        string onlyThreads = arguments.Length > 1 ? arguments[1] : "";
        foreach (int threads in (int[])[1, 2])
        {
            if (onlyThreads.Length > 0 && threads.ToString(CultureInfo.InvariantCulture) != onlyThreads)
                continue;
            if (setThreads != null)
                setThreads(threads);
            using var workers = new Workers(threads);
            foreach (var (form, M, N, K) in Shapes())
            {
                bool transposeA = form[0] == 'T', transposeB = form[1] == 'T';
                string name = $"gemm-{form.ToLowerInvariant()}/{M}x{N}x{K}";
                if (!name.Contains(filter, StringComparison.Ordinal))
                    continue;
                float* a = Filled((nint)M * K), b = Filled((nint)K * N), c = Filled((nint)M * N);
                int lda = transposeA ? M : K, ldb = transposeB ? K : N;
                var (ours, theirs) = Interleaved(
                    () => MatrixProduct.Multiply(workers, transposeA, transposeB, M, N, K, a, lda, b, ldb, c, N, false),
                    () => sgemm(
                        RowMajor, transposeA ? Transposed : Plain, transposeB ? Transposed : Plain, M, N, K,
                        1, a, lda, b, ldb, 0, c, N),
                    2e-9 * M * N * K);
                Console.WriteLine(
                    $"{name,-28}{threads,8}" +
                    $"{ours.Median,9:F1}{theirs.Median,9:F1}{ours.Median / theirs.Median,8:F2}" +
                    $"{ours.Best,9:F1}{theirs.Best,9:F1}{ours.Best / theirs.Best,8:F2}");
                NativeMemory.AlignedFree(a);
                NativeMemory.AlignedFree(b);
                NativeMemory.AlignedFree(c);
            }
        }

        return 0;
    }

    private static IEnumerable<(string Form, int M, int N, int K)> Shapes()
    {
        foreach (string form in (string[])["NN", "NT", "TN"])
        {
            yield return (form, 240, 768, 256);
            yield return (form, 960, 768, 256);
            yield return (form, 1024, 1024, 1024);
            yield return (form, 2048, 2048, 2048);
        }

        // A critic of 512 units on 1,024 rows: layer, gradient of its input, gradient of its weights.
        yield return ("NN", 1024, 512, 512);
        yield return ("NT", 1024, 512, 512);
        yield return ("TN", 512, 512, 1024);
        // A policy of 64 units on 256 rows.
        yield return ("NN", 256, 64, 64);
        yield return ("NT", 256, 64, 64);
        yield return ("TN", 64, 64, 256);

        // Training of a GRU with 256 units: gates, gradient of the input, gradient of the weights; a head of 5 actions.
        yield return ("NN", 12800, 768, 256);
        yield return ("NT", 12800, 256, 768);
        yield return ("TN", 256, 768, 12800);
        yield return ("NN", 16, 768, 256);
        yield return ("NN", 64, 768, 256);
        yield return ("NN", 64, 192, 64);
        yield return ("NN", 12800, 5, 256);
        yield return ("NT", 12800, 256, 5);
        yield return ("TN", 256, 5, 12800);
    }

    private static float* Filled(nint length)
    {
        var random = new Random(1);
        float* values = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), 64);
        for (nint i = 0; i < length; i++)
            values[i] = random.NextSingle() - 0.5f;
        return values;
    }

    /// <summary>Rates [GFLOP/s] of two products run in turns, each turn a few milliseconds long.</summary>
    private static (Rates Ours, Rates Theirs) Interleaved(Product ours, Product theirs, double giga)
    {
        const int Turns = 41;
        int repeats = (int)Math.Clamp(0.3 / giga, 1, 10_000);
        double[] our = new double[Turns], their = new double[Turns];
        // Until the compiler has optimised all of it.
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < 1;)
            Rate(ours, repeats, giga);
        Rate(theirs, repeats, giga);
        for (int turn = 0; turn < Turns; turn++)
        {
            our[turn] = Rate(ours, repeats, giga);
            their[turn] = Rate(theirs, repeats, giga);
        }

        Array.Sort(our);
        Array.Sort(their);
        return (new Rates(our[Turns / 2], our[^1]), new Rates(their[Turns / 2], their[^1]));
    }

    private static double Rate(Product product, int repeats, double giga)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
            product();
        return giga * repeats / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The best rate is what the code can do; the median also knows what else the machine was doing.</summary>
    private readonly record struct Rates(double Median, double Best);
}
