#:project ../../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// MLSH and what it is compared with, on movement-bandits, four-rooms or sparse-course: a line for each seed and, where
// a file is named, the JSON of docs/results.
// dotnet run -c Release benchmarks/exploration/mlsh.cs movement-bandits 10 docs/results/movement-bandits.json
// Further arguments: names of variants (mlsh,shared), a budget, options of mlsh ('groups=10 plays=80').

using System.Text.Json;
using RLSquared;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

string table = args.Length > 0 ? args[0] : "movement-bandits";
int[] seeds = [.. (args.Length > 1 ? args[1] : "1").Split('-').Select(int.Parse)];               // 5, or 3-5
string? file = args.Length > 2 && args[2] != "-" ? args[2] : null;
string[] only = args.Length > 3 ? args[3].Split(',') : [];
string? given = args.Length > 4 ? args[4] : null;
string more = args.Length > 5 ? args[5] : "";
using var workers = new Workers(threads: Environment.ProcessorCount);
object row = table switch
{
    "movement-bandits" => MovementBandits(),
    "four-rooms" => FourRooms(),
    "sparse-course" => SparseCourse(),
    _ => throw new OptionException(
        "TABLE", $"there is no table '{table}'; name movement-bandits, four-rooms or sparse-course"),
};
if (file is not null)
{
    File.WriteAllText(file, JsonSerializer.Serialize(new { version = 1, table, rows = new[] { row } },
        new JsonSerializerOptions
        {
            WriteIndented = true,
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        }) + "\n");
}

// ---- movement-bandits: fresh masters learn each of the two tasks, with the skills as they are ----

object MovementBandits()
{
    const int instances = 500;
    var task = new MovementBandits();
    string budget = given ?? "1600K";
    TaskDistribution[] goals = [new MovementBandits(new() { Goal = 0 }), new MovementBandits(new() { Goal = 1 })];
    (string Name, string Algorithm, string Settings)[] variants =
    [
        ("mlsh", "mlsh", ""), ("no-warm-up", "mlsh", "warm-up=0 joint=10"), ("interval-1", "mlsh", "interval=1"),
        ("shared", "ppo", ""),
    ];
    return new
    {
        row = "two-goals",
        label = "50 steps, two goals: return of ten fresh masters after nine updates, skills as they are, by goal",
        task = task.Name,
        options = task.Settings.ToDictionary(pair => pair.Key, pair => pair.Value),
        instances = 300,
        seed = 1,
        trained = Wanted(variants).Select(variant => Trained(variant, task, budget, learned =>
        {
            double[][] skills = [.. goals.Select(goal => learned.Parts.Count == 0 ? [] : Evaluator.Run(goal,
                learned.Parts, new() { Instances = instances }).Agents.Select(agent => agent.Score.Mean).ToArray())];
            double[][] curves = learned is Mlsh mlsh
                ? [.. goals.Select(goal => Curve(Transfer(goal, $"{variant.Settings} groups=10", mlsh), 10))]
                : [.. goals.Select(goal => new[]
                {
                    Evaluator.Run(goal, [learned.Agent], new() { Instances = instances }).Agents[0].Score.Mean,
                })];
            double[] apart = [.. skills[0].Zip(skills[1], (first, second) => first - second)];
            return new
            {
                mean = curves.Average(curve => curve[^1]),
                goals = curves.Select(curve => Math.Round(curve[^1], 2)),
                fresh = curves.Select(curve => Math.Round(curve[0], 2)),
                skills = skills.Select(ofGoal => ofGoal.Select(one => Math.Round(one, 2))),
                separation = apart.Length == 0 ? 0 : Math.Round(apart.Max() - apart.Min(), 2),
                reaches = curves.All(curve => curve[^1] >= 38),
            };
        }, found => found.mean)),
    };
}

// ---- four-rooms: the goal that no trial drew ----

object FourRooms()
{
    const int unseen = 103, iterations = 60;
    string budget = given ?? "1600K";
    var task = new FourRooms(new() { Unseen = unseen });
    var fresh = new FourRooms(new() { Goal = unseen });
    double best = fresh.BestReturn(unseen);
    (string Name, string Algorithm, string Settings)[] variants = [("mlsh", "mlsh", ""), ("ppo", "ppo", "")];
    return new
    {
        row = $"goal-{unseen}",
        label = $"goal {unseen}, unseen in training, as a share of the best possible {best:F1}",
        task = task.Name,
        options = fresh.Settings.ToDictionary(pair => pair.Key, pair => pair.Value),
        ceiling = new { name = "goal known, exact", isBound = true, mean = 1.0 },
        seed = 0,
        trained = Wanted(variants).Select(variant => Trained(variant, task, budget, learned =>
        {
            double[] curve = learned is Mlsh mlsh
                ? Curve(Transfer(fresh, $"{variant.Settings} groups=1", mlsh), iterations)
                : Curve(Scratch(fresh), iterations);
            double[] share = [.. curve.Select(score => score / best)];
            double plateau = share[(iterations / 2)..].Average();
            int within = Array.FindIndex(share, score => score >= 0.9 * plateau) + 1;
            return new
            {
                mean = plateau,
                iterationsTo90Percent = within,
                afterTen = Math.Round(share[9], 3),
                afterTwenty = Math.Round(share[19], 3),
                curve = share.Select(score => Math.Round(score, 3)),
            };
        }, found => found.mean, trains: variant.Algorithm == "mlsh")),
    };
}

