using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using RLSquared.Cluster.Doors;

namespace RLSquared.Cluster.Lanes;

/// <summary>
/// A connection that carries shards between the training and one worker. Orleans says who takes part; the bytes of
/// shards take this way beside it, for a minibatch of a small network is learnt from in less time than a message of
/// Orleans takes there and back. Both sides block on the thread that computes, so that no other one has to be woken.
/// </summary>
internal sealed class Lane : IDisposable
{
    // Sleeping and waking take some tens of microseconds, which is much of a small minibatch.
    static readonly long mostSpin = Environment.ProcessorCount > 1 ? Stopwatch.Frequency * 3 / 10_000 : 0;  // 300 µs
    static readonly long leastSpin = mostSpin / 16;

    readonly Socket socket;
    readonly Stream stream;
    long spin = mostSpin;

    Lane(Socket socket, Stream stream) => (this.socket, this.stream) = (socket, stream);

    /// <summary>Until when reading waits, by <see cref="Stopwatch"/>; the largest number for ever.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    /// <summary>Whether nothing more can be sent or will come.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Opens a lane to a worker.</summary>
    /// <param name="address">Where it listens for lanes.</param>
    /// <param name="options">With what secret and certificate.</param>
    /// <param name="hello">Who asks, and for what.</param>
    /// <exception cref="IOException">Nobody answers there, or the worker refuses; the message says why.</exception>
    public static Lane Open(IPEndPoint address, ClusterOptions options, Hello hello)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (!Task.Run(() => socket.Connect(address)).Wait(Handshake.Limit))
                throw new ClusterException($"nobody answers at {address} within {Handshake.Limit.TotalSeconds} s");
            Stream stream = Prepare(socket);
            if (options.Certificate is { } certificate)
            {
                var secure = new SslStream(stream);
                secure.AuthenticateAsClient(ClusterTls.ForCaller(certificate));
                stream = secure;
            }
            Answer answer = Handshake.CallAsync(stream, stream, options.Secret, hello, CancellationToken.None)
                .GetAwaiter().GetResult();
            if (answer.Refusal is { } refusal)
                throw new ClusterException(refusal);
            Lane lane = Opened(socket, stream);
            socket.SendTimeout = (int)Math.Clamp(options.Patience.TotalMilliseconds, 1, int.MaxValue);
            return lane;
        }
        catch (Exception failure)
        {
            socket.Dispose();
            throw failure is IOException ? failure
                : new ClusterException($"no lane to {address}: {failure.GetBaseException().Message}", failure);
        }
    }

    /// <summary>Lets a caller in who proves that it belongs to the cluster.</summary>
    /// <param name="socket">The connection; closed where it comes to nothing.</param>
    /// <param name="options">With what secret and certificate.</param>
    /// <param name="complaint">Why a caller is refused, or null.</param>
    /// <returns>The lane; null for a caller who was refused or said nothing in time.</returns>
    public static Lane? Accept(Socket socket, ClusterOptions options, Func<Hello, string?> complaint)
    {
        try
        {
            Stream stream = Prepare(socket);
            if (options.Certificate is { } certificate)
            {
                var secure = new SslStream(stream);
                secure.AuthenticateAsServer(ClusterTls.ForDoor(certificate));
                stream = secure;
            }
            Hello? hello = Handshake.ReceiveAsync(stream, stream, options.Secret, CancellationToken.None)
                .GetAwaiter().GetResult();
            if (hello is { Errand: Errand.Shards })
            {
                string? refusal = complaint(hello);
                Handshake.AnswerAsync(stream, new Answer(refusal), CancellationToken.None).GetAwaiter().GetResult();
                if (refusal is null)
                    return Opened(socket, stream);
            }
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or SocketException
            or System.Security.Authentication.AuthenticationException or ObjectDisposedException)
        {
            // It came to nothing, and the next caller has its turn.
        }
        socket.Dispose();
        return null;
    }

    /// <summary>
    /// Waits a moment for bytes without giving the processor away, as the next wait would; a shorter one where that was
    /// in vain of late.
    /// </summary>
    public void Spin()
    {
        long end = Stopwatch.GetTimestamp() + spin;
        try
        {
            bool isThere;
            while (!(isThere = socket.Available > 0) && Stopwatch.GetTimestamp() < end)
                Thread.SpinWait(10);
            spin = isThere ? Math.Min(mostSpin, spin + leastSpin) : Math.Max(leastSpin, spin / 2);
        }
        catch (Exception failure) when (failure is ObjectDisposedException or SocketException)
        {
            // Reading says so.
        }
    }

    /// <summary>Fills a span.</summary>
    /// <exception cref="TimeoutException">The deadline has passed.</exception>
    /// <exception cref="IOException">The other side has hung up or ended.</exception>
    public void Read(Span<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
            {
                if (Deadline != long.MaxValue)
                {
                    double left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), Deadline).TotalMilliseconds;
                    socket.ReceiveTimeout = (int)Math.Clamp(Math.Ceiling(left), 1, int.MaxValue);
                }
                int count = stream.Read(bytes);
                if (count == 0)
                    throw new EndOfStreamException("its connection has ended");
                bytes = bytes[count..];
            }
        }
        catch (Exception failure) when (failure is ObjectDisposedException or IOException)
        {
            throw Broken(failure);
        }
    }

    /// <summary>Sends bytes.</summary>
    /// <exception cref="TimeoutException">The worker takes nothing.</exception>
    /// <exception cref="IOException">The other side has hung up or ended.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            stream.Write(bytes);
        }
        catch (Exception failure) when (failure is ObjectDisposedException or IOException)
        {
            throw Broken(failure);
        }
    }

    /// <summary>Ends what another thread waits for on this lane.</summary>
    public void Abort()
    {
        try
        {
            IsBroken = true;
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        IsBroken = true;
        socket.Dispose();
    }

    Exception Broken(Exception failure)
    {
        IsBroken = true;
        return failure.GetBaseException() is SocketException { SocketErrorCode: SocketError.TimedOut }
            ? new TimeoutException("nothing was sent or has come in time", failure)
            : new IOException("its connection has ended", failure);
    }

    // No call waits for ever before the other side is known.
    static BlockingStream Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.ReceiveTimeout = socket.SendTimeout = (int)Handshake.Limit.TotalMilliseconds;
        return new BlockingStream(socket);
    }

    // A machine that is gone without a word is noticed after some ten seconds; a process that ends, at once.
    static Lane Opened(Socket socket, Stream stream)
    {
        socket.ReceiveTimeout = socket.SendTimeout = 0;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 2);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        return new Lane(socket, stream);
    }

    // A socket that was once used asynchronously wakes its reader by way of another thread ever after.
    sealed class BlockingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span));

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }
}
