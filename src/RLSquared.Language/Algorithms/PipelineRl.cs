using System.Diagnostics;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Language.Evaluation;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Objectives;
using RLSquared.Language.Pipelines;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Objectives;
using RLSquared.Pipelines;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// PipelineRL (Piché et al. 2025, 'PipelineRL: Faster On-policy Reinforcement Learning for Long Sequence Generation').
/// Generators and the trainer work at the same time. Each generator keeps H sequences in flight, which are refilled at
/// once, and takes new weights in flight, between two decode steps, after every update. So the first tokens of a
/// sequence are of older weights than its last, and each token says which. The loss weighs each by what changed:
/// <code>
///   L = −1/B Σ_i Σ_t sg(min(c, π/μ)) · A_i · log π,    A_i = R_i − mean of the other R of the group,    c = 5
/// </code>
/// where μ is the probability that was written down when the token was drawn. PPO, GSPO and CISPO take its place by
/// their options.
/// <para>
/// The deterministic mode is the same bits again, with any number of threads: while the trainer learns from one batch,
/// each generator takes as many decode steps as its share of the next batch needs, on the same threads; then all take
/// the new weights. Nothing in it asks the clock. A checkpoint holds the groups in flight with their keys and values,
/// so that a run that is resumed goes on to the same bits. The free-running mode gives each generator a thread.
/// </para>
/// <para>Groups are learnt from in the order in which they began, whole: taking what is ready first would prefer short
/// completions.</para>
/// </summary>
public sealed partial class PipelineRl : ILanguageAlgorithm
{
    internal const string Algorithm = "pipeline-rl";

    readonly PromptTask task;
    readonly PipelineRlOptions options;
    readonly RlooOptions learning;
    readonly ulong seed;
    readonly LanguageModel model;
    readonly LanguageModel? reference;
    readonly Adam adam;
    readonly Adam? warming;                                 // moves the model below an adapter, in the warm start
    readonly SequenceLearner learner;
    readonly Workers workers;                               // of the trainer; in lock-step, of the generators as well
    readonly Workers allWorkers;                            // what this process was given
    readonly Workers? ownWorkers;
    readonly WarmStart warmStart;
    readonly SamplingOptions sampling;
    readonly int longest, groups;                           // tokens of a completion; groups of an update
    readonly OrderedChannel<IReadOnlyList<Completion>> queue; // scored groups, by number
    readonly GroupScorer scorer;
    readonly GenerationPlan plan;
    readonly BlockLedger ledger = new();                    // who makes which group, where generators run freely
    readonly GeneratorCrew crew;
    readonly LagControl lag;
    int iteration, updates;
    long tokens;
    bool hasPublished;

    /// <summary>A model at its first weights, or as it was read.</summary>
    /// <param name="task">Prompts and rewards.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random. In the deterministic mode the same seed gives the same bits.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    /// <exception cref="InvalidDataException">The folder of the model holds none.</exception>
    public PipelineRl(PromptTask task, PipelineRlOptions options, ulong seed, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        options.Validate();
        (this.task, this.options, learning, this.seed, allWorkers) = (task, options, options.Learning, seed, workers);
        longest = learning.LongestOf(task);
        groups = learning.Batch / learning.GroupSize;
        model = StartingModel.For(task, learning, longest, seed);
        warmStart = new WarmStart(task, learning, seed);
        (adam, warming) = StartingModel.Optimisers(model, learning, warmStart, seed);
        reference = learning.Kl > 0 && !model.HasAdapter ? model.Clone() : null;
        StartingModel.Freeze(model, warmStart);
        if (options.Mode == PipelineMode.FreeRunning)
            ownWorkers = new Workers(Math.Max(1, workers.Threads - options.Generators));
        this.workers = ownWorkers ?? workers;
        learner = new SequenceLearner(model, learning.Shards, learning.TokensAtOnce, this.workers);
        sampling = learning.Sampling(longest, task.EndTokens);
        lag = new LagControl(options);
        var limit = TimeSpan.FromSeconds(options.WaitSeconds);
        queue = new OrderedChannel<IReadOnlyList<Completion>>("group", lag.Capacity, limit);
        scorer = new GroupScorer(task.Rewards, queue.Add, queue.Fail, TimeSpan.FromSeconds(options.JudgeSeconds));
        plan = new GenerationPlan(task, sampling, learning.GroupSize, learning.InFlight, options.Generators, seed,
            options.KeepsCache);
        crew = new GeneratorCrew(model, plan, queue, scorer, this.workers,
            options.Mode == PipelineMode.FreeRunning ? ledger : null,
            sharesThreads: options.Mode == PipelineMode.Conventional, limit);
    }

