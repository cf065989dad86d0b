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
        int parts = Versions.Length;
        byte[] head = new byte[sizeof(int) * (3 + Shards.Length) + 2 * sizeof(long) * parts];
        Span<int> numbers = MemoryMarshal.Cast<byte, int>(head.AsSpan(0, sizeof(int) * (3 + Shards.Length)));
        (numbers[0], numbers[1], numbers[2]) = (Phase, Shards.Length, parts);
        Shards.CopyTo(numbers[3..]);
        for (int i = 0; i < parts; i++)
        {
            Span<byte> place = head.AsSpan(sizeof(int) * (3 + Shards.Length) + 2 * sizeof(long) * i);
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
/// What became of a request, piece by piece: the number of a shard, the length and the bytes of its result, as soon as
/// there is one; then <see cref="End"/> with the seconds that the worker computed, or <see cref="Failure"/> with why
/// nothing more comes.
/// </summary>
internal static class ShardReply
{
    /// <summary>In place of a shard's number.</summary>
    public const int End = -1, Failure = -2;

    const int MostText = 1 << 16;

    /// <summary>Sends the result of a shard.</summary>
    public static void WriteResult(Lane lane, int shard, ReadOnlySpan<byte> bytes)
    {
        lane.Write(MemoryMarshal.AsBytes([shard, bytes.Length]));
        lane.Write(bytes);
    }

    /// <summary>Sends the end.</summary>
    public static void WriteEnd(Lane lane, double seconds)
    {
        Span<byte> bytes = stackalloc byte[2 * sizeof(int) + sizeof(double)];
        MemoryMarshal.Write(bytes, End);
        MemoryMarshal.Write(bytes[sizeof(int)..], sizeof(double));
        MemoryMarshal.Write(bytes[(2 * sizeof(int))..], seconds);
        lane.Write(bytes);
    }

    /// <summary>Sends why nothing more comes.</summary>
    public static void WriteFailure(Lane lane, string why)
    {
        byte[] text = Encoding.UTF8.GetBytes(why.Length <= MostText / 4 ? why : why[..(MostText / 4)]);
        lane.Write(MemoryMarshal.AsBytes([Failure, text.Length]));
        lane.Write(text);
    }

    /// <summary>Receives the next piece.</summary>
    /// <param name="lane">From where.</param>
    /// <param name="memory">Memory for its bytes, which the next one uses again.</param>
    /// <returns>The number of the shard, or what stands in its place, and the bytes.</returns>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static (int Shard, ReadOnlyMemory<byte> Bytes) Read(Lane lane, ref byte[] memory)
    {
        Span<int> head = stackalloc int[2];
        lane.Read(MemoryMarshal.AsBytes(head));
        if (head[0] < Failure || head[1] < 0 || head[1] > Array.MaxLength)
            throw new InvalidDataException($"a result of {head[1]} bytes of shard {head[0]} is none");
        if (memory.Length < head[1])
            memory = GC.AllocateUninitializedArray<byte>(head[1]);
        lane.Read(memory.AsSpan(0, head[1]));
        return (head[0], memory.AsMemory(0, head[1]));
    }
}
