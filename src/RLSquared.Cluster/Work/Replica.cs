using System.Diagnostics;
using System.Security.Cryptography;
using RLSquared.Algorithms;
using RLSquared.Cluster.Messages;
using RLSquared.Sharding;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Work;

/// <summary>
/// The algorithm of a training as a worker has it: made of the same options and seed, and brought to the same state by
/// the parts that it is sent. It keeps nothing that cannot be sent again.
/// </summary>
/// <param name="training">Of which training.</param>
/// <param name="algorithm">The algorithm; owned.</param>
/// <param name="workers">The threads; not owned.</param>
internal sealed class Replica(string training, IShardedAlgorithm algorithm, Workers workers) : IDisposable
{
    /// <summary>Bytes of results that go into one message, unless a single shard has more.</summary>
    internal const int MostBytes = 64 << 20;

    readonly Dictionary<string, string> held = [];          // by name of a part, its identity
    readonly Dictionary<string, byte[]> pieces = [];        // by identity, what has come of large parts

    /// <summary>Of which training it is.</summary>
    public string Training { get; } = training;

    /// <summary>Takes a piece of a large part.</summary>
    public void Take(PartPiece piece)
    {
        if (!pieces.TryGetValue(piece.Part, out byte[]? whole) || whole.Length != piece.Total)
        {
            if (piece.Offset == 0)
                pieces.Clear();                             // whatever was begun and never used
            pieces[piece.Part] = whole = new byte[piece.Total];
        }
        piece.Bytes.CopyTo(whole, piece.Offset);
    }

    /// <summary>Takes over the parts of a request and computes its shards.</summary>
    public ShardReply Compute(ShardRequest request)
    {
        if (request.Training != Training)
            return new ShardReply([], [], $"the worker takes part in another training, {Training}");
        try
        {
            ShardPhase phase = algorithm.Shards.Phases[request.Phase];
            int[] lacking = TakeOver(phase, request);
            if (lacking.Length > 0)
                return new ShardReply([], lacking, null);
            long start = Stopwatch.GetTimestamp();
            workers.Run(request.Shards.Length, i => phase.Compute(request.Shards[i]));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            return new ShardReply(Results(phase, request.Shards), [], null) { Seconds = seconds };
        }
        catch (Exception failure)
        {
            held.Clear();                                   // a part may have been taken over by half
            return new ShardReply([], [], $"{failure.GetType().Name}: {failure.Message}");
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => algorithm.Dispose();

    int[] TakeOver(ShardPhase phase, ShardRequest request)
    {
        List<int> lacking = [];
        for (int i = 0; i < phase.Parts.Count; i++)
        {
            (ShardPart part, string identity) = (phase.Parts[i], request.Parts[i]);
            if (held.TryGetValue(part.Name, out string? own) && own == identity)
                continue;
            if (request.Contents[i] is not { } content && !pieces.Remove(identity, out content))
            {
                lacking.Add(i);
                continue;
            }
            PartIdentity.Require(identity, content);
            held.Remove(part.Name);
            var reader = new ByteReader(content);
            part.Visit(reader);
            reader.RequireEnd();
            held[part.Name] = identity;
        }
        return [.. lacking];
    }

    static byte[][] Results(ShardPhase phase, int[] shards)
    {
        List<byte[]> results = [];
        var writer = new ByteWriter();
        long bytes = 0;
        foreach (int shard in shards)
        {
            writer.Clear();
            phase.VisitResult(writer, shard);
            bytes += writer.Written.Length;
            if (results.Count > 0 && bytes > MostBytes)
                break;
            results.Add(writer.Written.ToArray());
        }
        return [.. results];
    }
}

/// <summary>The name of a part's content: what it is, its version, and the SHA-256 of its bytes.</summary>
internal static class PartIdentity
{
    /// <summary>The name, such as <c>weights@17:9f86…</c>.</summary>
    public static string Of(string name, long version, ReadOnlySpan<byte> content) =>
        $"{name}@{version}:{Convert.ToHexStringLower(SHA256.HashData(content))}";

    /// <summary>Returns if the bytes are those that were named.</summary>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public static void Require(string identity, ReadOnlySpan<byte> content)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(content));
        if (!identity.EndsWith(hash, StringComparison.Ordinal))
            throw new InvalidDataException($"{identity} arrived with the SHA-256 {hash}");
    }
}