    /// <summary>What is being trained.</summary>
    public LanguageModel Model => model;

    /// <summary>Prompts and rewards.</summary>
    public PromptTask Task => task;

    Tokenizer ILanguageAlgorithm.Tokenizer => task.Tokenizer;

    IReadOnlyList<int> ILanguageAlgorithm.EndTokens => task.EndTokens;

    /// <summary>How it is trained.</summary>
    public PipelineRlOptions Options => options;

    /// <inheritdoc/>
    public string BaseModel => learning.Model;

    /// <summary>The generators, for measurements.</summary>
    internal IReadOnlyList<GroupGenerator> Generators => crew.Generators;

    /// <summary>
    /// Above 0, the trainer learns nothing and takes so many seconds of one thread for a token in place of it: what
    /// remains is the pipeline itself.
    /// </summary>
    internal double SimulatedSecondsPerToken { get; init; }

    /// <summary>Shows each batch before it is learnt from, for tests.</summary>
    internal Action<IReadOnlyList<Completion>>? Watch { get; set; }

    /// <summary>One update of the policy or some of the warm start.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what the step size goes by.</param>
    /// <exception cref="NonFiniteException">A loss or a gradient is not a finite number.</exception>
    /// <exception cref="PipelineException">A role failed or kept another waiting too long; it is named.</exception>
    public IterationReport Iterate(double progress)
    {
        if (!warmStart.IsOver)
            return WarmUp();
        Begin();
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<Completion> batch = TakeBatch();
        double waited = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Watch?.Invoke(batch);

        start = Stopwatch.GetTimestamp();
        IEnumerable<(string, double)> figures = [.. Learn(batch, progress)];
        Publish();
        double learnt = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return Report(RlooFigures.MeanReward(batch), waited, learnt,
        [
            .. RlooFigures.OfCompletions(batch, learning.GroupSize), .. figures,
            ("lag_share", lag.Share), ("dropped", lag.Dropped), ("queued", queue.Count),
            ("in_flight", crew.Generators.Sum(one => one.InFlight)), ("time/wait_for_batch", waited),
            ("time/wait_of_generators", crew.Waited.TotalSeconds),
        ]);
    }

    IterationReport Report(
        double reward, double rolloutSeconds, double updateSeconds, IEnumerable<(string Name, double Value)> figures) =>
        new(++iteration, tokens, reward, rolloutSeconds, updateSeconds,
            [("num_tokens", tokens), .. figures.Where(one => double.IsFinite(one.Value))]);

    IterationReport WarmUp()
    {
        long start = Stopwatch.GetTimestamp();
        // Prompts and draws with numbers that the pipeline never comes to.
        long prompts = (1L << 40) + warmStart.Updates, samples = prompts * learning.Batch;
        (double loss, long learnt, IReadOnlyList<Completion> drawn) =
            warmStart.Iterate(batch => Supervised.Learn(learner, batch), rate => TakeStep(rate), () =>
            {
                using var generator = new Generator(
                    model, new GeneratorOptions { MostInFlight = learning.InFlight }, task.Tokenizer, workers);
                return Completions.Draw(generator, task, groups, learning.GroupSize, sampling, seed,
                    PromptSplit.Training, ref prompts, ref samples);
            });
        tokens += learnt + drawn.Sum(one => one.PromptTokens.Count + one.Tokens.Count);
        if (warmStart.IsOver)
            reference?.Parameters.CopyFrom(model.Parameters);
        StartingModel.Freeze(model, warmStart);
        return Report(RlooFigures.MeanReward(drawn), 0, Stopwatch.GetElapsedTime(start).TotalSeconds,
            [("warm_start/loss", loss), .. RlooFigures.OfCompletions(drawn, learning.GroupSize)]);
    }

