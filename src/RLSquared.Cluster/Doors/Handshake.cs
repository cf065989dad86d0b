using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RLSquared.Cluster.Doors;

/// <summary>
/// How two processes of a cluster recognise each other before anything else is read: each proves that it knows the
/// secret, over fresh numbers of both, and neither tells it.
/// <code>
///   caller → door   'RL2C', version, 32 random bytes a
///   door → caller   32 random bytes b, HMAC(secret, 'door' a b)
///   caller → door   HMAC(secret, 'caller' a b), what it wants
///   door → caller   the answer
/// </code>
/// </summary>
internal static class Handshake
{
    /// <summary>The time for all of it; a connection that says nothing is closed then.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    const int Bytes = 32, MostText = 1 << 20;
    const byte Version = 1;

    /// <summary>The side that called.</summary>
    /// <param name="input">What the door says.</param>
    /// <param name="output">What it hears.</param>
    /// <param name="secret">The secret; empty for none.</param>
    /// <param name="hello">What is wanted.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ClusterException">The door has another secret, or is none.</exception>
    public static async Task<Answer> CallAsync(
        Stream input, Stream output, ReadOnlyMemory<byte> secret, Hello hello, CancellationToken cancellation)
    {
        byte[] opening = [.. "RL2C"u8, Version, .. RandomNumberGenerator.GetBytes(Bytes)];
        await output.WriteAsync(opening, cancellation);
        await output.FlushAsync(cancellation);
        byte[] reply = await ReadAsync(input, 2 * Bytes, cancellation);
        byte[] numbers = [.. opening.AsSpan(5), .. reply.AsSpan(0, Bytes)];
        if (!CryptographicOperations.FixedTimeEquals(Proof(secret, "door"u8, numbers), reply.AsSpan(Bytes)))
            throw new ClusterException(OtherSecret);
        await output.WriteAsync(Proof(secret, "caller"u8, numbers), cancellation);
        await WriteAsync(output, hello, DoorJson.Default.Hello, cancellation);
        return await ReadAsync(input, DoorJson.Default.Answer, cancellation);
    }

    /// <summary>What is said of a cluster whose secret is another one.</summary>
    public const string OtherSecret =
        "the cluster has another secret; give --secret with the same file in every process";

    /// <summary>The side that was called, up to the answer.</summary>
    /// <returns>What the caller wants; null where it does not know the secret or speaks another language.</returns>
    public static async Task<Hello?> ReceiveAsync(
        Stream input, Stream output, ReadOnlyMemory<byte> secret, CancellationToken cancellation)
    {
        byte[] opening = await ReadAsync(input, 5 + Bytes, cancellation);
        if (!opening.AsSpan(0, 4).SequenceEqual("RL2C"u8) || opening[4] != Version)
            return null;
        byte[] numbers = [.. opening.AsSpan(5), .. RandomNumberGenerator.GetBytes(Bytes)];
        await output.WriteAsync(numbers.AsMemory(Bytes), cancellation);
        await output.WriteAsync(Proof(secret, "door"u8, numbers), cancellation);
        await output.FlushAsync(cancellation);
        byte[] proof = await ReadAsync(input, Bytes, cancellation);
        return CryptographicOperations.FixedTimeEquals(Proof(secret, "caller"u8, numbers), proof)
            ? await ReadAsync(input, DoorJson.Default.Hello, cancellation) : null;
    }

    /// <summary>Answers a caller.</summary>
    public static Task AnswerAsync(Stream output, Answer answer, CancellationToken cancellation) =>
        WriteAsync(output, answer, DoorJson.Default.Answer, cancellation);

    static byte[] Proof(ReadOnlyMemory<byte> secret, ReadOnlySpan<byte> side, byte[] numbers) =>
        HMACSHA256.HashData(secret.Span, [.. side, .. numbers]);

    static async Task WriteAsync<T>(
        Stream output, T value, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(value, type), length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        await output.WriteAsync(length, cancellation);
        await output.WriteAsync(text, cancellation);
        await output.FlushAsync(cancellation);
    }

    static async Task<T> ReadAsync<T>(Stream input, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(await ReadAsync(input, sizeof(int), cancellation));
        if (length is < 2 or > MostText)
            throw new InvalidDataException($"a message of {length} bytes is none of a cluster");
        try
        {
            return JsonSerializer.Deserialize(await ReadAsync(input, length, cancellation), type)
                ?? throw new InvalidDataException("a message of a cluster holds null");
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException("a message of a cluster cannot be read", failure);
        }
    }

    static async Task<byte[]> ReadAsync(Stream input, int length, CancellationToken cancellation)
    {
        byte[] bytes = new byte[length];
        await input.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}
