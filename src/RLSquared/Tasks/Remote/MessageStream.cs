using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RLSquared.Tasks.Remote;

/// <summary>
/// Messages on a stream of bytes, in both directions: the length of what follows as 4 bytes, least significant first,
/// then so many bytes of JSON in UTF-8. The buffers are kept from message to message, so that nothing is allocated once
/// they are large enough.
/// </summary>
/// <param name="stream">What connects the two; owned. Its own limits of time are the caller's.</param>
/// <param name="timeout">How long a whole message may take.</param>
sealed class MessageStream(Stream stream, TimeSpan timeout) : IDisposable
{
    /// <summary>The longest message that is read: that of a thousand agents with images of 100 × 100 × 3.</summary>
    public const int MostBytes = 64 << 20;

    readonly ArrayBufferWriter<byte> outgoing = new(4096);
    readonly Utf8JsonWriter json = new(Stream.Null);
    readonly byte[] prefix = new byte[4];
    byte[] incoming = new byte[4096];

    /// <summary>Begins a message; <see cref="Send"/> completes it.</summary>
    public Utf8JsonWriter Begin()
    {
        outgoing.ResetWrittenCount();
        outgoing.GetSpan(4);
        outgoing.Advance(4);                                    // room for the length
        json.Reset(outgoing);
        return json;
    }

    /// <summary>The message that was begun last.</summary>
    public Utf8JsonWriter Begun => json;

    /// <summary>Sends what was written since <see cref="Begin"/>.</summary>
    /// <exception cref="DisconnectedException">The other process has closed the connection.</exception>
    /// <exception cref="TimeoutException">The other side does not read.</exception>
    public void Send()
    {
        json.Flush();
        Span<byte> message = MemoryMarshal.AsMemory(outgoing.WrittenMemory).Span;
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length - 4);
        try
        {
            stream.Write(message);
        }
        catch (IOException failure)
        {
            throw Explain(failure);
        }
    }

    /// <summary>Waits for the next message.</summary>
    /// <returns>Its JSON, valid until the next call.</returns>
    /// <exception cref="DisconnectedException">The other side is gone.</exception>
    /// <exception cref="TimeoutException">It has not sent a whole message in time.</exception>
    /// <exception cref="MalformedMessageException">The length cannot be.</exception>
    public ReadOnlySpan<byte> Receive()
    {
        long start = Stopwatch.GetTimestamp();
        Fill(prefix, start);
        int length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (length is < 1 or > MostBytes)
        {
            throw new MalformedMessageException(
                $"its length is given as {(uint)length} bytes, and a message has from 1 to {MostBytes}");
        }
        // The buffer grows with what has come, not with what was announced.
        for (int read = 0; read < length;)
        {
            if (read == incoming.Length)
                Array.Resize(ref incoming, Math.Min(length, 2 * incoming.Length));
            int end = Math.Min(length, incoming.Length);
            Fill(incoming.AsSpan(read, end - read), start);
            read = end;
        }
        return incoming.AsSpan(0, length);
    }

    void Fill(Span<byte> destination, long start)
    {
        try
        {
            while (destination.Length > 0)
            {
                int read = stream.Read(destination);
                if (read == 0)
                    throw new DisconnectedException();
                destination = destination[read..];
                // Each read has a limit of its own; this one is for a peer that sends a byte now and then.
                if (destination.Length > 0 && Stopwatch.GetElapsedTime(start) > timeout)
                    throw new TimeoutException();
            }
        }
        catch (IOException failure) when (failure is not DisconnectedException)
        {
            throw Explain(failure);
        }
    }

    static Exception Explain(IOException failure) => failure.InnerException is SocketException socket
        && socket.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock
        ? new TimeoutException(failure.Message, failure) : new DisconnectedException(failure);

    public void Dispose()
    {
        json.Dispose();
        stream.Dispose();
    }
}