    // ---- generation: what may begin, and how a batch comes together ----

    // The weights may be another run's, so that they are published before the first step.
    void Begin()
    {
        if (!hasPublished)
            Publish();
        hasPublished = true;
        crew.Allowed = lag.Allowed(updates, crew.Begun);
        if (options.Mode == PipelineMode.FreeRunning && !crew.IsRunning)
            crew.Start();
    }

    // New weights for all generators. The conventional loop keeps them frozen for a whole batch.
    void Publish()
    {
        crew.Allowed = lag.Allowed(updates, crew.Begun);
        if (options.Mode != PipelineMode.Conventional || updates % options.UpdatesPerBatch == 0)
            crew.Publish(updates);
    }

    // The next groups in the order in which they began, without those that are too old.
    List<Completion> TakeBatch()
    {
        List<Completion> batch = new(learning.Batch);
        while (batch.Count < learning.Batch)
        {
            // In lock-step it is made here, unless it was made during the last update; the conventional loop makes all
            // before it learns from any.
            if (!crew.IsRunning)
            {
                crew.AdvanceUntilReady(
                    options.Mode == PipelineMode.Conventional ? (int)(crew.Allowed - queue.Next) : 1);
            }
            IReadOnlyList<Completion> group = queue.Take();
            tokens += group.Sum(one => one.PromptTokens.Count + one.Tokens.Count);
            if (lag.Drops(group.Min(one => one.Versions[0]), updates))
                crew.Allowed = lag.Allowed(updates, crew.Begun);
            else
                batch.AddRange(learning.Masked(group));
        }
        return batch;
    }

    // ---- training: advantages, the loss of each completion, one step ----

    IEnumerable<(string Name, double Value)> Learn(IReadOnlyList<Completion> batch, double progress)
    {
        TokenSequence[] sequences = [.. batch.Select(TokenSequence.Of)];
        float[][] behaviour = [.. batch.Select((one, i) => sequences[i].Spread(one.LogProbs))];
        float[][] references = learning.Kl == 0 ? []
            : learner.Score(reference ?? model, sequences, learning.Temperature, usesAdapter: false);
        double[] divergences = [.. references.Select((one, i) => Divergence.OfSequence(
            DivergenceEstimator.K1, behaviour[i], one, sequences[i].Mask).Sum)];
        float[] rewards = [.. batch.Select(one => one.Reward ?? float.NaN)], advantages = new float[batch.Count];
        RlooCredit.Charge(rewards, divergences, learning);
        RlooCredit.Advantages(rewards, RlooCredit.Mean(rewards), learning, advantages);

        long learnt = sequences.Sum(one => (long)one.Learnt);
        var counts = new BatchCounts(batch.Count, learnt, learnt, longest);
        LossFigures[] figures = new LossFigures[batch.Count];
        OffPolicy[] offPolicy = new OffPolicy[batch.Count];
        // In lock-step the generators go on meanwhile, on the same threads: the first pieces of the work.
        int others = options.Mode == PipelineMode.Deterministic ? crew.Generators.Count : 0;
        (double loss, double entropy) = SimulatedSecondsPerToken > 0 ? Simulate(sequences, others)
            : learner.Learn(sequences, learning.Temperature, (s, logProbs, slopes) =>
            {
                TokenSequence one = sequences[s];
                float[] advantage = one.Spread([.. Enumerable.Repeat(advantages[s], batch[s].Tokens.Count)]);
                // π_old is μ: each token is compared with what drew it.
                figures[s] = RlooLoss.Of(logProbs, new LossInput(one.Mask, behaviour[s], behaviour[s],
                    references.Length > 0 ? references[s] : [], advantage), learning, counts, slopes);
                offPolicy[s] = OffPolicy.Of(logProbs, behaviour[s], one.Mask);
                return figures[s].Loss;
            }, others, generator => crew.RunAhead(generator, options.StepsPerUpdate, queue.Next + groups));
        scorer.Settle();
        NonFiniteException.ThrowIf((float)loss, "loss", iteration);
        float rate = learning.LearningRate * learning.LearningRateSchedule.At(progress);
        float norm = SimulatedSecondsPerToken > 0 ? 0 : TakeStep(rate);
        OffPolicy all = offPolicy.Aggregate(default(OffPolicy), (a, b) => a + b);
        (string, double)[] ages = [.. LagFigures.Of(batch, updates, learning.Batch)];
        updates++;
        lag.Throttle(all.EffectiveSampleSize);
        return
        [
            ("loss", loss), ("entropy", learnt > 0 ? entropy / learnt : 0),
            .. RlooFigures.OfCredit(rewards, divergences, sequences, learning.GroupSize),
            .. RlooFigures.OfLoss(figures).Where(one => one.Name != "ess"), .. ages,
            ("ess", all.EffectiveSampleSize), ("mismatch_kl", all.Divergence),
            ("grad_norm", norm), ("learning_rate", rate),
        ];
    }

