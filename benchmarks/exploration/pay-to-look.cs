#:project ../../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// E-RL² and RL² on pay-to-look: does it look, and what do the pulls bring that count? Writes one line for each seed
// and, where a file is named, docs/results/pay-to-look.json.
// dotnet run -c Release benchmarks/exploration/pay-to-look.cs 500K 5 docs/results/pay-to-look.json

using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

const int explore = ERl2.UsualExploreEpisodes, instances = 20_000;
string budget = args.Length > 0 ? args[0] : "500K";
int seeds = args.Length > 1 ? int.Parse(args[1]) : 5;
var task = new PayToLook();
double optimum = task.OptimalExploitValue(explore);
using var workers = new Workers(threads: Environment.ProcessorCount);
var trained = new List<object>();
foreach ((string variant, Rl2Options options) in new[] { (ERl2.Name, ERl2.For(task)), ("rl2", Rl2Options.For(task)) })
{
    var runs = new List<(int Seed, Estimate Exploit, Estimate All, double Looks, double Seconds)>();
    for (int seed = 1; seed <= seeds; seed++)
    {
        using var rl2 = new Rl2(task, options, (ulong)seed, workers);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        new Training(rl2, Budget.Parse(budget)).Run();
        double seconds = clock.Elapsed.TotalSeconds;
        IReadOnlyList<double[]> episodes = EpisodeReturns.Of(task, rl2.Agent, instances, seed: 0);
        double[] exploit = new double[instances], all = new double[instances];
        int looks = 0;
        for (int trial = 0; trial < instances; trial++)
        {
            all[trial] = episodes.Sum(returns => returns[trial]);
            exploit[trial] = episodes.Skip(explore).Sum(returns => returns[trial]);
            looks += episodes.Take(explore).Any(returns => returns[trial] != 0) ? 1 : 0;    // only the second arm pays
        }
        runs.Add((seed, Estimate.Of(exploit), Estimate.Of(all), (double)looks / instances, seconds));
        Console.WriteLine(FormattableString.Invariant(
            $"{variant,-6} seed {seed}: last two pulls {runs[^1].Exploit.Mean:F4} ± ") +
            FormattableString.Invariant($"{runs[^1].Exploit.StandardError:F4} of {optimum}, all pulls ") +
            FormattableString.Invariant($"{runs[^1].All.Mean:F3}, looks in {runs[^1].Looks:P1}, {seconds:F0} s"));
    }
    double[] sorted = [.. runs.Select(run => run.Exploit.Mean).Order()];
    double median = sorted[sorted.Length / 2], aim = variant == ERl2.Name ? 0.98 * optimum : 0;
    trained.Add(new
    {
        variant,
        algorithm = variant,
        preset = "default",
        budget,
        seeds = runs.Select(run => new
        {
            seed = run.Seed,
            mean = run.Exploit.Mean,
            standardError = run.Exploit.StandardError,
            allPulls = run.All.Mean,
            looks = run.Looks,
            seconds = Math.Round(run.Seconds, 1),
            threads = workers.Threads,
            command = $"rl2 train pay-to-look --algorithm {variant} --budget {budget} --seed {run.Seed}",
        }),
        median,
        aim,
        reachesAim = variant == ERl2.Name ? median >= aim : Math.Abs(median) < 0.05,
    });
}
if (args.Length > 2)
{
    var result = new
    {
        version = 1,
        table = "pay-to-look",
        rows = new[]
        {
            new
            {
                row = "k5-p3",
                label = "five pulls, of which the last two count",
                task = task.Name,
                options = task.Settings.ToDictionary(pair => pair.Key, pair => pair.Value),
                instances,
                seed = 0,
                ceiling = new { name = "best play, exact", isBound = true, mean = optimum },
                trained,
            },
        },
    };
    File.WriteAllText(args[2], JsonSerializer.Serialize(result, new JsonSerializerOptions
    {
        WriteIndented = true,
        TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
    }) + "\n");
}
