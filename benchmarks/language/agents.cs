#:project ../../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false

// GiGPO, GRPO, RLOO, RePro and LaMer on the tasks of language agents. One call makes the warm starts of one seed, and
// then trains each variant from a copy of its own, with the same number of plays; it adds a line for each to
// FOLDER/rows.jsonl. 'table' writes the results files.
// Variants: gigpo, agent-grpo, agent-rloo from one warm start; repro and asked (its weights 0) from another, that asks
// for progress; lamer and lamer-episodic from a third, that writes notes. Options are those of task and algorithm.
//   dotnet run -c Release benchmarks/language/agents.cs FOLDER TASK SEED VARIANT,… ITERATIONS [option=value …]
//   dotnet run -c Release benchmarks/language/agents.cs FOLDER table docs/results

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
const int instances = 500, warmUpdates = 25, points = 10;
string rows = Path.Combine(args[0], "rows.jsonl");
Directory.CreateDirectory(args[0]);
if (args[1] == "table")
    return Tables.Write(rows, args[2]);

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
using var workers = new Workers(int.Parse(Environment.GetEnvironmentVariable("RL2_THREADS") ?? "1"));

foreach (IGrouping<string, string> family in variants.GroupBy(WarmStartOf))
{
    using IAlgorithm warm = Create(family.Key, learns: false);
    AgentOptions shared = Shared(family.Key);
    var clock = Stopwatch.StartNew();
    double reached = 0;
    int updates = 0;
    for (; updates < shared.WarmStart && reached < shared.WarmStartSuccess; updates += warmUpdates)
    {
        IterationReport report = warm.Iterate(0);
        reached = Figure(report, "success@1") ?? report.MeanReturn;
        if (updates % 100 == 0)
            Print($"{family.Key} update {updates}", report, clock);
    }
    Add(warm, $"warm-start-{family.Key}", updates, [], new JsonObject(), clock);
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
        var end = new JsonObject();
        foreach ((string name, List<double> values) in last)
            end[name] = Math.Round(values.Average(), 4);
        Add(run, variant, iterations,
            [.. sums.Zip(counts, (sum, count) => Math.Round(sum / Math.Max(1, count), 3))], end, clock);
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

void Add(IAlgorithm run, string variant, int done, double[] curve, JsonObject end, Stopwatch clock)
{
    double seconds = Math.Round(clock.Elapsed.TotalSeconds);
    AgentScore found = run.Evaluate(
        new EvaluationOptions { Instances = instances, Threads = workers.Threads }, default).Agents[0];
    var figures = new JsonObject();
    foreach ((string name, Estimate score) in found.Figures.Prepend(("success", found.Score)))
    {
        figures[name] = new JsonObject
        {
            ["mean"] = Math.Round(score.Mean, 4),
            ["standardError"] = Math.Round(score.StandardError, 4),
        };
    }
    var row = new JsonObject
    {
        ["task"] = taskName,
        ["settings"] = settings,
        ["options"] = changed,
        ["seed"] = seed,
        ["variant"] = variant,
        ["iterations"] = done,
        ["tokens"] = run.Steps,
        ["curve"] = new JsonArray([.. curve.Select(one => (JsonNode)one)]),
        ["end"] = end,
        ["instances"] = instances,
        ["heldOut"] = figures,
        ["seconds"] = seconds,
        ["command"] = command,
    };
    File.AppendAllText(rows, row.ToJsonString() + "\n");
    Console.WriteLine($"{taskName} {seed} {variant}: held out " + string.Join(", ",
        found.Figures.Prepend(("success", found.Score)).Select(one => $"{one.Item1} {one.Item2}")));
}

static class Tables
{
    // What each variant has to pass, and by how much.
    static readonly Dictionary<string, (string Than, double By)> aims = new()
    {
        ["gigpo"] = ("agent-grpo", 0),
        ["agent-grpo"] = ("warm-start-gigpo", 0),
        ["repro"] = ("gigpo", 0.05),
    };

    public static int Write(string rows, string folder)
    {
        // A later line of the same kind takes the place of an earlier one.
        JsonObject[] all = [.. File.ReadLines(rows).Select(line => (JsonObject)JsonNode.Parse(line)!)
            .GroupBy(one => (Text(one, "task"), Text(one, "settings"), Text(one, "variant"), (int)one["seed"]!))
            .Select(group => group.Last())];
        Write(all, folder, "repro", ["success"], variant => !variant.Contains("lamer", StringComparison.Ordinal));
        Write(all, folder, "lamer", ["success@1", "success@2", "success@3", "gain"],
            variant => variant.Contains("lamer", StringComparison.Ordinal));
        return 0;
    }

    static string Text(JsonNode node, string key) => (string)node[key]!;

    static (double Mean, double StandardError) Figure(JsonObject row, string name)
    {
        if (name == "gain")
        {
            // success@3 − success@1 is the share of levels that a later attempt solves.
            double gain = Figure(row, "success@3").Mean - Figure(row, "success@1").Mean;
            return (Math.Round(gain, 4), Math.Round(Math.Sqrt(gain * (1 - gain) / (int)row["instances"]!), 4));
        }
        JsonNode? found = row["heldOut"]![name];
        return found is null ? (double.NaN, 0) : ((double)found["mean"]!, (double)found["standardError"]!);
    }

    static double Median(IEnumerable<double> values)
    {
        double[] all = [.. values.Order()];
        return all.Length % 2 == 1 ? all[all.Length / 2] : (all[all.Length / 2 - 1] + all[all.Length / 2]) / 2;
    }

    static void Write(JsonObject[] all, string folder, string name, string[] figures, Func<string, bool> isOf)
    {
        var table = new JsonArray();
        List<string> lines = [];
        foreach (var task in all.Where(one => isOf(Text(one, "variant")))
            .GroupBy(one => (Task: Text(one, "task"), Settings: Text(one, "settings"))))
        {
            string heading = $"{task.Key.Task} {task.Key.Settings}".Trim();
            lines.AddRange(["", $"### {heading}", "",
                Row(["variant", "seed", .. figures, "turns", "invalid", "seconds"]),
                Row([.. Enumerable.Repeat("---", figures.Length + 5)])]);
            foreach (JsonObject one in task)
            {
                lines.Add(Row([$"`{Text(one, "variant")}`", $"{one["seed"]}", .. figures.Concat(["turns", "invalid"])
                    .Select(figure => Shown(Figure(one, figure))), $"{one["seconds"]}"]));
            }
            foreach (string figure in figures)
            {
                Dictionary<string, double> medians = task.GroupBy(one => Text(one, "variant"))
                    .ToDictionary(group => group.Key, group => Median(group.Select(one => Figure(one, figure).Mean)));
                var trained = new JsonArray();
                foreach (IGrouping<string, JsonObject> variant in task.GroupBy(one => Text(one, "variant")))
                {
                    double? aim = figure == "success" && aims.TryGetValue(variant.Key, out var over)
                        && medians.TryGetValue(over.Than, out double other) ? Math.Round(other + over.By, 4)
                        : figure == "gain" && variant.Key == "lamer"
                        && medians.TryGetValue("lamer-episodic", out double episodic) ? Math.Round(episodic + 0.1, 4)
                        : null;
                    trained.Add(new JsonObject
                    {
                        ["variant"] = variant.Key,
                        ["seeds"] = new JsonArray([.. variant.Select(one => Seed(one, figure))]),
                        ["median"] = medians[variant.Key],
                        ["aim"] = aim,
                        ["reachesAim"] = aim is null ? null : medians[variant.Key] > aim,
                    });
                }
                table.Add(new JsonObject
                {
                    ["row"] = $"{heading.Replace(' ', '-')}-{figure}",
                    ["task"] = task.Key.Task,
                    ["settings"] = task.Key.Settings,
                    ["figure"] = figure,
                    ["trained"] = trained,
                });
            }
        }
        File.WriteAllText(Path.Combine(folder, $"{name}.json"), new JsonObject
        {
            ["version"] = 1,
            ["table"] = name,
            ["rows"] = table,
            ["runs"] = new JsonArray([.. all.Where(one => isOf(Text(one, "variant"))).Select(one => one.DeepClone())]),
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
        // The page's text is written by hand; what stands behind this heading is written here.
        const string measured = "## Measured";
        string page = Path.Combine(folder, $"{name}.md");
        string text = File.Exists(page) ? File.ReadAllText(page) : $"# {name}\n\n{measured}\n";
        File.WriteAllText(page, text[..(text.IndexOf(measured, StringComparison.Ordinal) + measured.Length)] + "\n"
            + string.Join('\n', lines) + "\n\n```\n" + string.Join('\n', all.Where(one => isOf(Text(one, "variant")))
                .Select(one => Text(one, "command")).Distinct()) + "\n```\n");
    }

    static JsonObject Seed(JsonObject one, string figure) => new()
    {
        ["seed"] = (int)one["seed"]!,
        ["mean"] = Figure(one, figure).Mean,
        ["standardError"] = Figure(one, figure).StandardError,
        ["instances"] = (int)one["instances"]!,
        ["iterations"] = (int)one["iterations"]!,
        ["seconds"] = (double)one["seconds"]!,
        ["command"] = Text(one, "command"),
    };

    static string Shown((double Mean, double StandardError) value) =>
        double.IsNaN(value.Mean) ? "" : $"{value.Mean:F3} ± {value.StandardError:F3}";

    static string Row(IEnumerable<string> cells) => "| " + string.Join(" | ", cells) + " |";
}
