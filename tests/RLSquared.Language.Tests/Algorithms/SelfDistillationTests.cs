using System.Text.Json;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

/// <summary>The baselines of ExpRL that learn from references without a judge.</summary>
public sealed class SelfDistillationTests
{
    static readonly Tokenizer tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("abc:|", "<end>"));

    static PromptList Letters(string? reference = "ca") => new("letters", tokenizer,
        [.. ((string[])["a:", "b:"]).Select(prompt => new PromptExample(prompt)
        {
            Completion = "b",
            Columns = reference is null ? new Dictionary<string, JsonElement>()
                : new Dictionary<string, JsonElement> { ["reference"] = JsonElement.Parse($"\"{reference}\"") },
        })], new RewardSet().Add("never", _ => 0), [0]);

    static readonly RlooOptions small = SelfDistillation.Loss(new RlooOptions
    {
        Layers = 1,
        Hidden = 16,
        Heads = 2,
        Batch = 32,
        GroupSize = 4,
        LongestCompletion = 4,
    });

    static readonly SelfDistillationOptions options =
        new() { Learning = small, TeacherPrompt = "{reference}|{problem}" };

    [Fact]
    public void Each_tokens_advantage_is_how_much_likelier_it_is_to_the_teacher()
    {
        List<TokenSequence> asked = [];
        using var credit = new SelfDistillationCredit(Letters(), options);
        PromptExample example = Letters().Draw(0, 0);
        Completion said = new()
        {
            PromptTokens = tokenizer.Encode(example.Prompt),
            Prompt = example.Prompt,
            Tokens = [1, 2, 0],
            Mask = [1, 1, 1],
            LogProbs = [-1, -0.5f, -2],
            Versions = [0, 0, 0],
            Columns = example.Columns,
        };
        Credited credited = credit.Assign([said], 1, sequences =>
        {
            asked.AddRange(sequences);
            return [[0, 0, 0, 0, 0, -0.25f, -0.75f, -4]];
        });
        Assert.Equal([0.75f, -0.25f, -2], credited.Completions[0].Advantages);
        // −(0.75 − 0.25 − 2)/3: the student is surer of what it drew.
        Assert.Equal(("teacher/divergence", 0.5), credited.Figures.Single());
        Assert.Equal("ca|" + example.Prompt, tokenizer.Decode(asked[0].Tokens.AsSpan(0, 5)));
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1], asked[0].Mask);
        Assert.True(credit.AsksReference);
    }

    [Fact]
    public void The_student_comes_nearer_to_its_teacher()
    {
        using var workers = new Workers(1);
        using Rloo rloo = SelfDistillation.Create(
            Letters(), options with { Learning = small with { LearningRate = 1e-2f, Batch = 128 } }, 1, workers);
        double[] divergences = [.. Enumerable.Range(0, 60).Select(_ =>
            rloo.Iterate(0).Figures.First(one => one.Name == "teacher/divergence").Value)];
        Assert.True(divergences[..5].Average() > 3 * Math.Abs(divergences[^10..].Average()),
            $"{divergences[..5].Average()} → {divergences[^10..].Average()}");
    }

    [Fact]
    public void Fine_tuning_learns_the_references_and_not_the_examples_of_the_warm_start()
    {
        using var workers = new Workers(1);
        using Rloo rloo = ReferenceTuning.Create(Letters(), small with { WarmStartRate = 1e-2f, WarmStartBatch = 8 }, 1,
            workers);
        double loss = 0;
        for (int i = 0; i < 6; i++)
            loss = rloo.Iterate(0).Figures.First(one => one.Name == "warm_start/loss").Value;
        Assert.InRange(loss, 0, 0.2);
        rloo.Generate();
        Assert.Contains("ca", rloo.Waiting.Select(one => one.Completion.Text));
    }

    [Fact]
    public void What_cannot_be_is_refused_in_one_sentence()
    {
        using var workers = new Workers(1);
        using Rloo distilled = SelfDistillation.Create(Letters(null), options, 1, workers);
        Assert.Contains("has no column 'reference', which the teacher reads",
            Assert.Throws<InvalidDataException>(() => distilled.Iterate(0)).Message);
        using Rloo tuned = ReferenceTuning.Create(Letters(null), small, 1, workers);
        Assert.Contains("has no column 'reference' to learn from",
            Assert.Throws<InvalidDataException>(() => tuned.Iterate(0)).Message);
        Assert.StartsWith("teacher-prompt must hold {problem} and {reference}", Assert.Throws<OptionException>(
            () => SelfDistillationOptions.Table.Apply([new("teacher-prompt", "{problem}")])).Message);
        Assert.StartsWith("ratio must be token", Assert.Throws<OptionException>(() => SelfDistillation.Create(
            Letters(), options with { Learning = RlooFamily.Rloo(small) }, 1, workers)).Message);
        Assert.Equal(options,
            SelfDistillationOptions.Table.Apply(SelfDistillationOptions.Table.Show(options)));
    }
}
