using RLSquared.Cluster.Messages;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Snapshots;

/// <summary>
/// The published weights of a training as files. Only the newest are written, on a thread of its own, and only while
/// someone wants them; the last few are kept for those who are just fetching them.
/// </summary>
internal sealed class WeightStore : IDisposable
{
    const int Kept = 4;

    readonly ProcessFolder folder = new("rl2-weights-");
    readonly Dictionary<string, string> files = [];         // by name, the path
    readonly Queue<WeightName> recent = [];
    readonly object gate = new();
    readonly Thread thread;
    WeightSnapshot? waiting;
    WeightName? still;
    WeightNews? newest;
    int waitingVersion;
    bool isWanted, isClosed;

    /// <summary>Begins to wait for weights.</summary>
    public WeightStore()
    {
        thread = new Thread(Write) { IsBackground = true, Name = "RLSquared weights" };
        thread.Start();
    }

    /// <summary>Called when newer weights can be fetched, on the thread that wrote them.</summary>
    public Action? Written { get; set; }

    /// <summary>Receives why weights could not be written, on the thread that tried.</summary>
    public Action<Exception>? Failed { get; set; }

    /// <summary>The newest that can be fetched; null before there are any.</summary>
    public WeightNews? Newest
    {
        get
        {
            lock (gate)
                return newest;
        }
    }

    /// <summary>Whether there is anybody who would fetch them.</summary>
    public bool IsWanted
    {
        set
        {
            lock (gate)
            {
                isWanted = value;
                Monitor.PulseAll(gate);
            }
        }
    }

    /// <summary>Takes newer weights; those that nobody has written yet make way.</summary>
    /// <param name="snapshot">The weights; shared.</param>
    /// <param name="version">Their version.</param>
    public void Publish(WeightSnapshot snapshot, int version)
    {
        lock (gate)
        {
            if (isClosed)
                return;
            waiting?.Dispose();
            (waiting, waitingVersion) = (snapshot.Share(), version);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Where the file of a name is; null if there is none, or no longer.</summary>
    public string? Find(string name)
    {
        lock (gate)
            return files.GetValueOrDefault(name);
    }

    void Write()
    {
        while (true)
        {
            WeightSnapshot snapshot;
            int version;
            lock (gate)
            {
                while (!isClosed && (waiting is null || !isWanted))
                    Monitor.Wait(gate);
                if (isClosed)
                    return;
                (snapshot, version, waiting) = (waiting!, waitingVersion, null);
            }
            try
            {
                Write(snapshot, version);
                Written?.Invoke();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                Failed?.Invoke(failure);                    // a full disk: generators go on with what they have
            }
            finally
            {
                snapshot.Dispose();
            }
        }
    }

    void Write(WeightSnapshot snapshot, int version)
    {
        // What is below an adapter is written once.
        if (still is null && WeightFile.HasStill(snapshot.Parameters))
            still = Add(snapshot, isStill: true, version: 0);
        WeightName moving = Add(snapshot, isStill: false, version);
        recent.Enqueue(moving);
        lock (gate)
            newest = new WeightNews(moving, still);
        while (recent.Count > Kept)
            Remove(recent.Dequeue());
    }

    WeightName Add(WeightSnapshot snapshot, bool isStill, int version)
    {
        string path = Path.Combine(folder.FullName, Path.GetRandomFileName());
        WeightName name = WeightFile.Write(path, snapshot, isStill, version);
        lock (gate)
            files[name.ToString()] = path;
        return name;
    }

    void Remove(WeightName name)
    {
        string? path;
        lock (gate)
            files.Remove(name.ToString(), out path);
        if (path is null)
            return;
        try
        {
            File.Delete(path);
        }
        catch (IOException)
        {
            // Someone is reading it; the folder goes at the end.
        }
    }

    /// <summary>Ends the thread and removes the files.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isClosed = true;
            waiting?.Dispose();
            waiting = null;
            files.Clear();
            Monitor.PulseAll(gate);
        }
        thread.Join();
        folder.Dispose();
    }
}
