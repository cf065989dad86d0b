using System.Diagnostics;
using RLSquared.Algorithms;
using RLSquared.Cluster.Lanes;
using RLSquared.Cluster.Messages;
using RLSquared.Sharding;

namespace RLSquared.Cluster.Coordination;

/// <summary>
/// Computes shards in several processes: each takes a share, this one too. What a process does not answer for is
/// computed once more by those that are left, from the same parts, so that the result stays the same.
/// </summary>
/// <param name="algorithm">Whose shards they are.</param>
/// <param name="local">The threads of this process.</param>
/// <param name="roster">The workers.</param>
/// <param name="patience">The shortest time that a worker has to answer.</param>
/// <param name="log">Receives a sentence for each event.</param>
internal sealed class ClusterRunner(
    IShardedAlgorithm algorithm, ThreadRunner local, Roster roster, TimeSpan patience, Action<string> log)
    : ShardRunner
{
    const int AtOnce = 1 << 20;                             // bytes that are sent before this process computes
    const int RestMilliseconds = 1000;                      // of a worker whose call failed

    /// <summary>How much longer than this process a worker may take for a shard.</summary>
    const double Slack = 5;

    readonly PartStore store = new();

    /// <summary>Shards that this process has computed.</summary>
    public long ShardsHere { get; private set; }

    /// <summary>Shards that were computed once more.</summary>
    public long Replayed { get; private set; }

    /// <summary>Bytes of parts that were sent, over all workers.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Bytes of results that came.</summary>
    public long BytesReceived { get; private set; }

    /// <inheritdoc/>
    public override void Run(ShardPhase phase, int shards)
    {
        // Games of another process know this one alone.
        Member[] members = phase.OneAtATime ? [] : roster.Available();
        if (members.Length == 0)
        {
            local.Run(phase, shards);
            ShardsHere += shards;
            return;
        }
        EncodedPart[] parts = [.. phase.Parts.Select(part => store[part])];
        int[] left = [.. Enumerable.Range(0, shards)];
        while (left.Length > 0)
        {
            int[][] shares = Shares.Cut(left, [local.Threads, .. members.Select(member => member.Threads)]);
            List<Call> calls = new(members.Length);
            for (int i = 0; i < members.Length; i++)
            {
                if (shares[i + 1].Length > 0)
                    calls.Add(Begin(members[i], phase, parts, shares[i + 1]));
            }
            try
            {
                long start = Stopwatch.GetTimestamp();
                ComputeHere(phase, shares[0]);
                double perShard = Stopwatch.GetElapsedTime(start).TotalSeconds / shares[0].Length * local.Threads;
                List<int> missing = [];
                foreach (Call call in calls)
                    missing.AddRange(Finish(call, phase, perShard));
                left = [.. missing];
            }
            catch
            {
                calls.ForEach(GiveUp);                      // what still comes must not be taken for another result
                throw;
            }
            Replayed += left.Length;
            members = left.Length > 0 ? roster.Available() : [];
        }
    }

    void GiveUp(Call call)
    {
        if (call.Done.Task.IsCompleted)
            return;
        call.Lane.Dispose();
        call.Done.SetResult();
        roster.Reopen(call.Member);
    }

    void ComputeHere(ShardPhase phase, int[] shards)
    {
        ShardsHere += shards.Length;
        local.Run(phase, shards);
    }

    Call Begin(Member member, ShardPhase phase, EncodedPart[] parts, int[] shards)
    {
        int place = 0;
        while (algorithm.Shards.Phases[place] != phase)
            place++;
        long[] versions = new long[parts.Length];
        ReadOnlyMemory<byte>?[] contents = new ReadOnlyMemory<byte>?[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            versions[i] = parts[i].Version;
            if (member.Known.TryGetValue(parts[i].Name, out long known) && known == parts[i].Version)
                continue;
            contents[i] = parts[i].Content;
            member.Known[parts[i].Name] = parts[i].Version;
        }
        var request = new ShardRequest(place, shards, versions, contents);
        BytesSent += request.Bytes;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        member.Pending = done.Task;
        Lane lane = member.Lane;
        long start = Stopwatch.GetTimestamp();
        if (request.Bytes > AtOnce)
            return new Call(member, lane, shards, Task.Run(() => request.Write(lane)), start, done);
        try
        {
            request.Write(lane);
            return new Call(member, lane, shards, Task.CompletedTask, start, done);
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            return new Call(member, lane, shards, Task.FromException(failure), start, done);
        }
    }

    /// <summary>Waits for the results of a call and takes them over.</summary>
    /// <returns>The shards that have none.</returns>
    List<int> Finish(Call call, ShardPhase phase, double perShard)
    {
        (Member member, Lane lane, int[] shards, Task sent, long start, TaskCompletionSource done) = call;
        TimeSpan limit = patience + TimeSpan.FromSeconds(Slack * perShard * shards.Length / member.Threads);
        List<int> left = [.. shards];
        string? fault;
        try
        {
            lane.Deadline = start + (long)(limit.TotalSeconds * Stopwatch.Frequency);
            TimeSpan rest = limit - Stopwatch.GetElapsedTime(start);
            if (!sent.IsCompleted && !sent.Wait(rest > TimeSpan.Zero ? rest : TimeSpan.Zero))
                throw new TimeoutException();
            sent.GetAwaiter().GetResult();
            lane.Spin();
            fault = TakeOver(phase, member, lane, left);
        }
        catch (Exception failure) when (Cause(failure) is TimeoutException)
        {
            fault = FormattableString.Invariant($"it has not answered within {limit.TotalSeconds:F1} s");
            lane.Dispose();
        }
        catch (Exception failure) when (Cause(failure) is IOException or InvalidDataException)
        {
            fault = member.Gone.IsCompleted ? "its process has ended" : Cause(failure).Message;
            lane.Dispose();
        }
        done.SetResult();
        if (fault is null)
            return left;
        member.RestsUntil = Environment.TickCount64 + RestMilliseconds;
        member.Known.Clear();
        if (lane.IsBroken)
            roster.Reopen(member);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        log($"worker '{member.Name}' gives nothing for {phase.Name}, shards {string.Join(", ", left)}: {fault}; " +
            FormattableString.Invariant($"they are computed again, {seconds:F2} s after they were given away"));
        return left;
    }

    // Of a request that was sent on a thread of its own.
    static Exception Cause(Exception failure) => (failure as AggregateException)?.InnerException ?? failure;

    string? TakeOver(ShardPhase phase, Member member, Lane lane, List<int> left)
    {
        double before = 0;
        while (left.Count > 0)
        {
            (int shard, double seconds, ReadOnlyMemory<byte> bytes) = ShardReply.Read(lane, ref member.Memory);
            BytesReceived += bytes.Length;
            if (shard == ShardReply.Failure)
                return System.Text.Encoding.UTF8.GetString(bytes.Span);
            if (!left.Contains(shard))
                throw new InvalidDataException($"it sends shard {shard}, for which it was not asked");
            var reader = new ByteReader(bytes);
            phase.VisitResult(reader, shard);
            reader.RequireEnd();
            left.Remove(shard);
            member.NoteWork(seconds - before);
            before = seconds;
        }
        return null;
    }

    readonly record struct Call(
        Member Member, Lane Lane, int[] Shards, Task Sent, long Start, TaskCompletionSource Done);
}
