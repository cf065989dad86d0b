#:project ../../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false
#:property WritesRows=true

// ExpRL and its rivals on worksheets that the warm-started model never solves. One call trains variants of one seed,
// all from one base, and adds a line for each to FOLDER/rows.jsonl; results.cs makes the table of them.
// Variants: base (first), grpo, process, process-end, process-group, outcome, self-distill, sft; several with commas.
// Not the paper's: process-cut (completions that were cut have the lowest advantage of their group), process-row (a
// baseline for each row) and process-row-cut (both).
//   dotnet run -c Release benchmarks/language/exprl.cs FOLDER SEED VARIANTS [name=value …]
//   dotnet run -c Release benchmarks/language/results.cs exprl FOLDER docs/results

using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Language.Verifiers.Judges;
using RLSquared.Settings;
using RLSquared.Tensors;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int tries = 64, prompts = 64;
const float recordedRate = 6e-4f;                           // another step size makes tables of its own
// What a call may change, and what it is otherwise.
var call = new RowFile("exprl.cs", args, new()
{
    ["steps"] = 6, ["modulus"] = 5, ["right"] = 0.15, ["hinted-right"] = 0.6, ["layers"] = 2, ["hidden"] = 64,
    ["warm-start"] = 1500, ["batch"] = 128, ["rate"] = 3e-4, ["stage-1"] = 150, ["stage-2"] = 50, ["fewer"] = 10,
    ["threads"] = 1,
});
ulong seed = call.Seed;
WorksheetOptions sheets = new()
{
    Steps = call.Whole("steps"),
    Modulus = call.Whole("modulus"),
    Right = call["right"],
    HintedRight = call["hinted-right"],
};
var task = new WorksheetTask(sheets);
var foreign = new WorksheetTask(sheets with { Reference = WorksheetReference.Backward });
string baseFolder = Path.Combine(call.Folder, $"base-{seed}");
int stageI = call.Whole("stage-1"), stageII = call.Whole("stage-2");
float rate = (float)call["rate"];
using var workers = new Workers(call.Whole("threads"));
Assignment[] shape = [new("layers", $"{call["layers"]}"), new("hidden", $"{call["hidden"]}")];
RlooOptions begun = RlooOptions.Table.Apply([.. task.SuggestedOptions("grpo"), .. shape]) with
{
    Batch = call.Whole("batch"),
    LearningRate = rate,
    WarmStart = 0,
    Model = baseFolder,
};
await call.AddAll(workers.Threads, async (variant, figures) =>
{
    if (variant == "base")
        await Begin(figures);
    else
        Train(variant, figures);
}, variant => variant == "base" || rate == recordedRate ? "" : $"rate={call["rate"]}");
return 0;

// ---- the base: the tutor's slips, learnt by heart ----

async Task Begin(JsonObject figures)
{
    // Between its updates the warm start draws a batch to tell how far it is; the smallest will do.
    RlooOptions warm = begun with { WarmStart = call.Whole("warm-start"), Model = "", Batch = begun.GroupSize };
    using var rloo = new Rloo(task, RlooFamily.Grpo(warm), seed, workers);
    for (int done = 0; done < warm.WarmStart; done += 25)
        Report("base", "warm start", done, rloo.Iterate(0));
    rloo.Model.Save(baseFolder);
    Measure(rloo.Model, "base", figures);
    await MeasureJudges(rloo.Model, figures);
}

// ---- Stage I by a variant, then Stage II: GRPO on the sparse reward ----

