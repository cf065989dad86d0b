using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RLSquared.Language.Environments;
using static RLSquared.Cli.Serving.HttpCalls;

namespace RLSquared.Cli.Serving;

/// <summary>
/// An environment behind OpenEnv's interface: the WebSocket <c>/ws</c> with an environment for each connection
/// (<see cref="OpenEnvSession"/>), and <c>/health</c>, <c>/metadata</c> and <c>/schema</c>.
/// </summary>
internal sealed class EnvironmentServer : IDisposable
{
    const long MostBytes = 1 << 20;
    const int LargestMessage = 1 << 20;

    static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    readonly AgentTask task;
    readonly string description;
    readonly int most;
    readonly ulong seed;
    readonly LoopbackServer host;
    readonly CancellationTokenSource ends = new();
    int sessions;
    long levels;
    bool isDisposed;

    /// <summary>Begins to serve.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="description">What it is, in a line.</param>
    /// <param name="port">The port; 0 for any that is free.</param>
    /// <param name="most">The most environments at a time.</param>
    /// <param name="seed">Of the levels where a client names none.</param>
    /// <exception cref="IOException">The port is in use or not allowed.</exception>
    public EnvironmentServer(AgentTask task, string description, int port, int most, ulong seed)
    {
        (this.task, this.description, this.most, this.seed) = (task, description, most, seed);
        host = LoopbackServer.Start(port, most + 16, MostBytes, patience, user: "", Answer, webSockets: true);
    }

    /// <summary>Where it is, such as <c>http://127.0.0.1:8001</c>.</summary>
    public Uri Address => host.Address;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        ends.Cancel();
        host.Dispose();
        ends.Dispose();
    }

    static void WriteHealth(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("status", "healthy");
        json.WriteEndObject();
    }

    void WriteMetadata(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", task.Name);
        json.WriteString("description", description);
        json.WriteString("version", typeof(EnvironmentServer).Assembly.GetName().Version?.ToString(3));
        json.WriteEndObject();
    }

    async Task Answer(HttpContext context)
    {
        try
        {
            Refuse(context.Request);
            switch (context.Request.Method, context.Request.Path.Value)
            {
                case (_, "/ws") when context.WebSockets.IsWebSocketRequest: await Play(context); break;
                case ("GET", "/ws"): throw new ServingException(426, "/ws is a WebSocket; connect to it as one");
                case ("GET", "/health"): await Send(context, WriteHealth); break;
                case ("GET", "/metadata"): await Send(context, WriteMetadata); break;
                case ("GET", "/schema"): await Send(context, OpenEnvSession.WriteSchema); break;
                default:
                    throw new ServingException(404, $"there is nothing at {context.Request.Method} " +
                        $"{context.Request.Path.Value}; there are /ws, GET /health, /metadata, /schema");
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested || ends.IsCancellationRequested)
        {
            // The client has gone, or the server ends.
        }
        catch (WebSocketException)
        {
            // The client has gone without a word.
        }
        catch (Exception failure) when (!context.WebSockets.IsWebSocketRequest || !context.Response.HasStarted)
        {
            await Fail(context, failure);
        }
    }

    async Task Play(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        using var until = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ends.Token);
        try
        {
            if (Interlocked.Increment(ref sessions) > most)
            {
                await socket.SendAsync(OpenEnvSession.Error("CAPACITY_REACHED",
                    $"{most} environments are in use, and that is the most; close one first"),
                    WebSocketMessageType.Text, true, until.Token);
            }
            else
            {
                var session = new OpenEnvSession(task, Draw);
                while (await OpenEnvClient.Receive(socket, LargestMessage, until.Token) is { } message
                    && session.Answer(message) is { } answer)
                {
                    await socket.SendAsync(answer, WebSocketMessageType.Text, true, until.Token);
                }
            }
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, until.Token);
        }
        catch (InvalidDataException tooLarge)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.MessageTooBig, tooLarge.Message, until.Token);
        }
        finally
        {
            Interlocked.Decrement(ref sessions);
        }
    }

    ulong Draw() => task.Level(seed, Interlocked.Increment(ref levels) - 1, Language.Prompts.PromptSplit.Training);
}
