using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using RLSquared.Language.Files;

namespace RLSquared.Language.Environments;

/// <summary>What an environment showed.</summary>
/// <param name="Observation">Its fields, as the environment's author named them.</param>
/// <param name="Reward">The reward of the last action; null where there is none, as after a reset.</param>
/// <param name="IsDone">Whether the play is over.</param>
public sealed record OpenEnvObservation(JsonElement Observation, double? Reward, bool IsDone);

/// <summary>Where a play stands.</summary>
/// <param name="Episode">Its name; null where it has none.</param>
/// <param name="Steps">Its steps so far.</param>
public sealed record OpenEnvState(string? Episode, int Steps);

/// <summary>
/// A client of OpenEnv (OpenEnv 0.3): one environment on a server, over the WebSocket <c>/ws</c>. One call at a time.
/// </summary>
public sealed class OpenEnvClient : IDisposable
{
    const int LargestMessage = 16 << 20;

    readonly ClientWebSocket socket = new();
    readonly Uri address;
    readonly TimeSpan patience;

    OpenEnvClient(Uri address, TimeSpan patience) => (this.address, this.patience) = (address, patience);

    /// <summary>Opens an environment.</summary>
    /// <param name="address">
    /// The server, such as <c>http://127.0.0.1:8001</c>, or its socket, such as <c>ws://127.0.0.1:8001/ws</c>.
    /// </param>
    /// <param name="patience">How long an answer may take; null for 60 s.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="OptionException">The address is none.</exception>
    /// <exception cref="IOException">Nobody answers there.</exception>
    public static async Task<OpenEnvClient> Connect(
        string address, TimeSpan? patience = null, CancellationToken cancellation = default)
    {
        var client = new OpenEnvClient(Socket(address), patience ?? TimeSpan.FromSeconds(60));
        try
        {
            await client.Within(client.socket.ConnectAsync(client.address, cancellation)).ConfigureAwait(false);
            return client;
        }
        catch (Exception failure) when (failure is WebSocketException or TimeoutException)
        {
            client.Dispose();
            throw new IOException($"no environment answers at {client.address}: {failure.Message.TrimEnd('.')}",
                failure);
        }
    }

    static Uri Socket(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? given)
            || given.Scheme is not ("http" or "https" or "ws" or "wss"))
        {
            throw new OptionException("address",
                $"the address of an environment is such as http://127.0.0.1:8001, but is '{address}'");
        }
        return new UriBuilder(given)
        {
            Scheme = given.Scheme.Replace("http", "ws", StringComparison.Ordinal),
            Path = given.AbsolutePath == "/" ? "/ws" : given.AbsolutePath,
        }.Uri;
    }

    /// <summary>Begins a play.</summary>
    /// <param name="seed">Which one; null for any.</param>
    /// <param name="episode">What the server shall call it; null for nothing.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">The connection has ended, or the server refused; the message says why.</exception>
    public Task<OpenEnvObservation> Reset(
        int? seed = null, string? episode = null, CancellationToken cancellation = default) =>
        Ask("reset", json =>
        {
            json.WriteStartObject("data");
            if (seed is { } known)
                json.WriteNumber("seed", known);
            if (episode is not null)
                json.WriteString("episode_id", episode);
            json.WriteEndObject();
        }, Observation, cancellation);

    /// <summary>Takes an action of one text field.</summary>
    /// <param name="action">The action.</param>
    /// <param name="field">What the environment's author calls the field.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">The connection has ended, or the server refused; the message says why.</exception>
    public Task<OpenEnvObservation> Step(
        string action, string field = "message", CancellationToken cancellation = default) =>
        Step(json => json.WriteString(field, action), cancellation);

    /// <summary>Takes an action.</summary>
    /// <param name="write">Writes its fields.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">The connection has ended, or the server refused; the message says why.</exception>
    public Task<OpenEnvObservation> Step(Action<Utf8JsonWriter> write, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        return Ask("step", json =>
        {
            json.WriteStartObject("data");
            write(json);
            json.WriteEndObject();
        }, Observation, cancellation);
    }

    /// <summary>Where the play stands.</summary>
    /// <exception cref="IOException">The connection has ended, or the server refused; the message says why.</exception>
    public Task<OpenEnvState> State(CancellationToken cancellation = default) => Ask("state", _ => { },
        data => new OpenEnvState(
            data.Find("episode_id")?.Text(), data.Find("step_count")?.Whole(0, int.MaxValue) ?? 0), cancellation);

    /// <summary>Closes the environment.</summary>
    public void Dispose()
    {
        try
        {
            if (socket.State == WebSocketState.Open)
            {
                using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
                byte[] close = Message("close", _ => { });
                socket.SendAsync(close, WebSocketMessageType.Text, true, soon.Token).Wait(soon.Token);
            }
        }
        catch (Exception failure) when (failure is AggregateException or OperationCanceledException)
        {
            // Whoever is gone is closed.
        }
        socket.Dispose();
    }

    // ---- messages ----

    static OpenEnvObservation Observation(JsonField data) => new(
        data.Get("observation").Element.Clone(), data.Find("reward") is { } reward ? Number(reward) : null,
        data.Find("done")?.Flag() ?? false);

    // OpenEnv's rewards are numbers, or true and false.
    static double Number(JsonField reward) => reward.Kind is JsonValueKind.True or JsonValueKind.False
        ? reward.Flag() ? 1 : 0 : reward.Number(double.MinValue, double.MaxValue);

    async Task<T> Ask<T>(
        string type, Action<Utf8JsonWriter> data, Func<JsonField, T> read, CancellationToken cancellation)
    {
        try
        {
            byte[] answer = await Within(Exchange(Message(type, data), cancellation)).ConfigureAwait(false);
            return JsonField.Read(answer, $"the answer of {address}", whole => whole.Get("type").Text() != "error"
                ? read(whole.Get("data")) : throw new IOException($"the environment at {address} refused a {type}: " +
                    $"{whole.Get("data").Find("message")?.Text()} ({whole.Get("data").Find("code")?.Text()})"));
        }
        catch (WebSocketException failure)
        {
            throw new IOException(
                $"the environment at {address} has closed its connection in the middle of a {type}", failure);
        }
        catch (TimeoutException failure)
        {
            throw new IOException($"the environment at {address} took longer than {patience.TotalSeconds:0.###} s " +
                $"for a {type}", failure);
        }
    }

    async Task<byte[]> Exchange(byte[] message, CancellationToken cancellation)
    {
        await socket.SendAsync(message, WebSocketMessageType.Text, true, cancellation).ConfigureAwait(false);
        return await Receive(socket, LargestMessage, cancellation).ConfigureAwait(false)
            ?? throw new WebSocketException("the other side has closed");
    }

    async Task<T> Within<T>(Task<T> task) => await task.WaitAsync(patience).ConfigureAwait(false);

    async Task Within(Task task) => await task.WaitAsync(patience).ConfigureAwait(false);

    /// <summary>A whole message of a socket; null where the other side closes.</summary>
    /// <exception cref="InvalidDataException">It is larger than allowed.</exception>
    internal static async Task<byte[]?> Receive(WebSocket socket, int largest, CancellationToken cancellation)
    {
        var message = new ArrayBufferWriter<byte>(4096);
        while (true)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(message.GetMemory(4096), cancellation)
                .ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close)
                return null;
            message.Advance(part.Count);
            if (message.WrittenCount > largest)
                throw new InvalidDataException($"a message has more than {largest} bytes");
            if (part.EndOfMessage)
                return message.WrittenSpan.ToArray();
        }
    }

    static byte[] Message(string type, Action<Utf8JsonWriter> data)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            data(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