void Train(string variant, JsonObject figures)
{
    ExpRlOptions graded = ExpRlOptions.Table.Apply(task.SuggestedOptions(ExpRl.Name)) with { Learning = begun };
    using Rloo first = variant switch
    {
        "grpo" => new Rloo(task, RlooFamily.Grpo(begun), seed, workers, "grpo"),
        "process" => ExpRl.Create(task, Graded(ExpRlReward.Process), seed, workers),
        "process-end" => ExpRl.Create(
            task, Graded(ExpRlReward.Process) with { Centring = SegmentCentring.End }, seed, workers),
        "process-group" => ExpRl.Create(
            task, Graded(ExpRlReward.Process) with { Centring = SegmentCentring.Group }, seed, workers),
        "process-cut" => ExpRl.Create(
            task, Graded(ExpRlReward.Process) with { CutIsWorst = true }, seed, workers),
        "process-row" => ExpRl.Create(
            task, Graded(ExpRlReward.Process) with { Centring = SegmentCentring.Row }, seed, workers),
        "process-row-cut" => ExpRl.Create(task, Graded(ExpRlReward.Process) with
        {
            Centring = SegmentCentring.Row,
            CutIsWorst = true,
        }, seed, workers),
        "outcome" => ExpRl.Create(task, Graded(ExpRlReward.Outcome), seed, workers),
        // The published step size of self-distillation is a tenth of the others'.
        "self-distill" => Distilled(rate / (float)call["fewer"]),
        "self-distill-same-rate" => Distilled(rate),
        "sft" => ReferenceTuning.Create(foreign, begun with { WarmStartRate = rate }, seed, workers),
        _ => throw new ArgumentException($"there is no variant '{variant}'"),
    };
    // An iteration of fine-tuning is 25 updates.
    for (int i = 0; i < (variant == "sft" ? stageI / 25 : stageI); i++)
        Report(variant, "I", i, first.Iterate(0.5 * i / stageI));
    Measure(first.Model, "stage-1", figures);
    string primed = Path.Combine(call.Folder, $"{variant}-{seed}");
    first.Model.Save(primed);
    using var second = new Rloo(task, RlooFamily.Grpo(begun) with { Model = primed }, seed + 1000, workers, "grpo");
    for (int i = 0; i < stageII; i++)
        Report(variant, "II", i, second.Iterate(0.5 * i / stageII));
    Measure(second.Model, "stage-2", figures);

    ExpRlOptions Graded(ExpRlReward reward) => graded with
    {
        Reward = reward,
        Learning = RlooFamily.Grpo(begun) with
        {
            Aggregation = Aggregation.GlobalTokenMean,
            ClipHigh = reward == ExpRlReward.Process ? 0.26f : 0.28f,
        },
    };

    Rloo Distilled(float rate)
    {
        SelfDistillationOptions suggested = SelfDistillationOptions.Table.Apply(
            task.SuggestedOptions(SelfDistillation.Name));
        return SelfDistillation.Create(task, suggested with
        {
            Learning = suggested.Learning with
            {
                Batch = begun.Batch,
                LearningRate = rate,
                WarmStart = 0,
                Model = baseFolder,
            },
        }, seed, workers);
    }
}

void Report(string variant, string stage, int update, RLSquared.Algorithms.IterationReport report)
{
    if (update % 10 != 0)
        return;
    Console.WriteLine($"{variant} {stage} {update}: reward {report.MeanReturn:F3}, " +
        string.Join(", ", report.Figures.Where(one => one.Name is "rewards/exact/mean" or "rewards/rows/mean"
            or "entropy" or "steps/mean" or "completions/clipped_ratio" or "warm_start/loss" or "grad_norm"
            or "teacher/divergence").Select(one => $"{one.Name} {one.Value:F4}"))
        + $", {report.RolloutSeconds:F2} + {report.UpdateSeconds:F2} s");
}

