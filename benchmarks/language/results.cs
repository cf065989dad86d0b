#:property PublishAot=false

// Writes the results of exprl.cs, longtrace.cs and agents.cs: NAME.json, and in NAME.md what stands between the lines
// <!-- tables --> and <!-- end of tables -->. Rows of several tasks become tables for each.
//   dotnet run -c Release benchmarks/language/results.cs exprl|longtrace|repro|lamer FOLDER docs/results

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string name = args[0];
// The last line of each task, variant and seed counts: what was trained again was trained otherwise.
JsonNode[] all = [.. File.ReadLines(Path.Combine(args[1], "rows.jsonl")).Select(line => JsonNode.Parse(line)!)
    .Where(row => name is not ("repro" or "lamer")
        || ((string)row["variant"]!).Contains("lamer", StringComparison.Ordinal) == (name == "lamer"))
    .GroupBy(row => (Task(row), (string)row["variant"]!, (int)row["seed"]!))
    .Select(same => name == "longtrace" ? WithTraining(same.Last()) : same.Last())];
string[] variants = [.. all.Select(row => (string)row["variant"]!).Distinct()];
string[] tasks = [.. all.Select(Task).Distinct()];
(string Task, Column Column)[] columns = [.. tasks.SelectMany(task =>
{
    double? median(string variant, string figure) => Median(task, variant, figure);
    return (name switch
    {
        "exprl" => Columns.ExpRl(median),
        "longtrace" => Columns.LongTrace(median),
        "repro" => Columns.RePro(median),
        _ => Columns.LaMer(median),
    }).Select(column => (task, column));
})];
File.WriteAllText(Path.Combine(args[2], $"{name}.json"), new JsonObject
{
    ["version"] = 1,
    ["table"] = name,
    ["rows"] = new JsonArray([.. columns.Select(one => Row(one.Task, one.Column))
        .Where(row => ((JsonArray)row["trained"]!).Count > 0)]),
}.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
string page = Path.Combine(args[2], $"{name}.md");
string[] parts = File.ReadAllText(page).Split("<!-- tables -->\n");
string behind = parts[1][parts[1].IndexOf("<!-- end of tables -->", StringComparison.Ordinal)..];
File.WriteAllText(page, $"{parts[0]}<!-- tables -->\n{Tables()}{behind}");
return 0;

// The mean of the tenths of a training: how soon it learned.
static JsonNode WithTraining(JsonNode row)
{
    JsonNode?[] tenths = [.. Enumerable.Range(1, 10).Select(tenth => row["figures"]![$"tenth-{tenth}"])];
    if (tenths.All(tenth => tenth is not null))
    {
        row["figures"]!["training"] = new JsonObject
        {
            ["mean"] = Math.Round(tenths.Average(tenth => (double)tenth!["mean"]!), 4),
            ["instances"] = tenths.Sum(tenth => (int)tenth!["instances"]!),
        };
    }
    return row;
}

static string Task(JsonNode row) => (string?)row["task"] ?? "";

JsonNode[] Of(string task, string variant, string figure) => [.. all.Where(row => Task(row) == task
    && (string)row["variant"]! == variant && row["figures"]![figure] is not null).OrderBy(row => (int)row["seed"]!)];

double[] Values(string task, string variant, string figure) =>
    [.. Of(task, variant, figure).Select(row => (double)row["figures"]![figure]!["mean"]!).Order()];

double? Median(string task, string variant, string figure) => Values(task, variant, figure) is { Length: > 0 } values
    ? (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2 : null;

JsonNode Row(string task, Column column)
{
    var trained = new JsonArray();
    foreach (string variant in variants)
    {
        if (Median(task, variant, column.Figure) is not { } median)
            continue;
        double? aim = column.Aim(variant);
        trained.Add(new JsonObject
        {
            ["variant"] = variant,
            ["seeds"] = new JsonArray([.. Of(task, variant, column.Figure).Select(row => (JsonNode)new JsonObject
            {
                ["seed"] = (int)row["seed"]!,
                ["mean"] = (double)row["figures"]![column.Figure]!["mean"]!,
                ["standardError"] = (double?)row["figures"]![column.Figure]!["standardError"],
                ["instances"] = (int)row["figures"]![column.Figure]!["instances"]!,
                ["seconds"] = (double)row["seconds"]!,
                ["threads"] = (int)row["threads"]!,
                ["command"] = (string)row["command"]!,
            })]),
            ["median"] = Math.Round(median, 4),
            ["aim"] = aim is { } wanted ? Math.Round(wanted, 4) : null,
            ["reachesAim"] = Reaches(column, variant, median),
        });
    }
    string of = task.Length > 0 ? $"{task.Replace(' ', '-')}-" : "";
    return new JsonObject { ["row"] = of + column.Figure, ["label"] = column.Label, ["trained"] = trained };
}

static bool? Reaches(Column column, string variant, double median) =>
    column.Aim(variant) is not { } aim ? null : column.IsMost(variant) ? median <= aim : median >= aim;

string Tables()
{
    var text = new StringBuilder();
    foreach ((string task, string heading) in columns.Select(one => (one.Task, one.Column.Table)).Distinct())
    {
        Column[] of = [.. columns.Where(one => one.Task == task && one.Column.Table == heading)
            .Select(one => one.Column)
            .Where(column => variants.Any(variant => Median(task, variant, column.Figure) is not null))];
        string[] rows = [.. variants.Where(
            variant => of.Any(column => Median(task, variant, column.Figure) is not null))];
        if (rows.Length == 0)
            continue;
        text.Append(CultureInfo.InvariantCulture,
            $"\n{(task.Length > 0 ? $"`{task}`: " : "")}{heading}\n\n| variant | seeds | ")
            .AppendJoin(" | ", of.Select(column => column.Label)).Append(" |\n|---|---|")
            .Append(string.Concat(Enumerable.Repeat("---|", of.Length))).Append('\n');
        foreach (string variant in rows)
        {
            int seeds = of.Max(column => Of(task, variant, column.Figure).Length);
            text.Append(CultureInfo.InvariantCulture, $"| `{variant}` | {seeds} | ")
                .AppendJoin(" | ", of.Select(column => Cell(task, column, variant))).Append(" |\n");
        }
    }
    if (name == "lamer")
        text.Append(Bandits());
    if (name == "longtrace")
        text.Append(Differences());
    text.Append("\nEach cell is the median over the seeds, and their range where there are several, or the standard " +
        "error where\nthere is one. A tick or a cross says whether the median reaches its aim.\n\n```\n");
    foreach (string command in all.OrderBy(row => (int)row["seed"]!).Select(row => (string)row["command"]!).Distinct())
        text.Append(command).Append('\n');
    return text.Append("```\n\n").ToString();
}

// What the rubric adds, seed by seed: prompts and draws of a seed are the same for both.
string Differences()
{
    (string Figure, string Label)[] of = [("held-out-answer", "right answers, contexts as in training"),
        ("twice-answer", "twice the length"), ("training", "mean over the training")];
    var text = new StringBuilder(
        "\n`positive` less `outcome`, mean of the differences by seed ± its standard error\n\n| | seeds");
    text.Append(string.Concat(of.Select(one => $" | {one.Label}"))).Append(" |\n|---|---|---|---|---|\n");
    foreach (string task in tasks)
    {
        string[] cells = [.. of.Select(one =>
        {
            double[] differences = [.. Of(task, "positive", one.Figure).SelectMany(row =>
                Of(task, "outcome", one.Figure).Where(other => (int)other["seed"]! == (int)row["seed"]!)
                    .Select(other => Mean(row, one.Figure) - Mean(other, one.Figure)))];
            if (differences.Length < 2)
                return "";
            double mean = differences.Average(), squares = differences.Sum(each => (each - mean) * (each - mean));
            double error = Math.Sqrt(squares / (differences.Length - 1) / differences.Length);
            return $"{mean:+0.000;-0.000} ± {error:0.000}";
        })];
        if (cells.Any(cell => cell.Length > 0))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| `{task}` | {Of(task, "positive", "training").Length} | {string.Join(" | ", cells)} |\n");
        }
    }
    return text.ToString();

    static double Mean(JsonNode row, string figure) => (double)row["figures"]![figure]!["mean"]!;
}

// RL² on bandits, from the table of its own: what a trial is worth, of which the first pulls find out.
string Bandits()
{
    var text = new StringBuilder("\nRL² on bandits ([table 1](table1.md)): reward of a trial of n pulls of k arms\n\n" +
        "| | at random | RL² here (variant) | the paper's RL² | finite-horizon Gittins |\n|---|---|---|---|---|\n");
    JsonNode page = JsonNode.Parse(File.ReadAllText(Path.Combine(args[2], "table1.json")))!;
    foreach (JsonNode? row in (JsonArray)page["rows"]!)
    {
        double Opponent(string opponent) => (double)((JsonArray)row!["opponents"]!)
            .First(one => (string)one!["name"]! == opponent)!["mean"]!;
        JsonNode first = row!["trained"]![0]!;
        text.Append(CultureInfo.InvariantCulture,
            $"| {row["label"]} | {Opponent("random"):0.00} | {(double)first["median"]!:0.00} ({first["variant"]}) | ")
            .Append(CultureInfo.InvariantCulture,
            $"{row["paper"]!["means"]!["rl2"]} | {Opponent("finite-horizon-gittins"):0.00} |\n");
    }
    return text.ToString();
}

string Cell(string task, Column column, string variant)
{
    double[] values = Values(task, variant, column.Figure);
    if (values.Length == 0)
        return "";
    double median = Median(task, variant, column.Figure)!.Value;
    double? error = (double?)Of(task, variant, column.Figure)[0]["figures"]![column.Figure]!["standardError"];
    string mark = Reaches(column, variant, median) switch { true => " ✓", false => " ✗", null => "" };
    string range = values.Length > 1 ? $" ({values[0]:0.000} to {values[^1]:0.000})"
        : error is { } known ? $" ± {known:0.000}" : "";
    return $"{median:0.000}{range}{mark}";
}

/// <summary>A figure of a table.</summary>
/// <param name="Table">The heading of its table.</param>
/// <param name="Figure">Its name in the rows.</param>
/// <param name="Label">Its name on the page.</param>
/// <param name="Aim">What a variant is to reach; null for no aim.</param>
/// <param name="IsMost">Whether a variant's aim is the most that it may be.</param>
sealed record Column(
    string Table, string Figure, string Label, Func<string, double?> Aim, Func<string, bool> IsMost);

static class Columns
{
    static readonly string[] graded =
        ["process", "process-end", "process-group", "process-row", "process-cut", "process-row-cut", "outcome"];

    public static Column[] ExpRl(Func<string, string, double?> median)
    {
        const string first = "After Stage I", second = "After Stage II", judges = "Misplacement of the judges";
        const string known = "the 64 training prompts", others = "64 held-out prompts";
        return
        [
            new("Before", "base-training-solved", "share of the training prompts solved in 64 tries", Most(0, "base"),
                _ => true),
            new("Before", "base-training-rows", "right rows", None, No),
            new("Before", "base-held-out-rows", $"right rows, {others}", None, No),
            new(first, "stage-1-training-pass16", $"pass@16, {known}",
                variant => graded.Contains(variant) ? 0.5 : variant == "grpo" ? 0 : null, variant => variant == "grpo"),
            new(first, "stage-1-training-pass1", "pass@1", None, No),
            new(first, "stage-1-held-out-pass16", $"pass@16, {others}", None, No),
            new(first, "stage-1-held-out-pass1", "pass@1", None, No),
            new(first, "stage-1-held-out-rows", "right rows",
                variant => variant == "sft" ? median("base", "base-held-out-rows") : null, variant => variant == "sft"),
            new(second, "stage-2-training-pass1", $"pass@1, {known}", Ahead("stage-2-training-pass1"), No),
            new(second, "stage-2-held-out-pass1", $"pass@1, {others}", Ahead("stage-2-held-out-pass1"), No),
            new(second, "stage-2-held-out-rows", "right rows", None, No),
            .. from judge in new[] { "checkpoints", "likelihood" }
               from reference in new[] { "correct", "none", "wrong" }
               select new Column(judges, $"misplacement-{judge}-{reference}", $"{judge}, {reference} reference",
                   None, No),
        ];

        // Ten points above the better of the rivals.
        Func<string, double?> Ahead(string figure) => variant => !graded.Contains(variant) ? null
            : new[] { median("grpo", figure), median("self-distill", figure) }.Max() + 0.1;
    }

    public static Column[] LongTrace(Func<string, string, double?> median)
    {
        const string once = "Held-out graphs, contexts as in training", twice = "Held-out graphs, twice the length";
        const string random = "Held-out graphs, random distractors", cost = "Microseconds a token, by length";
        const string training = "Right answers of the batches by tenths of the training, and their mean";
        return
        [
            .. from place in new[] { (once, "held-out"), (twice, "twice"), (random, "random") }
               from figure in new[]
               {
                   ("answer", "right answers"), ("likeliest", "right when the likeliest token is taken"),
                   ("rubric", "pages named"), ("guesses", "answers without a page"),
                   ("commonest", "the commonest colour of the context is right"),
               }
               let name = $"{place.Item2}-{figure.Item1}"
               select new Column(place.Item1, name, figure.Item2, figure.Item1 == "answer" && place.Item2 != "random"
                   ? variant => variant == "positive" ? median("outcome", name) + 0.05 : null : None, No),
            .. from tenth in Enumerable.Range(1, 10)
               select new Column(training, $"tenth-{tenth}", $"{tenth}", None, No),
            new(training, "training", "mean", None, No),
            .. from tokens in new[] { 512, 1024, 2048, 4096 }
               select new Column(cost, $"microseconds-{tokens}", $"{tokens} tokens", None, No),
        ];
    }

    public static Column[] RePro(Func<string, string, double?> median)
    {
        const string measured = "levels that were never learnt from";
        const string training = "success of the batches by tenths of the training";
        return
        [
            new(measured, "success", "success", variant => variant switch
            {
                "agent-grpo" => median("warm-start-gigpo", "success"),
                "gigpo" => median("agent-grpo", "success"),
                "repro" => median("gigpo", "success") + 0.05,
                _ => null,
            }, No),
            new(measured, "turns", "turns", None, No),
            new(measured, "invalid", "invalid", None, No),
            new(measured, "discrimination", "discrimination", None, No),
            new(measured, "warm_start/loss", "loss of the warm start", None, No),
            .. from tenth in new[] { 1, 4, 7, 10 }
               select new Column(training, $"tenth-{tenth}", $"{tenth}", None, No),
        ];
    }

    public static Column[] LaMer(Func<string, string, double?> median)
    {
        const string measured = "fields that were never learnt from";
        const string training = "success within all attempts by tenths of the training";
        return
        [
            .. from attempts in new[] { 1, 2, 3 }
               select new Column(measured, $"success@{attempts}", $"success@{attempts}", None, No),
            new(measured, "gain", "gain, success@3 − success@1",
                variant => variant == "lamer" ? median("lamer-episodic", "gain") + 0.1 : null, No),
            new(measured, "turns", "turns", None, No),
            new(measured, "invalid", "invalid", None, No),
            new(measured, "warm_start/loss", "loss of the warm start", None, No),
            .. from tenth in new[] { 1, 4, 7, 10 }
               select new Column(training, $"tenth-{tenth}", $"{tenth}", None, No),
        ];
    }

    static Func<string, double?> Most(double most, string of) => variant => variant == of ? most : null;

    static double? None(string variant) => null;

    static bool No(string variant) => false;
}
