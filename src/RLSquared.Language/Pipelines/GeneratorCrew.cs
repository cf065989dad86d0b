using RLSquared.Language.Models;
using RLSquared.Language.Verifiers;
using RLSquared.Pipelines;
using RLSquared.Tensors;

namespace RLSquared.Language.Pipelines;

/// <summary>
/// All generators of a pipeline. In lock-step the caller takes their decode steps; free-running ones have a thread
/// each, and a ledger that other processes may share gives them their groups. Weights reach all of them between two
/// decode steps.
/// </summary>
sealed class GeneratorCrew : IDisposable
{
    readonly GroupGenerator[] generators;
    readonly OrderedChannel<IReadOnlyList<Completion>> queue;
    readonly GroupScorer scorer;
    readonly LanguageModel model;
    readonly Workers workers;
    readonly BlockLedger? ledger;                           // of free-running generators
    readonly bool sharesThreads;                            // one generator on all threads of the workers
    readonly TimeSpan limit;
    GeneratorThread[] threads = [];
    long allowed;

    /// <param name="model">Whose weights they begin with.</param>
    /// <param name="plan">What they have in common.</param>
    /// <param name="queue">Where scored groups wait.</param>
    /// <param name="scorer">What scores them.</param>
    /// <param name="workers">The threads of lock-step.</param>
    /// <param name="ledger">Gives groups to free-running generators; null for lock-step.</param>
    /// <param name="sharesThreads">Whether the only generator cuts each step into pieces for all threads.</param>
    /// <param name="limit">The longest wait for a thread's end.</param>
    public GeneratorCrew(
        LanguageModel model, GenerationPlan plan, OrderedChannel<IReadOnlyList<Completion>> queue, GroupScorer scorer,
        Workers workers, BlockLedger? ledger, bool sharesThreads, TimeSpan limit)
    {
        (this.model, this.queue, this.scorer, this.workers, this.ledger, this.sharesThreads, this.limit) =
            (model, queue, scorer, workers, ledger, sharesThreads, limit);
        generators = new GroupGenerator[plan.Generators];
        for (int i = 0; i < generators.Length; i++)
        {
            int place = i;
            generators[i] = new GroupGenerator(model, plan, place, sharesThreads ? workers : null, ledger is null ? null
                : () => ledger.TryBegin(generators[place], out long number) ? number : null);
        }
        queue.Detail = () => string.Join("; ", threads.Select(thread => thread.ToString()));
    }

    public IReadOnlyList<GroupGenerator> Generators => generators;

    /// <summary>Groups that have begun.</summary>
    public long Begun => ledger?.Begun ?? generators.Sum(one => one.NextGroup / generators.Length);

    /// <summary>Whether they have threads of their own now.</summary>
    public bool IsRunning => threads.Length > 0;

    /// <summary>How long free-running generators had nothing to do.</summary>
    public TimeSpan Waited => TimeSpan.FromTicks(threads.Sum(one => one.Waited.Ticks));

    /// <summary>Groups with lower numbers may begin.</summary>
    public long Allowed
    {
        get => Volatile.Read(ref allowed);
        set
        {
            Volatile.Write(ref allowed, value);
            if (ledger is not null)
                ledger.Allowed = value;
        }
    }

    /// <summary>Receives what is published.</summary>
    public Action<WeightSnapshot, int>? Published { get; set; }

    /// <summary>New weights for all: now, or as soon as a thread's decode step ends.</summary>
    /// <param name="version">Of the model's weights.</param>
    public void Publish(int version)
    {
        using WeightSnapshot snapshot = model.Parameters.Snapshot();
        foreach (GeneratorThread thread in threads)
            thread.Publish(snapshot, version);
        foreach (GroupGenerator generator in IsRunning ? [] : generators)
            generator.TakeWeights(snapshot, version);
        Published?.Invoke(snapshot, version);
    }

    /// <summary>Gives each generator a thread.</summary>
    public void Start() => threads = [.. generators.Select(
        one => new GeneratorThread(one, () => Allowed, (number, group) => Deliver(one, number, group), queue.Fail,
            limit))];

    void Deliver(GroupGenerator generator, long number, IReadOnlyList<Completion> group)
    {
        if (ledger?.Deliver(generator, number) == false)
            throw new PipelineException($"group {number} is made by another one, or was");
        scorer.Begin(number, group);
    }

    /// <summary>
    /// Lets free-running generators stop between two decode steps, with the newest weights, and what they made be
    /// scored: nothing moves until they start again.
    /// </summary>
    /// <param name="version">Of the model's weights.</param>
    public void Rest(int version)
    {
        if (!IsRunning)
            return;
        foreach (GeneratorThread thread in threads)
            thread.Dispose();
        threads = [];
        scorer.Settle();
        if (generators.Any(one => one.Version != version))
            Publish(version);
    }

    /// <summary>Lock-step: all take one decode step after the other until the next groups are there and
    /// scored.</summary>
    /// <param name="count">How many groups.</param>
    /// <exception cref="PipelineException">A reward failed, or nothing is left that could make the groups.</exception>
    public void AdvanceUntilReady(int count)
    {
        bool[] worked = new bool[generators.Length];
        while (!queue.IsReady(count))
        {
            if (sharesThreads || generators.Length == 1)
                worked[0] = generators[0].Step(Allowed, scorer.Begin);
            else
                workers.Run(generators.Length, i => worked[i] = generators[i].Step(Allowed, scorer.Begin));
            scorer.Settle();
            if (!worked.Contains(true) && !queue.IsReady(count))
            {
                throw new PipelineException($"group {queue.Next} is neither made nor in flight, and groups below " +
                    $"{Allowed} may begin: it is lost");
            }
        }
    }

    /// <summary>Lock-step, while the trainer learns: the steps of one generator.</summary>
    /// <param name="place">Which one.</param>
    /// <param name="steps">How many; 0 for as many as its share of the groups takes.</param>
    /// <param name="groups">The groups below this number are wanted.</param>
    public void RunAhead(int place, int steps, long groups)
    {
        GroupGenerator generator = generators[place];
        for (int step = 0; steps > 0 ? step < steps : !generator.HasMade(groups); step++)
        {
            if (!generator.Step(Allowed, scorer.Begin))
                break;
        }
    }

    /// <summary>Groups that wait and groups in flight, whole and exact.</summary>
    public byte[] Save() => PipelineState.Write(queue, generators, ledger);

    /// <summary>Goes on with what <see cref="Save"/> gave, with the model's weights of then.</summary>
    /// <exception cref="InvalidDataException">The bytes are none of these, or of other options.</exception>
    public void Restore(byte[] bytes, int version, int groupSize)
    {
        Publish(version);
        PipelineState.Read(bytes, queue, generators, ledger, groupSize);
    }

    public void Dispose()
    {
        foreach (GeneratorThread thread in threads)
            thread.Dispose();
        foreach (GroupGenerator generator in generators)
            generator.Dispose();
    }
}
