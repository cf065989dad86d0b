using System.Collections.Concurrent;

namespace RLSquared.Cluster.Work;

/// <summary>
/// A thread that does one job after the other, in the order in which they came. Shards are computed here, so that the
/// threads that carry messages and answer probes stay free.
/// </summary>
internal sealed class ComputingThread : IDisposable
{
    readonly BlockingCollection<Action> jobs = [];
    readonly Thread thread;
    int unfinished;

    public ComputingThread()
    {
        thread = new Thread(Serve) { IsBackground = true, Name = "RLSquared shards" };
        thread.Start();
    }

    /// <summary>Whether nothing is being done or waits.</summary>
    public bool IsIdle => Volatile.Read(ref unfinished) == 0;

    /// <summary>Does a job when those before it are done.</summary>
    public Task<T> Run<T>(Func<T> job)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Increment(ref unfinished);
        jobs.Add(() =>
        {
            try
            {
                done.SetResult(job());
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
            Interlocked.Decrement(ref unfinished);
        });
        return done.Task;
    }

    /// <summary>Takes no more jobs; those that wait are still done. Does not wait for them.</summary>
    public void Dispose() => jobs.CompleteAdding();

    void Serve()
    {
        foreach (Action job in jobs.GetConsumingEnumerable())
            job();
    }
}
