#:project ../../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false

// GiGPO, GRPO, RLOO, RePro and LaMer on the tasks of language agents. One call makes the warm starts of one seed, and
// then trains each variant from a copy of its own, with the same number of plays; it adds a line for each to
// FOLDER/rows.jsonl, of which results.cs makes the tables.
// Variants: gigpo, agent-grpo, agent-rloo from one warm start; repro and asked (its weights 0) from another, that asks
// for progress; lamer and lamer-episodic from a third, that writes notes. Options are those of task and algorithm.
//   dotnet run -c Release benchmarks/language/agents.cs FOLDER TASK SEED VARIANT,… ITERATIONS [option=value …]
//   dotnet run -c Release benchmarks/language/results.cs repro|lamer FOLDER docs/results

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Environments;
using RLSquared.Settings;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int instances = 500, warmUpdates = 25, points = 10, lastLosses = 8;
string rows = Path.Combine(args[0], "rows.jsonl");
Directory.CreateDirectory(args[0]);
string taskName = args[1];
ulong seed = ulong.Parse(args[2]);
string[] variants = args[3].Split(',');
int iterations = int.Parse(args[4]);
Assignment[] given = [.. args[5..].Select(Assignment.Parse)];
(AgentTask task, OptionTable taskTable) = taskName switch
{
    "sokoban" => ((AgentTask)new SokobanTask(Own(SokobanOptions.Table)), (OptionTable)SokobanOptions.Table),
    "minesweeper" => (new MinesweeperTask(Own(MinesweeperOptions.Table)), MinesweeperOptions.Table),
    "household" => (new HouseholdTask(Own(HouseholdOptions.Table)), HouseholdOptions.Table),
    "shop" => (new ShopTask(Own(ShopOptions.Table)), ShopOptions.Table),
    _ => throw new ArgumentException($"there is no task '{taskName}'"),
};
string settings = string.Join(' ', given.Where(one => taskTable.Contains(one.Key)).Select(Show));
string changed = string.Join(' ', given.Where(one => !taskTable.Contains(one.Key)).Select(Show));
string command = $"dotnet run -c Release benchmarks/language/agents.cs FOLDER {taskName} {seed} {args[3]} " +
    string.Join(' ', args[4..]);
if (given.FirstOrDefault(one => !taskTable.Contains(one.Key) && !ReProOptions.Table.Contains(one.Key)
    && !LaMerOptions.Table.Contains(one.Key)) is { Key: { } strange })
    throw new ArgumentException($"'{strange}' is no option of {taskName}, repro or lamer");
using var workers = new Workers(int.Parse(Environment.GetEnvironmentVariable("RL2_THREADS") ?? "1"));

foreach (IGrouping<string, string> family in variants.GroupBy(WarmStartOf))
{
    using IAlgorithm warm = Create(family.Key, learns: false);
    AgentOptions shared = Shared(family.Key);
    var clock = Stopwatch.StartNew();
    double reached = 0;
    int updates = 0;
    List<double> losses = [];
    for (; updates < shared.WarmStart && reached < shared.WarmStartSuccess; updates += warmUpdates)
    {
        IterationReport report = warm.Iterate(0);
        reached = Figure(report, "success@1") ?? report.MeanReturn;
        losses.Add(Figure(report, "warm_start/loss")!.Value);
        if (updates % 100 == 0)
            Print($"{family.Key} update {updates}", report, clock);
    }
    Add(warm, $"warm-start-{family.Key}", updates, [("warm_start/loss", losses.TakeLast(lastLosses).Average())],
        clock);
    foreach (string variant in family)
    {
        using IAlgorithm run = Create(variant, learns: true);
        run.Parameters.CopyFrom(warm.Parameters);
        clock.Restart();
        // The mean success of each tenth of the iterations, and the means of the figures of the last tenth.
        double[] sums = new double[points];
        int[] counts = new int[points];
        Dictionary<string, List<double>> last = [];
        for (int i = 0; i < iterations; i++)
        {
            IterationReport report = run.Iterate((double)i / iterations);
            int point = points * i / iterations;
            (sums[point], counts[point]) = (sums[point] + report.MeanReturn, counts[point] + 1);
            if (i % 10 == 0 || i == iterations - 1)
                Print($"{variant} {i}", report, clock);
            foreach ((string name, double value) in point == points - 1 ? report.Figures : [])
                (last.TryGetValue(name, out List<double>? all) ? all : last[name] = []).Add(value);
        }
        IEnumerable<(string, double)> curve = sums.Zip(counts, (sum, count) => sum / Math.Max(1, count))
            .Select((mean, tenth) => ($"tenth-{tenth + 1}", mean));
        Add(run, variant, iterations,
            [.. curve, .. last.Select(one => ($"last/{one.Key}", one.Value.Average()))], clock);
    }
}
return 0;

