using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class LongTraceRlTests
{
    static readonly Tokenizer tokenizer = Tokenizer.Parse(
        CharacterTokenizer.Write("abcd ./<>thinkDoume[]0123456789", "<end>", "<other>"));

    static readonly LongTraceRlOptions options = new() { NeedsThought = false };

    static PromptList Letters(string? rubrics = """["a","b","c","d"]""") => new("letters", tokenizer,
        [new PromptExample("a") { Columns = Columns(rubrics) }],
        new RewardSet().Add("outcome", one => one.Text.Contains('a') ? 1 : 0), [0])
    { MostCompletionTokens = 6 };

    static Dictionary<string, JsonElement> Columns(string? rubrics) =>
        rubrics is null ? [] : new() { ["rubrics"] = JsonElement.Parse(rubrics) };

    static Completion Said(
        string text, float? outcome, bool isFinished = true, string? rubrics = """["a","b","c","d"]""")
    {
        int[] tokens = [.. tokenizer.Encode(text), .. isFinished ? new[] { 0 } : []];
        return new Completion
        {
            PromptTokens = [2],
            Prompt = "a",
            Tokens = tokens,
            Mask = [.. Enumerable.Repeat((byte)1, tokens.Length)],
            LogProbs = new float[tokens.Length],
            Versions = new int[tokens.Length],
            Text = tokenizer.Decode(tokens, skipSpecial: true, continues: true),
            IsFinished = isFinished,
            Reward = outcome,
            RewardParts = new Dictionary<string, float?> { ["outcome"] = outcome },
            Columns = Columns(rubrics),
        };
    }

    static Credited Credit(LongTraceRlOptions options, params Completion[] drawn)
    {
        using var credit = new LongTraceCredit(Letters(), options);
        return credit.Assign(drawn, drawn.Length, _ => throw new InvalidOperationException());
    }

    static float[] Rewards(LongTraceRlOptions options, params Completion[] drawn) =>
        [.. Credit(options, drawn).Completions.Select(one => one.Reward ?? float.NaN)];

    [Fact]
    public void Right_answers_are_worth_more_the_more_they_name_and_wrong_ones_nothing()
    {
        // r_b = 1/4, 2/4, 3/4, and 2/4 for the wrong one; the largest is 3/4: r̂_b = 1/3, 2/3, 1.
        Completion[] group = [Said("a", 1), Said("a b", 1), Said("a b c", 1), Said("c d", 0)];
        Near([0.7f + 0.1f, 0.7f + 0.2f, 1, 0], Rewards(options, group));
        Near([0.775f, 0.85f, 0.925f, 0], Rewards(options with { ScalesByGroup = false }, group));
        Near([0.8f, 0.9f, 1, 0.2f], Rewards(options with { Sign = RubricSign.Both }, group));
        Near([1, 1, 1, 0.2f], Rewards(options with { Sign = RubricSign.Negative }, group));
        Near([1, 1, 1, 0], Rewards(options with { Sign = RubricSign.None }, group));
        Near([0.25f + 0.75f / 3, 0.25f + 0.5f, 1, 0], Rewards(options with { Eta = 0.75f }, group));
    }

    [Fact]
    public void Groups_are_scaled_each_by_its_own_largest_and_rubrics_are_shown_as_they_were()
    {
        using var credit = new LongTraceCredit(Letters(), options);
        Credited credited = credit.Assign([Said("a", 1), Said("a b", 1), Said("a", 1), Said("c", 0)], 2, null!);
        Near([0.85f, 1, 1, 0], [.. credited.Completions.Select(one => one.Reward!.Value)]);
        Assert.Equal([0.25f, 0.5f, 0.25f, 0.25f], credited.Completions.Select(one => one.RewardParts["rubric"]));
        Assert.All(credited.Completions, one => Assert.Empty(one.Advantages));
        Assert.Equal(1.25 / 4, credited.Figures.First(one => one.Name == "rubric/hits").Value, 1e-6);
    }

    [Fact]
    public void Cut_and_ill_formed_completions_get_nothing_and_their_rubrics_count_for_no_group()
    {
        LongTraceRlOptions thinking = options with { NeedsThought = true };
        Completion good = Said("<think>d</think>a b", 1);
        Completion[] bad =
        [
            Said("<think>a</think>a b c", 1, isFinished: false), Said("a b c", 1), Said("<think> </think>a b c", 1),
            Said("a</think>b</think>a b c", 1), Said("a</think> ", 1), Said("a</think>a <other>b c", 1),
        ];
        // The thought names d, which does not count: 2/4 is the largest.
        float[] rewards = Rewards(thinking, [good, .. bad]);
        Near([1, 0, 0, 0, 0, 0, 0], rewards);
        Near([1], Rewards(thinking, Said("c</think>a b", 1)));               // the prompt may have opened the thought
        Assert.Equal(6.0 / 7, Credit(thinking, [good, .. bad]).Figures
            .First(one => one.Name == "rubric/ill_formed").Value, 1e-6);
    }

    [Fact]
    public void What_nobody_could_score_stays_without_a_reward() =>
        Assert.Null(Credit(options, Said("a b", null), Said("a", 1)).Completions[0].Reward);

    [Fact]
    public void LongRLVR_rewards_the_documents_that_are_named()
    {
        LongTraceRlOptions baseline = options with { IsLongRlvr = true };
        string rubrics = """["1","2","3","4"]""";
        float f = 10f / 19;                                  // two of three, of four: see TraceRewardsTests
        Near([1 + 0.3f * f + 0.7f * f, 0.3f * f], Rewards(baseline,
            Said("[1] [Document 2] [9]", 1, rubrics: rubrics), Said("[1][2][9]", 0, rubrics: rubrics)));
    }

    [Fact]
    public void A_prompt_without_a_rubric_or_with_an_empty_one_is_refused_in_one_sentence()
    {
        Assert.Equal("the prompt that ends in 'a' has no column 'rubrics' with a list of texts, which longtrace " +
            "rewards by",
            Assert.Throws<InvalidDataException>(() => Credit(options, Said("a", 1, rubrics: null))).Message);
        Assert.Equal("the prompt that ends in 'a' has an empty rubric; it names at least one entity",
            Assert.Throws<InvalidDataException>(() => Credit(options, Said("a", 1, rubrics: "[]"))).Message);
        Assert.StartsWith("named-pattern is no regular expression", Assert.Throws<OptionException>(
            () => LongTraceRlOptions.Table.Apply([new("named-pattern", "(")])).Message);
        Assert.StartsWith("eta must be from 0 to 1", Assert.Throws<OptionException>(
            () => LongTraceRlOptions.Table.Apply([new("eta", "2")])).Message);
        foreach (LongTraceRlOptions one in (LongTraceRlOptions[])[options, LongTraceRlOptions.Paper])
            Assert.Equal(one, LongTraceRlOptions.Table.Apply(LongTraceRlOptions.Table.Show(one)));
        RlooOptions paper = LongTraceRlOptions.Paper.Learning;
        Assert.Equal((128, 8, 0.28f, 0.5f, 2f, 0f), (paper.Batch, paper.GroupSize, paper.ClipHigh,
            paper.ImportanceFloor, paper.ImportanceCap, paper.Kl));
    }

    [Fact]
    public void Where_every_answer_is_right_the_rubric_alone_says_what_is_learnt()
    {
        using var workers = new Workers(1);
        var few = Tokenizer.Parse(CharacterTokenizer.Write("abcd", "<end>"));
        PromptList letters = new("letters", few, [new PromptExample("a") { Columns = Columns("""["b"]""") }],
            new RewardSet().Add("outcome", _ => 1), [0])
        { MostCompletionTokens = 16 };
        double with = Hits(RubricSign.Positive), without = Hits(RubricSign.None);
        Assert.True(with > without + 0.1, $"with the rubric {with}, without it {without}");

        double Hits(RubricSign sign)
        {
            LongTraceRlOptions learning = options with
            {
                Sign = sign,
                Eta = 0.8f,
                Learning = Small with { Batch = 64, GroupSize = 16, LearningRate = 1e-2f },
            };
            using Rloo rloo = LongTraceRl.Create(letters, learning, 1, workers);
            return Enumerable.Range(0, 70).Select(_ => rloo.Iterate(0).Figures.First(one => one.Name == "rubric/hits")
                .Value).TakeLast(10).Average();
        }
    }

    static RlooOptions Small => LongTraceRl.Loss(new RlooOptions
    {
        Layers = 1,
        Hidden = 16,
        Heads = 2,
        Batch = 32,
        GroupSize = 8,
        LearningRate = 1e-2f,
        Kl = 0,
    });

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Any_number_of_threads_gives_the_same_bits_and_a_resumed_run_goes_on_to_them(int threads)
    {
        LongTraceRlOptions cut = options with { Learning = Small with { Updates = 2, Shards = 3 } };
        byte[] whole = Trained(1, 5, null);
        Assert.Equal(whole, Trained(threads, 5, null));
        Assert.Equal(whole, Trained(threads, 2, Trained(1, 3, null)));

        byte[] Trained(int threads, int iterations, byte[]? from)
        {
            using var workers = new Workers(threads);
            using Rloo rloo = LongTraceRl.Create(Letters(), cut, 5, workers);
            if (from is not null)
            {
                using var restorer = new StateRestorer(from);
                rloo.VisitState(restorer);
            }
            for (int i = 0; i < iterations; i++)
                rloo.Iterate(0);
            using var bytes = new StateBytes();
            rloo.VisitState(bytes);
            return bytes.ToArray();
        }
    }

    [Fact]
    public void The_task_goes_through_the_catalogue()
    {
        var task = new TraceTask(new TraceTaskOptions { Tokens = 64, Hops = 2 });
        using var workers = new Workers(1);
        AlgorithmEntry entry = LanguageCatalogue.Algorithms.First(one => one.Name == "longtrace");
        foreach (string preset in (string[])["default", "long-rlvr"])
        {
            using IAlgorithm made = entry.Create(task, entry.Merge(task, preset,
            [
                new("hidden", "16"), new("layers", "1"), new("batch", "16"), new("warm-start", "2"),
            ]), 1, workers);
            for (int i = 0; i < 3; i++)
                made.Iterate(0);
            Assert.Equal("longtrace", made.Name);
        }
    }

    static void Near(float[] wanted, float[] found)
    {
        Assert.Equal(wanted.Length, found.Length);
        for (int i = 0; i < wanted.Length; i++)
            Assert.Equal(wanted[i], found[i], 1e-5);
    }
}
