#:project ../../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false

// ExpRL and its rivals on worksheets that the warm-started model never solves. One call trains one variant of one
// seed from a base that all variants share, and adds a line to FOLDER/rows.jsonl; 'table' writes the results file.
// Variants: base (first), grpo, process, outcome, self-distill, sft.
//   dotnet run -c Release benchmarks/language/exprl.cs FOLDER SEED VARIANT [150] [50]
//   dotnet run -c Release benchmarks/language/exprl.cs FOLDER table docs/results/exprl.json

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Language.Verifiers.Judges;
using RLSquared.Tensors;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int tries = 64;
string folder = args[0];
string rows = Path.Combine(folder, "rows.jsonl");
Directory.CreateDirectory(folder);
if (args[1] == "table")
    return Table.Write(rows, args[2]);
ulong seed = ulong.Parse(args[1]);
string variant = args[2], baseFolder = Path.Combine(folder, $"base-{seed}");
int stageI = args.Length > 3 ? int.Parse(args[3]) : 150, stageII = args.Length > 4 ? int.Parse(args[4]) : 50;
var task = new WorksheetTask();
var foreign = new WorksheetTask(new WorksheetOptions { Reference = WorksheetReference.Backward });
using var workers = new Workers(Environment.ProcessorCount);
var clock = Stopwatch.StartNew();
var row = new JsonObject { ["seed"] = seed, ["variant"] = variant };

RlooOptions shared = RlooOptions.Table.Apply(task.SuggestedOptions("grpo"));
if (variant == "base")
{
    using var rloo = new Rloo(task, RlooFamily.Grpo(shared), seed, workers);
    for (int done = 0; done < shared.WarmStart; done += 25)
        rloo.Iterate(0);
    rloo.Model.Save(baseFolder);
    Measure(rloo.Model, "base");
    await MeasureJudges(rloo.Model);
}
else
{
    RlooOptions begun = shared with { WarmStart = 0, Model = baseFolder };
    ExpRlOptions graded = ExpRlOptions.Table.Apply(task.SuggestedOptions(ExpRl.Name)) with { Learning = begun };
    using Rloo first = variant switch
    {
        "grpo" => new Rloo(task, RlooFamily.Grpo(begun), seed, workers, "grpo"),
        "process" => ExpRl.Create(task, Graded(ExpRlReward.Process), seed, workers),
        "outcome" => ExpRl.Create(task, Graded(ExpRlReward.Outcome), seed, workers),
        "self-distill" => SelfDistillation.Create(task, SelfDistillationOptions.Table.Apply(
            task.SuggestedOptions(SelfDistillation.Name).Concat(
                [new("model", baseFolder), new("warm-start", "0")])), seed, workers),
        "sft" => ReferenceTuning.Create(foreign, begun with { WarmStartRate = 5e-4f }, seed, workers),
        _ => throw new ArgumentException($"there is no variant '{variant}'"),
    };
    // An iteration of fine-tuning is 25 updates.
    for (int i = 0; i < (variant == "sft" ? stageI / 25 : stageI); i++)
        Report("I", i, first.Iterate(0.5 * i / stageI));
    Measure(first.Model, "stageI");
    string primed = Path.Combine(folder, $"{variant}-{seed}");
    first.Model.Save(primed);
    using var second = new Rloo(task, RlooFamily.Grpo(begun) with { Model = primed }, seed + 1000, workers, "grpo");
    for (int i = 0; i < stageII; i++)
        Report("II", i, second.Iterate(0.5 * i / stageII));
    Measure(second.Model, "stageII");

    ExpRlOptions Graded(ExpRlReward reward) => graded with
    {
        Reward = reward,
        Learning = RlooFamily.Grpo(begun) with
        {
            Aggregation = Aggregation.GlobalTokenMean,
            ClipHigh = reward == ExpRlReward.Process ? 0.26f : 0.28f,
        },
    };
}
row["updates"] = new JsonArray(stageI, stageII);
row["seconds"] = Math.Round(clock.Elapsed.TotalSeconds);
File.AppendAllText(rows, row.ToJsonString() + "\n");
Console.WriteLine(row.ToJsonString());
return 0;

void Report(string stage, int update, RLSquared.Algorithms.IterationReport report)
{
    if (update % 10 == 0)
    {
        Console.WriteLine($"{variant} {stage} {update}: reward {report.MeanReturn:F3}, " +
            string.Join(", ", report.Figures.Where(one => one.Name is "rewards/exact/mean" or "rewards/rows/mean"
                or "entropy" or "steps/mean" or "completions/clipped_ratio")
                .Select(one => $"{one.Name} {one.Value:F3}"))
            + $", {clock.Elapsed.TotalSeconds:F0} s");
    }
}

// pass@1, pass@16 and the share of right rows, on the hard worksheets and on as many that were held out.
void Measure(LanguageModel model, string name)
{
    foreach (PromptSplit split in (PromptSplit[])[PromptSplit.Training, PromptSplit.HeldOut])
    {
        (int[] right, double rowsRight, _) = Draw(model, split);
        row[$"{name}-{(split == PromptSplit.Training ? "training" : "heldOut")}"] = new JsonObject
        {
            ["pass1"] = Math.Round(right.Average(c => PassRate.AtK(tries, c, 1)), 4),
            ["pass16"] = Math.Round(right.Average(c => PassRate.AtK(tries, c, 16)), 4),
            ["solved"] = right.Count(c => c > 0),
            ["prompts"] = right.Length,
            ["rows"] = Math.Round(rowsRight, 4),
        };
    }
}

