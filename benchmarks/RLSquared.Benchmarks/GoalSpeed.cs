using System.Diagnostics;
using System.Globalization;
using RLSquared.Algorithms;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Benchmarks;

/// <summary>
/// Updates per second of the released recipe of Transitive RL: two critics and a policy of 3 × 512 units, 1,024 rows.
/// <code>
///   RLSquared.Benchmarks updates THREADS ROUNDS [option=value …]
/// </code>
/// One line of JSON per round. <c>benchmarks/pytorch/transitive_rl.py</c> is the same in PyTorch.
/// </summary>
static class GoalSpeed
{
    /// <summary>Trains and prints.</summary>
    public static int Measure(string[] args)
    {
        int threads = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 2;
        int rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 3;
        const int updates = 10;
        var problem = new GoalProblem(new PointMaze(), new GoalDataOptions { Trajectories = 100 });
        AlgorithmEntry entry = AlgorithmCatalogue.Find("transitive-rl");
        IReadOnlyList<Assignment> options = entry.Merge(problem, "paper", [.. args.Skip(2).Select(Assignment.Parse),
            new("probes", "0"), new("updates", FormattableString.Invariant($"{updates}"))]);
        using var workers = new Workers(threads);
        using IAlgorithm algorithm = entry.Create(problem, options, 1, workers);
        algorithm.Iterate(0);
        for (int round = 0; round < rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            algorithm.Iterate(0);
            double perSecond = updates / watch.Elapsed.TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{{\"program\": \"RLSquared\", \"threads\": {threads}, \"updatesPerSecond\": {perSecond:F3}}}"));
        }
        return 0;
    }
}
