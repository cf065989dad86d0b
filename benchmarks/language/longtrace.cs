#:project ../../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false

// LongTraceRL and its ablations on questions over long contexts. One call trains variants of one seed, all from one
// base that can follow pages, and adds a line for each to FOLDER/rows.jsonl; results.cs makes the table of them.
// Variants: base (first), outcome, positive, positive-0.1, positive-0.5, both, negative, random, long-rlvr; or several
// with commas. 'lengths' measures what a token costs at four lengths.
//   dotnet run -c Release benchmarks/language/longtrace.cs FOLDER SEED VARIANTS [name=value …]
//   dotnet run -c Release benchmarks/language/results.cs longtrace FOLDER docs/results

using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Data.LongTrace;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Settings;
using RLSquared.Tensors;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int tries = 8;
string folder = args[0];
ulong seed = ulong.Parse(args[1]);
// What a call may change, and what it is otherwise.
var numbers = new Dictionary<string, double>
{
    ["tokens"] = 256, ["names"] = 100, ["hops"] = 3, ["right"] = 0.5, ["guesses"] = 0.3, ["layers"] = 2,
    ["hidden"] = 96, ["short"] = 64, ["short-hops"] = 4, ["short-updates"] = 1500, ["long-updates"] = 300,
    ["tutor-updates"] = 150, ["warm-batch"] = 32,
    ["questions"] = 24, ["warm-rate"] = 2e-3, ["batch"] = 64, ["group"] = 8, ["rate"] = 5e-4, ["updates"] = 60,
    ["prompts"] = 128, ["threads"] = 1, ["deviation"] = 0.02,
};
string[] given = args[3..];
foreach (string[] pair in given.Select(one => one.Split('=')))
{
    if (pair.Length != 2 || !numbers.ContainsKey(pair[0]))
        throw new ArgumentException($"'{string.Join('=', pair)}' is none of {string.Join(", ", numbers.Keys)}");
    numbers[pair[0]] = double.Parse(pair[1]);
}
int Whole(string name) => (int)numbers[name];
var shown = new TraceTaskOptions
{
    Tokens = Whole("tokens"),
    Hops = Whole("hops"),
    Names = Whole("names"),
    Right = numbers["right"],
    Guesses = numbers["guesses"],
};
TraceTaskOptions twice = shown with { Tokens = 2 * shown.Tokens };
var task = new TraceTask(shown);
string baseFolder = Path.Combine(folder, $"base-{seed}");
Directory.CreateDirectory(folder);
using var workers = new Workers(Whole("threads"));
RlooOptions begun = RlooOptions.Table.Apply([
    .. task.SuggestedOptions("grpo"),
    new("layers", $"{Whole("layers")}"), new("hidden", $"{Whole("hidden")}"),
    new("batch", $"{Whole("batch")}"), new("group-size", $"{Whole("group")}"),
    new("learning-rate", $"{numbers["rate"]}"), new("warm-start-rate", $"{numbers["warm-rate"]}"),
    new("warm-start", "0"), new("model", baseFolder), new("warm-start-batch", $"{Whole("warm-batch")}"),
]);
foreach (string variant in args[2].Split(','))
{
    var clock = Stopwatch.StartNew();
    var figures = new JsonObject();
    if (variant == "base")
        Begin(figures);
    else if (variant == "lengths")
        Lengths(figures);
    else
        Train(variant, figures);
    var row = new JsonObject
    {
        ["seed"] = seed,
        ["variant"] = variant,
        ["command"] = $"dotnet run -c Release benchmarks/language/longtrace.cs FOLDER {seed} {variant}"
            + string.Concat(given.Select(one => " " + one)),
        ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds),
        ["threads"] = workers.Threads,
        ["figures"] = figures,
    };
    File.AppendAllText(Path.Combine(folder, "rows.jsonl"), row.ToJsonString() + "\n");
    Console.WriteLine(row.ToJsonString());
}
return 0;

// ---- the base: learns to follow pages in short contexts, then in long ones, and at last the tutor's errors ----