(int[] Right, double Rows, List<(PromptExample Example, Completion Said)> All) Draw(
    LanguageModel model, PromptSplit split, int prompts = 64)
{
    using var generator = new Generator(model, new GeneratorOptions { MostInFlight = 256 }, task.Tokenizer, workers);
    var sampling = new SamplingOptions { MaximumTokens = task.LongestCompletion, StopTokens = task.EndTokens };
    PromptExample[] examples = [.. Enumerable.Range(0, prompts).Select(number => task.Draw(99, number, split))];
    for (int i = 0; i < prompts * tries; i++)
        generator.Submit(task.Encode(examples[i / tries]), sampling, seed: (ulong)(7_000_000 + i));
    IReadOnlyList<Completion> scored = task.Rewards.Score([.. generator.Run().Select((one, i) => new Completion
    {
        Prompt = examples[i / tries].Prompt,
        Text = one.Text,
        IsFinished = one.IsFinished,
        Columns = examples[i / tries].Columns,
    })]).GetAwaiter().GetResult();
    return ([.. scored.Chunk(tries).Select(group => group.Count(one => one.Reward >= 1))],
        scored.Average(one => one.RewardParts["rows"] ?? 0),
        [.. scored.Select((one, i) => (examples[i / tries], one))]);
}

// Misplacement on two traces of each of 64 problems: the reference's rows, and the same with one row that is wrong.
async Task MeasureJudges(LanguageModel model)
{
    List<JudgeQuestion> questions = [];
    List<bool> isRight = [];
    for (int number = 0; number < 64; number++)
    {
        PromptExample example = task.Draw(5, number, PromptSplit.HeldOut);
        string reference = example.Columns["reference"].GetString()!;
        string[] checkpoints = [.. example.Columns["checkpoints"].EnumerateArray().Select(one => one.GetString()!)];
        int wrong = number % checkpoints.Length;
        string slip = checkpoints[wrong][..^1] + (char)('0' + (checkpoints[wrong][^1] - '0' + 1) % 10);
        foreach (bool right in (bool[])[true, false])
        {
            questions.Add(new JudgeQuestion(JudgedPart.Trace, example.Prompt, reference,
                string.Concat(checkpoints.Select(
                (text, i) => (right || i != wrong ? text : slip) + "#"))) { Checkpoints = checkpoints });
            isRight.Add(right);
        }
    }
    using var likelihood = new LikelihoodJudge(model, task.Tokenizer, workers);
    var table = new JsonObject();
    foreach ((string name, IJudge judge) in new (string, IJudge)[]
        { ("checkpoints", new CheckpointJudge()), ("likelihood", likelihood) })
    {
        var shares = new JsonObject();
        foreach (GivenReference given in Enum.GetValues<GivenReference>())
        {
            Misplacement found = await Misplacement.Measure(judge, questions, isRight, given);
            shares[$"{given}"] = Math.Round(found.Mean, 4);
        }
        table[name] = shares;
    }
    row["misplacement"] = table;
}

static class Table
{
    static readonly (string Measure, string Figure)[] columns =
    [
        ("stageI-training", "pass16"), ("stageI-training", "pass1"), ("stageI-heldOut", "pass1"),
        ("stageII-training", "pass1"), ("stageII-heldOut", "pass1"), ("stageII-heldOut", "rows"),
    ];

    public static int Write(string rows, string output)
    {
        JsonNode[] all = [.. File.ReadLines(rows).Select(line => JsonNode.Parse(line)!)];
        var table = new JsonArray();
        foreach ((string measure, string figure) in columns)
        {
            var trained = new JsonArray();
            foreach (IGrouping<string, JsonNode> variant in all.GroupBy(one => (string)one["variant"]!))
            {
                JsonNode[] of = [.. variant.Where(one => one[measure] is not null)];
                if (of.Length == 0)
                    continue;
                double[] values = [.. of.Select(one => (double)one[measure]![figure]!).Order()];
                double? aim = (measure, variant.Key) switch
                {
                    ("stageI-training", "process" or "outcome") when figure == "pass16" => 0.5,
                    ("stageI-training", "grpo") when figure == "pass16" => 0,
                    _ => null,
                };
                double median = values[values.Length / 2];
                trained.Add(new JsonObject
                {
                    ["variant"] = variant.Key,
                    ["seeds"] = new JsonArray([.. of.Select(one => (JsonNode)new JsonObject
                    {
                        ["seed"] = (int)one["seed"]!,
                        ["mean"] = (double)one[measure]![figure]!,
                        ["seconds"] = (double)one["seconds"]!,
                        ["command"] = $"dotnet run -c Release benchmarks/language/exprl.cs FOLDER {one["seed"]} " +
                            $"{variant.Key} {one["updates"]![0]} {one["updates"]![1]}",
                    })]),
                    ["median"] = median,
                    ["aim"] = aim,
                    ["reachesAim"] = aim is null ? null : variant.Key == "grpo" ? median <= aim : median >= aim,
                });
            }
            table.Add(new JsonObject { ["row"] = $"{measure}-{figure}", ["trained"] = trained });
        }
        File.WriteAllText(output, new JsonObject
        {
            ["version"] = 1,
            ["table"] = "exprl",
            ["rows"] = table,
            ["base"] = new JsonArray([.. all.Where(one => (string)one["variant"]! == "base")
                .Select(one => one.DeepClone())]),
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
        return 0;
    }
}
