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
/// RePro, retrospective progress-aware training (Ma et al. 2026): forward, then reflect. On the way the agent writes
/// with each action how far it has come, p̃_t. After the play it looks back at the whole of it, knowing how it ended,
/// and writes p_1 … p_T. These labels make dense rewards for <see cref="GiGpo"/>:
/// <code>
///   r_t = r_env + β (p_{t+1} − p_t) − α |p̃_t − p_t| + r_format
/// </code>
/// No reward model and no labels of others are used while rewards teach; the warm start takes its labels from an
/// oracle's distances (<see cref="Progress.OfDistances"/>). The paper's weights are not known to us: see
/// <see cref="ReProOptions"/>.
/// <para>It differs from GiGPO by the look back and by the reward alone. With all weights 0 it is an agent that is
/// asked for its progress and gains nothing by it.</para>
/// </summary>
public sealed class RePro : ILanguageAlgorithm, ISampledAlgorithm, ITranscribed
{
    const int ProgressTokens = 4;                            // up to three digits and a space

    readonly AgentTask task;
    readonly ReProOptions options;
    readonly AgentOptions agent;
    readonly ulong seed;
    readonly AgentPrompts prompts;
    readonly AgentTrainer trainer;
    readonly Demonstrations demonstrations;
    readonly AgentCounts counts;
    readonly int longestReflection;
    (AgentPlay[] Plays, List<Completion> Records) fresh = ([], []);     // the last iteration, for those who watch