TOptions Own<TOptions>(OptionTable<TOptions> table) where TOptions : class =>
    table.Apply(given.Where(one => table.Contains(one.Key)));

static string Show(Assignment one) => $"{one.Key}={one.Value}";

static string WarmStartOf(string variant) => variant switch
{
    "repro" or "asked" => "repro",
    "lamer" or "lamer-episodic" => "lamer",
    _ => "gigpo",
};

// What suits the task, and what was given.
TOptions Suit<TOptions>(OptionTable<TOptions> table, string algorithm) where TOptions : class =>
    table.Apply(task.SuggestedOptions(algorithm).Concat(given.Where(one => table.Contains(one.Key))));

AgentOptions Shared(string family) => family switch
{
    "repro" => Suit(ReProOptions.Table, family).Agent,
    "lamer" => Suit(LaMerOptions.Table, family).Agent,
    _ => Suit(AgentOptions.Table, family),
};

IAlgorithm Create(string name, bool learns)
{
    switch (name)
    {
        case "repro" or "asked":
            ReProOptions told = Suit(ReProOptions.Table, "repro");
            told = told with { Agent = Begun(told.Agent) };
            return new RePro(task, name == "repro" ? told
                : told with { ProgressWeight = 0, AlignWeight = 0, FormatWeight = 0 }, seed, workers);
        case "lamer" or "lamer-episodic":
            LaMerOptions noted = Suit(LaMerOptions.Table, "lamer");
            return new LaMer(task, LaMer.Family.First(one => one.Name == name).Change(
                noted with { Agent = Begun(noted.Agent) }), seed, workers, name);
        default:
            return new GiGpo(task, GiGpo.Family.First(one => one.Name == name).Change(
                Begun(Suit(AgentOptions.Table, "gigpo"))), seed, workers, name);
    }

    AgentOptions Begun(AgentOptions options) => learns ? options with { WarmStart = 0, Kl = 0 } : options;
}

static double? Figure(IterationReport report, string name)
{
    foreach ((string found, double value) in report.Figures)
    {
        if (found == name)
            return value;
    }
    return null;
}

void Print(string what, IterationReport report, Stopwatch clock) =>
    Console.WriteLine($"{taskName} {seed} {what}: success {report.MeanReturn:F3}, " + string.Join(", ",
        report.Figures.Where(one => one.Name is "success@1" or "return" or "turns" or "invalid" or "recurring"
            or "entropy" or "clip_ratio/region_mean" or "grad_norm" or "warm_start/loss" or "reflections"
            or "discrimination" or "reward/progress").Select(one => $"{one.Name} {one.Value:F3}"))
        + $", {report.RolloutSeconds:F2} + {report.UpdateSeconds:F2} s of {clock.Elapsed.TotalSeconds:F0} s");

void Add(IAlgorithm run, string variant, int done, IEnumerable<(string Name, double Value)> training, Stopwatch clock)
{
    double seconds = Math.Round(clock.Elapsed.TotalSeconds);
    AgentScore found = run.Evaluate(
        new EvaluationOptions { Instances = instances, Threads = workers.Threads }, default).Agents[0];
    var figures = new JsonObject();
    List<(string Name, Estimate Score)> measured = [("success", found.Score), .. found.Figures];
    if (measured.Find(one => one.Name == "success@3").Score is { Mean: > 0 } third)
    {
        // success@3 − success@1 is the share of levels that a later attempt solves.
        double gain = third.Mean - found.Score.Mean;
        measured.Add(("gain", new Estimate(gain, Math.Sqrt(gain * (1 - gain) / instances))));
    }
    foreach ((string name, Estimate score) in measured)
    {
        figures[name] = new JsonObject
        {
            ["mean"] = Math.Round(score.Mean, 4),
            ["standardError"] = Math.Round(score.StandardError, 4),
            ["instances"] = instances,
        };
    }
    foreach ((string name, double value) in training)
        figures[name] = new JsonObject { ["mean"] = Math.Round(value, 4), ["instances"] = done };
    var row = new JsonObject
    {
        ["task"] = $"{taskName} {settings}".Trim(),
        ["options"] = changed,
        ["seed"] = seed,
        ["variant"] = variant,
        ["command"] = command,
        ["seconds"] = seconds,
        ["threads"] = workers.Threads,
        ["tokens"] = run.Steps,
        ["figures"] = figures,
    };
    File.AppendAllText(rows, row.ToJsonString() + "\n");
    Console.WriteLine($"{taskName} {seed} {variant}: held out " +
        string.Join(", ", measured.Select(one => $"{one.Name} {one.Score}")) + $", after {seconds} s");
}
