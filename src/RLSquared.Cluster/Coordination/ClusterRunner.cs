using System.Diagnostics;
using RLSquared.Algorithms;
using RLSquared.Cluster.Messages;
using RLSquared.Sharding;

namespace RLSquared.Cluster.Coordination;

/// <summary>
/// Computes shards in several processes: each takes a share, this one too. What a process does not answer for is
/// computed once more by those that are left, from the same parts, so that the result stays the same.
/// </summary>
/// <param name="training">The number of the training.</param>
/// <param name="algorithm">Whose shards they are.</param>
/// <param name="local">The threads of this process.</param>
/// <param name="roster">The workers.</param>
/// <param name="patience">The shortest time that a worker has to answer.</param>
/// <param name="log">Receives a sentence for each event.</param>
internal sealed class ClusterRunner(
    string training, IShardedAlgorithm algorithm, ThreadRunner local, Roster roster, TimeSpan patience,
    Action<string> log) : ShardRunner
{
    const int PieceBytes = 16 << 20;
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
            List<Call> calls = [];
            for (int i = 0; i < members.Length; i++)
            {
                if (shares[i + 1].Length > 0)
                    calls.Add(Begin(members[i], phase, parts, shares[i + 1]));
            }
            long start = Stopwatch.GetTimestamp();
            ComputeHere(phase, shares[0]);
            double perShard = Stopwatch.GetElapsedTime(start).TotalSeconds / shares[0].Length * local.Threads;
            left = [.. calls.SelectMany(call => Finish(call, phase, perShard))];
            Replayed += left.Length;
            members = roster.Available();
        }
    }

    void ComputeHere(ShardPhase phase, int[] shards)
    {
        ShardsHere += shards.Length;
        local.Run(new ShardPhase(phase.Name, [], i => phase.Compute(shards[i]), (_, _) => { }), shards.Length);
    }

    Call Begin(Member member, ShardPhase phase, EncodedPart[] parts, int[] shards)
    {
        int place = 0;
        while (algorithm.Shards.Phases[place] != phase)
            place++;
        Task<ShardReply> answer = Task.Run(() => AskAsync(member, place, parts, shards));
        member.Pending = answer.ContinueWith(_ => { }, TaskScheduler.Default);
        return new Call(member, shards, answer, Stopwatch.GetTimestamp());
    }

    async Task<ShardReply> AskAsync(Member member, int phase, EncodedPart[] parts, int[] shards)
    {
        ShardReply reply = await SendAsync(part => member.Known.GetValueOrDefault(part.Name) != part.Identity);
        if (reply.Lacking.Length > 0)
            reply = await SendAsync(part => reply.Lacking.Contains(Array.IndexOf(parts, part)));
        foreach (EncodedPart part in parts)
            member.Known[part.Name] = part.Identity;
        return reply;

        async Task<ShardReply> SendAsync(Predicate<EncodedPart> lacks)
        {
            byte[]?[] contents = new byte[]?[parts.Length];
            for (int i = 0; i < parts.Length; i++)
            {
                if (!lacks(parts[i]))
                    continue;
                if (parts[i].Content.Length <= PieceBytes)
                    contents[i] = parts[i].Content;
                else
                    await OfferAsync(member, parts[i]);
                lock (store)
                    BytesSent += parts[i].Content.Length;
            }
            return await member.Service.Compute(
                new ShardRequest(training, phase, shards, [.. parts.Select(part => part.Identity)], contents));
        }
    }

    // Messages of a hundred megabytes and more are not delivered.
    async Task OfferAsync(Member member, EncodedPart part)
    {
        for (int offset = 0; offset < part.Content.Length; offset += PieceBytes)
        {
            byte[] piece = part.Content[offset..Math.Min(offset + PieceBytes, part.Content.Length)];
            await member.Service.Offer(new PartPiece(training, part.Identity, offset, part.Content.Length, piece));
        }
    }

    /// <summary>Waits for an answer and takes the results over.</summary>
    /// <returns>The shards that have none.</returns>
    int[] Finish(Call call, ShardPhase phase, double perShard)
    {
        (Member member, int[] shards, Task<ShardReply> answer, long start) = call;
        TimeSpan limit = patience + TimeSpan.FromSeconds(Slack * perShard * shards.Length / member.Threads);
        TimeSpan left = limit - Stopwatch.GetElapsedTime(start);
        int first = answer.IsCompleted ? 0
            : Task.WaitAny([answer, member.Gone], left > TimeSpan.Zero ? left : default);
        string? fault = first switch
        {
            0 when answer.IsFaulted => answer.Exception.InnerException!.Message,
            0 when answer.Result.Lacking.Length > 0 => "it lacks what it was sent",
            0 when answer.Result.Failure is { } failure => failure,
            0 => TakeOver(phase, member, shards, answer.Result),
            1 => "its process has ended",
            _ => FormattableString.Invariant($"it has not answered within {limit.TotalSeconds:F1} s"),
        };
        if (fault is null)
            return shards[answer.Result.Results.Length..];
        member.RestsUntil = Environment.TickCount64 + RestMilliseconds;
        member.Known.Clear();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        log($"worker '{member.Name}' gives nothing for {phase.Name}, shards {string.Join(", ", shards)}: {fault}; " +
            FormattableString.Invariant($"they are computed again, {seconds:F2} s after they were given away"));
        return shards;
    }

    string? TakeOver(ShardPhase phase, Member member, int[] shards, ShardReply reply)
    {
        try
        {
            for (int i = 0; i < reply.Results.Length; i++)
            {
                var reader = new ByteReader(reply.Results[i]);
                phase.VisitResult(reader, shards[i]);
                reader.RequireEnd();
                BytesReceived += reply.Results[i].Length;
            }
            member.NoteWork(reply.Results.Length, reply.Seconds);
            return reply.Results.Length > 0 ? null : "it sends no results";
        }
        catch (InvalidDataException failure)
        {
            return failure.Message;
        }
    }

    readonly record struct Call(Member Member, int[] Shards, Task<ShardReply> Answer, long Start);
}