    /// <summary>An agent at its first weights.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="options">How it is learnt.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public RePro(AgentTask task, ReProOptions options, ulong seed, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        (this.task, this.options, agent, this.seed) = (task, options, options.Agent, seed);
        prompts = new AgentPrompts(task, agent.History, asksProgress: true);
        longestReflection = ProgressTokens * task.MostSteps + 1;
        trainer = new AgentTrainer(task, agent,
            Math.Max(prompts.LongestTurn(memories: 0), prompts.LongestReflection(memories: 0, longestReflection)),
            seed, workers);
        demonstrations = new Demonstrations(prompts, seed, agent.WarmStartNoise);
        counts = new AgentCounts { IsWarm = agent.WarmStart == 0 };
    }

    /// <summary>One batch of plays, with all updates from it, or a part of the warm start.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what the step size goes by.</param>
    /// <exception cref="NonFiniteException">A loss or a gradient is not a finite number.</exception>
    public IterationReport Iterate(double progress) => counts.IsWarm ? Learn(progress) : WarmUp();

    IterationReport Learn(double progress)
    {
        long start = Stopwatch.GetTimestamp();
        AgentPlay[] plays = Play();
        double rolloutSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        (List<Completion> records, IReadOnlyList<(string, double)> credit) = Records(plays);
        fresh = (plays, records);
        IReadOnlyList<(string, double)> figures = trainer.Learn(records, progress);
        return Report(plays, rolloutSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds, [.. credit, .. figures]);
    }

    // Forward: plays with an estimate at each step. Reflect: one look back at each play.
    internal AgentPlay[] Play()
    {
        trainer.TakeWeights();
        AgentPlay[] plays = counts.Begin(task, seed, agent.Groups, agent.GroupSize);
        var loop = new AgentLoop(prompts, trainer.Generator, seed);
        loop.Play(plays, agent.Temperature);
        loop.Reflect(plays, longestReflection, agent.Temperature);
        counts.Tokens += loop.Tokens;
        return plays;
    }

    int[]? Labels(AgentPlay play) =>
        Progress.Read(play.Reflection!.Reply, play.Turns.Count, play.IsSolved, options.FirstCap);

    internal (List<Completion> Records, IReadOnlyList<(string Name, double Value)> Figures) Records(
        IReadOnlyList<AgentPlay> plays)
    {
        int[]?[] labels = [.. plays.Select(Labels)];
        ReProRewards[] rewards = [.. plays.Select((play, i) => ReProCredit.Of(play, labels[i], options))];
        List<AgentStep> steps = [];
        foreach ((int i, AgentPlay play) in plays.Index())
        {
            double[] sum = rewards[i].Sum, returns = AgentAdvantages.Returns(sum, agent.Gamma);
            double total = sum.Sum();
            steps.AddRange(play.Turns.Select((turn, t) => new AgentStep(play.Group, play.Trajectory, turn.AnchorKey,
                total, returns[t], turn.IsValid ? 0 : agent.InvalidPenalty)));
        }
        float[] advantages = AgentAdvantages.Of(steps, agent);
        float[] looks = ReProCredit.OfReflections(plays, labels, options);
        List<Completion> records = [];
        int first = 0;
        foreach ((int i, AgentPlay play) in plays.Index())
        {
            records.AddRange(play.Records(advantages[first..(first + play.Turns.Count)]));
            first += play.Turns.Count;
            if (looks[i] != 0)
                records.Add(play.ReflectionRecord(looks[i]));
        }
        return (records,
        [
            ("reward/progress", rewards.Average(one => one.Progress.Sum())),
            ("reward/align", rewards.Average(one => one.Align.Sum())),
            ("reward/format", rewards.Average(one => one.Format.Sum())),
            ("reflections", labels.Count(one => one is not null) / (double)labels.Length),
        ]);
    }

    // ---- the warm start: actions with the oracle's progress, and looks back ----

    IterationReport WarmUp()
    {
        long start = Stopwatch.GetTimestamp();
        double loss = trainer.WarmUp(
            counts, () => [.. Enumerable.Range(0, agent.WarmStartPlays).SelectMany(_ => Demonstrate())]);
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        AgentPlay[] plays = Play();
        counts.IsWarm = trainer.IsWarm(AgentFigures.Success(plays));
        return Report(plays, Stopwatch.GetElapsedTime(start).TotalSeconds, updateSeconds,
        [
            ("warm_start/loss", loss),
            ("reflections", plays.Count(play => Labels(play) is not null) / (double)plays.Length),
        ]);
    }

    internal IEnumerable<TokenSequence> Demonstrate()
    {
        long number = counts.Examples++;
        bool isClumsy =
            Math.Floor((number + 1) * options.WarmStartClumsy) > Math.Floor(number * options.WarmStartClumsy);
        AgentPlay play = demonstrations.Draw(number, isClumsy);
        demonstrations.Reflect(play, Progress.Write(play.Turns.Select(turn => turn.Progress ?? 0)));
        return Demonstrations.Sequences(play);
    }

    IterationReport Report(
        AgentPlay[] plays, double rolloutSeconds, double updateSeconds,
        IReadOnlyList<(string Name, double Value)> figures) =>
        new(++counts.Iteration, counts.Tokens, AgentFigures.Success(plays), rolloutSeconds, updateSeconds,
            [.. ((IEnumerable<(string, double Value)>)
                [.. AgentFigures.OfPlays(plays), ("discrimination", ReProCredit.Discrimination(plays)), .. figures])
                .Where(one => double.IsFinite(one.Value))]);

    // ---- what it can do, and its state ----

    /// <inheritdoc/>
    public string Name => "repro";

    /// <summary>Tokens of prompts and replies so far, of the warm start too.</summary>
    public long Steps => counts.Tokens;

    /// <inheritdoc/>
    public string Unit => "tokens";

    /// <inheritdoc/>
    public string Score => "success";

    /// <inheritdoc/>
    public ParameterSet Parameters => trainer.Model.Parameters;

    /// <inheritdoc/>
    public LanguageModel Model => trainer.Model;

    /// <inheritdoc/>
    public Tokenizer Tokenizer => task.Tokenizer;

    /// <inheritdoc/>
    public IReadOnlyList<int> EndTokens => [prompts.ActionEnd, prompts.ReflectEnd];

    /// <summary>Plays levels that it has never learnt from, without looking back (<see cref="AgentEvaluation"/>).
    /// </summary>
    /// <inheritdoc/>
    public EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation) =>
        AgentEvaluation.Evaluate(Name, trainer.Model, prompts, Once, options, cancellation);

    AgentEvaluation.Attempts Once => AgentEvaluation.Once(agent.EvaluationTemperature);

    /// <inheritdoc/>
    public string Transcript(ulong seed, int number) =>
        AgentEvaluation.Transcript(trainer, prompts, (loop, plays, cancellation) =>
        {
            IReadOnlyList<AgentPlay[]> played = Once(loop, plays, cancellation);
            loop.Reflect(plays, longestReflection, agent.EvaluationTemperature);
            return played;
        }, seed, number);

    /// <inheritdoc/>
    public bool WriteSamples(Utf8JsonWriter json) => AgentSamples.Write(
        json, [.. fresh.Plays.Select(play => (AgentPlay[])[play])], fresh.Records, prompts);

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
