#:project ../../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// MAML and E-MAML on corners: what the plays before the adaptation see of the four corners, and what those after it
// bring.
// dotnet run -c Release benchmarks/exploration/corners.cs 2400K 5 docs/results/corners.json

using System.Numerics;
using System.Text.Json;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

const int plays = 20, instances = 400;
string budget = args.Length > 0 ? args[0] : "2400K";
int seeds = args.Length > 1 ? int.Parse(args[1]) : 5;
string settings = args.Length > 3 ? args[3] : "plays=20 tasks=20 hidden=32 learning-rate=1e-2 step-size=0.1 epochs=1";
var task = new Corners(new() { Episodes = 1, Horizon = 30 });
var trials = new Corners(new() { Episodes = 2 * plays, Horizon = 30 });             // half of them before the step
using var workers = new Workers(threads: Environment.ProcessorCount);
var trained = new List<object>();
foreach (string variant in new[] { EMaml.Name, "maml" })
{
    var runs = new List<(int Seed, Estimate After, double Before, double Covered, double PerPlay, double Seconds)>();
    AlgorithmEntry entry = AlgorithmCatalogue.Find(variant);
    IEnumerable<Assignment> own = settings.Split(' ').Select(Assignment.Parse)
        .Where(setting => entry.Options.Contains(setting.Key));
    for (int seed = 1; seed <= seeds; seed++)
    {
        using var maml = (Maml)entry.Create(task, entry.Merge(task, "default", own), (ulong)seed, workers);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        new Training(maml, Budget.Parse(budget)).Run();
        double seconds = clock.Elapsed.TotalSeconds;
        (Estimate after, double before, double covered, double perPlay) = Measure(maml.Agent);
        runs.Add((seed, after, before, covered, perPlay, seconds));
        Console.WriteLine(FormattableString.Invariant(
            $"{variant,-6} seed {seed}: after {after.Mean:F2} ± {after.StandardError:F2}, before {before:F2}, ") +
            FormattableString.Invariant($"corners reached before in all {plays} plays {covered:F2}, in one ") +
            FormattableString.Invariant($"{perPlay:F3}, {seconds:F0} s"));
    }
    double[] sorted = [.. runs.Select(run => run.After.Mean).Order()];
    trained.Add(new
    {
        variant,
        algorithm = variant,
        preset = "default",
        settings,
        budget,
        seeds = runs.Select(run => new
        {
            seed = run.Seed,
            mean = run.After.Mean,
            standardError = run.After.StandardError,
            before = run.Before,
            cornersReached = run.Covered,
            cornersReachedPerPlay = run.PerPlay,
            seconds = Math.Round(run.Seconds, 1),
            threads = workers.Threads,
            command = $"rl2 train corners --algorithm {variant} --budget {budget} --seed {run.Seed} --set episodes=1 " +
                $"horizon=30 {settings}",
        }),
        median = sorted[sorted.Length / 2],
    });
}
if (args.Length > 2)
{
    var result = new
    {
        version = 1,
        table = "corners",
        rows = new[]
        {
            new
            {
                row = "corners",
                label = "four corners, 20 plays of 30 steps before the step and 20 after it",
                task = task.Name,
                options = trials.Settings.ToDictionary(pair => pair.Key, pair => pair.Value),
                instances,
                seed = 0,
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

// Trials of forty episodes, with the gradient step after the twentieth. A corner is reached within a distance of 1.
(Estimate After, double Before, double Covered, double PerPlay) Measure(Agent agent)
{
    double[] after = new double[instances];
    double before = 0;
    int[] episode = new int[instances], reached = new int[instances], inPlay = new int[instances];
    long covered = 0, perPlay = 0;
    using var game = new Game(trials, agent, instances);
    game.Begin(seed: 0, Evaluator.FirstTrial);
    while (game.Decide())
    {
        for (int lane = 0; lane < instances; lane++)
        {
            var position = new Vector2(game.Observations[2 * lane], game.Observations[2 * lane + 1]);
            for (int corner = 0; corner < 4 && episode[lane] < plays; corner++)
            {
                if (Vector2.Distance(position, Corners.Corner(corner)) < 1)
                {
                    reached[lane] |= 1 << corner;
                    inPlay[lane] |= 1 << corner;
                }
            }
        }
        game.Step();
        for (int lane = 0; lane < instances; lane++)
        {
            if (episode[lane] < plays)
                before += game.Rewards[lane];
            else
                after[lane] += game.Rewards[lane] / plays;
            if ((game.Endings[lane] & Endings.EpisodeEnded) == 0)
                continue;
            perPlay += BitOperations.PopCount((uint)inPlay[lane]);
            inPlay[lane] = 0;
            if (++episode[lane] == plays)
                covered += BitOperations.PopCount((uint)reached[lane]);
        }
    }
    return (Estimate.Of(after), before / instances / plays, (double)covered / instances,
        (double)perPlay / instances / plays);
}
