#:project ../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false

// ExpRL: a small model learns to spell words backwards. Each word has a reference that the model does not see.
// Your own judge compares each step with it.
// Run it: dotnet run -c Release samples/graded-by-reference.cs
using System.Text.Json;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Language.Verifiers.Judges;
using RLSquared.Runs;
using RLSquared.Tensors;

var tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("abcdef-=", "<end>"));
PromptExample[] problems = [.. "bead cafe face fade deaf dace bade abed".Split(' ').Select(word =>
    new PromptExample($"{word}=") { Columns = new Dictionary<string, JsonElement> {
        ["reference"] = JsonSerializer.SerializeToElement($"{string.Join('-', word.Reverse())}-") } })];
RewardSet rewards = new RewardSet().Add("exact", said => said.Text == said.Column("reference") ? 1 : 0);
var task = new PromptList("backwards", tokenizer, problems, rewards, endTokens: [tokenizer.Find("<end>")!.Value])
    { MostPromptTokens = 5, MostCompletionTokens = 12 };

using var workers = new Workers(threads: 2);
var options = new ExpRlOptions { Delimiter = "-", JudgesPrefixes = true };
options = options with { Learning = options.Learning with
    { Layers = 2, Hidden = 32, Heads = 2, Batch = 128, GroupSize = 16, Kl = 0, LearningRate = 3e-3f } };
using Rloo exprl = ExpRl.Create(task, options, seed: 1, workers, new Spelling());
TrainingOutcome outcome = new Training(exprl, Budget.Parse(args.Length > 0 ? args[0] : "30s")).Run();
Console.WriteLine($"mean grade {outcome.Status.Report.MeanReturn:F2} of 1 after {exprl.Steps} tokens; " +
    $"{exprl.Evaluate(new() { Instances = 8 }, default).Agents[0].Score.Mean:P0} of the words are right");

sealed class Spelling : IJudge                               // 5 for what begins the reference, 1 for anything else
{
    public Task<IReadOnlyList<int?>> Score(IReadOnlyList<JudgeQuestion> all, CancellationToken ends = default) =>
        Task.FromResult<IReadOnlyList<int?>>(
            [.. all.Select(one => (int?)(one.Reference.StartsWith(one.Text) ? 5 : 1))]);
}
