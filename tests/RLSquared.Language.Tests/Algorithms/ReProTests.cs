using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Environments;
using RLSquared.Language.Experience;
using RLSquared.Language.Tests.Environments;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class ReProTests
{
    static readonly ReProOptions talking = new() { Agent = GiGpoTests.Talking };

    // A play of the corridor: −0.1 a step, 0.9 for the last of a play that is solved.
    static AgentPlay Play(bool isSolved, params int?[] estimates)
    {
        var corridor = new Corridor(isHidden: false, isClumsy: false);
        corridor.Reset(0);
        var play = new AgentPlay(corridor, 0, 0);
        foreach ((int t, int? estimate) in estimates.Index())
        {
            string observation = corridor.Observation;
            bool ends = isSolved && t >= estimates.Length - 2;
            TextStep step = corridor.Step(ends || t % 2 == 0 ? "right" : "left");
            play.Turns.Add(new AgentTurn
            {
                Prompt = [0],
                Tokens = [1],
                LogProbs = [0],
                Versions = [0],
                Observation = observation,
                AnchorKey = observation,
                Reply = "",
                Progress = estimate,
                Reward = step.Reward,
                IsValid = true,
            });
        }
        Assert.Equal(isSolved, play.IsSolved);
        return play;
    }

    // Labels 0, 40, 100. r_p = β (0.4, 0.6, 0); r_align = −α (|10 − 0|, –, |70 − 100|)/100 with no estimate at the
    // second step, which costs w.
    [Fact]
    public void The_reward_is_that_of_the_environment_progress_agreement_and_form()
    {
        var options = new ReProOptions { ProgressWeight = 2, AlignWeight = 0.5, FormatWeight = 0.25 };
        ReProRewards rewards = ReProCredit.Of(Play(false, 10, null, 70), [0, 40, 100], options);
        Equal([-0.1, -0.1, -0.1], rewards.Environment);
        Equal([0.8, 1.2, 0], rewards.Progress);
        Equal([-0.05, 0, -0.15], rewards.Align);
        Equal([0, -0.25, 0], rewards.Format);
        Equal([-0.1 + 0.8 - 0.05, -0.1 + 1.2 - 0.25, -0.1 - 0.15], rewards.Sum);
    }

    [Fact]
    public void Without_a_look_back_in_its_form_there_are_no_labels_and_the_last_step_is_charged()
    {
        ReProRewards rewards = ReProCredit.Of(Play(true, 10, null), null, new ReProOptions { FormatWeight = 0.25 });
        Equal([-0.1, 0.9], rewards.Environment);
        Equal([0, 0], rewards.Progress);
        Equal([0, 0], rewards.Align);
        Equal([0, -0.5], rewards.Format);
    }

    static void Equal(double[] wanted, double[] found) => Assert.Equal(
        wanted.Select(one => Math.Round(one, 6)), found.Select(one => Math.Round(one, 6)));

    [Fact]
    public void Progress_adds_up_to_the_last_less_the_first_whatever_lies_between()
    {
        ReProRewards rewards = ReProCredit.Of(
            Play(false, 0, 0, 0, 0), [20, 90, 10, 60], new ReProOptions { ProgressWeight = 1 });
        Assert.Equal(0.4, rewards.Progress.Sum(), 9);
    }

    [Theory]
    [InlineData("0 50 100</reflect>", true, true)]
    [InlineData("30 50 100</reflect>", true, true)]
    [InlineData("31 50 100</reflect>", true, false)]          // above the cap of the first
    [InlineData("0 50 99</reflect>", true, false)]            // a success ends with 100
    [InlineData("0 50 99</reflect>", false, true)]
    [InlineData("0 50 100</reflect>", false, false)]          // and nothing else does
    [InlineData("0 100</reflect>", true, false)]              // a number is missing
    [InlineData("0 50 50 100</reflect>", true, false)]
    [InlineData("0 50 100", true, false)]                     // cut
    [InlineData("0 101 100</reflect>", true, false)]
    [InlineData("0 -5 100</reflect>", true, false)]
    [InlineData("0  100</reflect>", true, false)]
    [InlineData("", true, false)]
    public void A_look_back_has_a_number_for_each_step_within_its_bounds(string text, bool isSolved, bool isRead) =>
        Assert.Equal(isRead, Progress.Read(text, 3, isSolved, firstCap: 30) is not null);

    [Fact]
    public void One_step_that_solves_the_level_is_100_at_once() =>
        Assert.Equal([100], Progress.Read("100</reflect>", 1, isSolved: true, firstCap: 30)!);

    // From 5 steps to go: 5, 4, 2, 1 are (5 − d)/4. A dead end halves the last, and no failure ends with 100.
    [Fact]
    public void The_oracles_progress_goes_by_its_distances()
    {
        Assert.Equal([0, 25, 75, 100], Progress.OfDistances([5, 4, 2, 1], isSolved: true));
        Assert.Equal([0, 50, 0, 50], Progress.OfDistances([5, 3, 6, 3], isSolved: false));
        Assert.Equal([0, 75, 38, 19], Progress.OfDistances([5, 2, null, null], isSolved: false));
        Assert.Equal([0, 99], Progress.OfDistances([5, 1], isSolved: false));
        Assert.Equal([100], Progress.OfDistances([1], isSolved: true));
        Assert.Equal([0, 0], Progress.OfDistances([null, null], isSolved: false));
        Assert.Empty(Progress.OfDistances([], isSolved: false));
    }

    [Fact]
    public void A_reply_has_an_estimate_before_its_action()
    {
        var prompts = new AgentPrompts(new CorridorTask(), 0, asksProgress: true);
        Assert.Equal(("left", 40), prompts.Read("<progress>40</progress><action>left</action>"));
        Assert.Equal(("left", null), prompts.Read("<action>left</action>"));
        Assert.Equal(("left", null), prompts.Read("<progress>400</progress><action>left</action>"));
        Assert.Equal((null, 40), prompts.Read("<progress>40</progress>"));
        Assert.Equal((null, null), prompts.Read("<action>left</action><progress>40</progress>"));
        Assert.Equal("<progress>7</progress><action>left</action>", AgentPrompts.Reply("left", 7));
    }

    [Fact]
    public void Looks_back_are_imitated_where_the_play_was_solved_or_compared_by_their_form_or_left_alone()
    {
        AgentPlay[] plays = [Play(true, 0, 0), Play(false, 0, 0), new(Play(true, 0, 0).Environment, 0, 1)];
        int[]?[] labels = [[0, 100], [0, 50], null];
        var options = new ReProOptions { ReflectionWeight = 0.7f };
        Assert.Equal([0.7f, 0, 0], ReProCredit.OfReflections(plays, labels, options));
        Assert.Equal([0, 0, 0], ReProCredit.OfReflections(
            plays, labels, options with { Reflection = ReflectionTraining.None }));
        // By form: 1, 1 and 0, of two plays (the first two are one trajectory): ±0.5.
        Assert.Equal([0.5f, 0.5f, -0.5f], ReProCredit.OfReflections(plays, labels, options with
        {
            Reflection = ReflectionTraining.Reinforce,
            Agent = new AgentOptions { Baseline = AgentBaseline.Mean },
        }));
    }

    [Fact]
    public void Discrimination_is_the_last_estimate_of_successes_less_that_of_failures()
    {
        AgentPlay[] plays = [Play(true, 10, 90), Play(true, 10, 20, 80, null), Play(false, 20, 40)];
        Assert.Equal((90 + 80) / 2.0 - 40, ReProCredit.Discrimination(plays));
        Assert.True(double.IsNaN(ReProCredit.Discrimination(plays[..2])));
    }

    [Fact]
    public void A_demonstration_tells_the_oracles_progress_on_the_way_and_in_the_look_back()
    {
        var task = new CorridorTask();
        using var workers = new Workers(1);
        using var run = new RePro(task, talking, 1, workers);
        string[] texts = [.. run.Demonstrate().Select(one => task.Tokenizer.Decode(one.Tokens))];
        string way = texts[0].Contains("P__R", StringComparison.Ordinal) ? "right" : "left";
        (string first, string second, string end) =
            way == "right" ? ("__P__R", "___P_R", "____PR") : ("__P__L", "_P___L", "P____L");
        Assert.Equal(
        [
            $"<obs>{first}<progress>0</progress><action>{way}</action>",
            $"<obs>{second}<progress>100</progress><action>{way}</action>",
            $"<obs>{first}<action>{way}</action><obs>{second}<action>{way}</action><obs>{end}<success><reflect>" +
            "0 100</reflect>",
        ], texts);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0.5, 2, 40)]
    public void Clumsy_demonstrations_show_looks_back_at_failures(double share, int least, int most)
    {
        var task = new CorridorTask();
        using var workers = new Workers(1);
        using var run = new RePro(task, talking with { WarmStartClumsy = share }, 1, workers);
        string[] looks = [.. Enumerable.Range(0, 120)
            .Select(_ => task.Tokenizer.Decode(run.Demonstrate().Last().Tokens))];
        Assert.All(looks, look => Assert.EndsWith(AgentTags.ReflectEnd, look, StringComparison.Ordinal));
        Assert.InRange(looks.Count(look => look.Contains(AgentTags.Failure, StringComparison.Ordinal)), least, most);
    }

    [Fact]
    public void Learning_grows_success_and_keeps_the_look_backs_in_their_form()
    {
        using var workers = new Workers(1);
        using var run = new RePro(new CorridorTask(isClumsy: true), talking with
        {
            Agent = talking.Agent with { Groups = 8, WarmStart = 200, WarmStartSuccess = 2 },
            ProgressWeight = 0.2,
        }, 1, workers);
        double first = GiGpoTests.WarmedUp(run);
        IterationReport report = run.Iterate(0);
        for (int i = 0; i < 60 && report.MeanReturn < 1; i++)
            report = run.Iterate(0);
        Assert.InRange(first, 0.1, 0.9);
        Assert.InRange(report.MeanReturn, 0.95, 1);
        Assert.InRange(GiGpoTests.Figure(report, "reflections"), 0.5, 1);
        EvaluationResult result = run.Evaluate(new EvaluationOptions { Instances = 20, Threads = 1 }, default);
        Assert.InRange(result.Agents[0].Score.Mean, 0.9, 1);
        Assert.Contains("looking back: ", run.Transcript(1, 0), StringComparison.Ordinal);
    }

    [Fact]
    public void Records_are_the_turns_and_the_look_backs_that_are_learnt()
    {
        using var workers = new Workers(1);
        using var run = new RePro(new CorridorTask(), talking with
        {
            Agent = talking.Agent with { WarmStart = 0 },
            Reflection = ReflectionTraining.None,
        }, 1, workers);
        AgentPlay[] plays = run.Play();
        Assert.All(plays, play => Assert.EndsWith("<reflect>",
            new CorridorTask().Tokenizer.Decode(play.Reflection!.Prompt), StringComparison.Ordinal));
        List<Completion> records = run.Records(plays).Records;
        Assert.Equal(plays.Sum(play => play.Turns.Count), records.Count);
        // Nothing is in its form: each step costs w, the last one twice.
        Assert.Equal(-0.1 * (6 + 1), GiGpoTests.Figure(
            new IterationReport(0, 0, 0, 0, 0, run.Records(plays).Figures), "reward/format"), 6);
    }

    [Fact]
    public void Bits_are_the_same_with_any_number_of_threads_and_after_a_resume() => GiGpoTests.AssertBits(
        workers => new RePro(new CorridorTask(), new ReProOptions
        {
            Agent = GiGpoTests.Talking with { WarmStart = 50, WarmStartSuccess = 2, Updates = 2, Kl = 0.05f },
        }, 5, workers), iterations: 4);
}
