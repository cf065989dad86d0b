using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace RLSquared.Tensors;

/// <summary>
/// A fixed set of threads for work that is cut into pieces: shards of lanes, blocks of a large matrix product. The
/// calling thread is one of them, so <c>new Workers(1)</c> has no thread of its own and does everything in place.
/// </summary>
/// <remarks>
/// Pieces are handed out in ascending order, each to whichever thread is free; what a piece computes must therefore not
/// depend on the thread that runs it. A call allocates nothing. A thread without work spins for some tens of
/// microseconds, so that a sequence of calls does not pay for sleeping and waking, and then blocks.
/// </remarks>
public sealed unsafe class Workers : IDisposable
{
    /// <summary>How long a thread looks for work, or for the end of the others' work, before it blocks.</summary>
    private static readonly long SpinTicks = Stopwatch.Frequency * 40 / 1_000_000;

    /// <summary>
    /// Whether this thread is inside a piece of any <see cref="Workers"/>: then a nested Run stays on
    /// it.
    /// </summary>
    [ThreadStatic]
    private static bool insidePiece;

    private readonly Thread[] threads;
    private readonly Lock failureGate = new();
    private readonly object idleGate = new();
    private readonly object callerGate = new();

    // The work of the present call. A thread may read these only between reading the ticket and exchanging it: that the
    // exchange succeeds proves that the call was still running, and so that what it read belongs to this call.
    private Action<int>? action;
    private delegate*<void*, int, void> function;
    private void* state;
    private int pieces;

    // Upper half: number of the call, so that a late thread cannot take a piece of the next one. Lower half: pieces
    // left.
    private ulong ticket;
    private int unfinished;
    private int sleepers;
    private bool callerSleeps;
    private bool disposed;
    private int running;

    private ExceptionDispatchInfo? failure;
    private int failedPiece;

    /// <summary>
    /// Starts <paramref name="threads"/> − 1 background threads; the caller of Run is the remaining
    /// one.
    /// </summary>
    /// <param name="threads">Number of threads that work on a call, the calling one included; 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is below 1.</exception>
    public Workers(int threads)
    {
        if (threads < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(threads), threads, $"{threads} threads cannot work; 1 (the calling thread alone) or more can.");
        }

