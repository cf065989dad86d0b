#:project ../../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// MLSH and PPO on sparse-course: a line for each seed and, where a file is named, the JSON of docs/results.
// dotnet run -c Release benchmarks/exploration/sparse-course.cs 1-3 docs/results/sparse-course.json
// Further arguments: names of variants (mlsh,ppo), a budget, options of mlsh ('groups=10 plays=80').

using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

int[] seeds = [.. (args.Length > 0 ? args[0] : "1").Split('-').Select(int.Parse)];                // 1, or 3-5
string? file = args.Length > 1 && args[1] != "-" ? args[1] : null;
string[] only = args.Length > 2 ? args[2].Split(',') : [];
string? given = args.Length > 3 ? args[3] : null;
string more = args.Length > 4 ? args[4] : "";
using var workers = new Workers(threads: Environment.ProcessorCount);
object row = SparseCourse();
if (file is not null)
{
    File.WriteAllText(file, JsonSerializer.Serialize(new { version = 1, table = "sparse-course", rows = new[] { row } },
        new JsonSerializerOptions
        {
            WriteIndented = true,
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        }) + "\n");
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
    for (int seed = seeds[0]; seed <= seeds[^1]; seed++)
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