// pass@1, pass@16 and the share of right rows, on the hard worksheets and on as many that were held out.
void Measure(LanguageModel model, string name, JsonObject figures)
{
    foreach (PromptSplit split in (PromptSplit[])[PromptSplit.Training, PromptSplit.HeldOut])
    {
        IReadOnlyList<Completion> all = Draw(model, split);
        Completion[][] groups = [.. all.Chunk(tries)];
        int[] right = [.. groups.Select(group => group.Count(one => one.Reward >= 1))];
        string place = $"{name}-{(split == PromptSplit.Training ? "training" : "held-out")}";
        Add($"{place}-pass1", right.Select(count => PassRate.AtK(tries, count, 1)));
        Add($"{place}-pass16", right.Select(count => PassRate.AtK(tries, count, 16)));
        Add($"{place}-solved", right.Select(count => count > 0 ? 1.0 : 0));
        Add($"{place}-rows", groups.Select(group => group.Average(one => (double)(one.RewardParts["rows"] ?? 0))));
    }

    // The mean over prompts and its standard error.
    void Add(string figure, IEnumerable<double> values) => RowFile.Add(figures, figure, values);
}

IReadOnlyList<Completion> Draw(LanguageModel model, PromptSplit split)
{
    using var generator = new Generator(model, new GeneratorOptions { MostInFlight = 256 }, task.Tokenizer, workers);
    var sampling = new SamplingOptions { MaximumTokens = task.LongestCompletion, StopTokens = task.EndTokens };
    PromptExample[] examples = [.. Enumerable.Range(0, prompts).Select(number => task.Draw(99, number, split))];
    for (int i = 0; i < prompts * tries; i++)
        generator.Submit(task.Encode(examples[i / tries]), sampling, seed: (ulong)(7_000_000 + i));
    return task.Rewards.Score([.. generator.Run().Select((one, i) => new Completion
    {
        Prompt = examples[i / tries].Prompt,
        Text = one.Text,
        IsFinished = one.IsFinished,
        Columns = examples[i / tries].Columns,
    })]).GetAwaiter().GetResult();
}

// Misplacement on two traces of each of 64 problems: the reference's rows, and rows that go wrong at one of them and go
// on from the wrong result.
async Task MeasureJudges(LanguageModel model, JsonObject figures)
{
    List<JudgeQuestion> questions = [];
    List<bool> isRight = [];
    for (int number = 0; number < prompts; number++)
    {
        PromptExample example = task.Draw(5, number, PromptSplit.HeldOut);
        string reference = example.Columns["reference"].GetString()!;
        string[] checkpoints = [.. example.Columns["checkpoints"].EnumerateArray().Select(one => one.GetString()!)];
        int modulus = sheets.Modulus, first = number % checkpoints.Length, value = checkpoints[0][0] - '0';
        var slipped = new StringBuilder();
        for (int row = 0; row < checkpoints.Length; row++)
        {
            int operand = checkpoints[row][2] - '0';
            int result = checkpoints[row][1] switch
            {
                '+' => value + operand, '-' => value - operand + modulus, _ => value * operand,
            } + (row == first ? 1 : 0);
            slipped.Append($"{value}{checkpoints[row][1..3]}={result % modulus}#");
            value = result % modulus;
        }
        foreach (bool right in (bool[])[true, false])
        {
            questions.Add(new JudgeQuestion(JudgedPart.Trace, example.Prompt, reference,
                right ? string.Concat(checkpoints.Select(text => text + "#")) : slipped.ToString())
            { Checkpoints = checkpoints });
            isRight.Add(right);
        }
    }
    using var likelihood = new LikelihoodJudge(model, task.Tokenizer, workers);
    foreach ((string name, IJudge judge) in new (string, IJudge)[]
        { ("checkpoints", new CheckpointJudge()), ("likelihood", likelihood) })
    {
        foreach (GivenReference given in Enum.GetValues<GivenReference>())
        {
            Misplacement found = await Misplacement.Measure(judge, questions, isRight, given);
            figures[$"misplacement-{name}-{given.ToString().ToLowerInvariant()}"] = new JsonObject
            {
                ["mean"] = Math.Round(found.Mean, 4),
                ["standardError"] = Math.Round(Math.Sqrt((Spread(found.FalsePositives) + Spread(found.FalseNegatives))
                    / prompts) / 2, 4),
                ["instances"] = questions.Count,
            };
        }
    }

    static double Spread(double share) => share * (1 - share);
}
