using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Language.Verifiers.Judges;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class ExpRlTests
{
    static readonly Tokenizer tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("abcd#:", "<end>"));

    static readonly RlooOptions small = ExpRl.Loss(new RlooOptions
    {
        Layers = 1,
        Hidden = 16,
        Heads = 2,
        Batch = 32,
        GroupSize = 4,
        LongestCompletion = 8,
        LearningRate = 1e-2f,
        Kl = 0,
    }, ExpRlReward.Process);

    static readonly ExpRlOptions options = new() { Learning = small, Delimiter = "#" };

    static PromptList Letters(string? reference = "ab") => new(
        "letters", tokenizer, [.. ((string[])["a:", "bc:", "d:"]).Select(prompt => new PromptExample(prompt)
        {
            Columns = reference is null ? new Dictionary<string, JsonElement>()
                : new Dictionary<string, JsonElement> { ["reference"] = JsonElement.Parse($"\"{reference}\"") },
        })], new RewardSet().Add("never", _ => 0), [0]);

    /// <summary>Scores by a function of the question, and writes the questions down.</summary>
    sealed class Stub(Func<JudgeQuestion, int?> score) : IJudge, IDisposable
    {
        public List<JudgeQuestion> Asked { get; } = [];
        public bool IsDisposed { get; private set; }

        public Task<IReadOnlyList<int?>> Score(
            IReadOnlyList<JudgeQuestion> questions, CancellationToken cancellation = default)
        {
            Asked.AddRange(questions);
            return Task.FromResult<IReadOnlyList<int?>>([.. questions.Select(score)]);
        }

        public void Dispose() => IsDisposed = true;
    }

    // Steps are worth as many points as they have letters a, and one more.
    static int? Letters(JudgeQuestion question) =>
        question.Text.Contains('d') ? null : Math.Min(5, 1 + question.Text.Count(letter => letter == 'a'));

    static Completion Said(string text, bool isFinished = true, string? reference = "ab")
    {
        int[] tokens = [.. tokenizer.Encode(text), .. isFinished ? new[] { 0 } : []];
        return new Completion
        {
            PromptTokens = [1],
            Tokens = tokens,
            Mask = [.. Enumerable.Repeat((byte)1, tokens.Length)],
            LogProbs = new float[tokens.Length],
            Versions = new int[tokens.Length],
            Prompt = "a:",
            Text = text,
            IsFinished = isFinished,
            Reward = 0,
            RewardParts = new Dictionary<string, float?> { ["never"] = 0 },
            Columns = reference is null ? new Dictionary<string, JsonElement>()
                : new Dictionary<string, JsonElement> { ["reference"] = JsonElement.Parse($"\"{reference}\"") },
        };
    }

    static (IReadOnlyList<Completion> Completions, Stub Judge) Credit(ExpRlOptions options, params Completion[] drawn)
    {
        var judge = new Stub(Letters);
        using var credit = new ExpRlCredit(Letters(), options, judge);
        return (credit.Assign(drawn, drawn.Length, _ => throw new InvalidOperationException()).Completions, judge);
    }

    [Fact]
    public void Every_token_has_the_advantage_of_its_step()
    {
        // s = 1/4, 1/2, 0: A = 1/4 − 0, 1/2 − 1/4, 0 − 1/2. The end token belongs to the last step.
        (IReadOnlyList<Completion> judged, Stub judge) = Credit(options, Said("ab#aa#b"), Said("b#aaaa"));
        Assert.Equal([0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, -0.5f, -0.5f], judged[0].Advantages);
        Assert.Equal([0, 0, 0, 1, 1, 1, 2, 2], judged[0].Segments);
        Assert.Equal([-1, -1, 1, 1, 1, 1, 1], judged[1].Advantages);
        Assert.Equal(["ab#", "aa#", "b", "b#", "aaaa"], judge.Asked.Select(one => one.Text));
        Assert.All(judge.Asked, one => Assert.Equal((JudgedPart.Step, "ab", "a:"),
            (one.Part, one.Reference, one.Problem)));
        Assert.Equal([0.25f, 0.5f], judged.Select(one => one.Reward));       // the means of their steps
        Assert.Equal([0.25f, 0.5f], judged.Select(one => one.RewardParts["judge"]));
        Assert.Equal(0, judged[0].RewardParts["never"]);
        Assert.True(judge.IsDisposed);
    }

    [Fact]
    public void Prefixes_are_everything_up_to_the_cut()
    {
        (_, Stub judge) = Credit(options with { JudgesPrefixes = true }, Said("ab#a#b"));
        Assert.Equal(["ab#", "ab#a#", "ab#a#b"], judge.Asked.Select(one => one.Text));
        Assert.All(judge.Asked, one => Assert.Equal(JudgedPart.Prefix, one.Part));
    }

    [Fact]
    public void A_single_step_gets_nothing_unless_the_published_flaw_is_asked_for()
    {
        Assert.All(Credit(options, Said("aaa")).Completions[0].Advantages, advantage => Assert.Equal(0, advantage));
        Assert.All(Credit(options with { KeepsSingleSteps = true }, Said("aaa")).Completions[0].Advantages,
            advantage => Assert.Equal(0.75f, advantage));
    }

    [Fact]
    public void EndNorm_and_GroupNorm_compare_with_the_last_step_and_with_the_group()
    {
        // Means 1/8 and 1/2: the group's is 5/16. The first completion: s = 1/4, 0.
        Completion[] drawn = [Said("a#b"), Said("aa"), Said("d"), Said("aaaa", isFinished: false)];
        IReadOnlyList<Completion> end = Credit(options with { Centring = SegmentCentring.End }, drawn).Completions;
        Assert.Equal([0.25f, 0.25f, 0, 0], end[0].Advantages);
        Assert.Equal([0.5f, 0.5f, 0.5f], end[1].Advantages);
        // The masked one counts for no mean, the cut one counts 0: (1/8 + 1/2 + 0)/3.
        IReadOnlyList<Completion> group = Credit(options with { Centring = SegmentCentring.Group }, drawn).Completions;
        float mean = (0.125f + 0.5f) / 3;
        Assert.Equal(0.25f - mean, group[0].Advantages[0], 1e-6);
        Assert.Equal(0.5f - mean, group[1].Advantages[0], 1e-6);
        Assert.All(group[3].Advantages, advantage => Assert.Equal(0, advantage));
    }

    [Fact]
    public void Rows_are_compared_with_the_finished_completions_that_have_such_a_row()
    {
        // s = 1/4, 0 and 1/2; a masked one and a cut one count for no row.
        IReadOnlyList<Completion> judged = Credit(options with { Centring = SegmentCentring.Row },
            Said("a#b"), Said("aa"), Said("aaa#d"), Said("aaaa", isFinished: false)).Completions;
        Assert.Equal([-0.125f, -0.125f, 0, 0], judged[0].Advantages);
        Assert.Equal([0.125f, 0.125f, 0.125f], judged[1].Advantages);
        Assert.All(judged.Skip(2), one => Assert.All(one.Advantages, advantage => Assert.Equal(0, advantage)));
    }

    [Fact]
    public void A_completion_that_was_cut_has_the_lowest_advantage_of_its_group_if_that_is_asked_for()
    {
        ExpRlOptions worst = options with { CutIsWorst = true };
        // DeltaNorm of 1/4, 1/2, 0: the lowest is −1/2.
        IReadOnlyList<Completion> judged = Credit(
            worst, Said("ab#aa#b"), Said("a#aaa", isFinished: false), Said("aaa")).Completions;
        Assert.All(judged[1].Advantages, advantage => Assert.Equal(-0.5f, advantage));
        Assert.Equal([0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, -0.5f, -0.5f], judged[0].Advantages);
        Assert.Equal((0f, 5), (judged[1].Reward, judged[1].Mask.Sum(one => one)));
        // Never above 0, and 0 where no completion ended.
        Assert.All(Credit(worst with { KeepsSingleSteps = true }, Said("aaa"), Said("a", isFinished: false))
            .Completions[1].Advantages, advantage => Assert.Equal(0, advantage));
        Assert.All(Credit(worst, Said("a#b", isFinished: false)).Completions[0].Advantages,
            advantage => Assert.Equal(0, advantage));
    }

    [Fact]
    public void A_completion_that_was_cut_gets_zero_and_the_judge_is_not_asked()
    {
        (IReadOnlyList<Completion> judged, Stub judge) = Credit(options, Said("a#aaa", isFinished: false), Said("a#b"));
        Assert.All(judged[0].Advantages, advantage => Assert.Equal(0, advantage));
        Assert.Equal((0f, 5), (judged[0].Reward, judged[0].Mask.Sum(one => one)));
        Assert.Equal(2, judge.Asked.Count);
        (judged, judge) = Credit(
            options with { Reward = ExpRlReward.Outcome }, Said("aaa", isFinished: false), Said("a"));
        Assert.Equal([0f, 0.25f], judged.Select(one => one.Reward));
        Assert.Single(judge.Asked);
    }

    [Fact]
    public void One_step_without_a_score_masks_the_whole_completion()
    {
        IReadOnlyList<Completion> judged = Credit(options, Said("aa#d#a"), Said("a#b")).Completions;
        Assert.Null(judged[0].Reward);
        Assert.All(judged[0].Mask, mark => Assert.Equal(0, mark));
        Assert.All(judged[0].Advantages, advantage => Assert.Equal(0, advantage));
        Assert.All(judged[1].Mask, mark => Assert.Equal(1, mark));
        // The map leaves a score of 2 out: the same.
        judged = Credit(options with { Scores = ScoreMap.ExtremeOnly }, Said("a#b"), Said("aaaa#b")).Completions;
        Assert.Null(judged[0].Reward);
        Assert.Equal([1, 1, 1, 1, 1, -1, -1], judged[1].Advantages);
    }

    [Fact]
    public void Outcomes_are_compared_within_the_group_as_usual()
    {
        (IReadOnlyList<Completion> judged, Stub judge) = Credit(
            options with { Reward = ExpRlReward.Outcome }, Said("a#a"), Said("d"), Said("b"));
        Assert.Equal([0.5f, null, 0f], judged.Select(one => one.Reward));
        Assert.All(judged, one => Assert.Empty(one.Advantages));
        Assert.All(judge.Asked, one => Assert.Equal(JudgedPart.Trace, one.Part));
        Assert.Equal([1, 0, 1], judged.Select(one => one.Mask[0]));
    }

    [Fact]
    public void A_missing_reference_and_a_delimiter_that_cannot_be_written_are_refused_in_one_sentence()
    {
        using var workers = new Workers(1);
        using Rloo rloo = ExpRl.Create(Letters(reference: null), options, 1, workers, new Stub(Letters));
        Assert.StartsWith("the prompt '", Assert.Throws<InvalidDataException>(() => rloo.Iterate(0)).Message);
        Assert.Contains("has no column 'reference'; exprl grades by it",
            Assert.Throws<InvalidDataException>(() => Credit(options, Said("a", reference: null))).Message);
        Assert.Equal("the tokenizer of the task 'letters' cannot write the delimiter '---'; set delimiter to a text " +
            "that it can", Refusal(options with { Delimiter = "---" }));
        Assert.StartsWith("ratio must be token", Refusal(options with
        {
            Learning = small with { Ratio = RatioLevel.SequenceSum },
        }));
        Assert.StartsWith("kl-place must be loss", Refusal(options with
        {
            Learning = small with { Kl = 1, KlPlace = DivergencePlace.Reward },
        }));
        Assert.StartsWith("delimiter must be some text",
            Assert.Throws<OptionException>(() => ExpRlOptions.Table.Apply([new("delimiter", "")])).Message);

        string Refusal(ExpRlOptions wrong) => Assert.Throws<OptionException>(
            () => ExpRl.Create(Letters(), wrong, 1, workers, new Stub(Letters))).Message;
    }

    [Theory]
    [InlineData(ExpRlReward.Process)]
    [InlineData(ExpRlReward.Outcome)]
    public void The_policy_learns_what_the_judge_wants_where_the_tasks_own_reward_is_always_zero(ExpRlReward reward)
    {
        using var workers = new Workers(1);
        ExpRlOptions wanted = options with
        {
            Reward = reward,
            Centring = SegmentCentring.Group,
            Learning = small with { Batch = 64 },
        };
        // A step is good if it begins with a; a whole answer by its share of letters a.
        using Rloo rloo = ExpRl.Create(Letters(), wanted, 1, workers, new Stub(question =>
            1 + (int)Math.Round(4.0 * question.Text.Count(letter => letter == 'a')
                / Math.Max(1, question.Text.Length))));
        double first = rloo.Iterate(0).MeanReturn, last = 0;
        for (int i = 0; i < 60; i++)
            last = rloo.Iterate(0).MeanReturn;
        Assert.InRange(first, 0, 0.35);
        Assert.InRange(last, 0.6, 1);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Any_number_of_threads_gives_the_same_bits(int threads)
    {
        Assert.Equal(Trained(1), Trained(threads));

        static byte[] Trained(int threads)
        {
            using var workers = new Workers(threads);
            ExpRlOptions cut = options with { Learning = small with { Updates = 2, Shards = 3, Kl = 0.01f } };
            using Rloo rloo = ExpRl.Create(Letters(), cut, 5, workers, new Stub(Letters));
            for (int i = 0; i < 5; i++)
                rloo.Iterate(0.1 * i);
            return State(rloo);
        }
    }

    [Fact]
    public void A_run_that_is_resumed_in_the_middle_of_a_batch_goes_on_to_the_same_bits()
    {
        using var workers = new Workers(1);
        ExpRlOptions twice = options with { Learning = small with { Updates = 2 } };
        using Rloo whole = ExpRl.Create(Letters(), twice, 2, workers, new Stub(Letters));
        for (int i = 0; i < 3; i++)
            whole.Iterate(0);
        Assert.NotEmpty(whole.Waiting);
        byte[] saved = State(whole);
        using Rloo resumed = ExpRl.Create(Letters(), twice, 2, workers, new Stub(Letters));
        using (var restorer = new StateRestorer(saved))
            resumed.VisitState(restorer);
        for (int i = 0; i < 3; i++)
            Assert.Equal(whole.Iterate(0).Figures, resumed.Iterate(0).Figures);
        Assert.Equal(State(whole), State(resumed));
    }

    [Fact]
    public void Every_option_is_read_back_as_it_is_shown_and_the_papers_figures_hold()
    {
        foreach (ExpRlOptions one in (ExpRlOptions[])[ExpRlOptions.PaperOutcome, ExpRlOptions.PaperProcess, options])
            Assert.Equal(one, ExpRlOptions.Table.Apply(ExpRlOptions.Table.Show(one)));
        RlooOptions outcome = ExpRlOptions.PaperOutcome.Learning, process = ExpRlOptions.PaperProcess.Learning;
        Assert.Equal((360, 10, 2, 0.28f), (outcome.Batch, outcome.GroupSize, outcome.Updates, outcome.ClipHigh));
        Assert.Equal((576, 16, 1, 0.26f), (process.Batch, process.GroupSize, process.Updates, process.ClipHigh));
        Assert.All((RlooOptions[])[outcome, process], one => Assert.Equal(
            (1e-6f, 0.001f, DivergencePlace.Loss, 0.8f, 16_384, Aggregation.GlobalTokenMean),
            (one.LearningRate, one.Kl, one.KlPlace, one.Temperature, one.LongestCompletion, one.Aggregation)));
    }

    [Fact]
    public void The_worksheets_go_through_the_catalogue_with_every_algorithm_of_the_comparison()
    {
        var task = new WorksheetTask(new WorksheetOptions { Steps = 2, Problems = 4 });
        using var workers = new Workers(1);
        foreach (string name in (string[])["exprl", "self-distill", "sft", "grpo"])
        {
            AlgorithmEntry entry = LanguageCatalogue.Algorithms.First(one => one.Name == name);
            using IAlgorithm made = entry.Create(task, entry.Merge(task, "default",
            [
                new("hidden", "16"), new("layers", "1"), new("batch", "32"), new("warm-start", "2"),
            ]), 1, workers);
            for (int i = 0; i < 3; i++)
                made.Iterate(0);
            Assert.Equal(name, made.Name);
        }
    }

    static byte[] State(Rloo rloo)
    {
        using var bytes = new StateBytes();
        rloo.VisitState(bytes);
        return bytes.ToArray();
    }
}
