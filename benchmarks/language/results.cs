#:property PublishAot=false

// Writes the results of exprl.cs and longtrace.cs: NAME.json, and in NAME.md what stands between the lines
// <!-- tables --> and <!-- end of tables -->.
//   dotnet run -c Release benchmarks/language/results.cs exprl|longtrace FOLDER docs/results

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string name = args[0];
// The last line of each variant and seed counts: what was trained again was trained otherwise.
JsonNode[] all = [.. File.ReadLines(Path.Combine(args[1], "rows.jsonl")).Select(line => JsonNode.Parse(line)!)
    .GroupBy(row => ((string)row["variant"]!, (int)row["seed"]!)).Select(same => same.Last())];
string[] variants = [.. all.Select(row => (string)row["variant"]!).Distinct()];
Column[] columns = name == "exprl" ? Columns.ExpRl(Median) : Columns.LongTrace(Median);
File.WriteAllText(Path.Combine(args[2], $"{name}.json"), new JsonObject
{
    ["version"] = 1,
    ["table"] = name,
    ["rows"] = new JsonArray([.. columns.Select(Row)]),
}.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
string page = Path.Combine(args[2], $"{name}.md");
string[] parts = File.ReadAllText(page).Split("<!-- tables -->\n");
string behind = parts[1][parts[1].IndexOf("<!-- end of tables -->", StringComparison.Ordinal)..];
File.WriteAllText(page, $"{parts[0]}<!-- tables -->\n{Tables()}{behind}");
return 0;

JsonNode[] Of(string variant, string figure) => [.. all.Where(row =>
    (string)row["variant"]! == variant && row["figures"]![figure] is not null).OrderBy(row => (int)row["seed"]!)];

double[] Values(string variant, string figure) =>
    [.. Of(variant, figure).Select(row => (double)row["figures"]![figure]!["mean"]!).Order()];

double? Median(string variant, string figure) => Values(variant, figure) is { Length: > 0 } values
    ? (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2 : null;

JsonNode Row(Column column)
{
    var trained = new JsonArray();
    foreach (string variant in variants)
    {
        if (Median(variant, column.Figure) is not { } median)
            continue;
        double? aim = column.Aim(variant);
        trained.Add(new JsonObject
        {
            ["variant"] = variant,
            ["seeds"] = new JsonArray([.. Of(variant, column.Figure).Select(row => (JsonNode)new JsonObject
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
            ["aim"] = aim,
            ["reachesAim"] = Reaches(column, variant, median),
        });
    }
    return new JsonObject { ["row"] = column.Figure, ["label"] = column.Label, ["trained"] = trained };
}

static bool? Reaches(Column column, string variant, double median) =>
    column.Aim(variant) is not { } aim ? null : column.IsMost(variant) ? median <= aim : median >= aim;

string Tables()
{
    var text = new StringBuilder();
    foreach (IGrouping<string, Column> table in columns.GroupBy(column => column.Table))
    {
        Column[] of = [.. table.Where(column => variants.Any(variant => Median(variant, column.Figure) is not null))];
        string[] rows = [.. variants.Where(variant => of.Any(column => Median(variant, column.Figure) is not null))];
        if (rows.Length == 0)
            continue;
        text.Append(CultureInfo.InvariantCulture, $"\n{table.Key}\n\n| variant | seeds | ")
            .AppendJoin(" | ", of.Select(column => column.Label)).Append(" |\n|---|---|")
            .Append(string.Concat(Enumerable.Repeat("---|", of.Length))).Append('\n');
        foreach (string variant in rows)
        {
            int seeds = of.Max(column => Of(variant, column.Figure).Length);
            text.Append(CultureInfo.InvariantCulture, $"| `{variant}` | {seeds} | ")
                .AppendJoin(" | ", of.Select(column => Cell(column, variant))).Append(" |\n");
        }
    }
    text.Append("\nEach cell is the median over the seeds, and their range where there are several, or the standard " +
        "error over the prompts where\nthere is one. A tick or a cross says whether the median reaches its aim.\n\n" +
        "```\n");
    foreach (string command in all.OrderBy(row => (int)row["seed"]!).Select(row => (string)row["command"]!).Distinct())
        text.Append(command).Append('\n');
    return text.Append("```\n\n").ToString();
}

string Cell(Column column, string variant)
{
    double[] values = Values(variant, column.Figure);
    if (values.Length == 0)
        return "";
    double median = Median(variant, column.Figure)!.Value;
    double? error = (double?)Of(variant, column.Figure)[0]["figures"]![column.Figure]!["standardError"];
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
    static readonly string[] graded = ["process", "process-end", "process-group", "outcome"];

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
        return
        [
            .. from place in new[] { (once, "held-out"), (twice, "twice"), (random, "random") }
               from figure in new[]
               {
                   ("answer", "right answers"), ("likeliest", "right when the likeliest token is taken"),
                   ("rubric", "pages named"), ("guesses", "answers without a page"),
               }
               let name = $"{place.Item2}-{figure.Item1}"
               select new Column(place.Item1, name, figure.Item2, figure.Item1 == "answer" && place.Item2 != "random"
                   ? variant => variant == "positive" ? median("outcome", name) + 0.05 : null : None, No),
            .. from tokens in new[] { 512, 1024, 2048, 4096 }
               select new Column(cost, $"microseconds-{tokens}", $"{tokens} tokens", None, No),
        ];
    }

    static Func<string, double?> Most(double most, string of) => variant => variant == of ? most : null;

    static double? None(string variant) => null;

    static bool No(string variant) => false;
}
