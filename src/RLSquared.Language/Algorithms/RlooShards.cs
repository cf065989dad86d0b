using RLSquared.Experience;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Sharding;
using RLSquared.Tensors;

namespace RLSquared.Language.Algorithms;

/// <summary>The loss of a sample, and its slopes.</summary>
delegate LossFigures LossRule(
    Sample sample, BatchCounts counts, ReadOnlySpan<float> logProbs, Span<float> slopes);

/// <summary>
/// What other processes can take part in of RLOO: drawing groups, learning from a part of the batch, and the warm
/// start. A completion depends on its number, the seed and the weights alone, and a gradient on its sequences and the
/// weights; rewards, advantages and the step of the optimiser are the trainer's own.
/// </summary>
sealed class RlooShards
{
    const int MostPrompts = 1 << 20;

    readonly PromptTask task;
    readonly RlooOptions options;
    readonly ulong seed;
    readonly Generator generator;
    readonly SamplingOptions sampling;
    readonly ShardPhase drawing;
    readonly SharedLoss learning, warming;
    readonly IReadOnlyList<Completion>[] drawn;             // by shard
    long draws, lessons, warmings;                          // versions
    long[] prompts = [];                                    // the numbers of those that are drawn
    long firstSample;
    int version;
    Sample[] samples = [];
    LossFigures[] figures = [];                             // by sample
    BatchCounts counts;
    TokenSequence[] examples = [];                          // of the warm start
    double exampleWeight;

    /// <summary>Shards that this process computes alone at first.</summary>
    /// <param name="task">Prompts and rewards.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="generator">Draws; not owned.</param>
    /// <param name="learner">Learns; not owned.</param>
    /// <param name="stage">What is frozen; comes before the weights.</param>
    /// <param name="rule">The loss of a sample.</param>
    public RlooShards(
        PromptTask task, RlooOptions options, ulong seed, Workers workers, Generator generator,
        SequenceLearner learner, ShardPart stage, LossRule rule)
    {
        (this.task, this.options, this.seed, this.generator) = (task, options, seed, generator);
        sampling = options.Sampling(options.LongestOf(task), task.EndTokens);
        drawn = [.. Enumerable.Repeat<IReadOnlyList<Completion>>([], options.Shards)];
        ParameterSet parameters = learner.Parameters;
        // With an adapter, the weights of the model below it are sent once.
        var still = new ShardPart("frozen", () => stage.Version, visitor => Weights(visitor, parameters, true));
        var moving = new ShardPart("weights", () => (stage.Version << 40) + parameters.Version,
            visitor => Weights(visitor, parameters, false));
        ShardPart[] policy = [stage, still, moving];
        drawing = new ShardPhase("draw", [.. policy, new ShardPart("prompts", () => draws, VisitPrompts)],
            s => Draw([s]), VisitDrawn)
        {
            Together = Draw,
        };
        learning = new SharedLoss("learn", learner, [.. policy, new ShardPart("lesson", () => lessons, VisitLesson)],
            (s, logProbs, slopes) => (figures[s] = rule(samples[s], counts, logProbs, slopes)).Loss,
            (visitor, s) => visitor.Number(ref figures[s]));
        warming = new SharedLoss("warm up", learner,
            [.. policy, new ShardPart("examples", () => warmings, VisitExamples)],
            (s, logProbs, slopes) => Supervised.Loss(examples[s], exampleWeight, logProbs, slopes), (_, _) => { });
        Set = new ShardSet(options.Shards, workers, [drawing, learning.Phase, warming.Phase]);
    }

    /// <summary>The phases, and where they are computed.</summary>
    public ShardSet Set { get; }

    static void Weights(ByteVisitor visitor, ParameterSet parameters, bool frozen)
    {
        foreach (ParameterGroup group in parameters.Groups)
        {
            if (group.Frozen != frozen)
                continue;
            foreach (Parameter parameter in group.All)
                visitor.Tensor(parameter.Value);
        }
    }

    // ---- groups of completions ----

    /// <summary>Draws a group for each of these prompts and scores them; they come prompt by prompt.</summary>
    /// <param name="numbers">The prompts' numbers, all different.</param>
    /// <param name="weights">What their tokens are marked with.</param>
    /// <param name="sample">The number of the next completion; is moved on.</param>
    public IReadOnlyList<Completion> Draw(long[] numbers, int weights, ref long sample)
    {
        (prompts, version, firstSample) = (numbers, weights, sample);
        draws++;
        Set.Run(drawing);
        sample += (long)numbers.Length * options.GroupSize;
        return task.Rewards.Score([.. drawn.SelectMany(one => one)]).GetAwaiter().GetResult();
    }

