using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace RLSquared.Cluster.Doors;

/// <summary>Asks at the door of a training, from a process that is not in its cluster.</summary>
internal static class DoorCaller
{
    /// <summary>Asks and waits for the answer, for some seconds at most.</summary>
    /// <param name="options">Where, and with what secret and certificate.</param>
    /// <param name="hello">What is wanted.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ClusterException">
    /// It cannot be reached, says nothing, or has another secret; the message says which.
    /// </exception>
    public static async Task<Answer> AskAsync(ClusterOptions options, Hello hello, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(2 * Handshake.Limit);
        bool isConnected = false;
        try
        {
            using var client = new TcpClient(options.Address.AddressFamily) { NoDelay = true };
            await client.ConnectAsync(options.Address, limit.Token);
            isConnected = true;
            await using Stream stream = await OpenAsync(client.GetStream(), options.Certificate, limit.Token);
            return await Handshake.CallAsync(stream, stream, options.Secret, hello, limit.Token);
        }
        catch (SocketException failure) when (!isConnected)
        {
            throw new NotThereException($"no training answers at {options.Address}: {failure.Message}", failure);
        }
        catch (OperationCanceledException failure) when (!cancellation.IsCancellationRequested)
        {
            throw new NotThereException($"no training answers at {options.Address} within " +
                $"{2 * Handshake.Limit.TotalSeconds:F0} seconds", failure);
        }
        catch (Exception failure) when (failure is AuthenticationException or EndOfStreamException
            || (failure is IOException and not ClusterException))
        {
            // A wrong secret, or what is no TLS where TLS is expected, is not answered: the other side hangs up.
            throw new HungUpException($"{options.Address} hung up: it is no training's address, or it has " +
                $"{(options.Certificate is null ? "a certificate (--tls)" : "another certificate, or none (--tls)")}",
                failure);
        }
    }

    static async Task<Stream> OpenAsync(
        NetworkStream network, X509Certificate2? certificate, CancellationToken cancellation)
    {
        if (certificate is null)
            return network;
        var secure = new SslStream(network);
        await secure.AuthenticateAsClientAsync(
            ClusterTls.ForCaller(certificate), cancellation);
        return secure;
    }
}

/// <summary>What listens there hung up: a training that is just beginning or very busy, or something else.</summary>
internal sealed class HungUpException(string message, Exception cause) : IOException(message, cause);

/// <summary>No process listens there, or none that answers: one may come.</summary>
internal sealed class NotThereException(string message, Exception? cause) : IOException(message, cause);
