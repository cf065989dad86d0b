#:project ../../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false
#:property WritesRows=true

// LongTraceRL and its ablations on questions over long contexts. One call trains variants of one seed, all from one
// base that can follow pages, and adds a line for each to FOLDER/rows.jsonl; results.cs makes the table of them.
// Variants: base (first), outcome, positive, positive-0.1, positive-0.5, both, negative, random, long-rlvr; or several
// with commas. 'lengths' measures what a token costs at four lengths. Stages of the base that are in FOLDER already are
// not trained again. base=N begins with the base of seed N, 0 with that of the own seed.
//   dotnet run -c Release benchmarks/language/longtrace.cs FOLDER SEED VARIANTS [name=value …]
//   dotnet run -c Release benchmarks/language/results.cs longtrace FOLDER docs/results

using System.Globalization;
using System.Text.Json.Nodes;
using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Data.LongTrace;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int tries = 8, tenths = 10;
// What a call may change, and what it is otherwise.
var call = new RowFile("longtrace.cs", args, new()
{
    ["tokens"] = 64, ["names"] = 24, ["hops"] = 3, ["right"] = 0.5, ["guesses"] = 0.3, ["layers"] = 2,
    ["hidden"] = 64, ["heads"] = 4, ["base"] = 0,
    ["first"] = 10, ["short"] = 10, ["one-hop-updates"] = 1200, ["short-updates"] = 300, ["long-updates"] = 400,
    ["tutor-updates"] = 300, ["warm-batch"] = 16, ["questions"] = 24, ["warm-rate"] = 2e-3, ["late-rate"] = 1e-3,
    ["batch"] = 64, ["group"] = 8, ["rate"] = 5e-4, ["updates"] = 100, ["prompts"] = 512, ["threads"] = 1,
});
ulong seed = call.Seed;
var shown = new TraceTaskOptions
{
    Tokens = call.Whole("tokens"),
    Hops = call.Whole("hops"),
    Names = call.Whole("names"),
    Right = call["right"],
    Guesses = call["guesses"],
};
TraceTaskOptions twice = shown with { Tokens = 2 * shown.Tokens };
var task = new TraceTask(shown);
ulong baseSeed = call.Whole("base") > 0 ? (ulong)call.Whole("base") : seed;
using var workers = new Workers(call.Whole("threads"));
RlooOptions begun = RlooOptions.Table.Apply([
    .. task.SuggestedOptions("grpo"), new("initial-deviation", "0"),
    new("layers", $"{call["layers"]}"), new("hidden", $"{call["hidden"]}"), new("heads", $"{call["heads"]}"),
    new("batch", $"{call.Whole("batch")}"), new("group-size", $"{call.Whole("group")}"),
    new("learning-rate", $"{call["rate"]}"), new("warm-start", "0"),
    new("model", Base("tutor")), new("warm-start-batch", $"{call.Whole("warm-batch")}"),
]);
await call.AddAll(workers.Threads, (variant, figures) =>
{
    if (variant == "base")
        Begin(figures);
    else if (variant == "lengths")
        Lengths(figures);
    else
        Train(variant, figures);
    return Task.CompletedTask;
}, _ => $"hops={shown.Hops} right={shown.Right} rate={call["rate"]}");
return 0;

string Base(string stage) => Path.Combine(call.Folder, $"base-{shown.Hops}-{shown.Right}-{baseSeed}", stage);

// ---- the base: learns to follow one page in short contexts, then several, in longer ones, and at last the tutor's
// errors ----

void Begin(JsonObject figures)
{
    TraceTaskOptions sure = shown with { Right = 1, Guesses = 0, Questions = call.Whole("questions") };
    TraceTaskOptions[] brief = [Closed(call.Whole("short") / 2, shown.Hops), Closed(call.Whole("short"), shown.Hops)];
    (string Stage, TraceTaskOptions[] Options, string Rate)[] stages =
    [
        ("one-hop", [Closed(call.Whole("first") / 2, hops: 1), Closed(call.Whole("first"), hops: 1)], "warm-rate"),
        ("short", brief, "warm-rate"),
        ("long", [sure, sure with { Tokens = twice.Tokens }], "late-rate"),
        // One question each, as they will be asked.
        ("tutor", [shown with { Questions = 1 }, twice with { Questions = 1 }], "late-rate"),
    ];
    // All pages of its graph stand in the context, so that each can be asked about.
    TraceTaskOptions Closed(int pages, int hops) => sure with
    {
        Hops = hops,
        Tokens = 5 * pages + 4,
        Pages = pages,
        Distractors = DistractorKind.Random,
    };
    string before = "";
    foreach ((string stage, TraceTaskOptions[] options, string rate) in stages)
    {
        if (!Directory.Exists(Base(stage)))
            Teach(stage, options, (float)call[rate], before);
        before = Base(stage);
    }
    using LanguageModel model = LanguageModel.Load(before);
    Measure(model, figures, isBase: true);
}

