using System.Diagnostics;
using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Language.Evaluation;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Objectives;
using RLSquared.Sharding;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// RLOO, REINFORCE leave-one-out (Ahmadian et al. 2024, 'Back to Basics: Revisiting REINFORCE Style Optimization for
/// Learning from Human Feedback in LLMs'; the estimator is of Kool et al. 2019). A completion y is one action. G of
/// them are drawn for each prompt, and each is compared with the mean reward of the others, which needs no value
/// network:
/// <code>
///   A_i = R_i − 1/(G − 1) Σ_{j≠i} R_j,    R = r(x, y) − β Σ_t (log π_old − log π_ref)
///   L_i = −min(ρ_i A_i, clip(ρ_i, 1 − ε, 1 + ε) A_i),    ρ_i = exp Σ_t (log π − log π_old)
/// </code>
/// The order of operations is that of TRL's trainer: 1. draw G completions of each prompt; 2. log π_old and log π_ref
/// of their tokens; 3. rewards, NaN where nobody can tell; 4. cut them to their limit; 5. charge the divergence;
/// 6. subtract the baseline; 7. standardise over the batch, if wanted; 8. the loss of each minibatch; 9. use the batch
/// for <c>updates · epochs</c> updates, then draw the next.
/// <para>
/// An iteration is one update of the optimiser, so that a run can be stopped between any two and goes on to the same
/// bits: what was generated and not yet learnt from is part of the checkpoint. The sampler and the trainer compute the
/// same bits, so log π_old is what the sampler wrote down, and the ratio of the first update is exactly 1.
/// </para>
/// The other members of the family (<see cref="RlooFamily"/>) are this file with other options.
/// </summary>
public sealed class Rloo : ILanguageAlgorithm, ISampledAlgorithm, IShardedAlgorithm
{
    readonly PromptTask task;
    readonly RlooOptions options;
    readonly ulong seed;
    readonly LanguageModel model;
    readonly LanguageModel? reference;                      // none with an adapter: the model without it is one
    readonly Adam adam;
    readonly Adam? warming;                                 // of the warm start, where it moves other weights
    readonly WarmStart warmStart;
    readonly Critic? critic;
    readonly Generator generator;
    readonly SequenceLearner learner;
    readonly RlooShards shards;                             // what other processes can compute
    readonly PromptQueue prompts;                           // what is asked next
    readonly ICredit? credit;
    readonly int longest;                                   // tokens of a completion
    List<Sample> buffer = [];                               // the generation batch, in the order in which it is learnt
    IReadOnlyList<(string Name, double Value)> batchFigures = [];
    IReadOnlyList<Completion> fresh = [];                   // what the last iteration drew, for those who watch
    double meanReward, rewardSum;                           // of the batch; of all batches
    long rewardCount, samples, tokens, stages;              // stages: of what learns, counted
    int iteration, updates, uses;                           // uses: updates that the present buffer has served

    /// <summary>A model at its first weights, or as it was read.</summary>
    /// <param name="task">Prompts and rewards.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="name">Which member of the family it is called.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    /// <exception cref="InvalidDataException">The folder of the model holds none.</exception>
    public Rloo(PromptTask task, RlooOptions options, ulong seed, Workers workers, string name = "rloo")
        : this(task, options, seed, workers, name, credit: null)
    {
    }

