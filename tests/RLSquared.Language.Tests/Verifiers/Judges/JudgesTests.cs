using RLSquared.Language.Algorithms;
using RLSquared.Language.Experience;
using RLSquared.Language.Models;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers.Judges;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Verifiers.Judges;

public sealed class JudgesTests
{
    static readonly JudgeQuestion question = new(JudgedPart.Trace, "7+5=?#?*3=?#", "7+5=2#2*3=6#", "")
    {
        Checkpoints = ["7+5=2", "2*3=6", "9"],
    };

    [Theory]
    // One of three: 1 + round(4/3); two: 1 + round(8/3), at most 4; all: 5.
    [InlineData(JudgedPart.Trace, "nothing", 1)]
    [InlineData(JudgedPart.Trace, "7 + 5 = 2", 2)]
    [InlineData(JudgedPart.Prefix, "7+5=2#2*3=6#", 4)]
    [InlineData(JudgedPart.Trace, "7+5=2#2*3=6#so 9", 5)]
    // Not within a longer number.
    [InlineData(JudgedPart.Step, "17+5=22", 1)]
    [InlineData(JudgedPart.Step, "7+5=22 and 7+5=2", 5)]
    [InlineData(JudgedPart.Step, "-7+5=2#", 5)]
    [InlineData(JudgedPart.Step, "so it is 9,000 or 9.5", 1)]
    [InlineData(JudgedPart.Step, "7+5=3", 1)]
    [InlineData(JudgedPart.Step, "", 1)]
    public void Checkpoints_are_found_word_for_word_and_counted(JudgedPart part, string text, int wanted) =>
        Assert.Equal(wanted, CheckpointJudge.Score(question with { Part = part, Text = text }));

    [Fact]
    public void Nearly_all_of_many_checkpoints_are_not_yet_the_best_score()
    {
        JudgeQuestion ten = question with
        {
            Checkpoints = [.. Enumerable.Range(0, 10).Select(i => $"{i}")],
            Text = "0 1 2 3 4 5 6 7 8",
        };
        Assert.Equal(4, CheckpointJudge.Score(ten));
        Assert.Equal(5, CheckpointJudge.Score(ten with { Text = ten.Text + " 9" }));
    }

