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
/// GiGPO, group-in-group policy optimisation (Feng et al. 2025, 'Group-in-Group Policy Optimization for LLM Agent
/// Training'). G copies of one level are played. Whole plays are compared with each other, and so are single steps
/// that began in the same state, since copies of one level come to the same states again and again:
/// <code>
///   A = A^E + ω A^S,    A^E = (R(τ) − mean)/F  over plays,    A^S = (R_t − mean)/F  over steps from one state
///   R_t = Σ_{k ≥ t} γ^{k − t} r_k,    F = deviation or 1
/// </code>
/// No value network and no further plays are needed. An iteration plays one batch and takes all updates from it:
/// 1. play; 2. rewards, and what invalid actions cost; 3. advantages; 4. PPO's clipped loss by token.
/// <para>With ω = 0 it is GRPO on plays (<c>agent-grpo</c>), and with a baseline of the others RLOO
/// (<c>agent-rloo</c>).</para>
/// </summary>
public sealed class GiGpo : ILanguageAlgorithm, ISampledAlgorithm, ITranscribed
{
    readonly AgentTask task;
    readonly AgentOptions options;
    readonly ulong seed;
    readonly AgentPrompts prompts;
    readonly AgentTrainer trainer;
    readonly Demonstrations demonstrations;
    readonly AgentCounts counts;
    (AgentPlay[] Plays, List<Completion> Records) fresh = ([], []);     // the last iteration, for those who watch

    /// <summary>The members of the family by name: they differ by credit alone.</summary>
    public static IReadOnlyList<(string Name, string Description, Func<AgentOptions, AgentOptions> Change)> Family
    { get; } =
    [
        ("gigpo", "plays and steps from one state, compared in groups (Feng et al. 2025)", options => options),
        ("agent-grpo", "GRPO on plays of many turns", options => options with { StepWeight = 0 }),
        ("agent-rloo", "RLOO on plays of many turns",
            options => options with { StepWeight = 0, Baseline = AgentBaseline.Others }),
    ];

    /// <summary>An agent at its first weights.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="options">How it is learnt.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="name">Which member of the family it is called.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public GiGpo(AgentTask task, AgentOptions options, ulong seed, Workers workers, string name = "gigpo")
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        (this.task, this.options, this.seed, Name) = (task, options, seed, name);
        prompts = new AgentPrompts(task, options.History, asksProgress: false);
        trainer = new AgentTrainer(task, options, prompts.LongestTurn(memories: 0), seed, workers);
        demonstrations = new Demonstrations(prompts, seed, options.WarmStartNoise);
        counts = new AgentCounts { IsWarm = options.WarmStart == 0 };
    }

    /// <summary>One batch of plays with all updates from it, or a part of the warm start.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what the step size goes by.</param>
    /// <exception cref="NonFiniteException">A loss or a gradient is not a finite number.</exception>
    public IterationReport Iterate(double progress) => counts.IsWarm ? Learn(progress) : WarmUp();

    IterationReport Learn(double progress)
    {
        long start = Stopwatch.GetTimestamp();
        AgentPlay[] plays = Play();
        double rolloutSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        fresh = (plays, Records(plays));
        IReadOnlyList<(string, double)> figures = trainer.Learn(fresh.Records, progress);
        return Report(plays, rolloutSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds, figures);
    }

    // 1. G plays of each of the next levels, in lock-step.
    internal AgentPlay[] Play()
    {
        trainer.TakeWeights();
        AgentPlay[] plays = counts.Begin(task, seed, options.Groups, options.GroupSize);
        var loop = new AgentLoop(prompts, trainer.Generator, seed);
        loop.Play(plays, options.Temperature);
        counts.Tokens += loop.Tokens;
        return plays;
    }

    // 2 and 3. Each turn with its advantage, on the tokens that the model drew.
    internal List<Completion> Records(IReadOnlyList<AgentPlay> plays)
    {
        List<AgentStep> steps = [];
        foreach (AgentPlay play in plays)
        {
            double[] returns = AgentAdvantages.Returns(
                [.. play.Turns.Select(turn => (double)turn.Reward)], options.Gamma);
            steps.AddRange(play.Turns.Select((turn, t) => new AgentStep(play.Group, play.Trajectory, turn.AnchorKey,
                play.Return, returns[t], turn.IsValid ? 0 : options.InvalidPenalty)));
        }
        float[] advantages = AgentAdvantages.Of(steps, options);
        List<Completion> records = [];
        int first = 0;
        foreach (AgentPlay play in plays)
        {
            records.AddRange(play.Records(advantages[first..(first + play.Turns.Count)]));
            first += play.Turns.Count;
        }
        return records;
    }

    // ---- the warm start: what a good player does, until rewards have something to tell apart ----

    IterationReport WarmUp()
    {
        long start = Stopwatch.GetTimestamp();
        double loss = trainer.WarmUp(counts, () => [.. Enumerable.Range(0, options.WarmStartPlays)
            .SelectMany(_ => Demonstrations.Sequences(demonstrations.Draw(counts.Examples++)))]);
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        AgentPlay[] plays = Play();
        counts.IsWarm = trainer.IsWarm(AgentFigures.Success(plays));
        return Report(plays, Stopwatch.GetElapsedTime(start).TotalSeconds, updateSeconds,
            [("warm_start/loss", loss)]);
    }

    IterationReport Report(
        AgentPlay[] plays, double rolloutSeconds, double updateSeconds,
        IReadOnlyList<(string Name, double Value)> figures) =>
        new(++counts.Iteration, counts.Tokens, AgentFigures.Success(plays), rolloutSeconds, updateSeconds,
            [.. AgentFigures.OfPlays(plays), .. figures.Where(one => double.IsFinite(one.Value))]);

    // ---- what it can do, and its state ----

    /// <inheritdoc/>
    public string Name { get; }

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
    public IReadOnlyList<int> EndTokens => [prompts.ActionEnd];

    /// <summary>Plays levels that it has never learnt from (<see cref="AgentEvaluation"/>).</summary>
    /// <inheritdoc/>
    public EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation) =>
        AgentEvaluation.Evaluate(Name, trainer.Model, prompts, Once, options, cancellation);

    AgentEvaluation.Attempts Once => AgentEvaluation.Once(options.EvaluationTemperature);

    /// <inheritdoc/>
    public string Transcript(ulong seed, int number) =>
        AgentEvaluation.Transcript(trainer, prompts, Once, seed, number);

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
