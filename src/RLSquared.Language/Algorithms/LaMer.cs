using System.Diagnostics;
using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Language.Environments;
using RLSquared.Language.Evaluation;
using RLSquared.Language.Experience;
using RLSquared.Language.Models;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// LaMer (ICLR 2026): RL² for language agents. A trial is some episodes on one level, and what RL² keeps in a hidden
/// state is here a text: after an attempt that failed the agent notes something, and reads it before the next one. An
/// attempt is credited with what comes after it, so that exploring pays:
/// <code>
///   G_t^(n) = g_t^(n) + Σ_{m ≥ 1} γ_trial^m g_0^(n + m),    g_t^(n) = Σ_{k ≥ t} γ^{k − t} r_k^(n)
/// </code>
/// <see cref="GiGpo"/> compares within the group: n-th attempts at one level with each other, and steps of them from
/// the same state. A note is credited with the attempts behind it.
/// <para>With one episode it is an agent that learns single attempts (<c>lamer-episodic</c>), to be measured with the
/// same memory.</para>
/// </summary>
public sealed class LaMer : ILanguageAlgorithm, ISampledAlgorithm, ITranscribed
{
    const int TrajectoryBits = 40;                           // the attempt's number stands above the trial's

    readonly AgentTask task;
    readonly LaMerOptions options;
    readonly AgentOptions agent;
    readonly ulong seed;
    readonly AgentPrompts prompts;
    readonly AgentTrainer trainer;
    readonly Demonstrations demonstrations;
    readonly AgentCounts counts;
    (AgentPlay[][] Trials, List<Completion> Records) fresh = ([], []);  // the last iteration, for those who watch

    /// <summary>The members of the family by name.</summary>
    public static IReadOnlyList<(string Name, string Description, Func<LaMerOptions, LaMerOptions> Change)> Family
    { get; } =
    [
        ("lamer", "RL² in words: attempts at one level with notes between them (ICLR 2026)",
            options => options),
        ("lamer-episodic", "lamer on single attempts, with as many plays of a level", Episodic),
    ];

    static LaMerOptions Episodic(LaMerOptions options) => options with
    {
        Episodes = 1,
        Agent = options.Agent with { GroupSize = options.Agent.GroupSize * options.Episodes },
    };

