using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Environments;
using RLSquared.Language.Experience;
using RLSquared.Language.Tests.Environments;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class LaMerTests
{
    static readonly LaMerOptions talking = new() { Agent = GiGpoTests.Talking with { WarmStartSuccess = 2 } };

    static AgentTurn Turn(string anchor, float reward, int token) => new()
    {
        Prompt = [0],
        Tokens = [token],
        LogProbs = [0],
        Versions = [0],
        Observation = anchor,
        AnchorKey = anchor,
        Reply = "",
        Reward = reward,
        IsValid = true,
    };

    static AgentPlay Attempt(long trial, bool isNoted, params (string Anchor, float Reward)[] steps)
    {
        var play = new AgentPlay(new Corridor(false, false), 0, trial);
        play.Turns.AddRange(steps.Select((step, t) => Turn(step.Anchor, step.Reward, t)));
        play.Reflection = isNoted ? Turn("", 0, 9) : null;
        return play;
    }

    // γ = γ_trial = 1/2, the mean as baseline. Trial A fails with 0, 0 and then succeeds with 0, 10; trial B fails with
    // 0 and 0. First attempts: totals 0 + 10/2 = 5 and 0, so ±2.5; what comes later is worth (0 + 10/2)/2 = 2.5 at each
    // step of A: in the state a 2.5 and 0, so ±1.25; b is alone. Second attempts: totals 10 and 0, so ±5; in the state
    // a 5 and 0, so ±2.5. Notes: what follows is 10 and 0, so ±5.
    [Fact]
    public void An_attempt_is_credited_with_those_behind_it_and_compared_with_the_same_attempt_of_others()
    {
        AgentPlay[][] trials =
        [
            [Attempt(0, true, ("a", 0), ("b", 0)), Attempt(2, false, ("a", 0), ("b", 10))],
            [Attempt(1, true, ("a", 0)), Attempt(3, false, ("a", 0))],
        ];
        using var workers = new Workers(1);
        using var run = new LaMer(new CorridorTask(), new LaMerOptions
        {
            Agent = GiGpoTests.Small with
            {
                Gamma = 0.5,
                Baseline = AgentBaseline.Mean,
                Statistics = GroupStatistics.Plays,
            },
            TrialDiscount = 0.5,
        }, 1, workers);
        (int Token, float Advantage)[] found = [.. run.Records(trials)
            .SelectMany(one => one.Tokens.Zip(one.Advantages))];
        Assert.Equal(
        [
            (0, 3.75f), (1, 2.5f), (9, 5f), (0, 7.5f), (1, 5f),
            (0, -3.75f), (9, -5f), (0, -7.5f),
        ], found);

        // What a run keeps: the attempts of a trial one after the other, with what was observed between its replies.
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            Assert.False(run.WriteSamples(json));                               // nothing was drawn yet
            Assert.True(AgentSamples.Write(json, trials, run.Records(trials),
                new AgentPrompts(new CorridorTask(), history: 0, asksProgress: false)));
            json.WriteEndObject();
        }
        JsonElement[] samples = [.. JsonElement.Parse(stream.ToArray()).GetProperty("samples").EnumerateArray()];
        Assert.Equal([1, 2, 1, 2], samples.Select(one => one.GetProperty("parts").GetProperty("attempt").GetInt32()));
        Assert.Equal([3.75f, 0, 2.5f, 0, 5f], Numbers(samples[0], "advantages"));
        Assert.Equal([0f, null, 0f, null, 0f], Numbers(samples[0], "logProbabilities"));
        Assert.Equal(["<obs>b", "<reflect>"], samples[0].GetProperty("tokens").EnumerateArray()
            .Where((_, t) => t is 1 or 3).Select(token => token.GetString()!));
        Assert.Equal("<obs>a", samples[0].GetProperty("prompt").GetString());
        Assert.Equal([7.5f, 0, 5f], Numbers(samples[1], "advantages"));
        Assert.Equal(10, samples[1].GetProperty("reward").GetDouble());

        static float?[] Numbers(JsonElement sample, string name) => [.. sample.GetProperty(name).EnumerateArray()
            .Select(one => one.ValueKind == JsonValueKind.Null ? (float?)null : one.GetSingle())];
    }

    // Four attempts of one trial: 1 + 0.6 · 2 + 0.36 · 4 + 0.216 · 8; the other trial has nothing.
    [Fact]
    public void Later_attempts_count_by_powers_of_the_trial_discount()
    {
        AgentPlay[] paid = [.. ((float[])[1, 2, 4, 8]).Select(reward => Attempt(0, false, ("a", reward)))];
        AgentPlay[] unpaid = [.. ((float[])[0, 0, 0, 0]).Select(reward => Attempt(1, false, ("a", reward)))];
        using var workers = new Workers(1);
        using var run = new LaMer(new CorridorTask(), new LaMerOptions
        {
            Episodes = 4,
            Agent = GiGpoTests.Small with { StepWeight = 0, Baseline = AgentBaseline.Others },
        }, 1, workers);
        float[] found = [.. run.Records([paid, unpaid]).Select(one => one.Advantages[0])];
        Assert.Equal([1 + 0.6 * 2 + 0.36 * 4 + 0.216 * 8, 2 + 0.6 * 4 + 0.36 * 8, 4 + 0.6 * 8, 8],
            found[..4].Select(one => Math.Round(one, 4)));
    }

    [Fact]
    public void A_note_is_read_before_the_next_attempt_as_it_was_sampled()
    {
        var task = new CorridorTask(isHidden: true);
        using var workers = new Workers(1);
        using var run = new LaMer(task, talking with { Agent = talking.Agent with { WarmStart = 0 } }, 1, workers);
        AgentPlay[][] trials = run.Play(3);
        Assert.All(trials, trial => Assert.Equal(trial[^1].IsSolved ? trial.Length : 3, trial.Length));
        AgentPlay[] whole = trials.First(trial => trial.Length == 3);
        Assert.Empty(whole[0].Memory);
        Assert.Null(whole[2].Reflection);
        int end = task.Tokenizer.Find(AgentTags.ReflectEnd)!.Value;
        int[] first = [.. whole[0].Reflection!.Tokens.Where(id => id != end).Take(2)];
        int[] second = [.. whole[1].Reflection!.Tokens.Where(id => id != end).Take(2)];
        Assert.Equal([first], whole[1].Memory);
        Assert.Equal([first, second], whole[2].Memory);
        int open = task.Tokenizer.Find(AgentTags.Memory)!.Value;
        int close = task.Tokenizer.Find(AgentTags.MemoryEnd)!.Value;
        Assert.Equal([open, .. first, close, open, .. second, close,
            .. task.Tokenizer.Encode("<obs>__P__")], whole[2].Turns[0].Prompt);
        Assert.Equal([open, .. first, close, .. task.Tokenizer.Encode("<obs>__P__")],
            whole[1].Reflection!.Prompt[..(first.Length + 8)]);
        Assert.All(whole, attempt => Assert.Equal("__P__", attempt.Turns[0].Observation));
        Assert.Equal(3, whole.Select(attempt => attempt.Trajectory).Distinct().Count());
        Assert.NotEqual(whole[0].Turns.SelectMany(turn => turn.Tokens), whole[1].Turns.SelectMany(turn => turn.Tokens));
    }

    // The good player goes the other way after a failure; one that heeds no notes goes either way, and notes all the
    // same.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Demonstrations_act_on_notes_or_only_show_how_they_are_written(bool heedsNotes)
    {
        var prompts = new AgentPrompts(new CorridorTask(isHidden: true), history: 0, asksProgress: false);
        var demonstrations = new Demonstrations(prompts, seed: 1, noise: 0, heedsNotes);
        AgentPlay[][] later = [.. Enumerable.Range(0, 80).Select(number => demonstrations.Trial(number, 2).ToArray())
            .Where(trial => trial.Length == 2)];
        Assert.InRange(later.Length, 20, 60);
        Assert.All(later, trial => Assert.Equal(
            trial[0].Reflection!.Tokens[..^1], Assert.Single(trial[1].Memory)));
        Assert.InRange(later.Count(trial => trial[1].Turns[0].Action == trial[0].Turns[^1].Action),
            heedsNotes ? 0 : 5, heedsNotes ? 0 : later.Length - 5);
    }

    [Fact]
    public void Without_memory_nothing_is_noted_and_a_trial_may_go_on_after_a_success()
    {
        using var workers = new Workers(1);
        using var run = new LaMer(new CorridorTask(isHidden: true), talking with
        {
            Remembers = false,
            StopsAtSuccess = false,
            Agent = talking.Agent with { WarmStart = 25 },
        }, 1, workers);
        run.Iterate(0);
        AgentPlay[][] trials = run.Play(3);
        Assert.All(trials, trial => Assert.Equal(3, trial.Length));
        Assert.All(trials.SelectMany(trial => trial), play => Assert.True(
            play.Reflection is null && play.Memory.Count == 0));
    }

    [Fact]
    public void With_what_it_notes_an_agent_solves_in_the_second_attempt_what_it_has_to_guess_in_the_first()
    {
        using var workers = new Workers(1);
        using var run = new LaMer(new CorridorTask(isHidden: true), talking with
        {
            Agent = talking.Agent with { WarmStart = 300, Groups = 8 },
        }, 1, workers);
        for (int i = 0; i < 14; i++)
            run.Iterate(0);
        EvaluationResult result = run.Evaluate(new EvaluationOptions { Instances = 100, Threads = 1 }, default);
        double Success(int k) => result.Agents[0].Figures.First(one => one.Name == $"success@{k}").Score.Mean;
        Assert.InRange(Success(1), 0.3, 0.7);
        Assert.Equal(Success(1), result.Agents[0].Score.Mean);
        Assert.InRange(Success(2), 0.9, 1);
        Assert.Contains(Enumerable.Range(0, 20), number => run.Transcript(1, number) is var text
            && text.Contains("── attempt 2", StringComparison.Ordinal)
            && text.Contains("looking back: ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_episodic_agent_plays_as_many_single_attempts()
    {
        LaMerOptions episodic = LaMer.Family.Single(one => one.Name == "lamer-episodic").Change(talking);
        Assert.Equal((1, 3 * talking.Agent.GroupSize, 3),
            (episodic.Episodes, episodic.Agent.GroupSize, episodic.Attempts));
        using var workers = new Workers(1);
        using var run = new LaMer(new CorridorTask(isHidden: true),
            episodic with { Agent = episodic.Agent with { WarmStart = 0 } }, 1, workers, "lamer-episodic");
        IterationReport report = run.Iterate(0);
        Assert.DoesNotContain(report.Figures, one => one.Name == "success@2");
        Assert.Contains(run.Evaluate(new EvaluationOptions { Instances = 5, Threads = 1 }, default).Agents[0].Figures,
            one => one.Name == "success@3");
        Assert.Equal("lamer-episodic", run.Name);
    }

    [Fact]
    public void Bits_are_the_same_with_any_number_of_threads_and_after_a_resume() => GiGpoTests.AssertBits(
        workers => new LaMer(new CorridorTask(isHidden: true), talking with
        {
            Agent = talking.Agent with { WarmStart = 50, Updates = 2, Kl = 0.05f },
        }, 5, workers), iterations: 4);
}
