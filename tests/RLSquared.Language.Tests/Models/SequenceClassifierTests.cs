using RLSquared.Language.Models;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Models;

public sealed class SequenceClassifierTests : IDisposable
{
    readonly string folder = TemporaryFolder.Make();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static SequenceClassifier Create(string name, int labels = 1)
    {
        using LanguageModel model = SmallModels.Create(name);
        var classifier = SequenceClassifier.From(model, labels);
        Parameter score = classifier.Parameters.All.First(one => one.Name == "score.weight");
        score.Value.CopyFrom([.. Enumerable.Range(0, (int)score.Value.Shape.Count).Select(i => MathF.Sin(i))]);
        return classifier;
    }

    static float[] Scores(SequenceClassifier classifier, params int[][] texts)
    {
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        var batch = new PackedBatch();
        foreach (int[] text in texts)
            batch.Add(text, text.Length);
        return classifier.Scores(tape, batch).ToArray();
    }

    [Theory]
    [MemberData(nameof(SmallModels.Names), MemberType = typeof(SmallModels))]
    public void A_classifier_of_each_family_is_written_and_read(string name)
    {
        using SequenceClassifier classifier = Create(name, labels: 3);
        classifier.Save(folder);
        using var read = SequenceClassifier.Load(folder);
        Assert.Equal(3, read.Configuration.Labels);
        int[] text = SmallModels.Tokens(9, 37, 1);
        Assert.Equal(Scores(classifier, text), Scores(read, text));
        Assert.Equal(27, Scores(read, text).Length);
        Assert.Contains("ForSequenceClassification", File.ReadAllText(Path.Combine(folder, "config.json")));
        // No output head, tied or not: its rows have no place in a classifier.
        Assert.DoesNotContain(read.Parameters.All, one => one.Name == "lm_head.weight");
        Assert.Equal("score.weight", read.Parameters.All[^1].Name);
        Assert.Equal(read.Configuration.ParameterCount, read.Parameters.Count);
    }

    [Fact]
    public void Scores_are_the_rows_behind_the_last_norm_times_the_weights()
    {
        using LanguageModel model = SmallModels.Create("llama");
        using SequenceClassifier classifier = Create("llama", labels: 2);
        int[] text = SmallModels.Tokens(6, 37, 1);
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        var batch = new PackedBatch();
        batch.Add(text);
        float[] hidden = model.Hidden(tape, batch).ToArray();
        float[] scores = Scores(classifier, text);
        for (int t = 0; t < 6; t++)
        {
            for (int label = 0; label < 2; label++)
            {
                double sum = Enumerable.Range(0, 24).Sum(d => hidden[24 * t + d] * Math.Sin(24 * label + d));
                Assert.Equal(sum, scores[2 * t + label], 1e-4);
            }
        }
    }

    [Fact]
    public void Models_of_the_other_kind_are_refused_in_one_sentence()
    {
        using (LanguageModel model = SmallModels.Create("llama"))
        {
            model.Save(folder);
            Assert.Equal($"{folder} cannot be read: it holds a language model, and no classifier such as " +
                "LlamaForSequenceClassification",
                Assert.Throws<InvalidDataException>(() => SequenceClassifier.Load(folder)).Message);
        }
        using SequenceClassifier classifier = Create("llama", labels: 2);
        classifier.Save(folder);
        Assert.Equal($"{folder} cannot be read: it holds a classifier of 2 labels, and no language model",
            Assert.Throws<InvalidDataException>(() => LanguageModel.Load(folder)).Message);
        Assert.Throws<ArgumentException>(() => LanguageModel.Create(classifier.Configuration));
        File.Copy(Path.Combine(Tokenizers(), "tokenizer.json"), Path.Combine(folder, "tokenizer.json"));
        Assert.Equal($"{folder} holds no reward model: the classifier has 2 labels, not a reward's one",
            Assert.Throws<InvalidDataException>(() => RewardModel.Load(folder)).Message);
    }

