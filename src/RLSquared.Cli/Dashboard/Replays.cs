using System.Buffers;
using System.Globalization;
using System.Text.Json;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Policies;
using RLSquared.Runs;
using RLSquared.Tasks;

namespace RLSquared.Cli.Dashboard;

/// <summary>Which trial is to be replayed.</summary>
/// <param name="Run">The run's folder.</param>
/// <param name="Checkpoint"><c>last</c> or <c>best</c>.</param>
/// <param name="Seed">The seed of the trial.</param>
/// <param name="Trial">Which trial of the seed, from 1.</param>
internal readonly record struct ReplayRequest(string Run, string Checkpoint, ulong Seed, int Trial);

/// <summary>
/// Trials played by the agents of checkpoints, for the page to show step by step. One is played at a time, so that
/// training keeps the machine; what was played is kept while there is room.
/// </summary>
/// <param name="catalogues">Where tasks and algorithms are looked up.</param>
/// <param name="mostBytes">The most bytes of all trials that are kept.</param>
/// <param name="patience">The most time that a request may wait and play; null for the usual.</param>
internal sealed class Replays(Catalogues catalogues, int mostBytes = Replays.MostBytes, TimeSpan? patience = null)
    : IDisposable
{
    /// <summary>The most steps of a replay; the rest of a longer trial is left out.</summary>
    public const int MostSteps = 2000;

    /// <summary>The most bytes of one replay; the rest of a larger trial is left out.</summary>
    public const int MostBytesOfOne = 16 << 20;

    /// <summary>The most bytes of all trials that are kept, unless told otherwise.</summary>
    public const int MostBytes = 32 << 20;

    /// <summary>The most requests that wait for one being played.</summary>
    public const int MostWaiting = 8;

    /// <summary>The most bytes of a checkpoint whose agent is replayed.</summary>
    public const long MostBytesOfACheckpoint = 1L << 30;

    const int Attempts = 3;

    readonly TimeSpan patience = patience ?? TimeSpan.FromSeconds(60);
    readonly SemaphoreSlim turn = new(1);
    readonly Lock gate = new();
    readonly LinkedList<(Key Key, byte[] Json)> kept = [];      // the most recently used first
    int waiting;

    // A checkpoint that was written anew is another one.
    readonly record struct Key(ReplayRequest Request, string Path, DateTime Written);

    /// <summary>Bytes of all trials that are kept.</summary>
    public int Bytes { get; private set; }

    /// <summary>The trial as a JSON object.</summary>
    /// <exception cref="OptionException">There is no such checkpoint; or the task or algorithm is unknown.</exception>
    /// <exception cref="InvalidDataException">
    /// The run or its checkpoint cannot be used; the message says why.
    /// </exception>
    /// <exception cref="TimeoutException">Too many wait, or it took too long.</exception>
    public async Task<byte[]> Play(ReplayRequest request, CancellationToken cancellation)
    {
        if (Find(KeyOf(request)) is { } known)
            return known;
        if (Interlocked.Increment(ref waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref waiting);
            throw new TimeoutException($"{MostWaiting} replays are waiting already; try again when they are done");
        }
        // Not disposed: the trial may look at it for longer than the request lives.
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            await turn.WaitAsync(limit.Token);
            // A request that has waited long enough is answered so, but the turn is over only when the trial is: a step
            // may take long, and cannot be interrupted.
            Task<byte[]> playing = Task.Run(() => PlayInTurn(request, limit.Token), CancellationToken.None);
            return await playing.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"the trial was not played within {patience.TotalSeconds:F0} seconds; " +
                "the machine may be busy training");
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    byte[] PlayInTurn(ReplayRequest request, CancellationToken cancellation)
    {
        try
        {
            // The one before may have played the same.
            return Find(KeyOf(request)) ?? PlayNow(request, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    // While a run trains, its older checkpoints are deleted: one may go between its being found and being read.
    byte[] PlayNow(ReplayRequest request, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                Key key = KeyOf(request);
                byte[] json = Json(request, key.Path, cancellation);
                Keep(key, json);
                return json;
            }
            catch (Exception failure) when (
                attempt < Attempts && failure is FileNotFoundException or DirectoryNotFoundException or OptionException)
            {
                cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100));
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    byte[] Json(ReplayRequest request, string checkpoint, CancellationToken cancellation)
    {
        RunConfiguration told = RunFolder.Open(request.Run).Configuration;
        if (told.Assembly is { Path: var assembly } && catalogues.Own is null)
        {
            throw new InvalidDataException($"the task of this run is in an assembly, {assembly}, and the dashboard " +
                "runs none that it was not told of; if you trust it, start it with: --assembly FILE.dll");
        }
        if (new FileInfo(checkpoint).Length is var length and > MostBytesOfACheckpoint)
        {
            throw new InvalidDataException($"this agent is too large to be replayed here ({length >> 20:N0} MiB, of " +
                $"at most {MostBytesOfACheckpoint >> 20:N0}); watch with: rl2 play {request.Run}");
        }
        TaskEntry entry = catalogues.Tasks.Find(told.Task);
        if (entry.NeedsPeer)
        {
            throw new InvalidDataException(
                $"{entry.Name} is played by another process; start it, and watch with: rl2 play {request.Run}");
        }
        // MAML's policies adapt, and MLSH's skills need a master that has practised: they are not the policy alone.
        if (told.Algorithm is "maml" or EMaml.Name or Mlsh.Called
            || !AlgorithmCatalogue.Entries.Contains(catalogues.Algorithm(told.Algorithm, entry)))
        {
            using TrainedRun trained = TrainedRun.Open(catalogues, request.Run, checkpoint, threads: 1);
            trained.Restore();
            return Json(request, checkpoint, trained.Checkpoint.Facts, trained.Task, trained.Agent,
                cancellation);
        }
        // The policy alone, which takes no more memory than its file is long. What it was learned with may take a
        // thousand times as much, and the author of the configuration may have meant it to.
        TaskDistribution task = entry.Create(told.TaskAssignments());
        using var policy = TrainedPolicy.Load(checkpoint);
        return Json(request, checkpoint, policy.Checkpoint.Facts, task,
            new PolicyAgent(told.Algorithm, policy.Network) { Explores = Explores(told) }, cancellation);
    }

    static int Explores(RunConfiguration told) =>
        told.AlgorithmOptions.TryGetValue("explore-episodes", out string? number)
            && int.TryParse(number, CultureInfo.InvariantCulture, out int episodes) ? episodes : 0;

    static byte[] Json(
        ReplayRequest request, string checkpoint, CheckpointFacts facts, TaskDistribution task, Agent agent,
        CancellationToken cancellation)
    {
        using var trial = new PlayedTrial(task, agent, request.Seed, request.Trial);
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, JsonOutput.Readable);
        json.WriteStartObject();
        json.WriteString("checkpoint", Path.GetFileName(checkpoint));
        json.WriteNumber("trainedSteps", facts.Steps);
        TrialOutput.WriteJson(json, trial, MostSteps, MostBytesOfOne, withViews: true, cancellation);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    static Key KeyOf(ReplayRequest request)
    {
        RunFolder folder = RunFolder.Open(request.Run);
        string? path = request.Checkpoint switch
        {
            "last" => folder.CheckpointPaths is [.., var newest] ? newest : null,
            "best" => folder.BestCheckpointPath,
            _ => throw new OptionException("checkpoint", $"'{request.Checkpoint}' is neither last nor best"),
        };
        return path is not null && RegularFile.Find(path) is { Length: > 0 } file
            ? new Key(request, path, file.LastWriteTimeUtc)
            : throw new InvalidDataException("the run has no checkpoint yet; one is written every " +
                $"{folder.Configuration.CheckpointEvery} and at the end");
    }

    byte[]? Find(Key key)
    {
        lock (gate)
        {
            for (var node = kept.First; node is not null; node = node.Next)
            {
                if (node.Value.Key != key)
                    continue;
                kept.Remove(node);
                kept.AddFirst(node);
                return node.Value.Json;
            }
            return null;
        }
    }

    void Keep(Key key, byte[] json)
    {
        lock (gate)
        {
            kept.AddFirst((key, json));
            Bytes += json.Length;
            while (Bytes > mostBytes && kept.Last is { } oldest)
            {
                kept.RemoveLast();
                Bytes -= oldest.Value.Json.Length;
            }
        }
    }
}