    /// <summary>An algorithm that differs from RLOO's family by what its completions are worth.</summary>
    internal Rloo(
        PromptTask task, RlooOptions options, ulong seed, Workers workers, string name, ICredit? credit)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        options.Validate();
        (this.task, this.options, this.seed, this.credit, Name) = (task, options, seed, credit, name);
        longest = options.LongestOf(task);
        model = StartingModel.For(task, options, longest, seed);
        warmStart = new WarmStart(task, options, seed);
        (adam, warming) = StartingModel.Optimisers(model, options, warmStart, seed);
        reference = (options.Kl > 0 || credit is { AsksReference: true }) && !model.HasAdapter ? model.Clone() : null;
        Freeze();
        generator = new Generator(
            model, new GeneratorOptions { MostInFlight = options.InFlight }, task.Tokenizer, workers);
        learner = new SequenceLearner(model, options.Shards, options.TokensAtOnce, workers);
        critic = options.Advantage == AdvantageKind.Value ? new Critic(model, options, learner) : null;
        prompts = new PromptQueue(options.AskAgain);
        shards = new RlooShards(task, options, seed, workers, generator, learner,
            new ShardPart("stage", () => stages, VisitStage), LossOf);
    }

    void Freeze()
    {
        StartingModel.Freeze(model, warmStart);
        stages++;
    }

    void VisitStage(ByteVisitor visitor)
    {
        bool isWarm = warmStart.IsOver;
        visitor.Number(ref isWarm);
        warmStart.IsOver = isWarm;
        if (visitor.Overwrites)
            Freeze();
    }

    /// <summary>What is being trained.</summary>
    public LanguageModel Model => model;

    /// <summary>Prompts and rewards.</summary>
    public PromptTask Task => task;

    Tokenizer ILanguageAlgorithm.Tokenizer => task.Tokenizer;
    IReadOnlyList<int> ILanguageAlgorithm.EndTokens => task.EndTokens;

    /// <summary>How it is trained.</summary>
    public RlooOptions Options => options;

    /// <inheritdoc/>
    public string BaseModel => options.Model;

    /// <summary>What was generated and not yet learnt from, in the order in which it is learnt.</summary>
    internal IReadOnlyList<Sample> Waiting => buffer;

    /// <summary>One update, of RLOO or of the warm start; a new batch is drawn when it is due.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what the step size goes by.</param>
    /// <exception cref="NonFiniteException">A loss or a gradient is not a finite number.</exception>
    public IterationReport Iterate(double progress)
    {
        if (!warmStart.IsOver)
            return WarmUp();
        fresh = [];
        if (iteration == 0)
            Begin();                                        // the weights may be those of another run
        long start = Stopwatch.GetTimestamp();
        if (buffer.Count == 0)
            Generate();
        double rolloutSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        start = Stopwatch.GetTimestamp();
        IReadOnlyList<(string, double)> figures = Update(progress);
        return Report(rolloutSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds, [.. batchFigures, .. figures]);
    }

    IterationReport Report(
        double rolloutSeconds, double updateSeconds, IReadOnlyList<(string Name, double Value)> figures) =>
        new(++iteration, tokens, meanReward, rolloutSeconds, updateSeconds,
            [("num_tokens", tokens), .. figures.Where(one => double.IsFinite(one.Value))]);

    // ---- the warm start: supervised, until the policy says something that rewards can tell apart ----

    IterationReport WarmUp()
    {
        long start = Stopwatch.GetTimestamp(), drawing = start;
        (double loss, long learnt, IReadOnlyList<Completion> drawn) =
            warmStart.Iterate(shards.LearnExamples, rate => TakeStep(rate), () =>
            {
                drawing = Stopwatch.GetTimestamp();
                return Draw(options.Batch / options.GroupSize);
            });
        double rolloutSeconds = Stopwatch.GetElapsedTime(drawing).TotalSeconds;
        tokens += learnt;
        meanReward = RlooFigures.MeanReward(drawn);
        // The optimiser keeps its moments: without them, its first steps would undo what was learnt.
        if (warmStart.IsOver)
            Begin();
        return Report(rolloutSeconds, Stopwatch.GetElapsedTime(start, drawing).TotalSeconds,
            [("warm_start/loss", loss), .. RlooFigures.OfCompletions(drawn, options.GroupSize)]);
    }

    // What the model is now is what it is compared with from now on.
    void Begin()
    {
        reference?.Parameters.CopyFrom(model.Parameters);
        critic?.TakeLayers(model);
        Freeze();
    }

    // ---- 1 to 7: a generation batch with its advantages ----

    internal void Generate()
    {
        long asked = prompts.New;
        (IReadOnlyList<Completion> drawn, IReadOnlyList<(string, double)> creditFigures) = DrawBatch();
        TokenSequence[] sequences = [.. drawn.Select(TokenSequence.Of)];
        float[][] behaviour = [.. drawn.Select((one, i) => sequences[i].Spread(one.LogProbs))];
        // 2. The trainer's own log π; the sampler's is the same, bit for bit, unless it cut something away.
        float[][] old = options.SamplesAsItLearns ? behaviour
            : learner.Score(model, sequences, options.Temperature);
        float[][] references = options.Kl > 0 ? AskReference(sequences) : [];
        double[] divergences = [.. references.Select((one, i) => Divergence.OfSequence(
            DivergenceEstimator.K1, old[i], one, sequences[i].Mask).Sum)];

        float[] rewards = [.. drawn.Select(one => one.Reward ?? float.NaN)];                   // 3
        RlooCredit.Charge(rewards, critic is null ? divergences : [], options);                // 4, 5
        float[] advantages = new float[rewards.Length];
        RlooCredit.Advantages(                                                                 // 6, 7
            rewards, rewardCount > 0 ? rewardSum / rewardCount : double.NaN, options, advantages);
        // Or 5 to 7 token by token, where a value network says what was to be expected.
        CriticCredit[]? credits = critic?.Credit(
            sequences, rewards, old, options.KlPlace == DivergencePlace.Reward ? references : []);
        foreach (float reward in rewards.Where(reward => !float.IsNaN(reward)))
            (rewardSum, rewardCount) = (rewardSum + reward, rewardCount + 1);

        // Prompts that are asked again are the harder ones: new ones alone say how good the policy is.
        meanReward = RlooFigures.MeanReward(drawn.Where(one => one.GroupId >= asked), meanReward);
        batchFigures =
        [
            .. creditFigures,
            .. RlooFigures.OfCompletions(drawn, options.GroupSize),
            .. RlooFigures.OfCredit(rewards, divergences, sequences, options.GroupSize),
        ];
        Sample[] made = [.. drawn.Select((one, i) => new Sample(
            one.Advantages.Count > 0 ? one : one with
            {
                Advantages = credits is null ? [.. Enumerable.Repeat(advantages[i], one.Tokens.Count)]
                    : credits[i].Advantages[^one.Tokens.Count..],
            },
            sequences[i], old[i], behaviour[i], references.Length > 0 ? references[i] : [])
        {
            Values = credits?[i].Values ?? [],
            Targets = credits?[i].Targets ?? [],
        })];
        fresh = [.. made.Select(one => one.Completion)];
        new RandomKey(seed, RandomPurpose.Minibatch, (ulong)prompts.New).Sequence(0).Shuffle(made.AsSpan());
        (buffer, uses) = ([.. made], 0);
    }

    // Groups whose rewards are all alike teach nothing; others are drawn in their place as often as allowed (DAPO).
    Credited DrawBatch()
    {
        int wanted = options.Batch / options.GroupSize;
        List<Completion[]> kept = [], alike = [];
        IReadOnlyList<(string, double)> figures = [];
        for (int round = 0; round < options.SamplingRounds && kept.Count < wanted; round++)
        {
            IReadOnlyList<Completion> drawn = Draw(wanted);
            prompts.Add(drawn);
            if (credit is not null)
                (drawn, figures) = credit.Assign(drawn, options.GroupSize, AskReference);
            bool[] teaches = new bool[wanted];
            GroupAdvantages.FindVaried(
                drawn.Select(one => one.Reward ?? float.NaN).ToArray(), options.GroupSize, teaches);
            Completion[][] groups = [.. drawn.Chunk(options.GroupSize)];
            kept.AddRange(groups.Where((_, g) => teaches[g] || options.SamplingRounds == 1));
            alike.AddRange(groups.Where((_, g) => !teaches[g] && options.SamplingRounds > 1));
        }
        return new Credited([.. kept.Concat(alike).Take(wanted).SelectMany(group => group)], figures);
    }

    float[][] AskReference(IReadOnlyList<TokenSequence> sequences) =>
        learner.Score(reference ?? model, sequences, options.Temperature, usesAdapter: false);

    // 1 and 3. Draws G completions for each of the next prompts and scores them.
    IReadOnlyList<Completion> Draw(int count)
    {
        IReadOnlyList<Completion> drawn = shards.Draw(prompts.Take(count), updates + warmStart.Updates, ref samples);
        tokens += drawn.Sum(one => one.PromptTokens.Count + one.Tokens.Count);
        return options.Masked(drawn);
    }

    // ---- 8 and 9: one update from the next part of the batch ----

    IReadOnlyList<(string Name, double Value)> Update(double progress)
    {
        int size = options.Batch / options.Updates;
        List<Sample> part = buffer.GetRange(uses % options.Updates * size, size);
        Sample[] taught = RlooCredit.WithGradient(part, options);
        long learnt = taught.Sum(one => (long)one.Sequence.Learnt), ofAll = part.Sum(one => (long)one.Sequence.Learnt);
        (double loss, double entropy, LossFigures[] figures) =
            shards.Learn(taught, new BatchCounts(size, ofAll, ofAll, longest));
        NonFiniteException.ThrowIf((float)loss, "loss", iteration);
        float learningRate = options.LearningRate * options.LearningRateSchedule.At(progress);
        float norm = TakeStep(learningRate);
        IReadOnlyList<(string, double)> ofValues = critic?.Learn(part, learningRate, iteration) ?? [];
        updates++;
        if (++uses == options.Updates * options.Epochs)
            buffer = [];
        if (options.ReferenceEvery > 0 && updates % options.ReferenceEvery == 0)
            MoveReference();
        return
        [
            ("loss", loss), ("entropy", learnt > 0 ? entropy / learnt : 0),
            .. RlooFigures.OfLoss(figures), ("grad_norm", norm), ("learning_rate", learningRate), .. ofValues,
        ];
    }

    LossFigures LossOf(Sample one, BatchCounts counts, ReadOnlySpan<float> logProbs, Span<float> slopes) =>
        RlooLoss.Of(logProbs, new LossInput(one.Sequence.Mask, one.Old, one.Behaviour, one.Reference,
            one.Sequence.Spread(one.Completion.Advantages)), options, counts, slopes);

    float TakeStep(float learningRate)
    {
        float norm = GradientLimit.Apply(model.Parameters, options.GradientNorm, iteration);
        (warmStart.IsOver ? adam : warming ?? adam).Step(learningRate);
        return norm;
    }

    // ref ← α · policy + (1 − α) · ref
    void MoveReference()
    {
        foreach ((Parameter policy, Parameter own) in model.Parameters.All.Zip(reference?.Parameters.All ?? []))
            own.MoveTowards(policy.Value, 1 - options.ReferenceMix);
    }

    ShardSet IShardedAlgorithm.Shards => shards.Set;

    // ---- state: what a checkpoint holds ----

    /// <summary>The name in run folders and on the command line.</summary>
    public string Name { get; }

    /// <summary>Tokens of prompts and completions so far, of the warm start too.</summary>
    public long Steps => tokens;

    /// <inheritdoc/>
    public string Unit => "tokens";

    /// <inheritdoc/>
    public string Score => "reward";

    /// <inheritdoc/>
    public ParameterSet Parameters => model.Parameters;

    /// <summary>Asks the prompts that are held out (<see cref="HeldOut"/>).</summary>
    /// <inheritdoc/>
    public EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation) =>
        HeldOut.Evaluate(Name, model, task, longest, options, cancellation);

    /// <inheritdoc/>
    public bool WriteSamples(Utf8JsonWriter json) => SampleRecord.Write(json, fresh, task.Tokenizer);

    /// <summary>Shows its whole state, with what was generated and not yet learnt from.</summary>
    /// <param name="visitor">Reads or writes it.</param>
    public void VisitState(StateVisitor visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        visitor.Parameters(model.Parameters);
        foreach (Parameter parameter in reference?.Parameters.All ?? [])
            visitor.Tensor($"reference.{parameter.Name}", parameter.Value);
        visitor.Optimiser(adam);
        if (warming is not null)
            visitor.Optimiser(warming, steps: "warm_steps");
        critic?.VisitState(visitor);
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("policy_updates", ref updates);
        visitor.Integer("uses", ref uses);
        prompts.VisitState(visitor);
        visitor.Integer("samples", ref samples);
        visitor.Integer("tokens", ref tokens);
        visitor.Integer("rewards", ref rewardCount);
        warmStart.VisitState(visitor);
        Freeze();
        byte[] means = [.. BitConverter.GetBytes(rewardSum), .. BitConverter.GetBytes(meanReward)];
        visitor.Bytes("means", ref means);
        (rewardSum, meanReward) = (BitConverter.ToDouble(means), BitConverter.ToDouble(means, sizeof(double)));
        byte[] figures = RlooFigures.Write(batchFigures);
        visitor.Bytes("figures", ref figures);
        batchFigures = RlooFigures.Read(figures);
        byte[] waiting = Sample.Write(buffer);
        visitor.Bytes("buffer", ref waiting);
        buffer = Sample.Read(waiting);
        if (buffer.Count != 0 && buffer.Count != options.Batch)
            throw new InvalidDataException($"the checkpoint keeps {buffer.Count} completions of {options.Batch}");
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        credit?.Dispose();
        generator.Dispose();
        critic?.Dispose();
        learner.Dispose();
        adam.Dispose();
        warming?.Dispose();
        reference?.Dispose();
        model.Dispose();
    }
}