    // The trainer's time without its work, cut as the work is.
    (double Loss, double Entropy) Simulate(IReadOnlyList<TokenSequence> sequences, int others)
    {
        double seconds = SimulatedSecondsPerToken * sequences.Sum(one => one.Learnt) / learning.Shards;
        workers.Run(others + learning.Shards, piece =>
        {
            if (piece < others)
            {
                crew.RunAhead(piece, options.StepsPerUpdate, queue.Next + groups);
                return;
            }
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
                Thread.SpinWait(32);
        });
        return (0, 0);
    }

    float TakeStep(float rate)
    {
        float norm = GradientLimit.Apply(model.Parameters, learning.GradientNorm, iteration);
        (warmStart.IsOver ? adam : warming ?? adam).Step(rate);
        return norm;
    }

    // ---- state: what a checkpoint holds ----

    /// <summary>The name in run folders and on the command line.</summary>
    public string Name => Algorithm;

    /// <summary>Tokens of prompts and completions that were learnt from so far, of the warm start too.</summary>
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

    /// <summary>Shows its whole state: weights, optimiser, queue, groups in flight with keys and values.</summary>
    /// <param name="visitor">Reads or writes it.</param>
    public void VisitState(StateVisitor visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        crew.Rest(updates);
        visitor.Parameters(model.Parameters);
        foreach (Parameter parameter in reference?.Parameters.All ?? [])
            visitor.Tensor($"reference.{parameter.Name}", parameter.Value);
        visitor.Optimiser(adam);
        if (warming is not null)
            visitor.Optimiser(warming, steps: "warm_steps");
        warmStart.VisitState(visitor);
        StartingModel.Freeze(model, warmStart);
        visitor.Integer("iteration", ref iteration);
        visitor.Integer("policy_updates", ref updates);
        visitor.Integer("tokens", ref tokens);
        lag.VisitState(visitor);
        long published = hasPublished ? 1 : 0;
        visitor.Integer("has_published", ref published);
        hasPublished = published == 1;
        byte[] saved = crew.Save(), read = saved;
        visitor.Bytes("pipeline", ref read);
        if (!ReferenceEquals(read, saved))
            crew.Restore(read, updates, learning.GroupSize);
    }

    /// <summary>Ends what runs and returns the memory.</summary>
    public void Dispose()
    {
        crew.Dispose();
        scorer.Dispose();
        learner.Dispose();
        ownWorkers?.Dispose();
        adam.Dispose();
        warming?.Dispose();
        reference?.Dispose();
        model.Dispose();
    }
}