void Begin(JsonObject figures)
{
    int batch = begun.WarmStartBatch, questions = Whole("questions"), updates = 0;
    TraceTaskOptions sure = shown with { Right = 1, Guesses = 0, Questions = questions };
    (int Updates, TraceTaskOptions[] Options)[] stages =
    [
        (Whole("short-updates"), [sure with { Tokens = Whole("short"), Hops = Whole("short-hops") }]),
        (Whole("long-updates"), [sure, sure with { Tokens = twice.Tokens }]),
        // At last one question each, so that answers end.
        (Whole("tutor-updates"), [shown with { Questions = 1 }, twice with { Questions = 1 }]),
    ];
    (long Until, TraceTask[] Tasks)[] plan = [.. stages.Select(stage =>
        ((long)batch * (updates += stage.Updates), stage.Options.Select(one => new TraceTask(one)).ToArray()))];
    var curriculum = new Curriculum(new TraceTask(twice with { Questions = questions }), plan);
    // Between its updates the warm start draws a batch to tell how far it is; the smallest will do.
    RlooOptions warm = begun with
    {
        WarmStart = updates,
        Model = "",
        Batch = begun.GroupSize,
        InitialDeviation = numbers["deviation"],
    };
    using var rloo = new Rloo(curriculum, RlooFamily.Grpo(warm), seed, workers);
    for (int done = 0; done < updates; done += 25)
        Report("base", done, rloo.Iterate(0));
    rloo.Model.Save(baseFolder);
    Measure(rloo.Model, figures);
}

void Train(string variant, JsonObject figures)
{
    LongTraceRlOptions options = LongTraceRlOptions.Table.Apply(task.SuggestedOptions(LongTraceRl.Name));
    options = options with
    {
        Learning = RlooFamily.Grpo(begun) with
        {
            Aggregation = options.Learning.Aggregation,
            ClipLow = options.Learning.ClipLow,
            ClipHigh = options.Learning.ClipHigh,
        },
    };
    (LongTraceRlOptions chosen, TraceTask of) = variant switch
    {
        "outcome" => (options with { Sign = RubricSign.None }, task),
        "positive" => (options, task),
        "positive-0.1" => (options with { Eta = 0.1f }, task),
        "positive-0.5" => (options with { Eta = 0.5f }, task),
        "both" => (options with { Sign = RubricSign.Both }, task),
        "negative" => (options with { Sign = RubricSign.Negative }, task),
        "long-rlvr" => (options with { IsLongRlvr = true }, task),
        "random" => (options, new TraceTask(shown with { Distractors = DistractorKind.Random })),
        _ => throw new ArgumentException($"there is no variant '{variant}'"),
    };
    using Rloo rloo = LongTraceRl.Create(of, chosen, seed, workers);
    for (int i = 0; i < Whole("updates"); i++)
        Report(variant, i, rloo.Iterate((double)i / Whole("updates")));
    Measure(rloo.Model, figures);
}

void Report(string variant, int update, RLSquared.Algorithms.IterationReport report)
{
    if (update % 10 == 0 || variant == "base")
    {
        Console.WriteLine($"{variant} {update}: reward {report.MeanReturn:F3}, " + string.Join(", ",
            report.Figures.Where(one => one.Name is "rewards/answer/mean" or "rewards/rubric/mean" or "entropy"
                or "warm_start/loss" or "grad_norm" or "completions/mean_length")
                .Select(one => $"{one.Name} {one.Value:F4}"))
            + $", {report.RolloutSeconds:F2} + {report.UpdateSeconds:F2} s");
    }
}

// ---- measuring: graphs that were held out, at the length of training and at twice that ----

