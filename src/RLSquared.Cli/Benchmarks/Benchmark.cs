using System.Diagnostics;

namespace RLSquared.Cli.Benchmarks;

/// <summary>
/// A measurement by name. Each repeats its work for a while after a warm-up and gives the median rate.
/// <para>To add a benchmark: derive from this class and list it in <see cref="BenchmarkCatalogue"/>.</para>
/// </summary>
/// <param name="name">The name, as in <c>gemm/960x768x256</c>.</param>
/// <param name="threads">Threads that work.</param>
/// <param name="unit">What the value counts, as in GFLOP/s.</param>
internal abstract class Benchmark(string name, int threads, string unit)
{
    public string Name { get; } = name;

    public int Threads { get; } = threads;

    public string Unit { get; } = unit;

    /// <summary>The median, in <see cref="Unit"/>.</summary>
    /// <param name="time">How long to measure, after a warm-up of a third of it.</param>
    public abstract double Measure(TimeSpan time);

    /// <summary>Repeats a piece of work and gives the median rate of at least five repetitions.</summary>
    /// <param name="work">What is measured; a repetition runs it often enough to take some milliseconds.</param>
    /// <param name="amount">What one run of it counts.</param>
    /// <param name="time">How long to measure.</param>
    protected static double MedianRate(Action work, double amount, TimeSpan time)
    {
        const double shortest = 5e-3;                   // seconds: far above the clock's grain
        const int fewest = 5;
        long start = Stopwatch.GetTimestamp();
        int warm = 0;
        do
        {
            work();
            warm++;
        }
        while (Stopwatch.GetElapsedTime(start) < time / 3);
        double one = Stopwatch.GetElapsedTime(start).TotalSeconds / warm;
        int runs = Math.Max(1, (int)Math.Ceiling(shortest / one));

        List<double> rates = [];
        start = Stopwatch.GetTimestamp();
        while (rates.Count < fewest || Stopwatch.GetElapsedTime(start) < time)
        {
            long begin = Stopwatch.GetTimestamp();
            for (int run = 0; run < runs; run++)
                work();
            rates.Add(runs * amount / Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }
        rates.Sort();
        return rates.Count % 2 == 1 ? rates[rates.Count / 2]
            : (rates[rates.Count / 2 - 1] + rates[rates.Count / 2]) / 2;
    }
}
