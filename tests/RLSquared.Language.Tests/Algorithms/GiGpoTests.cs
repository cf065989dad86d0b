using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Environments;
using RLSquared.Language.Experience;
using RLSquared.Language.Tests.Environments;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class GiGpoTests
{
    internal static readonly AgentOptions Small = new()
    {
        Layers = 1,
        Hidden = 16,
        Heads = 2,
        Groups = 4,
        GroupSize = 4,
        WarmStart = 0,
        Updates = 1,
        Kl = 0,
        LearningRate = 2e-3f,
    };

    /// <summary>After a warm start in which the form of replies is learnt.</summary>
    internal static readonly AgentOptions Talking = Small with
    {
        WarmStart = 300,
        WarmStartPlays = 8,
        WarmStartRate = 1e-2f,
        WarmStartSuccess = 0.45f,
        WarmStartNoise = 0,
    };

    /// <summary>Goes through the warm start and gives the success at its end.</summary>
    internal static double WarmedUp(IAlgorithm run)
    {
        IterationReport report = run.Iterate(0);
        for (IterationReport next = report; next.Figures.Any(one => one.Name == "warm_start/loss");)
            (report, next) = (next, run.Iterate(0));
        return report.MeanReturn;
    }

    internal static double Figure(IterationReport report, string name) =>
        report.Figures.First(one => one.Name == name).Value;

    internal static byte[] State(IAlgorithm algorithm)
    {
        using var bytes = new StateBytes();
        algorithm.VisitState(bytes);
        return bytes.ToArray();
    }

    /// <summary>That a run gives the same bits with 1, 2 and 4 threads, and goes on to them after a resume.</summary>
    internal static void AssertBits(Func<Workers, IAlgorithm> create, int iterations)
    {
        byte[]? first = null, half = null;
        foreach (int threads in (int[])[1, 2, 4])
        {
            using var workers = new Workers(threads);
            using IAlgorithm run = create(workers);
            for (int i = 0; i < iterations; i++)
            {
                run.Iterate(0.1 * i);
                if (i == iterations / 2)
                    half = State(run);
            }
            first ??= State(run);
            Assert.Equal(first, State(run));
        }
        using var one = new Workers(1);
        using IAlgorithm resumed = create(one);
        using var restorer = new StateRestorer(half!);
        resumed.VisitState(restorer);
        Assert.Equal(half, State(resumed));
        for (int i = iterations / 2 + 1; i < iterations; i++)
            resumed.Iterate(0.1 * i);
        Assert.Equal(first, State(resumed));
    }

    [Theory]
    [InlineData("gigpo")]
    [InlineData("agent-grpo")]
    [InlineData("agent-rloo")]
    public void An_agent_that_was_shown_a_clumsy_walk_learns_to_walk_to_the_goal(string name)
    {
        AgentOptions options = GiGpo.Family.Single(one => one.Name == name).Change(
            Talking with { Groups = 8, WarmStart = 100, WarmStartSuccess = 2 });
        using var workers = new Workers(1);
        using var run = new GiGpo(new CorridorTask(isClumsy: true), options, 1, workers, name);
        double first = WarmedUp(run), last = 0;
        for (int i = 0; i < 60 && last < 1; i++)
            last = run.Iterate(0).MeanReturn;
        Assert.InRange(first, 0.1, 0.9);
        Assert.InRange(last, 0.95, 1);
        EvaluationResult result = run.Evaluate(new EvaluationOptions { Instances = 20, Threads = 1 }, default);
        Assert.Equal(name, result.Agents[0].Name);
        Assert.InRange(result.Agents[0].Score.Mean, 0.9, 1);
        Assert.Equal(name, run.Name);
    }

    // With its whole history a play is one record, with the environment's tokens between under the mask 0; without, one
    // for each turn. The trainer then computes for each token of the model the bits that the sampler wrote down.
    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 6)]
    [InlineData(2, 4)]
    public void Transcripts_are_faithful_to_the_token(int history, int records)
    {
        using var workers = new Workers(2);
        using var run = new GiGpo(new CorridorTask(), Small with { History = history }, 3, workers);
        AgentPlay[] plays = run.Play();
        AgentPlay longest = plays.First(play => play.Turns.Count == 6);
        Completion[] made = [.. longest.Records([1, 2, 3, 4, 5, 6])];
        Assert.Equal(records, made.Length);
        Assert.All(made, one => one.RequireWhole());
        Assert.Equal(longest.Turns.SelectMany(turn => turn.Tokens),
            made.SelectMany(one => one.Tokens.Where((_, i) => one.Mask[i] == 1)));
        Assert.Equal(longest.Turns.SelectMany(turn => turn.LogProbs),
            made.SelectMany(one => one.LogProbs.Where((_, i) => one.Mask[i] == 1)));
        Assert.Equal(longest.Turns.SelectMany((turn, t) => turn.Tokens.Select(_ => t + 1f)),
            made.SelectMany(one => one.Advantages.Where((_, i) => one.Mask[i] == 1)));
        Assert.All(made, one => Assert.All(one.Tokens.Index(), token => Assert.True(
            one.Mask[token.Index] == 1 || one.Advantages[token.Index] == 0 && one.LogProbs[token.Index] == 0)));
        // What the last record ends with is all that the model had read and wrote in the last turn.
        AgentTurn last = longest.Turns[^1];
        int[] read = [.. last.Prompt, .. last.Tokens];
        int[] whole = [.. made[^1].PromptTokens, .. made[^1].Tokens];
        Assert.Equal(read, whole[^read.Length..]);

        IterationReport report = run.Iterate(0);
        Assert.Equal(1, Figure(report, "ess"));
        Assert.Equal(0, Figure(report, "clip_ratio/region_mean"));
    }

    [Fact]
    public void A_prompt_has_the_last_turns_as_they_were_sampled()
    {
        var task = new CorridorTask();
        using var workers = new Workers(1);
        using var run = new GiGpo(task, Small with { History = 1 }, 3, workers);
        AgentPlay play = run.Play().First(one => one.Turns.Count >= 3);
        string Text(int[] ids) => task.Tokenizer.Decode(ids);
        Assert.Equal("<obs>" + play.Turns[0].Observation, Text(play.Turns[0].Prompt));
        Assert.Equal("<obs>" + play.Turns[1].Observation + play.Turns[1].Reply + "<obs>" + play.Turns[2].Observation,
            Text(play.Turns[2].Prompt));
    }

    [Fact]
    public void A_reply_has_one_action_between_its_tags_and_nothing_else()
    {
        var prompts = new AgentPrompts(new CorridorTask(), 0, asksProgress: false);
        Assert.Equal(("left", null), prompts.Read("<action>left</action>"));
        foreach (string wrong in (string[])["", "left", "<action>left", "left</action>", "<action>left</action> ",
            "_<action>left</action>", "<action><action>left</action>", "<progress>5</progress><action>left</action>"])
            Assert.Null(prompts.Read(wrong).Action);
    }

    [Fact]
    public void What_is_no_action_is_charged_and_counted()
    {
        using var workers = new Workers(1);
        using var run = new GiGpo(new CorridorTask(), Small with
        {
            InvalidPenalty = 0.5f,
            StepWeight = 0,
            Baseline = AgentBaseline.Mean,
            Statistics = GroupStatistics.Plays
        }, 3, workers);
        AgentPlay[] plays = run.Play();
        AgentPlay[] group = plays[..4];
        double mean = group.Average(play => play.Return);
        foreach ((AgentPlay play, Completion record) in group.SelectMany(play => play.Turns.Select(_ => play))
            .Zip(run.Records(plays)))
        {
            AgentTurn turn = play.Turns.First(one => one.Prompt.SequenceEqual(record.PromptTokens)
                && one.Tokens.SequenceEqual(record.Tokens));
            Assert.Equal(play.Return - (turn.IsValid ? 0 : 0.5) - mean, record.Advantages[0], 4);
        }
        Assert.Contains(plays, play => play.Turns.Any(turn => !turn.IsValid));
    }

    [Fact]
    public void Bits_are_the_same_with_any_number_of_threads_and_after_a_resume() => AssertBits(
        workers => new GiGpo(new CorridorTask(), Small with
        {
            WarmStart = 30,
            WarmStartPlays = 4,
            WarmStartSuccess = 2,
            Updates = 2,
            Epochs = 2,
            Kl = 0.05f,
            Shards = 3,
            TokensAtOnce = 60,
            InFlight = 5,
            History = 1,
        }, 5, workers), iterations: 5);

    [Fact]
    public void The_warm_start_imitates_the_oracle_and_ends_at_its_success()
    {
        using var workers = new Workers(1);
        using var run = new GiGpo(new CorridorTask(), Small with
        {
            WarmStart = 500,
            WarmStartPlays = 8,
            WarmStartRate = 1e-2f,
            WarmStartSuccess = 0.5f,
        }, 1, workers);
        IterationReport report = run.Iterate(0);
        for (int i = 0; i < 20 && report.MeanReturn < 0.5; i++)
        {
            Assert.Contains(report.Figures, one => one.Name == "warm_start/loss");
            report = run.Iterate(0);
        }
        Assert.True(report.MeanReturn >= 0.5);
        Assert.DoesNotContain(run.Iterate(0).Figures, one => one.Name == "warm_start/loss");
    }

    [Fact]
    public void Random_actions_of_a_demonstration_are_not_learnt()
    {
        var prompts = new AgentPrompts(new CorridorTask(), -1, asksProgress: false);
        var noisy = new Demonstrations(prompts, 1, noise: 0.5);
        int wrong = 0, learnt = 0;
        for (long number = 0; number < 50; number++)
        {
            AgentPlay play = noisy.Draw(number);
            foreach (AgentTurn turn in play.Turns)
            {
                string best = turn.Observation.EndsWith('R') ? "right" : "left";
                wrong += turn.Action != best ? 1 : 0;
                learnt += turn.IsLearnt ? 1 : 0;
                Assert.True(turn.Action == best || !turn.IsLearnt);
            }
            Assert.Equal(3 * play.Turns.Count(turn => turn.IsLearnt),
                Demonstrations.Sequences(play).Sum(one => one.Learnt));
        }
        Assert.True(wrong > 20 && learnt > 50);
    }

    [Fact]
    public void A_transcript_shows_observations_replies_and_the_outcome()
    {
        using var workers = new Workers(1);
        using var run = new GiGpo(new CorridorTask(), Small, 3, workers);
        string text = run.Transcript(1, 4);
        Assert.Equal(text, run.Transcript(1, 4));
        Assert.StartsWith("turn 1", text, StringComparison.Ordinal);
        Assert.Contains("reward", text, StringComparison.Ordinal);
        Assert.Matches("solved after [1-6] turns", text);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Contains("plays of a level are compared",
            Assert.Throws<OptionException>(() => new AgentOptions { GroupSize = 1 }).Message, StringComparison.Ordinal);
        using var workers = new Workers(1);
        Assert.Contains("even sizes", Assert.Throws<OptionException>(
            () => new GiGpo(new SokobanTask(), new AgentOptions { Heads = 5 }, 1, workers)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sokoban")]
    [InlineData("minesweeper")]
    [InlineData("household")]
    [InlineData("shop")]
    public void Every_agent_algorithm_runs_on_every_listed_task(string name)
    {
        using var workers = new Workers(2);
        var problem = (AgentTask)LanguageCatalogue.Tasks.First(one => one.Name == name).CreateProblem();
        foreach (AlgorithmEntry entry in LanguageCatalogue.Algorithms.Where(one => one.Learns(problem)))
        {
            using IAlgorithm run = entry.Create(problem, entry.Merge(problem, "default",
            [
                new("layers", "1"), new("hidden", "16"), new("heads", "2"), new("groups", "2"),
                new("group-size", "2"), new("warm-start", "2"), new("warm-start-plays", "2"),
            ]), 1, workers);
            for (int i = 0; i < 2; i++)
                run.Iterate(0);
            Assert.Equal(entry.Name, run.Evaluate(
                new EvaluationOptions { Instances = 2, Threads = 1 }, default).Agents[0].Name);
        }
    }
}
