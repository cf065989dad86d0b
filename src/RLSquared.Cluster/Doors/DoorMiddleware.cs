using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;

namespace RLSquared.Cluster.Doors;

/// <summary>
/// Stands before Orleans on each connection: what comes in proves that it belongs to the cluster, and what goes out
/// does so first. Errands that are none of Orleans' are answered here, on the same port.
/// </summary>
/// <param name="secret">The secret of the cluster.</param>
/// <param name="own">What this process says where it calls.</param>
/// <param name="answer">Answers a caller that knows the secret; the connection of a silo then goes on.</param>
internal sealed class DoorMiddleware(ReadOnlyMemory<byte> secret, Hello own, Func<Hello, Task<Answer>> answer)
{
    /// <summary>Puts the door before both directions.</summary>
    public void Configure(SiloConnectionOptions options)
    {
        options.ConfigureSiloInboundConnection(builder => builder.Use(next => context => ReceiveAsync(context, next)));
        options.ConfigureSiloOutboundConnection(builder => builder.Use(next => context => CallAsync(context, next)));
    }

    async Task ReceiveAsync(ConnectionContext context, ConnectionDelegate next)
    {
        using (var limit = new CancellationTokenSource(Handshake.Limit))
        {
            try
            {
                Stream input = context.Transport.Input.AsStream(leaveOpen: true);
                Stream output = context.Transport.Output.AsStream(leaveOpen: true);
                if (await Handshake.ReceiveAsync(input, output, secret, limit.Token) is not { } hello)
                    return;
                Answer given = await answer(hello);
                await Handshake.AnswerAsync(output, given, limit.Token);
                if (given.Refusal is not null || hello.Errand != Errand.Silo)
                {
                    // What was written would be lost if this side hung up first.
                    _ = await input.ReadAsync(new byte[1], limit.Token);
                    return;
                }
            }
            catch (Exception failure) when (IsEnd(failure))
            {
                return;                                     // it came to nothing; the connection is closed
            }
        }
        await next(context);
    }

    async Task CallAsync(ConnectionContext context, ConnectionDelegate next)
    {
        using (var limit = new CancellationTokenSource(Handshake.Limit))
        {
            Answer given;
            try
            {
                given = await Handshake.CallAsync(context.Transport.Input.AsStream(leaveOpen: true),
                    context.Transport.Output.AsStream(leaveOpen: true), secret, own, limit.Token);
            }
            catch (Exception failure) when (IsEnd(failure))
            {
                throw new ConnectionAbortedException($"the other side did not answer: {failure.Message}", failure);
            }
            if (given.Refusal is { } refusal)
                throw new ConnectionAbortedException(refusal);
        }
        await next(context);
    }

    static bool IsEnd(Exception failure) => failure is IOException or OperationCanceledException
        or InvalidDataException or ConnectionResetException or InvalidOperationException;
}
