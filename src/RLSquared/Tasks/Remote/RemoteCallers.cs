using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace RLSquared.Tasks.Remote;

/// <summary>
/// Those who have connected and not yet said what they are. Each is greeted and listened to on a thread of its own, so
/// that a caller which is silent, or speaks another protocol, keeps no game waiting; one that closes is forgotten.
/// </summary>
sealed class RemoteCallers : IDisposable
{
    const int MostWaiting = 32;

    readonly Socket listener;
    readonly RemoteOptions options;
    readonly List<Caller> waiting = [];
    Task<Socket>? next;
    int strangers;
    string? lastStranger;

    /// <summary>Listens for connections.</summary>
    /// <param name="listener">Bound and listening; owned.</param>
    /// <param name="options">How long a caller may take.</param>
    public RemoteCallers(Socket listener, RemoteOptions options) => (this.listener, this.options) = (listener, options);

    /// <summary>The callers that were no game, as a clause for messages; empty where there were none.</summary>
    public string Strangers => strangers == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
        $"; {(strangers == 1 ? "one" : strangers)} connected and {(strangers == 1 ? "was" : "were")} no game " +
        $"(the last {lastStranger})");

    /// <summary>Waits for the next game.</summary>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="left">How long at most.</param>
    /// <returns>Its connection and what it said of itself, or null where none came in time.</returns>
    /// <exception cref="RemoteException">A game came, and what it describes cannot be, or it failed.</exception>
    public (Socket Socket, MessageStream Stream, RemoteSpaces Spaces)? Next(string name, TimeSpan left)
    {
        long deadline = Environment.TickCount64 + (long)left.TotalMilliseconds;
        while (true)
        {
            next ??= listener.AcceptAsync();
            Task[] all = [next, .. waiting.Select(caller => caller.Answer)];
            long milliseconds = Math.Max(0, deadline - Environment.TickCount64);
            int first = Task.WaitAny(all, (int)Math.Min(milliseconds, int.MaxValue));
            if (first < 0)
                return null;
            if (first == 0)
            {
                Greet();
                continue;
            }
            Caller answered = waiting[first - 1];
            waiting.RemoveAt(first - 1);
            try
            {
                return (answered.Socket, answered.Stream, answered.Answer.GetAwaiter().GetResult());
            }
            catch (StrangerException stranger)
            {
                answered.Dispose();
                Note(stranger.Message);
            }
            catch (GameFailedException failure)
            {
                answered.Dispose();
                throw new RemoteException($"{name} failed: {failure.Reason}", failure);
            }
            catch (MalformedMessageException failure)
            {
                RemoteException malformed = RemoteGame.Malformed(name, failure);
                RemoteGame.SayGoodbye(answered.Socket, answered.Stream, malformed.Message);
                throw malformed;
            }
        }
    }

    void Greet()
    {
        Task<Socket> accepted = next!;
        next = null;
        Socket? socket = null;
        try
        {
            socket = accepted.GetAwaiter().GetResult();
            if (waiting.Count == MostWaiting)
            {
                waiting[0].Dispose();
                waiting.RemoveAt(0);
                Note("said nothing");
            }
            waiting.Add(new Caller(socket, options));
        }
        catch (SocketException)                             // gone before it was looked at
        {
            socket?.Dispose();
            Note("closed at once");
        }
    }

    void Note(string what)
    {
        strangers++;
        lastStranger = what;
    }

    /// <summary>Listens no more, and closes the connections of all who have not said what they are.</summary>
    public void Dispose()
    {
        listener.Dispose();
        next?.ContinueWith(accepted =>
        {
            if (accepted.IsCompletedSuccessfully)
                accepted.Result.Dispose();
            _ = accepted.Exception;
        }, TaskScheduler.Default);
        foreach (Caller caller in waiting)
            caller.Dispose();
    }

    /// <summary>The caller is no game; the text completes 'one connected, and …'.</summary>
    sealed class StrangerException(string what, Exception cause) : IOException(what, cause);

    sealed class Caller : IDisposable
    {
        public Caller(Socket socket, RemoteOptions options)
        {
            Socket = socket;
            TimeSpan timeout = TimeSpan.FromSeconds(options.Timeout);
            socket.NoDelay = true;
            socket.ReceiveTimeout = socket.SendTimeout = Math.Max(1, (int)timeout.TotalMilliseconds);
            Stream = new MessageStream(new NetworkStream(socket, ownsSocket: true), timeout);
            Answer = Task.Factory.StartNew(
                Ask, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            // A dismissed caller fails when its result is no longer read.
            Answer.ContinueWith(answer => _ = answer.Exception, TaskScheduler.Default);
        }

        public Socket Socket { get; }

        public MessageStream Stream { get; }

        public Task<RemoteSpaces> Answer { get; }

        public void Dispose() => Stream.Dispose();

        RemoteSpaces Ask()
        {
            ReadOnlySpan<byte> message;
            try
            {
                Utf8JsonWriter json = Stream.Begin();
                json.WriteStartObject();
                json.WriteString("type"u8, "handshake"u8);
                json.WriteString("major_version"u8, "0"u8);
                json.WriteString("minor_version"u8, "7"u8);
                json.WriteEndObject();
                Stream.Send();
                json = Stream.Begin();
                json.WriteStartObject();
                json.WriteString("type"u8, "env_info"u8);
                json.WriteEndObject();
                Stream.Send();
                message = Stream.Receive();
            }
            catch (Exception failure) when (failure is DisconnectedException or ObjectDisposedException)
            {
                throw new StrangerException("closed again without a word", failure);
            }
            catch (TimeoutException failure)
            {
                throw new StrangerException("said nothing", failure);
            }
            catch (MalformedMessageException failure)
            {
                throw new StrangerException("speaks another protocol", failure);
            }
            try
            {
                var reader = new Utf8JsonReader(message);
                using (JsonDocument any = JsonDocument.ParseValue(ref reader))
                {
                    if (any.RootElement.ValueKind != JsonValueKind.Object
                        || !any.RootElement.TryGetProperty("type", out _))
                        throw new JsonException("it has no type");
                }
                return RemoteSpaces.Read(message);
            }
            catch (Exception failure) when (failure is JsonException or InvalidOperationException)
            {
                throw new StrangerException("speaks another protocol", failure);
            }
        }
    }
}
