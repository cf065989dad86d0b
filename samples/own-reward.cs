#:project ../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false

// RLOO on your own reward: a small language model learns to write palindromes.
// Run it: dotnet run -c Release samples/own-reward.cs
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Generation;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Runs;
using RLSquared.Tensors;

var tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("abcdefgh:", "<end>"));
PromptExample[] prompts = [.. "abcdefgh".Select(letter => new PromptExample($"{letter}:"))];
RewardSet rewards = new RewardSet()
    .Add("palindrome", said => said.Text.Length == 0 ? 0
        : said.Text.Where((letter, i) => letter == said.Text[^(i + 1)]).Count() / (float)said.Text.Length)
    .Add("length", said => said.IsFinished && said.Text.Length is >= 4 and <= 8 ? 1 : 0)
    .Add("varied", said => Math.Min(3, said.Text.Distinct().Count()) / 3f);
var task = new PromptList("palindromes", tokenizer, prompts, rewards, endTokens: [tokenizer.Find("<end>")!.Value])
{
    MostPromptTokens = 2,
    MostCompletionTokens = 10,
};

using var workers = new Workers(threads: 2);
var options = new RlooOptions { Layers = 2, Hidden = 32, Heads = 2, Batch = 128, GroupSize = 8, Kl = 0.01f };
using var rloo = new Rloo(task, options with { LearningRate = 3e-3f }, seed: 1, workers);
TrainingOutcome outcome = new Training(rloo, Budget.Parse(args.Length > 0 ? args[0] : "30s")).Run();
Console.WriteLine($"mean reward {outcome.Status.Report.MeanReturn:F2} of 3 after {rloo.Steps} tokens");

using var generator = new Generator(rloo.Model, tokenizer: tokenizer);
for (int i = 0; i < prompts.Length; i++)
    generator.Submit(task.Encode(prompts[i]), new() { MaximumTokens = 10, StopTokens = task.EndTokens }, (ulong)i);
foreach (GeneratedSequence said in generator.Run())
    Console.WriteLine($"{tokenizer.Decode([.. said.Prompt])} {said.Text}");
