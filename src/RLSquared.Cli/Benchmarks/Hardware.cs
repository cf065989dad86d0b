using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using RLSquared.Cli.SelfTests;
using RLSquared.Gpu;
using RLSquared.Runs;

namespace RLSquared.Cli.Benchmarks;

/// <summary>What a machine offers to training, measured where a data sheet would not tell.</summary>
internal sealed record Hardware
{
    const int GruSteps = 20, GruRows = 64, GruInputs = 32, GruHidden = 256;

    /// <summary>Versions, processor, memory.</summary>
    public required Machine Machine { get; init; }

    /// <summary>Cores, each of which may run several threads; null where the system does not tell.</summary>
    public required int? PhysicalCores { get; init; }

    /// <summary>The vector instructions that .NET uses here.</summary>
    public required IReadOnlyList<string> InstructionSets { get; init; }

    /// <summary>Memory that is free now, in GiB; null where the system does not tell.</summary>
    public required double? FreeMemoryGiB { get; init; }

    /// <summary>A matrix product of training's shape, in GFLOP/s: with one thread and with all.</summary>
    public required (double OneThread, double AllThreads) Product { get; init; }

    /// <summary>Training of a GRU with 256 units, forward and backward, in steps of one row per second.</summary>
    public required (double OneThread, double AllThreads) Gru { get; init; }

    /// <summary>The graphics card, or why there is none.</summary>
    public required GpuFacts Gpu { get; init; }

    /// <summary>The shortest time that the clock tells apart, in nanoseconds.</summary>
    public required double TimerNanoseconds { get; init; }

    /// <summary>The folder in which runs are, or would be made.</summary>
    public required string RunsFolder { get; init; }

    /// <summary>Writing to that folder with a flush to the disk, in MiB/s; null where it cannot be written.</summary>
    public required double? WriteSpeed { get; init; }

    /// <summary>This machine, measured in some seconds.</summary>
    /// <param name="runsFolder">The folder below which runs are made.</param>
    /// <param name="time">How long to measure each rate.</param>
    public static Hardware Measure(string runsFolder, TimeSpan time)
    {
        Machine machine = Machine.Current();
        string folder = FolderTests.Nearest(runsFolder);
        // GFLOP/s of the benchmark → rows: it counts 6 · 3H · (I + H) operations for each.
        const double rows = 1e9 / (6.0 * 3 * GruHidden * (GruInputs + GruHidden));
        return new Hardware
        {
            Machine = machine,
            PhysicalCores = CountCores(),
            InstructionSets = [.. Sets()],
            FreeMemoryGiB = FreeMemory(),
            Product = Rate(threads => new ProductBenchmark(ProductForm.Plain, 960, 768, 256, threads), 1),
            Gru = Rate(threads => new GruBenchmark(GruSteps, GruRows, GruInputs, GruHidden, threads), rows),
            Gpu = GpuFacts.Measure(),
            TimerNanoseconds = TimerGrain(),
            RunsFolder = folder,
            WriteSpeed = WriteRate(folder),
        };

        (double, double) Rate(Func<int, Benchmark> benchmark, double factor)
        {
            double one = factor * benchmark(1).Measure(time);
            return (one, machine.Cores > 1 ? factor * benchmark(machine.Cores).Measure(time) : one);
        }
    }

    static IEnumerable<string> Sets()
    {
        (string Name, bool IsThere)[] all =
        [
            ("SSE4.2", Sse42.IsSupported), ("AVX", Avx.IsSupported), ("AVX2", Avx2.IsSupported),
            ("FMA", Fma.IsSupported), ("AVX-512F", Avx512F.IsSupported), ("AVX-512BW", Avx512BW.IsSupported),
            ("AVX-512DQ", Avx512DQ.IsSupported), ("AdvSimd", AdvSimd.IsSupported),
        ];
        return all.Where(one => one.IsThere).Select(one => one.Name);
    }

    // Linux lists each thread with the numbers of its core and of its socket.
    static int? CountCores()
    {
        string[] numbers = [.. Lines("/proc/cpuinfo").Where(line =>
            line.StartsWith("physical id", StringComparison.Ordinal)
            || line.StartsWith("core id", StringComparison.Ordinal))];
        int cores = numbers.Chunk(2).Select(pair => string.Concat(pair)).Distinct().Count();
        return cores > 0 ? cores : null;
    }

    static double? FreeMemory()
    {
        const string key = "MemAvailable:";
        string? line = Lines("/proc/meminfo").FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line is not null && long.TryParse(
            line[key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture,
            out long kibibytes) ? Math.Round(kibibytes / (double)(1 << 20), 1) : null;
    }

    static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (IOException)
        {
            return [];                                      // facts to show, not worth a failure
        }
    }

    static double TimerGrain()
    {
        long shortest = long.MaxValue;
        for (int i = 0; i < 1000; i++)
        {
            long before = Stopwatch.GetTimestamp(), after;
            while ((after = Stopwatch.GetTimestamp()) == before)
            {
            }
            shortest = Math.Min(shortest, after - before);
        }
        return Math.Round(1e9 * shortest / Stopwatch.Frequency, 1);
    }

    // Pieces of the size of a checkpoint, each flushed as a checkpoint is, for a quarter of a second.
    static double? WriteRate(string folder)
    {
        const int piece = 4 << 20, most = 64 << 20;
        string path = Path.Combine(folder, $".rl2-doctor-{Path.GetRandomFileName()}");
        try
        {
            using var file = new FileStream(
                path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.DeleteOnClose);
            byte[] bytes = new byte[piece];
            new Random(1).NextBytes(bytes);                 // a disk that compresses would write zeros at no cost
            var clock = Stopwatch.StartNew();
            int written = 0;
            while (written < most && clock.Elapsed < TimeSpan.FromSeconds(0.25))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
                written += piece;
            }
            return Math.Round(written / (double)(1 << 20) / clock.Elapsed.TotalSeconds, 1);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;                                    // a check of its own says why
        }
    }
}