        this.threads = new Thread[threads - 1];
        for (int i = 0; i < this.threads.Length; i++)
        {
            this.threads[i] = new Thread(Serve) { IsBackground = true, Name = $"RLSquared worker {i + 1}" };
            this.threads[i].Start();
        }
    }

    /// <summary>Number of threads that work on a call, the calling one included.</summary>
    public int Threads => threads.Length + 1;

    /// <summary>
    /// Calls <paramref name="work"/> for every piece in [0, <paramref name="pieces"/>) and returns when all are done.
    /// All pieces run, even if one fails, so the effect is the same for every number of threads. A Run inside a piece,
    /// of this or of other workers, does its pieces one after the other on that piece's thread.
    /// </summary>
    /// <param name="pieces">Number of pieces, 0 or more.</param>
    /// <param name="work">Called once with the index of each piece.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pieces"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">Another thread is inside Run of these workers.</exception>
    /// <exception cref="ObjectDisposedException">These workers have been disposed.</exception>
    /// <remarks>If pieces fail, the exception of the lowest of them is thrown on, with its own stack trace.</remarks>
    public void Run(int pieces, Action<int> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        RunAll(pieces, work, null, null);
    }

    /// <summary>
    /// As the public form, for kernels: <paramref name="work"/> gets <paramref name="state"/> and the
    /// piece.
    /// </summary>
    internal void Run(int pieces, delegate*<void*, int, void> work, void* state) => RunAll(pieces, null, work, state);

    /// <summary>Ends the threads and waits for them. Run is not possible afterwards.</summary>
    /// <exception cref="InvalidOperationException">A Run of these workers has not returned yet.</exception>
    public void Dispose()
    {
        if (Volatile.Read(ref disposed))
            return;
        if (Interlocked.Exchange(ref running, 1) != 0)
            throw new InvalidOperationException("These workers are inside Run; dispose them after it has returned.");

        lock (idleGate)
        {
            Volatile.Write(ref disposed, true);
            Monitor.PulseAll(idleGate);
        }

        foreach (Thread thread in threads)
            thread.Join();
    }

    private void RunAll(int count, Action<int>? newAction, delegate*<void*, int, void> newFunction, void* newState)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count, "pieces");
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed), this);
        if (threads.Length == 0 || count <= 1 || insidePiece)
        {
            RunInline(count, newAction, newFunction, newState);
            return;
        }

        if (Interlocked.CompareExchange(ref running, 1, 0) != 0)
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed), this);
            throw new InvalidOperationException(
                "Another thread is inside Run of these workers; give each such thread workers of its own.");
        }

        action = newAction;
        function = newFunction;
        state = newState;
        pieces = count;
        failure = null;
        Volatile.Write(ref unfinished, count);
        ulong call = (Volatile.Read(ref ticket) >> 32) + 1;
        Interlocked.Exchange(ref ticket, (call << 32) | (uint)count);
        WakeSleepers(count - 1);

        while (TryRunPiece())
        {
        }

        AwaitOthers();
        action = null;
        ExceptionDispatchInfo? failed = failure;
        failure = null;
        Volatile.Write(ref running, 0);
        failed?.Throw();
    }

    private static void RunInline(int count, Action<int>? action, delegate*<void*, int, void> function, void* state)
    {
        ExceptionDispatchInfo? first = null;
        bool nested = insidePiece;
        insidePiece = true;
        for (int piece = 0; piece < count; piece++)
        {
            try
            {
                if (action is not null)
                    action(piece);
                else
                    function(state, piece);
            }
            catch (Exception exception)
            {
                first ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        insidePiece = nested;
        first?.Throw();
    }

    private bool TryRunPiece()
    {
        while (true)
        {
            ulong seen = Volatile.Read(ref ticket);
            uint left = (uint)seen;
            if (left == 0)
                return false;

            Action<int>? work = action;
            delegate*<void*, int, void> kernel = function;
            void* argument = state;
            int piece = pieces - (int)left;
            if (Interlocked.CompareExchange(ref ticket, seen - 1, seen) != seen)
                continue;

            insidePiece = true;
            try
            {
                if (work is not null)
                    work(piece);
                else
                    kernel(argument, piece);
            }
            catch (Exception exception)
            {
                Note(piece, exception);
            }

            insidePiece = false;
            if (Interlocked.Decrement(ref unfinished) == 0 && Volatile.Read(ref callerSleeps))
            {
                lock (callerGate)
                    Monitor.Pulse(callerGate);
            }

            return true;
        }
    }

    private void Note(int piece, Exception exception)
    {
        lock (failureGate)
        {
            if (failure is null || piece < failedPiece)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
                failedPiece = piece;
            }
        }
    }

    private void AwaitOthers()
    {
        long start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref unfinished) != 0)
        {
            if (Stopwatch.GetTimestamp() - start < SpinTicks)
            {
                Thread.SpinWait(8);
                continue;
            }

            lock (callerGate)
            {
                // The write must be seen before the read: the thread that finishes last does the same in the other
                // order.
                Volatile.Write(ref callerSleeps, true);
                Interlocked.MemoryBarrier();
                while (Volatile.Read(ref unfinished) != 0)
                    Monitor.Wait(callerGate);
                Volatile.Write(ref callerSleeps, false);
            }
        }
    }

    private void WakeSleepers(int wanted)
    {
        if (Volatile.Read(ref sleepers) == 0)
            return;
        lock (idleGate)
        {
            for (int i = Math.Min(wanted, sleepers); i > 0; i--)
                Monitor.Pulse(idleGate);
        }
    }

    /// <summary>The life of one background thread.</summary>
    private void Serve()
    {
        long idleSince = Stopwatch.GetTimestamp();
        while (!Volatile.Read(ref disposed))
        {
            if (TryRunPiece())
            {
                idleSince = Stopwatch.GetTimestamp();
                continue;
            }

            if (Stopwatch.GetTimestamp() - idleSince < SpinTicks)
            {
                Thread.SpinWait(8);
                continue;
            }

            lock (idleGate)
            {
                // Counted before the ticket is read; Run writes the ticket before it reads the count. One sees the
                // other.
                Interlocked.Increment(ref sleepers);
                while ((uint)Volatile.Read(ref ticket) == 0 && !disposed)
                    Monitor.Wait(idleGate);
                Interlocked.Decrement(ref sleepers);
            }

            idleSince = Stopwatch.GetTimestamp();
        }
    }
}