    [Theory]
    [InlineData("{\"0\": \"A\"}", 1)]
    [InlineData("{\"0\": \"A\", \"1\": \"B\", \"2\": \"C\"}", 3)]
    [InlineData(null, 2)]
    public void The_labels_are_counted_and_are_two_where_nothing_is_said(string? names, int count)
    {
        using SequenceClassifier classifier = Create("llama", labels: 5);
        string text = ModelConfigurationFile.Write(classifier.Configuration);
        int from = text.IndexOf("\"id2label\"", StringComparison.Ordinal);
        int to = text.IndexOf("\"model_type\"", StringComparison.Ordinal);
        text = text[..from] + (names is null ? "" : $"\"id2label\": {names}, ") + text[to..];
        Assert.Equal(count, ModelConfigurationFile.Parse(System.Text.Encoding.UTF8.GetBytes(text)).Labels);
    }

    [Fact]
    public void A_reward_is_the_number_of_the_last_token_in_any_company_and_on_any_number_of_threads()
    {
        Completion[] completions = [.. Enumerable.Range(1, 9).Select(i => new Completion
        {
            PromptTokens = SmallModels.Tokens(i, 37, (ulong)i),
            Tokens = SmallModels.Tokens(10 - i, 37, 100 + (ulong)i),
        })];
        float?[] wanted;
        using (SequenceClassifier classifier = Create("qwen3"))
        {
            wanted = [.. completions.Select(one =>
                (float?)Scores(classifier, [.. one.PromptTokens, .. one.Tokens])[^1])];
        }
        foreach ((int threads, int tokens) in ((int, int)[])[(1, 1000), (2, 25), (4, 1)])
        {
            using var workers = new Workers(threads);
            using var judge = new RewardModel(Create("qwen3"), workers: workers) { TokensAtOnce = tokens };
            Assert.Equal(wanted, judge.Score(completions));
        }
        Assert.Equal(9, wanted.Distinct().Count());
    }

    [Fact]
    public async Task A_reward_model_cuts_texts_with_its_own_tokenizer_and_ends_what_has_ended()
    {
        using (var model = LanguageModel.Create(ModelConfiguration.Small(8, 16, 1, 2, 8) with { EndTokens = [0] }, 3))
        using (var fresh = SequenceClassifier.From(model))
        {
            fresh.Parameters.All[^1].SetAll(0.5f);
            fresh.Save(folder);
        }
        File.Copy(Path.Combine(Tokenizers(), "tokenizer.json"), Path.Combine(folder, "tokenizer.json"));
        using var judge = RewardModel.Load(folder);
        using var classifier = SequenceClassifier.Load(folder);
        Completion[] said =
        [
            new() { Prompt = "ab:", Text = "cd", PromptTokens = [9], Tokens = [9] },
            new() { Prompt = "ab:", Text = "cd", IsFinished = false },
            new() { Prompt = "ab:", Text = "abcdabcd" },                     // too long to be scored
        ];
        // 0 is the end, the letters a to d are 1 to 4, the colon is 5.
        float?[] wanted = [Scores(classifier, [1, 2, 5, 3, 4, 0])[^1], Scores(classifier, [1, 2, 5, 3, 4])[^1], null];
        Assert.Equal(wanted, judge.Score(said));
        Assert.NotEqual(wanted[0], wanted[1]);

        RewardSet rewards = new RewardSet().AddBatch("judge", judge.Score, 2).Add("length", one => one.Text.Length);
        IReadOnlyList<Completion> scored = await rewards.Score(said);
        Assert.Equal([2 * wanted[0] + 2, 2 * wanted[1] + 2, 8], scored.Select(one => one.Reward));
        Assert.Equal(wanted, scored.Select(one => one.RewardParts["judge"]));
    }

    static string Tokenizers()
    {
        string made = TemporaryFolder.Make();
        File.WriteAllBytes(Path.Combine(made, "tokenizer.json"), CharacterTokenizer.Write("abcd:", "<end>"));
        return made;
    }
}