    // What is in flight at once is faster than one shard after the other, and changes no completion.
    void Draw(int[] shards)
    {
        generator.TakeWeights(version);
        ILookup<long, Completion> made = Completions.Generate(generator, task, shards.SelectMany(Numbers),
            options.GroupSize, sampling, seed, PromptSplit.Training).ToLookup(one => one.GroupId);
        foreach (int s in shards)
            drawn[s] = [.. Numbers(s).SelectMany(one => made[one.Prompt])];
    }

    IEnumerable<(long Prompt, long Sample)> Numbers(int shard)
    {
        int end = Minibatches.Cut(prompts.Length, shard + 1, drawn.Length);
        for (int g = Minibatches.Cut(prompts.Length, shard, drawn.Length); g < end; g++)
            yield return (prompts[g], firstSample + (long)g * options.GroupSize);
    }

    void VisitPrompts(ByteVisitor visitor)
    {
        int count = prompts.Length;
        visitor.Number(ref count);
        if (visitor.Overwrites)
            prompts = new long[count is > 0 and <= MostPrompts ? count : throw new InvalidDataException(
                $"{count} prompts are to be drawn, and at most {MostPrompts} can be")];
        visitor.Numbers<long>(prompts);
        visitor.Number(ref firstSample);
        visitor.Number(ref version);
    }

    void VisitDrawn(ByteVisitor visitor, int shard)
    {
        byte[] bytes = visitor.Overwrites ? [] : CompletionBytes.Write(drawn[shard]);
        visitor.Bytes(ref bytes);
        if (!visitor.Overwrites)
            return;
        List<Completion> read = CompletionBytes.Read(bytes);
        var wanted = Numbers(shard).SelectMany(
            one => Enumerable.Range(0, options.GroupSize).Select(g => (one.Prompt, one.Sample + g)));
        if (!read.Select(one => (one.GroupId, one.TrajectoryId)).SequenceEqual(wanted))
            throw new InvalidDataException("it sends other completions than it was asked for");
        drawn[shard] = [.. read.Chunk(options.GroupSize).SelectMany(
            group => Completions.FromElsewhere(task, seed, group[0].GroupId, group))];
    }

    // ---- gradients ----

    /// <summary>Finds the gradient of a part of the batch; it is left in the parameters.</summary>
    /// <param name="part">The samples.</param>
    /// <param name="batch">What the loss is over.</param>
    /// <returns>The loss, the sum of the entropies of what is learnt, and the figures of each sample.</returns>
    public (double Loss, double Entropy, LossFigures[] Figures) Learn(Sample[] part, BatchCounts batch)
    {
        lessons++;
        counts = batch;
        Take(part);
        (double loss, double entropy) = learning.Learn(Set.Runner);
        return (loss, entropy, figures);
    }

    void Take(Sample[] part)
    {
        (samples, figures) = (part, new LossFigures[part.Length]);
        learning.Take([.. part.Select(one => one.Sequence)], options.Temperature);
    }

    void VisitLesson(ByteVisitor visitor)
    {
        visitor.Number(ref counts);
        byte[] bytes = visitor.Overwrites ? [] : Sample.Write(samples);
        visitor.Bytes(ref bytes);
        if (visitor.Overwrites)
            Take([.. Sample.Read(bytes)]);
    }

    /// <summary>Finds the gradient of a batch of the warm start; it is left in the parameters.</summary>
    /// <returns>The loss, in nats by token.</returns>
    public double LearnExamples(TokenSequence[] batch)
    {
        warmings++;
        Take(batch);
        return warming.Learn(Set.Runner).Loss;
    }

    void Take(TokenSequence[] batch)
    {
        (examples, exampleWeight) = (batch, Supervised.Weight(batch));
        warming.Take(batch, temperature: 1);
    }

    void VisitExamples(ByteVisitor visitor)
    {
        byte[] bytes = visitor.Overwrites ? [] : TokenSequence.Write(examples);
        visitor.Bytes(ref bytes);
        if (visitor.Overwrites)
            Take(TokenSequence.Read(bytes));
    }
}
