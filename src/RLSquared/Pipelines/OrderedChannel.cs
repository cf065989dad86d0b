using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace RLSquared.Pipelines;

/// <summary>
/// A bounded channel for numbered items that come in any order and leave in the order of their numbers, each once.
/// Several threads may add and one takes.
/// <para>Leaving in order is what keeps a pipeline free of bias: short items are ready first, and a trainer that took
/// what is ready would learn from too many of them. An item that comes twice is an error, and one that is missing ends
/// the wait for it by name. Every wait has a limit.</para>
/// </summary>
/// <typeparam name="T">What passes through.</typeparam>
public sealed class OrderedChannel<T>
{
    const int MostNamed = 5;                            // numbers that a message lists

    readonly object gate = new();
    readonly SortedDictionary<long, T> items = [];
    readonly string name;
    readonly int capacity;
    readonly TimeSpan limit;
    Exception? failure;
    long roomTicks, itemTicks;

    /// <summary>An empty queue.</summary>
    /// <param name="name">What messages call an item, such as 'group'.</param>
    /// <param name="capacity">How far a number may be ahead of the next one that leaves.</param>
    /// <param name="limit">The longest wait for room or for an item.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity or the limit is not above 0.</exception>
    public OrderedChannel(string name, int capacity, TimeSpan limit)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        (this.name, this.capacity, this.limit) = (name, capacity, limit);
    }

    /// <summary>The number of the item that leaves next; those below have left.</summary>
    public long Next { get; private set; }

    /// <summary>Items that are there.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return items.Count;
        }
    }

    /// <summary>How long producers have waited for room, all together.</summary>
    public TimeSpan WaitedForRoom => Stopwatch.GetElapsedTime(0, Volatile.Read(ref roomTicks));

    /// <summary>How long the consumer has waited for items.</summary>
    public TimeSpan WaitedForItems => Stopwatch.GetElapsedTime(0, Volatile.Read(ref itemTicks));

    /// <summary>Says who is busy with what, for the message when an item does not come; may be null.</summary>
    public Func<string>? Detail { get; set; }

    /// <summary>Adds an item; waits while its number is too far ahead.</summary>
    /// <param name="number">Its number, from 0; each once.</param>
    /// <param name="item">The item.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="PipelineException">
    /// The number came before, the queue has failed, or there was no room within the limit.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public void Add(long number, T item, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        lock (gate)
        {
            if (number < Next || items.ContainsKey(number))
                throw new PipelineException($"{name} {number} came twice; each comes once");
            Wait(() => number < Next + capacity, ref roomTicks, () =>
                $"{name} {number} waited {limit.TotalSeconds:0.###} s for room: {capacity} may be ahead of {name} " +
                $"{Next}, which the trainer has not taken", cancellation);
            if (!items.TryAdd(number, item))
                throw new PipelineException($"{name} {number} came twice; each comes once");
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Whether the next so many items are all there.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="PipelineException">The queue has failed.</exception>
    public bool IsReady(int count)
    {
        lock (gate)
        {
            ThrowIfFailed();
            for (int i = 0; i < count; i++)
            {
                if (!items.ContainsKey(Next + i))
                    return false;
            }
            return true;
        }
    }

    /// <summary>Takes the next item; waits until it is there.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="PipelineException">The queue has failed, or the item did not come within the limit.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public T Take(CancellationToken cancellation = default)
    {
        lock (gate)
        {
            Wait(() => items.ContainsKey(Next), ref itemTicks, () =>
                $"{name} {Next} did not come within {limit.TotalSeconds:0.###} s; " +
                (items.Count == 0 ? "none is there" : $"{Named()} there") +
                (Detail is { } detail ? $"; {detail()}" : ""), cancellation);
            items.Remove(Next++, out T? item);
            Monitor.PulseAll(gate);
            return item!;
        }
    }

    /// <summary>Takes the next item if it is there.</summary>
    /// <param name="item">The item.</param>
    public bool TryTake([MaybeNullWhen(false)] out T item)
    {
        lock (gate)
        {
            if (!items.Remove(Next, out item))
                return false;
            Next++;
            Monitor.PulseAll(gate);
            return true;
        }
    }

    /// <summary>Ends all waits, those to come as well: a role has failed.</summary>
    /// <param name="cause">What it threw; the first one counts.</param>
    public void Fail(Exception cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        lock (gate)
        {
            failure ??= cause;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>What is there, in order: for a checkpoint.</summary>
    public (long Next, IReadOnlyList<(long Number, T Item)> Items) Show()
    {
        lock (gate)
            return (Next, [.. items.Select(pair => (pair.Key, pair.Value))]);
    }

    /// <summary>Begins again with what <see cref="Show"/> gave.</summary>
    /// <param name="next">The number of the item that leaves next.</param>
    /// <param name="there">Items with numbers from there on, each once.</param>
    /// <exception cref="PipelineException">A number is below the next one, or there twice.</exception>
    public void Restore(long next, IEnumerable<(long Number, T Item)> there)
    {
        ArgumentNullException.ThrowIfNull(there);
        lock (gate)
        {
            items.Clear();
            (Next, failure) = (next, null);
            foreach ((long number, T item) in there)
            {
                if (number < next || !items.TryAdd(number, item))
                    throw new PipelineException($"{name} {number} came twice; each comes once");
            }
            Monitor.PulseAll(gate);
        }
    }

    void Wait(Func<bool> holds, ref long ticks, Func<string> message, CancellationToken cancellation)
    {
        ThrowIfFailed();
        cancellation.ThrowIfCancellationRequested();
        if (holds())
            return;
        long start = Stopwatch.GetTimestamp();
        using CancellationTokenRegistration wakes = cancellation.UnsafeRegister(static queue =>
        {
            lock (((OrderedChannel<T>)queue!).gate)
                Monitor.PulseAll(((OrderedChannel<T>)queue).gate);
        }, this);
        try
        {
            while (!holds())
            {
                TimeSpan left = limit - Stopwatch.GetElapsedTime(start);
                if (left <= TimeSpan.Zero)
                    throw new PipelineException(message());
                Monitor.Wait(gate, left);
                ThrowIfFailed();
                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            ticks += Stopwatch.GetTimestamp() - start;
        }
    }

    void ThrowIfFailed()
    {
        if (failure is not null)
            throw new PipelineException(failure.Message, failure);
    }

    string Named() => string.Join(", ", items.Keys.Take(MostNamed)) + (items.Count > MostNamed ? ", … are"
        : items.Count == 1 ? " is" : " are");
}