    [Fact]
    public async Task Without_a_reference_the_judge_of_checkpoints_has_no_opinion_and_without_checkpoints_it_refuses()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Assert.Equal([3], await new CheckpointJudge().Score(
            [question with { Reference = "", Checkpoints = [] }], cancellation));
        Assert.StartsWith("the problem '7+5=?#?*3=?#' has no checkpoints; give its line a list of texts",
            (await Assert.ThrowsAsync<InvalidDataException>(() => new CheckpointJudge().Score(
                [question with { Checkpoints = [] }], cancellation))).Message);
    }

    [Theory]
    [InlineData("It is sound.\nScore: 4", 4)]
    [InlineData("score: **5**/5", 5)]
    [InlineData("Score: 2 at first.\nScore: 3", 3)]
    [InlineData("Score: none", null)]
    [InlineData("4", null)]
    [InlineData("Score: 7", null)]
    [InlineData("Score: 0", null)]
    [InlineData("", null)]
    public void A_score_is_the_first_digit_behind_the_last_mark(string answer, int? wanted) =>
        Assert.Equal(wanted, JudgePrompts.Parse(answer));

    [Fact]
    public void The_two_prompts_hold_what_they_should_and_a_step_is_said_to_stand_alone()
    {
        foreach (string word in (string[])["Soundness", "Completeness", "Contradictions", "Score:"])
            Assert.Contains(word, JudgePrompts.Instruction(JudgedPart.Trace));
        foreach (string word in (string[])["2 to 6 checkpoints", "Do not solve", "productive next move", "not shown"])
            Assert.Contains(word, JudgePrompts.Instruction(JudgedPart.Step));
        Assert.DoesNotContain("not shown", JudgePrompts.Instruction(JudgedPart.Prefix));
        Assert.Equal("Problem:\np\n\nReference:\nr\n\nTrace:\nt\n",
            JudgePrompts.Question(new JudgeQuestion(JudgedPart.Trace, "p", "r", "t")));
        Assert.Contains("(not available)", JudgePrompts.Question(new JudgeQuestion(JudgedPart.Step, "p", "", "t")));
    }

    [Fact]
    public void Misplacement_is_the_mean_of_both_shares_of_errors()
    {
        // Right: 5, 3, 4, 1: two missed of four. Wrong: 4, 2, 1: one approved of three.
        var misplacement = Misplacement.Of(
            [5, 3, 4, 1, 4, 2, 1, null], [true, true, true, true, false, false, false, true]);
        Assert.Equal((1.0 / 3, 0.5, 1),
            (misplacement.FalsePositives, misplacement.FalseNegatives, misplacement.Unparsable));
        Assert.Equal(5.0 / 12, misplacement.Mean, 1e-12);
        Assert.Contains("1 right and 0 wrong traces",
            Assert.Throws<ArgumentException>(() => Misplacement.Of([5, null], [true, false])).Message);
        Assert.Contains("1 scores have 2 truths",
            Assert.Throws<ArgumentException>(() => Misplacement.Of([5], [true, false])).Message);
    }

    [Fact]
    public async Task A_judge_of_checkpoints_errs_never_with_the_reference_and_half_the_time_without()
    {
        JudgeQuestion[] traces = [.. Enumerable.Range(0, 6).Select(i => new JudgeQuestion(
            JudgedPart.Trace, $"problem {i / 2}", $"reference {i / 2}", $"it is {(i % 2 == 0 ? 10 + i / 2 : 99)}")
        {
            Checkpoints = [$"{10 + i / 2}"],
        })];
        bool[] isRight = [true, false, true, false, true, false];
        foreach ((GivenReference reference, double wanted) in
            ((GivenReference, double)[])[(GivenReference.Correct, 0), (GivenReference.None, 0.5),
            (GivenReference.Wrong, 0.5)])
        {
            Assert.Equal(wanted, (await Misplacement.Measure(
                new CheckpointJudge(), traces, isRight, reference, TestContext.Current.CancellationToken)).Mean);
        }
    }

    static readonly Tokenizer tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("ab:", "<end>"));

    static LanguageModel Model(int positions = 32) =>
        LanguageModel.Create(ModelConfiguration.Small(tokenizer.Count, 16, 1, 2, positions), seed: 3);

    [Fact]
    public async Task The_judge_by_likelihood_compares_the_reference_with_and_without_the_text()
    {
        using var workers = new Workers(1);
        using LanguageModel model = Model();
        using var learner = new SequenceLearner(model, 1, 1 << 20, workers);
        double Mean(string context) => learner.Score(model, [new TokenSequence(tokenizer.Encode(context + "ba"),
            [.. new byte[context.Length], 1, 1])], 1)[0].Sum() / 2.0;
        double gain = Mean("a:bb") - Mean("a:");
        JudgeQuestion[] questions =
        [
            new(JudgedPart.Trace, "a:", "ba", "bb"), new(JudgedPart.Trace, "a:", "ba", ""),
            new(JudgedPart.Trace, "a:", "", "bb"), new(JudgedPart.Trace, "a:", "ba", new string('a', 40)),
        ];
        using var judge = new LikelihoodJudge(model, tokenizer, workers);
        double?[] gains = judge.Gains(questions);
        Assert.Equal(gain, gains[0]!.Value, 1e-6);
        Assert.Equal([0, 0], gains[1..3]);
        Assert.Null(gains[3]);                                               // more than the model can read
        float below = (float)gain - 0.01f, above = (float)gain + 0.01f;
        using var tuned = new LikelihoodJudge(model, tokenizer, workers, [below, below, above, above]);
        Assert.Equal([3, null], (await tuned.Score([questions[0], questions[3]],
            TestContext.Current.CancellationToken)));
        Assert.Contains("five scores need four thresholds that ascend", Assert.Throws<ArgumentException>(
            () => new LikelihoodJudge(model, tokenizer, workers, [1, 0, 2, 3])).Message);
    }

    [Fact]
    public async Task A_model_that_writes_no_score_gives_none_and_is_counted()
    {
        using var workers = new Workers(1);
        using LanguageModel model = Model(positions: 1500);
        using var judge = new ModelJudge(model, tokenizer, template: null, workers, longestAnswer: 8);
        Assert.Equal([null, null], await judge.Score(
            [new(JudgedPart.Trace, "a", "b", "ab"), new(JudgedPart.Step, "a", "b", new string('a', 2000))],
            TestContext.Current.CancellationToken));
        Assert.Equal(2, judge.Unparsable);
    }

    [Theory]
    [InlineData("judge=remote", "a remote judge needs its address")]
    [InlineData("judge=model", "this judge needs the folder of a model")]
    [InlineData("judge=likelihood", "this judge needs the folder of a model")]
    [InlineData("judge=remote judge-url=nowhere", "judge-url must be an address such as")]
    [InlineData("judge=remote judge-url=http://a judge-key-variable=NO_SUCH_KEY", "there is no environment variable")]
    [InlineData("judge-timeout=0", "judge-timeout must be from")]
    [InlineData("judge=oracle", "judge must be checkpoints, likelihood, model or remote")]
    public void A_judge_that_lacks_something_is_refused_in_one_sentence(string settings, string message)
    {
        using var workers = new Workers(1);
        Assert.StartsWith(message, Assert.Throws<OptionException>(() => JudgeOptions.Table.Apply(
            settings.Split(' ').Select(one => new RLSquared.Settings.Assignment(one.Split('=')[0], one.Split('=')[1])))
            .Create(workers)).Message);
    }
}
