using System.Runtime.InteropServices;
using System.Text;
using RLSquared.Cluster.Lanes;

namespace RLSquared.Cluster.Messages;

/// <summary>
/// Which shards of which phase to compute, and by what.
/// <code>
///   place of the phase, number of shards, number of parts       int each
///   the shards                                                  int each
///   version and length of each part                             long each; −1 for one that is there already
///   the parts
/// </code>
/// </summary>
/// <param name="Phase">The place of the phase among the algorithm's.</param>
/// <param name="Shards">The numbers of the shards.</param>
/// <param name="Versions">The version of each of the phase's parts, in order.</param>
/// <param name="Contents">Their contents; null for those that the worker has already.</param>
internal sealed record ShardRequest(int Phase, int[] Shards, long[] Versions, ReadOnlyMemory<byte>?[] Contents)
{
    const int MostShards = 1 << 20, MostParts = 64;

    /// <summary>Bytes of the parts that are sent.</summary>
    public long Bytes => Contents.Sum(content => (long)(content?.Length ?? 0));

    /// <summary>Sends it.</summary>
    public void Write(Lane lane)
    {
        int parts = Versions.Length, numbers = sizeof(int) * (3 + Shards.Length);
        byte[] head = new byte[numbers + 2 * sizeof(long) * parts];
        Span<int> first = MemoryMarshal.Cast<byte, int>(head.AsSpan(0, numbers));
        (first[0], first[1], first[2]) = (Phase, Shards.Length, parts);
        Shards.CopyTo(first[3..]);
        for (int i = 0; i < parts; i++)
        {
            Span<byte> place = head.AsSpan(numbers + 2 * sizeof(long) * i);
            MemoryMarshal.Write(place, Versions[i]);
            MemoryMarshal.Write(place[sizeof(long)..], Contents[i]?.Length ?? -1L);
        }
        lane.Write(head);
        foreach (ReadOnlyMemory<byte>? content in Contents)
        {
            if (content is { Length: > 0 } bytes)
                lane.Write(bytes.Span);
        }
    }

    /// <summary>Receives one.</summary>
    /// <param name="lane">From where.</param>
    /// <param name="memory">Memory for the parts, which the next request uses again.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static ShardRequest Read(Lane lane, List<byte[]> memory)
    {
        Span<int> head = stackalloc int[3];
        lane.Spin();
        lane.Read(MemoryMarshal.AsBytes(head));
        if (head[1] is < 0 or > MostShards || head[2] is < 0 or > MostParts)
            throw new InvalidDataException($"a request for {head[1]} shards of {head[2]} parts is none");
        int[] shards = new int[head[1]];
        lane.Read(MemoryMarshal.AsBytes(shards.AsSpan()));
        Span<long> parts = stackalloc long[2 * head[2]];
        lane.Read(MemoryMarshal.AsBytes(parts));
        long[] versions = new long[head[2]];
        ReadOnlyMemory<byte>?[] contents = new ReadOnlyMemory<byte>?[head[2]];
        for (int i = 0; i < versions.Length; i++)
        {
            versions[i] = parts[2 * i];
            if (parts[2 * i + 1] is var length && length < 0)
                continue;
            if (length > Array.MaxLength)
                throw new InvalidDataException($"a part of {length} bytes is too large");
            while (memory.Count <= i)
                memory.Add([]);
            if (memory[i].Length < length)
                memory[i] = GC.AllocateUninitializedArray<byte>((int)length);
            lane.Read(memory[i].AsSpan(0, (int)length));
            contents[i] = memory[i].AsMemory(0, (int)length);
        }
        return new ShardRequest(head[0], shards, versions, contents);
    }
}

/// <summary>
/// What became of a request: for each shard, as soon as there is a result,
/// <code>
///   number of the shard, length of the result                   int each
///   seconds that the worker has computed so far                 double
///   the result
/// </code>
/// or <see cref="Failure"/> in place of a number, and why nothing more comes.
/// </summary>
internal static class ShardReply
{
    /// <summary>In place of a shard's number.</summary>
    public const int Failure = -1;

    /// <summary>Bytes before a result.</summary>
    public const int Head = 2 * sizeof(int) + sizeof(double);

    const int MostText = 1 << 14;

    /// <summary>Fills in what stands before a result, so that both are sent at once.</summary>
    /// <param name="message">Room for the head, and the result.</param>
    /// <param name="shard">Its number.</param>
    /// <param name="seconds">That the worker has computed so far.</param>
    public static void WriteHead(Span<byte> message, int shard, double seconds)
    {
        MemoryMarshal.Write(message, shard);
        MemoryMarshal.Write(message[sizeof(int)..], message.Length - Head);
        MemoryMarshal.Write(message[(2 * sizeof(int))..], seconds);
    }

    /// <summary>Sends why nothing more comes.</summary>
    public static void WriteFailure(Lane lane, string why)
    {
        byte[] message = [.. new byte[Head], .. Encoding.UTF8.GetBytes(why.Length <= MostText ? why : why[..MostText])];
        WriteHead(message, Failure, 0);
        lane.Write(message);
    }

    /// <summary>Receives the next result.</summary>
    /// <param name="lane">From where.</param>
    /// <param name="memory">Memory for its bytes, which the next one uses again.</param>
    /// <returns>The number of the shard, or what stands in its place, the seconds, and the bytes.</returns>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static (int Shard, double Seconds, ReadOnlyMemory<byte> Bytes) Read(Lane lane, ref byte[] memory)
    {
        Span<byte> head = stackalloc byte[Head];
        lane.Read(head);
        int shard = MemoryMarshal.Read<int>(head), length = MemoryMarshal.Read<int>(head[sizeof(int)..]);
        if (shard < Failure || length < 0 || length > Array.MaxLength)
            throw new InvalidDataException($"a result of {length} bytes of shard {shard} is none");
        if (memory.Length < length)
            memory = GC.AllocateUninitializedArray<byte>(length);
        lane.Read(memory.AsSpan(0, length));
        return (shard, MemoryMarshal.Read<double>(head[(2 * sizeof(int))..]), memory.AsMemory(0, length));
    }
}
