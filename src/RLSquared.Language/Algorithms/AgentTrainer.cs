using RLSquared.Algorithms;
using RLSquared.Language.Environments;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Verifiers;
using RLSquared.Objectives;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// The model of an agent, how it imitates, and how it learns from records that have their advantages: what
/// <see cref="GiGpo"/>, <see cref="RePro"/> and <see cref="LaMer"/> share. They differ by what they play and by credit.
/// </summary>
sealed class AgentTrainer : IDisposable
{
    const int WarmUpdates = 25;                              // of an iteration of the warm start

    readonly AgentOptions options;
    readonly RlooOptions loss;
    readonly ulong seed;
    readonly LanguageModel? reference;
    readonly Adam adam;
    readonly SequenceLearner learner;
    int updates, warmed;                                     // of rewards, of demonstrations

    /// <param name="task">Whose tokens.</param>
    /// <param name="options">Model and optimiser.</param>
    /// <param name="positions">The most tokens of prompt and reply.</param>
    /// <param name="seed">Of weights and of the order of records.</param>
    /// <param name="workers">The threads.</param>
    public AgentTrainer(AgentTask task, AgentOptions options, int positions, ulong seed, Workers workers)
    {
        options.Validate();
        (this.options, this.seed, loss) = (options, seed, options.Loss);
        Model = LanguageModel.Create(ModelConfiguration.Small(
            task.Tokenizer.Count, options.Hidden, options.Layers, options.Heads, positions) with
        {
            InitialDeviation = StartingModel.Deviation(options.InitialDeviation, options.Hidden),
        }, seed);
        reference = options.Kl > 0 ? Model.Clone() : null;
        adam = new Adam(Model.Parameters, new AdamOptions());
        Generator = new Generator(
            Model, new GeneratorOptions { MostInFlight = options.InFlight }, task.Tokenizer, workers);
        learner = new SequenceLearner(Model, options.Shards, options.TokensAtOnce, workers);
    }

    public LanguageModel Model { get; }

    /// <summary>Draws with the weights of the last <see cref="TakeWeights"/>.</summary>
    public Generator Generator { get; }

    /// <summary>Gives the generator the weights as they are now.</summary>
    public void TakeWeights() => Generator.TakeWeights(updates + warmed);

    /// <summary>Some updates by imitation.</summary>
    /// <param name="counts">Counts the tokens.</param>
    /// <param name="draw">Demonstrations for an update.</param>
    /// <returns>The last loss, in nats by token.</returns>
    public double WarmUp(AgentCounts counts, Func<TokenSequence[]> draw)
    {
        double found = 0;
        for (int i = 0; i < WarmUpdates && warmed < options.WarmStart; i++, warmed++)
        {
            TokenSequence[] batch = draw();
            found = Supervised.Learn(learner, batch);
            TakeStep(options.WarmStartRate);
            counts.Tokens += batch.Sum(one => (long)one.Tokens.Length);
        }
        return found;
    }

    /// <summary>
    /// Whether the imitation was enough: success was reached, or its updates are spent. The weights are then the
    /// reference.
    /// </summary>
    /// <param name="success">The share of plays that were solved.</param>
    public bool IsWarm(double success)
    {
        bool isWarm = success >= options.WarmStartSuccess || warmed >= options.WarmStart;
        if (isWarm)
            reference?.Parameters.CopyFrom(Model.Parameters);
        return isWarm;
    }

    /// <summary>All updates from one batch.</summary>
    /// <param name="records">With an advantage for each token.</param>
    /// <param name="progress">The share of the budget that is spent.</param>
    /// <exception cref="NonFiniteException">A loss or a gradient is not a finite number.</exception>
    public IReadOnlyList<(string Name, double Value)> Learn(IReadOnlyList<Completion> records, double progress)
    {
        Completion[] order = [.. records.Where(one => one.Mask.Contains((byte)1))];
        new RandomKey(seed, RandomPurpose.Minibatch, (ulong)updates).Sequence(0).Shuffle(order.AsSpan());
        TokenSequence[] sequences = [.. order.Select(TokenSequence.Of)];
        // The sampler and the trainer compute the same bits, so log π_old is what the sampler wrote down.
        float[][] old = [.. order.Select((one, i) => sequences[i].Spread(one.LogProbs))];
        float[][] advantages = [.. order.Select((one, i) => sequences[i].Spread(one.Advantages))];
        float[][] references = reference is null ? []
            : learner.Score(reference, sequences, options.Temperature);
        float learningRate = options.LearningRate * options.LearningRateSchedule.At(progress);
        var figures = new List<LossFigures>();
        (double lossSum, double entropySum, double normSum, long tokens) = (0, 0, 0, 0);
        int steps = Math.Min(options.Updates, order.Length);
        for (int use = 0; use < steps * options.Epochs; use++)
        {
            int part = use % steps, first = part * order.Length / steps, end = (part + 1) * order.Length / steps;
            // Plays as good as the rest of their group have advantages of 0, and no gradient unless the loss holds the
            // divergence too. They count in the means, and need not go through the model.
            int[] taught = [.. Enumerable.Range(first, end - first).Where(
                i => reference is not null || order[i].Advantages.Any(advantage => advantage != 0))];
            if (taught.Length == 0)
                taught = [first];
            long all = sequences[first..end].Sum(one => (long)one.Learnt);
            long learnt = taught.Sum(i => (long)sequences[i].Learnt);
            var counts = new Objectives.BatchCounts(end - first, all, all, 0);
            var found = new LossFigures[taught.Length];
            TokenSequence[] piece = [.. taught.Select(i => sequences[i])];
            (double total, double entropy) = learner.Learn(piece, options.Temperature, (s, logProbs, slopes) =>
            {
                int i = taught[s];
                found[s] = RlooLoss.Of(logProbs, new LossInput(sequences[i].Mask, old[i], old[i],
                    references.Length > 0 ? references[i] : [], advantages[i]), loss, counts, slopes);
                return found[s].Loss;
            });
            NonFiniteException.ThrowIf((float)total, "loss", updates);
            figures.AddRange(found);
            normSum += TakeStep(learningRate);
            (lossSum, entropySum, tokens) = (lossSum + total, entropySum + entropy, tokens + learnt);
            updates++;
        }
        int uses = Math.Max(1, steps * options.Epochs);
        return
        [
            ("loss", lossSum / uses), ("entropy", tokens > 0 ? entropySum / tokens : 0),
            .. RlooFigures.OfLoss(figures), ("grad_norm", normSum / uses), ("learning_rate", learningRate),
            ("updates", updates),
        ];
    }

    float TakeStep(float learningRate)
    {
        float norm = GradientLimit.Apply(Model.Parameters, options.GradientNorm, updates + warmed);
        adam.Step(learningRate);
        return norm;
    }

    public void VisitState(StateVisitor visitor)
    {
        visitor.Parameters(Model.Parameters);
        foreach (Parameter parameter in reference?.Parameters.All ?? [])
            visitor.Tensor($"reference.{parameter.Name}", parameter.Value);
        visitor.Optimiser(adam);
        visitor.Integer("policy_updates", ref updates);
        visitor.Integer("warm_updates", ref warmed);
    }

    public void Dispose()
    {
        Generator.Dispose();
        learner.Dispose();
        adam.Dispose();
        reference?.Dispose();
        Model.Dispose();
    }
}