    /// <summary>An agent at its first weights.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="options">How it is learnt.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="name">Which member of the family it is called.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public LaMer(AgentTask task, LaMerOptions options, ulong seed, Workers workers, string name = "lamer")
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        (this.task, this.options, agent, this.seed, Name) = (task, options, options.Agent, seed, name);
        prompts = new AgentPrompts(task, agent.History, asksProgress: false);
        int memories = Math.Max(options.Episodes, options.Attempts) - 1;
        trainer = new AgentTrainer(task, agent,
            Math.Max(prompts.LongestTurn(memories), prompts.LongestReflection(memories, task.LongestLesson + 1)),
            seed, workers);
        demonstrations = new Demonstrations(prompts, seed, agent.WarmStartNoise, options.WarmStartNotes);
        counts = new AgentCounts { IsWarm = agent.WarmStart == 0 };
    }

    /// <summary>One batch of trials with all updates from it, or a part of the warm start.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what the step size goes by.</param>
    /// <exception cref="NonFiniteException">A loss or a gradient is not a finite number.</exception>
    public IterationReport Iterate(double progress) => counts.IsWarm ? Learn(progress) : WarmUp();

    IterationReport Learn(double progress)
    {
        long start = Stopwatch.GetTimestamp();
        AgentPlay[][] trials = Play(options.Episodes);
        double rolloutSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        fresh = (trials, Records(trials));
        IReadOnlyList<(string, double)> figures = trainer.Learn(fresh.Records, progress);
        return Report(trials, rolloutSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds, figures);
    }

    internal AgentPlay[][] Play(int episodes)
    {
        trainer.TakeWeights();
        AgentPlay[] plays = counts.Begin(task, seed, agent.Groups, agent.GroupSize);
        var loop = new AgentLoop(prompts, trainer.Generator, seed);
        AgentPlay[][] trials = PlayTrials(loop, plays, episodes, agent.Temperature, default);
        counts.Tokens += loop.Tokens;
        return trials;
    }

    // Attempt after attempt, in lock-step. What is noted after one is read before the next, as it was sampled.
    AgentPlay[][] PlayTrials(
        AgentLoop loop, AgentPlay[] plays, int episodes, double temperature, CancellationToken cancellation)
    {
        TextEnvironment[] starts = [.. plays.Select(play => play.Environment.Clone())];
        List<AgentPlay>[] trials = [.. plays.Select(play => (List<AgentPlay>)[play])];
        loop.Play(plays, temperature, cancellation);
        for (int n = 1; n < episodes; n++)
        {
            int[] going = [.. Enumerable.Range(0, trials.Length).Where(
                i => trials[i].Count == n && !(options.StopsAtSuccess && trials[i][^1].IsSolved))];
            AgentPlay[] before = [.. going.Select(i => trials[i][^1])];
            if (going.Length == 0)
                break;
            if (options.Remembers)
                loop.Reflect(before, task.LongestLesson + 1, temperature);
            foreach (int i in going)
            {
                AgentPlay last = trials[i][^1];
                trials[i].Add(new AgentPlay(starts[i].Clone(), last.Group,
                    trials[i][0].Trajectory | ((long)n << TrajectoryBits), [.. last.Memory, .. Lesson(last)]));
            }
            loop.Play([.. going.Select(i => trials[i][^1])], temperature, cancellation);
        }
        return [.. trials.Select(trial => trial.ToArray())];
    }

    int[][] Lesson(AgentPlay play) => play.Reflection is not { } note ? []
        : [[.. note.Tokens.Where(id => id != prompts.ReflectEnd).Take(task.LongestLesson)]];

    // Each turn and each note with its advantage.
    internal List<Completion> Records(IReadOnlyList<AgentPlay[]> trials)
    {
        List<AgentStep> steps = [], notes = [];
        foreach (AgentPlay[] trial in trials)
        {
            double[][] rewards = [.. trial.Select(
                play => play.Turns.Select(turn => (double)turn.Reward).ToArray())];
            double[][] returns = [.. rewards.Select(one => AgentAdvantages.Returns(one, agent.Gamma))];
            // What comes after an attempt: of whole plays, and of returns from their first step.
            double[] totals = Later([.. rewards.Select(one => one.Sum())]);
            double[] firsts = Later([.. returns.Select(one => one.FirstOrDefault())]);
            for (int n = 0; n < trial.Length; n++)
            {
                AgentPlay play = trial[n];
                long group = Group(play.Group, n);
                double later = options.TrialDiscount * firsts[n + 1];
                steps.AddRange(play.Turns.Select((turn, t) => new AgentStep(group, play.Trajectory, turn.AnchorKey,
                    totals[n], returns[n][t] + later, turn.IsValid ? 0 : agent.InvalidPenalty)));
                if (play.Reflection is not null)
                    notes.Add(new AgentStep(group, play.Trajectory, "", totals[n + 1], 0, 0));
            }
        }
        float[] advantages = AgentAdvantages.Of(steps, agent);
        double[] noteAdvantages = AgentAdvantages.OfEpisodes(notes, agent.Baseline, agent.Statistics);
        List<Completion> records = [];
        (int first, int note) = (0, 0);
        foreach (AgentPlay play in trials.SelectMany(trial => trial))
        {
            records.AddRange(play.Records(advantages[first..(first + play.Turns.Count)]));
            first += play.Turns.Count;
            if (play.Reflection is not null)
                records.Add(play.ReflectionRecord((float)noteAdvantages[note++]));
        }
        return records;
    }

    // v_n + γ_trial v_{n+1} + γ_trial² v_{n+2} + …, with a 0 behind the last.
    double[] Later(double[] values) => [.. AgentAdvantages.Returns(values, options.TrialDiscount), 0];

    // n-th attempts at one level are compared with each other.
    long Group(long level, int n) => level * Math.Max(options.Episodes, options.Attempts) + n;

    // ---- the warm start: trials of a good player, with what it notes ----

    IterationReport WarmUp()
    {
        long start = Stopwatch.GetTimestamp();
        double loss = trainer.WarmUp(counts, () => [.. Enumerable.Range(0, agent.WarmStartPlays)
            .SelectMany(_ => demonstrations.Trial(counts.Examples++, options.Attempts))
            .SelectMany(Demonstrations.Sequences)]);
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        AgentPlay[][] trials = Play(options.Attempts);
        counts.IsWarm = trainer.IsWarm(Within(trials, 1));
        return Report(trials, Stopwatch.GetElapsedTime(start).TotalSeconds, updateSeconds,
            [("warm_start/loss", loss)]);
    }

    // The share of trials that are solved within k attempts.
    static double Within(AgentPlay[][] trials, int k) =>
        trials.Count(trial => trial.Take(k).Any(play => play.IsSolved)) / (double)trials.Length;

    IterationReport Report(
        AgentPlay[][] trials, double rolloutSeconds, double updateSeconds,
        IReadOnlyList<(string Name, double Value)> figures)
    {
        int most = trials.Max(trial => trial.Length);
        return new(++counts.Iteration, counts.Tokens, Within(trials, most), rolloutSeconds, updateSeconds,
        [
            .. Enumerable.Range(1, most).Select(k => ($"success@{k}", Within(trials, k))),
            .. AgentFigures.OfPlays([.. trials.SelectMany(trial => trial)]).Where(one => one.Name != "success"),
            .. figures.Where(one => double.IsFinite(one.Value)),
        ]);
    }

    // ---- what it can do, and its state ----

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Tokens of prompts and replies so far, of the warm start too.</summary>
    public long Steps => counts.Tokens;

    /// <inheritdoc/>
    public string Unit => "tokens";

    /// <summary>The share of trials that are solved within all attempts.</summary>
    public string Score => "success";

    /// <inheritdoc/>
    public ParameterSet Parameters => trainer.Model.Parameters;

    /// <inheritdoc/>
    public LanguageModel Model => trainer.Model;

    /// <inheritdoc/>
    public Tokenizer Tokenizer => task.Tokenizer;

    /// <inheritdoc/>
    public IReadOnlyList<int> EndTokens => [prompts.ActionEnd, prompts.ReflectEnd];

    /// <summary>
    /// Tries levels that it has never learnt from several times each: success@k is the share that is solved within k
    /// attempts. The score is that of the first.
    /// </summary>
    /// <inheritdoc/>
    public EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation) =>
        AgentEvaluation.Evaluate(Name, trainer.Model, prompts, Several, options, cancellation);

    IReadOnlyList<AgentPlay[]> Several(AgentLoop loop, AgentPlay[] plays, CancellationToken cancellation) =>
        PlayTrials(loop, plays, options.Attempts, agent.EvaluationTemperature, cancellation);

    /// <inheritdoc/>
    public string Transcript(ulong seed, int number) =>
        AgentEvaluation.Transcript(trainer, prompts, Several, seed, number);

    /// <inheritdoc/>
    public bool WriteSamples(Utf8JsonWriter json) => AgentSamples.Write(json, fresh.Trials, fresh.Records, prompts);

    /// <summary>Shows its whole state to a visitor.</summary>
    /// <param name="visitor">Reads or writes it.</param>
    public void VisitState(StateVisitor visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        trainer.VisitState(visitor);
        counts.VisitState(visitor);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => trainer.Dispose();
}
