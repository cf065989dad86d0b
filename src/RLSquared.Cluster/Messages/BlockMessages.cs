using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using RLSquared.Cluster.Lanes;

namespace RLSquared.Cluster.Messages;

/// <summary>
/// What is said on the lane between a training that learns while experience is made and a worker that makes it:
/// <code>
///   kind, length   int each
///   the content
/// </code>
/// </summary>
internal enum BlockMessage
{
    /// <summary>To a worker: the names of the newest weights (<see cref="WeightNews"/>), which it fetches.</summary>
    Weights = 1,

    /// <summary>To a worker: numbers of blocks that it may begin, long each.</summary>
    Begin,

    /// <summary>From a worker: how it does (<see cref="BlockState"/>); also a sign of life.</summary>
    State,

    /// <summary>From a worker: a block behind its number, a long.</summary>
    Block,

    /// <summary>From a worker: why no more blocks come, as text.</summary>
    Failure,
}

/// <summary>How a worker does that makes blocks.</summary>
internal struct BlockState
{
    /// <summary>Blocks that it has asked for since the lane was opened: the training gives as many numbers.</summary>
    public long Requested;

    /// <summary>Tokens, or what else the algorithm counts, that it has drawn on this lane.</summary>
    public long Steps;

    /// <summary>Bytes of weights that it has fetched on this lane.</summary>
    public long Fetched;

    /// <summary>Sequences in progress.</summary>
    public int InFlight;

    /// <summary>The version of its weights; −1 before it has any.</summary>
    public int Version;
}

/// <summary>The name of a file of weights, which never changes.</summary>
/// <param name="Version">The version of the weights.</param>
/// <param name="Hash">SHA-256 of the file, in hexadecimal digits.</param>
/// <param name="Bytes">Its length.</param>
internal sealed record WeightName(int Version, string Hash, long Bytes)
{
    /// <summary>What the file is called.</summary>
    public override string ToString() => $"{Version}-{Hash}";
}

/// <summary>The newest weights.</summary>
/// <param name="Moving">Those that are trained.</param>
/// <param name="Still">Those below an adapter, which stay as they are; null where all are trained.</param>
internal sealed record WeightNews(WeightName Moving, WeightName? Still);

/// <summary>Writes and reads these messages.</summary>
internal static class BlockFrames
{
    const int Head = 2 * sizeof(int), MostBytes = 1 << 28, MostText = 1 << 14;

    /// <summary>Sends a message; one thread at a time.</summary>
    /// <param name="lane">To where.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="content">Its content, in two parts that follow each other.</param>
    /// <param name="more">The second part.</param>
    public static void Write(
        Lane lane, BlockMessage kind, ReadOnlySpan<byte> content, ReadOnlySpan<byte> more = default)
    {
        int length = Head + content.Length + more.Length;
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            MemoryMarshal.Write(bytes, (int)kind);
            MemoryMarshal.Write(bytes.AsSpan(sizeof(int)), length - Head);
            content.CopyTo(bytes.AsSpan(Head));
            more.CopyTo(bytes.AsSpan(Head + content.Length));
            lane.Write(bytes.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Sends the names of weights.</summary>
    public static void Write(Lane lane, WeightNews news) =>
        Write(lane, BlockMessage.Weights, JsonSerializer.SerializeToUtf8Bytes(news, BlockJson.Default.WeightNews));

    /// <summary>Sends how a worker does.</summary>
    public static void Write(Lane lane, BlockState state) =>
        Write(lane, BlockMessage.State, MemoryMarshal.AsBytes(new ReadOnlySpan<BlockState>(in state)));

    /// <summary>Sends a text, its beginning at least.</summary>
    public static void Write(Lane lane, string why) => Write(lane, BlockMessage.Failure,
        Encoding.UTF8.GetBytes(why.Length <= MostText ? why : why[..MostText]));

    /// <summary>Receives a message.</summary>
    /// <param name="lane">From where.</param>
    /// <param name="memory">Memory for its content, which the next one uses again.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static (BlockMessage Kind, ReadOnlyMemory<byte> Content) Read(Lane lane, ref byte[] memory)
    {
        Span<int> head = stackalloc int[2];
        lane.Read(MemoryMarshal.AsBytes(head));
        (var kind, int length) = ((BlockMessage)head[0], head[1]);
        if (!Enum.IsDefined(kind) || length is < 0 or > MostBytes)
            throw new InvalidDataException($"a message of {length} bytes and kind {head[0]} is none");
        if (memory.Length < length)
            memory = GC.AllocateUninitializedArray<byte>(length);
        lane.Read(memory.AsSpan(0, length));
        return (kind, memory.AsMemory(0, length));
    }

    /// <summary>The names of weights in a message.</summary>
    /// <exception cref="InvalidDataException">There are none.</exception>
    public static WeightNews News(ReadOnlyMemory<byte> content)
    {
        try
        {
            return JsonSerializer.Deserialize(content.Span, BlockJson.Default.WeightNews)
                ?? throw new InvalidDataException("a message names no weights");
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException("a message about weights cannot be read", failure);
        }
    }

    /// <summary>The numbers in a message.</summary>
    /// <exception cref="InvalidDataException">There are none.</exception>
    public static long[] Numbers(ReadOnlyMemory<byte> content) => content.Length % sizeof(long) == 0
        ? MemoryMarshal.Cast<byte, long>(content.Span).ToArray()
        : throw new InvalidDataException($"{content.Length} bytes are no numbers of blocks");

    /// <summary>How a worker does, in a message.</summary>
    /// <exception cref="InvalidDataException">It says something else.</exception>
    public static BlockState State(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryRead(content.Span, out BlockState state) ? state
            : throw new InvalidDataException($"{content.Length} bytes do not say how a worker does");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WeightNews))]
internal sealed partial class BlockJson : JsonSerializerContext;