void Measure(LanguageModel model, JsonObject figures)
{
    foreach ((string place, TraceTaskOptions options) in new (string, TraceTaskOptions)[]
        { ("held-out", shown), ("twice", twice), ("random", shown with { Distractors = DistractorKind.Random }) })
    {
        var of = new TraceTask(options);
        Completion[][] groups = [.. Draw(model, of, tries, temperature: 1).Chunk(tries)];
        Add($"{place}-answer", groups.Select(group => group.Average(one => (double)(one.Reward ?? 0))));
        Add($"{place}-rubric", groups.Select(group => group.Average(Rubric)));
        Add($"{place}-guesses", groups.Select(group => group.Average(
            one => one.Text.StartsWith(':') ? 1.0 : 0)));
        Add($"{place}-likeliest", Draw(model, of, 1, temperature: 0).Select(one => (double)(one.Reward ?? 0)));
    }

    void Add(string figure, IEnumerable<double> values)
    {
        double[] of = [.. values];
        double mean = of.Average();
        figures[figure] = new JsonObject
        {
            ["mean"] = Math.Round(mean, 4),
            ["standardError"] = Math.Round(Math.Sqrt(of.Sum(one => (one - mean) * (one - mean))
                / (of.Length - 1) / of.Length), 4),
            ["instances"] = of.Length,
        };
        Console.WriteLine($"  {figure} {mean:F4}");
    }

    static double Rubric(Completion one) => TraceRewards.Rubric(
        [.. one.Columns["rubrics"].EnumerateArray().Select(name => name.GetString()!)], one.Text);
}

IReadOnlyList<Completion> Draw(LanguageModel model, TraceTask of, int each, double temperature)
{
    using var generator = new Generator(model, new GeneratorOptions { MostInFlight = 64 }, of.Tokenizer, workers);
    var sampling = new SamplingOptions
    {
        MaximumTokens = of.LongestCompletion,
        StopTokens = of.EndTokens,
        Temperature = temperature,
    };
    PromptExample[] examples = [.. Enumerable.Range(0, Whole("prompts"))
        .Select(number => of.Draw(99, number, PromptSplit.HeldOut))];
    for (int i = 0; i < examples.Length * each; i++)
        generator.Submit(of.Encode(examples[i / each]), sampling, seed: (ulong)(7_000_000 + i));
    return of.Rewards.Score([.. generator.Run().Select((one, i) => new Completion
    {
        Prompt = examples[i / each].Prompt,
        Text = one.Text,
        IsFinished = one.IsFinished,
        Columns = examples[i / each].Columns,
    })]).GetAwaiter().GetResult();
}

// Microseconds that a token of prompt and completion costs, at four lengths: drawn, and learnt from.
void Lengths(JsonObject figures)
{
    const int groupsOfTokens = 16_384, repeats = 3;
    foreach (int tokens in (int[])[512, 1024, 2048, 4096])
    {
        int batch = groupsOfTokens / tokens;
        var of = new TraceTask(shown with { Tokens = tokens, Names = 1000 });
        RlooOptions fresh = begun with { Model = "", Batch = batch, GroupSize = 2 };
        using var rloo = LongTraceRl.Create(of, LongTraceRlOptions.Table.Apply(
            of.SuggestedOptions(LongTraceRl.Name)) with { Learning = RlooFamily.Grpo(fresh) }, seed, workers);
        rloo.Iterate(0);
        double[] learnt = new double[repeats];
        long before = rloo.Steps;
        for (int i = 0; i < repeats; i++)
            learnt[i] = rloo.Iterate(0).UpdateSeconds;
        figures[$"microseconds-{tokens}"] = new JsonObject
        {
            ["mean"] = Math.Round(learnt.Min() * repeats * 1e6 / (rloo.Steps - before), 2),
            ["instances"] = repeats,
        };
    }
}

/// <summary>The warm start of a task on examples of others, one stage after another.</summary>
sealed class Curriculum(TraceTask last, (long Until, TraceTask[] Tasks)[] stages) : PromptTask
{
    public override string Name => last.Name;
    public override IReadOnlyList<Assignment> Settings => last.Settings;
    public override Tokenizer Tokenizer => last.Tokenizer;
    public override RewardSet Rewards => last.Rewards;
    public override IReadOnlyList<int> EndTokens => last.EndTokens;
    public override int LongestCompletion => last.LongestCompletion;
    public override int LongestPrompt => last.LongestPrompt;

    public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training) =>
        last.Draw(seed, number, split);

    public override TokenSequence Wanted(ulong seed, long number)
    {
        TraceTask[] tasks = stages.First(stage => number < stage.Until || stage == stages[^1]).Tasks;
        return tasks[number % tasks.Length].Wanted(seed, number);
    }
}