// ---- sparse-course: skills of the practice, on the course ----

object SparseCourse()
{
    const int instances = 200;
    string budget = given ?? "1600K";
    var practice = new SparseCourse(new() { Stage = CourseStage.Practice, Horizon = 100 });
    var course = new SparseCourse();
    (string Name, string Algorithm, string Settings)[] variants = [("mlsh", "mlsh", ""), ("ppo", "ppo", "")];
    return new
    {
        row = "course",
        label = "steps at the goal, of 400",
        task = course.Name,
        options = course.Settings.ToDictionary(pair => pair.Key, pair => pair.Value),
        instances,
        seed = 0,
        trained = Wanted(variants).Select(variant => Trained(variant, practice, budget, learned =>
        {
            using IAgentAlgorithm onCourse =
                learned is Mlsh mlsh ? Transfer(course, $"{variant.Settings} groups=1", mlsh) : Scratch(course);
            double first = onCourse.Iterate(0).MeanReturn;
            new Training(onCourse, Budget.Parse(budget)).Run();
            Estimate score = Evaluator.Run(course, [onCourse.Agent], new() { Instances = instances }).Agents[0].Score;
            return new
            {
                mean = score.Mean,
                standardError = Math.Round(score.StandardError, 2),
                first = Math.Round(first, 3),
                steps = onCourse.Steps,
            };
        }, found => found.mean, trains: variant.Algorithm == "mlsh")),
    };
}

// ---- parts ----

IEnumerable<(string Name, string Algorithm, string Settings)> Wanted(
    IEnumerable<(string Name, string Algorithm, string Settings)> variants) =>
    variants.Where(variant => only.Length == 0 || only.Contains(variant.Name));

object Trained<TFound>(
    (string Name, string Algorithm, string Settings) variant, TaskDistribution task, string budget,
    Func<IAgentAlgorithm, TFound> measure, Func<TFound, double> mean, bool trains = true)
{
    AlgorithmEntry entry = AlgorithmCatalogue.Find(variant.Algorithm);
    string settings = variant.Algorithm == "mlsh" ? $"{variant.Settings} {more}".Trim() : variant.Settings;
    var runs = new List<(int Seed, TFound Found, double Seconds)>();
    for (int seed = seeds.Length > 1 ? seeds[0] : 1; seed <= seeds[^1]; seed++)
    {
        using IAgentAlgorithm learned = Create(entry, task, settings, seed);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        if (trains)
            new Training(learned, Budget.Parse(budget)).Run();
        TFound found = measure(learned);
        runs.Add((seed, found, clock.Elapsed.TotalSeconds));
        string text = JsonSerializer.Serialize(found, Readable());
        Console.WriteLine($"{variant.Name} seed {seed}: {text} {runs[^1].Seconds:F0} s");
    }
    double[] sorted = [.. runs.Select(run => mean(run.Found)).Order()];
    return new
    {
        variant = variant.Name,
        algorithm = variant.Algorithm,
        preset = "default",
        settings,
        budget,
        seeds = runs.Select(run => new
        {
            seed = run.Seed,
            mean = Math.Round(mean(run.Found), 4),
            found = run.Found,
            seconds = Math.Round(run.Seconds),
            threads = workers.Threads,
            command = $"rl2 train {task.Name} --algorithm {variant.Algorithm} --budget {budget} --seed {run.Seed}" +
                (settings.Length == 0 ? "" : $" --set {settings}"),
        }),
        median = sorted[sorted.Length / 2],
    };
}

JsonSerializerOptions Readable() => new()
{
    TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
};

IAgentAlgorithm Create(AlgorithmEntry entry, TaskDistribution task, string settings, int seed) =>
    (IAgentAlgorithm)entry.Create(task, entry.Merge(task, "default", 
        settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Assignment.Parse)), (ulong)seed, workers);

Mlsh Transfer(TaskDistribution task, string settings, Mlsh skills)
{
    var transfer = (Mlsh)Create(AlgorithmCatalogue.Find("mlsh"), task,
        $"{more} {settings} joint=0".Trim(), seed: 1);
    transfer.Parameters.CopyFrom(skills.Parameters);
    return transfer;
}

// As many steps in an iteration as a group of mlsh has.
IAgentAlgorithm Scratch(TaskDistribution task) =>
    Create(AlgorithmCatalogue.Find("ppo"), task, $"lanes=40 window={task.TrialLength}", seed: 1);

double[] Curve(IAgentAlgorithm algorithm, int iterations)
{
    using (algorithm)
        return [.. Enumerable.Range(0, iterations).Select(i => algorithm.Iterate((double)i / iterations).MeanReturn)];
}
