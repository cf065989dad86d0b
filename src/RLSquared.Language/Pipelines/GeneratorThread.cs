using System.Diagnostics;
using RLSquared.Language.Verifiers;
using RLSquared.Pipelines;
using RLSquared.Tensors;

namespace RLSquared.Language.Pipelines;

/// <summary>
/// Runs a generator on a thread of its own, as fast as it goes. New weights wait in a mailbox of one place, where newer
/// ones take the place of older, and are taken between two decode steps.
/// </summary>
sealed class GeneratorThread : IDisposable
{
    const int MostNamed = 5;                                // groups that a message lists

    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    readonly GroupGenerator generator;
    readonly Func<long> allowed;
    readonly Action<long, IReadOnlyList<Completion>> made;
    readonly Action<Exception> failed;
    readonly Action? stepped;
    readonly TimeSpan limit;
    readonly Thread thread;
    readonly object gate = new();
    WeightSnapshot? newest;
    int newestVersion;
    long waitedTicks;
    bool stops, rests;

    /// <param name="generator">What it steps; not owned.</param>
    /// <param name="allowed">Below which number groups may begin, now.</param>
    /// <param name="made">Receives each group that is whole, on this thread.</param>
    /// <param name="failed">Receives what ended the thread before its time.</param>
    /// <param name="limit">The longest wait for the thread's end.</param>
    /// <param name="stepped">Called after each step, and now and then while it rests; may be null.</param>
    public GeneratorThread(
        GroupGenerator generator, Func<long> allowed, Action<long, IReadOnlyList<Completion>> made,
        Action<Exception> failed, TimeSpan limit, Action? stepped = null)
    {
        (this.generator, this.allowed, this.made, this.failed, this.limit, this.stepped) =
            (generator, allowed, made, failed, limit, stepped);
        thread = new Thread(Run) { IsBackground = true, Name = $"generator {generator.Place}" };
        thread.Start();
    }

    /// <summary>How long it had nothing to do, for the lag was at its limit.</summary>
    public TimeSpan Waited => Stopwatch.GetElapsedTime(0, Volatile.Read(ref waitedTicks));

    /// <summary>Whether the thread has ended.</summary>
    public bool HasEnded => !thread.IsAlive;

    /// <summary>Leaves weights in the mailbox, and wakes the thread: more may be allowed now.</summary>
    public void Publish(WeightSnapshot snapshot, int version)
    {
        lock (gate)
        {
            newest?.Dispose();
            (newest, newestVersion) = (snapshot.Share(), version);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Ends a rest: there may be something to begin.</summary>
    public void Wake()
    {
        lock (gate)
            Monitor.PulseAll(gate);
    }

    /// <summary>Does something between two steps, with the newest weights taken: for a checkpoint.</summary>
    public T Paused<T>(Func<GroupGenerator, T> work)
    {
        lock (gate)
        {
            TakeNewest();
            return work(generator);
        }
    }

    void Run()
    {
        try
        {
            while (true)
            {
                lock (gate)
                {
                    if (stops)
                        return;
                    TakeNewest();
                }
                bool worked = generator.Step(allowed(), made);
                stepped?.Invoke();
                if (!worked)
                    Rest();
            }
        }
        catch (Exception failure)
        {
            failed(new PipelineException($"generator {generator.Place} failed: {failure.Message}", failure));
        }
    }

    // Until there are new weights, which allow more; or a moment, for a drop allows more too.
    void Rest()
    {
        long start = Stopwatch.GetTimestamp();
        lock (gate)
        {
            rests = true;
            if (!stops && newest is null)
                Monitor.Wait(gate, Moment);
            rests = false;
        }
        Interlocked.Add(ref waitedTicks, Stopwatch.GetTimestamp() - start);
    }

    /// <summary>Says what it is doing.</summary>
    public override string ToString() => thread.IsAlive
        ? $"generator {generator.Place} {(rests ? "rests" : "is running")} with {generator.InFlight} sequences in " +
          $"flight, of the groups {Named(generator.Open)}"
        : $"generator {generator.Place} has ended";

    static string Named(long[] groups) => groups.Length == 0 ? "(none)"
        : string.Join(", ", groups.Take(MostNamed)) + (groups.Length > MostNamed ? ", …" : "");

    void TakeNewest()
    {
        if (newest is null)
            return;
        generator.TakeWeights(newest, newestVersion);
        newest.Dispose();
        newest = null;
    }

    /// <summary>Ends the thread.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            stops = true;
            Monitor.PulseAll(gate);
        }
        thread.Join(limit);
        lock (gate)
        {
            newest?.Dispose();
            newest = null;
        }
    }
}
