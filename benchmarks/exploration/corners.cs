#:project ../../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// E-MAML and MAML on corners: what the plays before the adaptation see of the four corners, and what those after it
// bring. Each seed that is done is written at once to FILE.json, with the page beside it; the same command goes on.
// dotnet run -c Release benchmarks/exploration/corners.cs docs/results/corners.json 1-5 2400K
// Further arguments: names of variants (e-maml,maml), options of all of them, and another λ.

using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RLSquared;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

const int instances = 400;
string file = args.Length > 0 ? args[0] : "corners.json";
int[] range = [.. (args.Length > 1 ? args[1] : "1").Split('-').Select(int.Parse)];                   // 1, or 1-5
string budget = args.Length > 2 ? args[2] : "2400K";
string[] only = args.Length > 3 && args[3] != "-" ? args[3].Split(',') : [];
string shared = args.Length > 4 ? args[4]
    : "horizon=30 radius=2 plays=5 tasks=40 hidden=32 learning-rate=5e-3 step-size=0.2 epochs=3";
string lambda = args.Length > 5 ? args[5] : "2";
int threads = args.Length > 6 ? int.Parse(args[6], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
(string Name, string Algorithm, string Settings, string Label)[] variants =
[
    ("e-maml", EMaml.Name, $"inner-loss=published exploration={lambda}",
        "credits the plays before the step with what comes after it"),
    ("maml", "maml", "inner-loss=published", "as published: no credit for the plays before the step"),
    ("maml-likelihood-ratio", "maml", "inner-loss=likelihood-ratio", "credit by the derivative of the inner loss"),
];
using var workers = new Workers(threads);
JsonObject row = ReadRow();
JsonArray trained = row["trained"]!.AsArray();
foreach ((string name, string algorithm, string own, _) in variants)
{
    if (only.Length > 0 && !only.Contains(name))
        continue;
    string settings = $"{shared} {own}";
    JsonObject variant = VariantOf(name, algorithm, settings);
    JsonArray runs = variant["seeds"]!.AsArray();
    for (int seed = range[0]; seed <= range[^1]; seed++)
    {
        if (runs.Any(run => (int)run!["seed"]! == seed))
            continue;
        runs.Add(Train(algorithm, settings, seed));
        double[] sorted = [.. runs.Select(run => (double)run!["mean"]!).Order()];
        variant["median"] = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        Aim();
        Save();
    }
}

JsonObject Train(string algorithm, string settings, int seed)
{
    (CornersOptions options, Assignment[] rest) = Divide(settings);
    var task = new Corners(options with { Episodes = 1 });
    AlgorithmEntry entry = AlgorithmCatalogue.Find(algorithm);
    IReadOnlyList<Assignment> all = entry.Merge(task, "default", rest);
    int plays = int.Parse(all.First(one => one.Key == "plays").Value, CultureInfo.InvariantCulture);
    using var maml = (Maml)entry.Create(task, all, (ulong)seed, workers);
    var clock = System.Diagnostics.Stopwatch.StartNew();
    new Training(maml, Budget.Parse(budget)).Run();
    double seconds = clock.Elapsed.TotalSeconds;
    var trials = new Corners(options with { Episodes = 2 * plays });                    // half of them before the step
    (Estimate after, Estimate before, Estimate covered, Estimate found) = Measure(trials, maml.Agent, plays);
    Console.WriteLine(FormattableString.Invariant(
        $"{algorithm} {settings} seed {seed}: after {after.Mean:F2} ± {after.StandardError:F2}, before ") +
        FormattableString.Invariant($"{before.Mean:F2}, corners {covered.Mean:F2} ± {covered.StandardError:F2}, ") +
        FormattableString.Invariant($"paying corner found {found.Mean:P0}, {maml.Steps} steps, {seconds:F0} s"));
    return new JsonObject
    {
        ["seed"] = seed,
        ["mean"] = Rounded(after.Mean),
        ["standardError"] = Rounded(after.StandardError),
        ["before"] = Rounded(before.Mean),
        ["cornersReached"] = Rounded(covered.Mean),
        ["cornersReachedError"] = Rounded(covered.StandardError),
        ["payingCornerReached"] = Rounded(found.Mean),
        ["steps"] = maml.Steps,
        ["seconds"] = Math.Round(seconds, 1),
        ["threads"] = workers.Threads,
        ["command"] = $"rl2 train corners --algorithm {algorithm} --budget {budget} --seed {seed} --set episodes=1 " +
            settings,
    };
}

double Rounded(double number) => Math.Round(number, 4);

(CornersOptions Task, Assignment[] Others) Divide(string settings)
{
    Assignment[] all = Assignment.ParseAll(settings.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    bool IsOfTask(Assignment one) => CornersOptions.Table.Settings.Any(known => known.Name == one.Key);
    return (CornersOptions.Table.Apply(all.Where(IsOfTask)), [.. all.Where(one => !IsOfTask(one))]);
}

// Trials of 2K episodes, with the gradient step after the K-th. A corner is reached within a distance of 1.
(Estimate After, Estimate Before, Estimate Covered, Estimate Found) Measure(Corners trials, Agent agent, int plays)
{
    double[] after = new double[instances], before = new double[instances];
    double[] covered = new double[instances], found = new double[instances];
    int[] episode = new int[instances], reached = new int[instances];
    using var game = new Game(trials, agent, instances);
    var lanes = (PointLanes)game.Lanes;
    game.Begin(seed: 0, Evaluator.FirstTrial);
    while (game.Decide())
    {
        for (int lane = 0; lane < instances; lane++)
        {
            var position = new Vector2(game.Observations[2 * lane], game.Observations[2 * lane + 1]);
            for (int corner = 0; corner < 4 && episode[lane] < plays; corner++)
            {
                if (Vector2.Distance(position, Corners.Corner(corner)) < 1)
                    reached[lane] |= 1 << corner;
            }
        }
        game.Step();
        for (int lane = 0; lane < instances; lane++)
        {
            (episode[lane] < plays ? before : after)[lane] += game.Rewards[lane] / plays;
            if ((game.Endings[lane] & Endings.EpisodeEnded) == 0 || ++episode[lane] != plays)
                continue;
            covered[lane] = BitOperations.PopCount((uint)reached[lane]);
            int paying = Enumerable.Range(0, 4).First(corner => Corners.Corner(corner) == lanes.Goal(lane));
            found[lane] = reached[lane] >> paying & 1;
        }
    }
    return (Estimate.Of(after), Estimate.Of(before), Estimate.Of(covered), Estimate.Of(found));
}

// ---- what is written ----

JsonObject ReadRow()
{
    if (File.Exists(file))
        return (JsonObject)JsonNode.Parse(File.ReadAllText(file))!["rows"]![0]!.DeepClone();
    return new JsonObject
    {
        ["row"] = "corners",
        ["label"] = "one of four corners pays: return of an episode after the gradient step",
        ["task"] = "corners",
        ["instances"] = instances,
        ["seed"] = 0,
        ["trained"] = new JsonArray(),
    };
}

JsonObject VariantOf(string name, string algorithm, string settings)
{
    JsonNode? known = trained.FirstOrDefault(one => (string)one!["variant"]! == name);
    if (known is not null && ((string)known["settings"]! != settings || (string)known["budget"]! != budget))
    {
        throw new OptionException("FILE",
            $"{file} has {name} with {known["budget"]} and {known["settings"]}; name another file");
    }
    if (known is null)
    {
        trained.Add(known = new JsonObject
        {
            ["variant"] = name,
            ["algorithm"] = algorithm,
            ["preset"] = "default",
            ["settings"] = settings,
            ["budget"] = budget,
            ["seeds"] = new JsonArray(),
        });
    }
    return known.AsObject();
}

// The aim is of E-MAML: more than MAML has, after the step and of corners before it.
void Aim()
{
    JsonNode? emaml = trained.FirstOrDefault(one => (string)one!["variant"]! == "e-maml");
    JsonNode? maml = trained.FirstOrDefault(one => (string)one!["variant"]! == "maml");
    if (emaml is null || maml is null || maml["seeds"]!.AsArray().Count == 0)
        return;
    double Covered(JsonNode of) => of["seeds"]!.AsArray().Average(run => (double)run!["cornersReached"]!);
    emaml["aim"] = maml["median"]!.DeepClone();
    emaml["reachesAim"] = (double)emaml["median"]! > (double)maml["median"]! && Covered(emaml) > Covered(maml);
}

void Save()
{
    var result = new JsonObject { ["version"] = 1, ["table"] = "corners", ["rows"] = new JsonArray(row.DeepClone()) };
    File.WriteAllText(file, result.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    File.WriteAllText(Path.ChangeExtension(file, ".md"), Page());
}

string Page()
{
    var page = new StringBuilder($"""
        # corners

        One of four corners, (±2, ±2), pays in each task: 1 − d/r at a distance d below the radius r, and nothing is
        felt at the origin, where episodes begin. Each task is played K times, a gradient step is taken, and it is
        played K times more. Corners reached: how many of the four the K plays before the step come within 1 of; who
        never comes near the one that pays has nothing to adapt to. Means ± standard errors over {instances} fresh
        tasks; written by `benchmarks/exploration/corners.cs`, data in [`corners.json`](corners.json).

        | | seed | return after the step | return before it | corners reached before it | found the one that pays |
        |---|---|---|---|---|---|

        """);
    foreach (JsonNode? of in trained)
    {
        foreach (JsonNode? run in of!["seeds"]!.AsArray())
        {
            page.Append(CultureInfo.InvariantCulture, $"| `{of["variant"]}` | {run!["seed"]} ");
            page.Append(CultureInfo.InvariantCulture,
                $"| {(double)run["mean"]!:F2} ± {(double)run["standardError"]!:F2} | {(double)run["before"]!:F2} ");
            page.Append(CultureInfo.InvariantCulture,
                $"| {(double)run["cornersReached"]!:F2} ± {(double)run["cornersReachedError"]!:F2} ");
            page.Append(CultureInfo.InvariantCulture, $"| {100 * (double)run["payingCornerReached"]!:F0} % |\n");
        }
    }
    page.Append("\n| | | seeds | return after: mean ± s. e. over seeds | corners before |\n|---|---|---|---|---|\n");
    foreach (JsonNode? of in trained)
    {
        string label = variants.First(one => one.Name == (string)of!["variant"]!).Label;
        Estimate Over(string key) =>
            Estimate.Of([.. of!["seeds"]!.AsArray().Select(run => (double)run![key]!)]);
        (Estimate after, Estimate corners) = (Over("mean"), Over("cornersReached"));
        page.Append(CultureInfo.InvariantCulture, $"| `{of!["variant"]}` | {label} ");
        page.Append(CultureInfo.InvariantCulture,
            $"| {of["seeds"]!.AsArray().Count} | {after.Mean:F2} ± {after.StandardError:F2} ");
        page.Append(CultureInfo.InvariantCulture, $"| {corners.Mean:F2} ± {corners.StandardError:F2} |\n");
    }
    page.Append("\n```\n");
    foreach (JsonNode? of in trained)
        page.Append(CultureInfo.InvariantCulture, $"{of!["seeds"]![0]!["command"]}\n");
    return page.Append("```\n").ToString();
}