void Teach(string stage, TraceTaskOptions[] options, float rate, string before)
{
    int updates = call.Whole($"{stage}-updates");
    // Between its updates the warm start draws some completions to tell how far it is.
    RlooOptions warm = begun with { WarmStart = updates, WarmStartRate = rate, Model = before, Batch = 32 };
    var task = new MixedTask(
        new TraceTask(twice with { Questions = call.Whole("questions") }),
        [.. options.Select(one => new TraceTask(one))]);
    using var rloo = new Rloo(task, RlooFamily.Grpo(warm), seed, workers);
    for (int done = 0; done < updates; done += 25)
        Report(stage, done, rloo.Iterate(0));
    for (int hops = 1; hops <= options[^1].Hops; hops++)
    {
        var of = new TraceTask(options[^1] with { Hops = hops, Questions = 1 });
        IReadOnlyList<Completion> likeliest = Draw(rloo.Model, of, 1, temperature: 0);
        Console.WriteLine($"  {stage}: after {hops} hops {likeliest.Average(one => one.Reward):F3} are right and " +
            $"{likeliest.Average(Rubric):F3} of the pages are named");
    }
    rloo.Model.Save(Base(stage));
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
    int updates = call.Whole("updates");
    List<double>[] right = [.. Enumerable.Range(0, tenths).Select(_ => new List<double>())];
    for (int i = 0; i < updates; i++)
    {
        IterationReport report = rloo.Iterate((double)i / updates);
        Report(variant, i, report);
        right[i * tenths / updates].Add(report.Figures.First(one => one.Name == "rewards/answer/mean").Value);
    }
    for (int tenth = 0; tenth < tenths; tenth++)
        RowFile.Add(figures, $"tenth-{tenth + 1}", right[tenth]);
    Measure(rloo.Model, figures);
}

void Report(string variant, int update, IterationReport report)
{
    if (update % 10 == 0 || report.Figures.Any(one => one.Name == "warm_start/loss"))
    {
        Console.WriteLine($"{variant} {update}: reward {report.MeanReturn:F3}, " + string.Join(", ",
            report.Figures.Where(one => one.Name is "rewards/answer/mean" or "rewards/rubric/mean" or "entropy"
                or "warm_start/loss" or "grad_norm" or "completions/mean_length")
                .Select(one => $"{one.Name} {one.Value:F4}"))
            + $", {report.RolloutSeconds:F2} + {report.UpdateSeconds:F2} s");
    }
}

// ---- measuring: graphs that were held out, at the length of training and at twice that ----

void Measure(LanguageModel model, JsonObject figures, bool isBase = false)
{
    foreach ((string place, TraceTaskOptions options) in new (string, TraceTaskOptions)[]
        { ("held-out", shown), ("twice", twice), ("random", shown with { Distractors = DistractorKind.Random }) })
    {
        var of = new TraceTask(options);
        Completion[][] groups = [.. Draw(model, of, tries, temperature: 1).Chunk(tries)];
        RowFile.Add(figures, $"{place}-answer",
            groups.Select(group => group.Average(one => (double)(one.Reward ?? 0))));
        RowFile.Add(figures, $"{place}-rubric", groups.Select(group => group.Average(Rubric)));
        RowFile.Add(figures, $"{place}-guesses", groups.Select(group => group.Average(
            one => one.Text is [>= '0' and <= '9', ..] ? 1.0 : 0)));
        RowFile.Add(figures, $"{place}-likeliest",
            Draw(model, of, 1, temperature: 0).Select(one => (double)(one.Reward ?? 0)));
        if (isBase)
        {
            RowFile.Add(figures, $"{place}-commonest",
                groups.Select(group => Commonest(group[0]) ? 1.0 : 0));
        }
    }

    // Whether the commonest colour of the context is right: the best guess of who does not follow pages.
    static bool Commonest(Completion one) => one.Column("label")![0] == one.Prompt.Split('?')[0].Chunk(5)
        .Select(page => page[1]).GroupBy(colour => colour).MaxBy(same => same.Count())!.Key;
}

static double Rubric(Completion one) => TraceRewards.Rubric(
    [.. one.Columns["rubrics"].EnumerateArray().Select(name => name.GetString()!)], one.Text);

IReadOnlyList<Completion> Draw(LanguageModel model, TraceTask of, int each, double temperature)
{
    using var generator = new Generator(model, new GeneratorOptions { MostInFlight = 64 }, of.Tokenizer, workers);
    var sampling = new SamplingOptions
    {
        MaximumTokens = of.LongestCompletion,
        StopTokens = of.EndTokens,
        Temperature = temperature,
    };
    PromptExample[] examples = [.. Enumerable.Range(0, call.Whole("prompts"))
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

/// <summary>A task whose warm start takes turns with examples of others.</summary>
sealed class MixedTask(TraceTask longest, TraceTask[] tasks) : DelegatingPromptTask(longest)
{
    public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training) =>
        tasks[number % tasks.Length].Draw(seed, number, split);

    public override TokenSequence Wanted(ulong seed, long number) =>
        tasks[number % tasks.Length].Wanted(seed, number);
}
