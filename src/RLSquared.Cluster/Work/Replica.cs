using System.Diagnostics;
using System.Runtime.InteropServices;
using RLSquared.Algorithms;
using RLSquared.Cluster.Messages;
using RLSquared.Sharding;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Work;

/// <summary>
/// The algorithm of a training as a worker has it: made of the same options and seed, and brought to the same state by
/// the parts that it is sent. It keeps nothing that cannot be sent again.
/// </summary>
/// <param name="algorithm">The algorithm; owned.</param>
/// <param name="workers">The threads; not owned.</param>
internal sealed class Replica(IShardedAlgorithm algorithm, Workers workers) : IDisposable
{
    /// <summary>Bytes that are sent before all shards are computed: what a connection takes at once.</summary>
    const int AtOnce = 128 << 10;

    readonly Dictionary<string, long> held = [];            // by name of a part, its version
    readonly Stack<ByteWriter> writers = [];
    readonly List<ByteWriter> late = [];
    readonly Lock gate = new();

    /// <summary>Takes over the parts of a request and computes its shards.</summary>
    /// <param name="request">What to compute.</param>
    /// <param name="send">
    /// Sends a result, with the head of a <see cref="ShardReply"/>; called by one thread at a time.
    /// </param>
    /// <exception cref="InvalidDataException">A part is lacking, or is not what the algorithm goes by.</exception>
    public void Compute(ShardRequest request, Action<ReadOnlyMemory<byte>> send)
    {
        try
        {
            ShardPhase phase = algorithm.Shards.Phases[request.Phase];
            TakeOver(phase, request);
            long start = Stopwatch.GetTimestamp(), sent = 0;
            late.Clear();
            if (phase.Together is { } all)
            {
                all(request.Shards);
                Array.ForEach(request.Shards, Finish);
            }
            else
            {
                workers.Run(request.Shards.Length, i =>
                {
                    phase.Compute(request.Shards[i]);
                    Finish(request.Shards[i]);
                });
            }
            late.ForEach(Send);

            // One thread alone would have to wait for the other side, which computes too.
            void Finish(int shard)
            {
                lock (gate)
                {
                    ByteWriter result = writers.TryPop(out ByteWriter? known) ? known : new ByteWriter();
                    result.Clear();
                    result.Numbers<byte>(stackalloc byte[ShardReply.Head]);
                    phase.VisitResult(result, shard);
                    ShardReply.WriteHead(MemoryMarshal.AsMemory(result.Written).Span, shard,
                        Stopwatch.GetElapsedTime(start).TotalSeconds);
                    sent += result.Written.Length;
                    if (sent <= AtOnce)
                        Send(result);
                    else
                        late.Add(result);
                }
            }
        }
        catch
        {
            held.Clear();                                   // a part may have been taken over by half
            throw;
        }

        void Send(ByteWriter result)
        {
            send(result.Written);
            writers.Push(result);
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => algorithm.Dispose();

    void TakeOver(ShardPhase phase, ShardRequest request)
    {
        if (request.Versions.Length != phase.Parts.Count)
            throw new InvalidDataException($"{phase.Name} goes by {phase.Parts.Count} parts");
        for (int i = 0; i < phase.Parts.Count; i++)
        {
            (ShardPart part, long version) = (phase.Parts[i], request.Versions[i]);
            if (request.Contents[i] is not { } content)
            {
                if (!held.TryGetValue(part.Name, out long own) || own != version)
                    throw new InvalidDataException($"{part.Name} of version {version} was not sent");
                continue;
            }
            held.Remove(part.Name);
            var reader = new ByteReader(content);
            part.Visit(reader);
            reader.RequireEnd();
            held[part.Name] = version;
        }
    }
}
