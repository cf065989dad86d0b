using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using RLSquared.Cli.Output;
using RLSquared.Reproduction.Plots;

namespace RLSquared.Cli.Dashboard;

/// <summary>
/// The runs below a folder, kept up to date while someone looks at them: looks at the files a few times a second, and
/// tells subscribers what changed. (Notifications of the file system are lost on network folders and when there are too
/// many; a look at the length of a file costs a few microseconds and is never lost.) Nothing in the files is trusted:
/// a run that cannot be read is damaged, and the others are as they are.
/// <para>Without a subscriber, folders are read only on request.</para>
/// </summary>
/// <param name="folder">The folder of all runs, or a run. It may not be there yet.</param>
internal sealed class RunWatch(string folder)
{
    /// <summary>The most runs that are watched: the newest ones.</summary>
    public const int MostRuns = 1000;

    /// <summary>The most pages that may be open at once.</summary>
    public const int MostSubscribers = 16;

    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);

    const int MostFolders = 20_000, Depth = 4, MostPointsOfAnEvent = 50;
    const long BytesOfALook = 16 << 20;
    static readonly TimeSpan betweenScans = TimeSpan.FromSeconds(2);

    // How long a request waits for a look that somebody else has begun; then it gets what was there before.
    static readonly TimeSpan mostWaiting = TimeSpan.FromSeconds(2);

    readonly Lock looking = new();                      // held while files are read
    readonly Lock gate = new();                         // held for moments, and never while files are read
    readonly List<Channel<string>> subscribers = [];
    volatile IReadOnlyDictionary<string, WatchedRun> runs = new Dictionary<string, WatchedRun>();
    TimeSpan? looked, scanned;

    /// <summary>The folder of all runs, or a run.</summary>
    public string Folder { get; } = folder;

    /// <summary>How many runs there are beyond those that are watched.</summary>
    public int Left { get; private set; }

    /// <summary>Looks again and again until told to end.</summary>
    public async Task Run(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                if (HasSubscribers)
                    LookIfStale(TimeSpan.Zero);
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
        finally
        {
            lock (gate)
                subscribers.ForEach(subscriber => subscriber.Writer.TryComplete());
        }
    }

    /// <summary>Hands the runs, newest first, to a reader that must not keep them.</summary>
    public T Read<T>(Func<IReadOnlyCollection<WatchedRun>, T> reader)
    {
        LookIfStale(mostWaiting);
        return reader([.. runs.Values]);
    }

    /// <summary>The same after all files were read to their ends, however long they are.</summary>
    public T ReadAll<T>(Func<IReadOnlyCollection<WatchedRun>, T> reader)
    {
        lock (looking)
        {
            do
                Look(Now);
            while (runs.Values.Any(run => run.Metrics.HasMore));
        }
        return reader([.. runs.Values]);
    }

    /// <summary>The run of an id. An id is looked up among those that were found; it is never made into a path.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is no such run.</exception>
    public WatchedRun Find(string id)
    {
        LookIfStale(mostWaiting);
        return runs.TryGetValue(id, out WatchedRun? run) ? run
            : throw new KeyNotFoundException($"there is no run '{id}' below {Folder}");
    }

    /// <summary>Events from now on, each ready to be sent; null when there are too many subscribers.</summary>
    public Channel<string>? Subscribe()
    {
        lock (gate)
        {
            if (subscribers.Count == MostSubscribers)
                return null;
            // A subscriber that lags behind by so many is cut off, and asks for everything again.
            var channel = Channel.CreateBounded<string>(4 * MostRuns);
            subscribers.Add(channel);
            return channel;
        }
    }

    bool HasSubscribers
    {
        get
        {
            lock (gate)
                return subscribers.Count > 0;
        }
    }

    /// <summary>No more events.</summary>
    public void Unsubscribe(Channel<string> channel)
    {
        lock (gate)
            subscribers.Remove(channel);
        channel.Writer.TryComplete();
    }

    // The clock of the machine may be set back; this one is not.
    static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    void LookIfStale(TimeSpan waiting)
    {
        bool IsStale() => looked is not { } last || Now - last >= Interval;
        if (!IsStale() || !looking.TryEnter(waiting))
            return;
        try
        {
            if (IsStale())
                Look(Now);
        }
        finally
        {
            looking.Exit();
        }
    }

    void Look(TimeSpan now)
    {
        if (scanned is not { } last || now - last >= betweenScans)
        {
            try
            {
                Scan(now);
                Label();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // A folder went while it was read, or may not be read. The next scan finds what is there then.
            }
            scanned = now;
        }
        long allowance = BytesOfALook;
        foreach (WatchedRun run in runs.Values)
        {
            byte[] before = run.Summary;
            string? points = null;
            lock (run.Gate)
            {
                (int generation, int count) = (run.Metrics.Generation, run.Metrics.Points);
                if (!run.Refresh(now, ref allowance))
                    continue;
                if (generation != run.Metrics.Generation || count != run.Metrics.Points)
                    points = Points(run, generation == run.Metrics.Generation ? count : 0);
            }
            if (!before.AsSpan().SequenceEqual(run.Summary))
                Tell("run", Encoding.UTF8.GetString(run.Summary));
            if (points is not null)
                Tell("points", points);
        }
        looked = now;
    }

    // Names what distinguishes the runs of one task and algorithm: the options that differ among them.
    void Label()
    {
        const int mostOptions = 3;
        foreach (IGrouping<(string, string), WatchedRun> alike in runs.Values
            .Where(run => run.Configuration is not null)
            .GroupBy(run => (run.Configuration!.Task, run.Configuration.Algorithm)))
        {
            (WatchedRun Run, IReadOnlyList<(string Key, string Value)> Facts)[] told =
                [.. alike.Select(run => (run, RunPlot.Facts(run.Configuration!)))];
            HashSet<string> differing = [.. told.SelectMany(one => one.Facts).Distinct().GroupBy(fact => fact.Key)
                .Where(values => values.Count() > 1).Select(values => values.Key)];
            foreach ((WatchedRun run, IReadOnlyList<(string Key, string Value)> facts) in told)
            {
                run.Label = string.Join(" · ", facts.Where(fact => differing.Contains(fact.Key)).Take(mostOptions)
                    .Select(fact => $"{fact.Key} {fact.Value}"));
            }
        }
    }

    // The new points, or, where they are many, only that there are some.
    string Points(WatchedRun run, int from)
    {
        if (!HasSubscribers)
            return "";
        return Event(run.Id, json =>
        {
            if (run.Metrics.Points - from <= MostPointsOfAnEvent)
                run.Metrics.WriteJson(json, from);
        });
    }

    static string Event(string id, Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, JsonOutput.Readable);
        json.WriteStartObject();
        json.WriteString("id", id);
        content(json);
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    void Tell(string name, string data)
    {
        string text = $"event: {name}\ndata: {data}\n\n";
        lock (gate)
        {
            foreach (Channel<string> subscriber in subscribers)
            {
                if (!subscriber.Writer.TryWrite(text))
                    subscriber.Writer.TryComplete();
            }
        }
    }

    void Scan(TimeSpan now)
    {
        List<string> found = [];
        int visited = 0;
        if (WatchedRun.IsRun(Folder))
            found.Add(Folder);
        else
            Find(Folder, Depth);
        // Names of runs end in their time, but folders may have any name: the newest is the one last begun.
        List<string> newest = found.Count <= MostRuns ? found
            : [.. found.OrderByDescending(Directory.GetCreationTimeUtc).Take(MostRuns)];
        Left = found.Count - newest.Count;
        List<WatchedRun> there = [];
        foreach (string path in newest)
        {
            string id = IdOf(path);
            WatchedRun run = runs.TryGetValue(id, out WatchedRun? known) ? known : new WatchedRun(id, path);
            run.ReadConfiguration(now);
            there.Add(run);
        }
        var next = new OrderedDictionary<string, WatchedRun>(StringComparer.Ordinal);
        foreach (WatchedRun run in there.OrderByDescending(run => run.Begun)
            .ThenBy(run => run.Id, StringComparer.Ordinal))
            next[run.Id] = run;
        foreach (string gone in runs.Keys.Where(id => !next.ContainsKey(id)))
            Tell("gone", Event(gone, _ => { }));
        runs = next;

        void Find(string folder, int depth)
        {
            var options = new EnumerationOptions { IgnoreInaccessible = true };
            if (!Directory.Exists(folder))
                return;
            foreach (string below in Directory.EnumerateDirectories(folder, "*", options).Order(StringComparer.Ordinal))
            {
                if (++visited > MostFolders)
                    return;
                if (WatchedRun.IsRun(below))
                    found.Add(below);
                else if (depth > 1)
                    Find(below, depth - 1);
            }
        }
    }

    string IdOf(string path) => path == Folder ? Path.GetFileName(Path.GetFullPath(path))
        : Path.GetRelativePath(Folder, path).Replace(Path.DirectorySeparatorChar, '/');
}
