using RLSquared.Algorithms;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Cli.Benchmarks;

/// <summary>
/// Whole iterations of RL² with the paper's recipe in the form that the PyTorch program under <c>benchmarks/pytorch</c>
/// has: 1,024 trials, separate policy and value GRU-256, 5 epochs of minibatches of 128 whole trials, Adam at 1e-3,
/// tanh candidate, neither weight normalisation nor guard.
/// </summary>
internal sealed class Rl2Benchmark(int arms, int pulls, int hidden, int threads) : Benchmark(
    $"rl2-iteration/bandits-k{arms}-n{pulls}-H{hidden}", threads, "steps/s")
{
    public override double Measure(TimeSpan time)
    {
        var task = new BernoulliBandits(new BernoulliBanditsOptions { Arms = arms, Pulls = pulls });
        Rl2Options recipe = Rl2Options.Paper(task) with
        {
            Network = new() { Hidden = hidden, TimeToGo = false },
            Trials = 1024,
            MaxKl = 0,
            LearningRateSchedule = new(ScheduleKind.Constant),
        };
        using var workers = new Workers(Threads);
        using var rl2 = new Rl2(task, recipe, seed: 1, workers);
        return MedianRate(() => rl2.Iterate(0), rl2.StepsPerIteration, time);
    }
}
