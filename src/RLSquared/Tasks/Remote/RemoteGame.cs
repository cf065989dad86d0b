using System.Net.Sockets;
using System.Text.Json;

namespace RLSquared.Tasks.Remote;

/// <summary>
/// One process with agents at the other end of a connection, and the trainer's side of the protocol that it speaks:
/// that of Godot RL Agents, with additions for a game that says in <c>env_info</c> that it knows trials. docs/remote.md
/// describes all messages.
/// </summary>
sealed class RemoteGame : IDisposable
{
    readonly string name;
    readonly RemoteOptions options;
    readonly Socket socket;
    readonly MessageStream stream;
    string? refusal;

    /// <summary>A game that has said what its agents see and decide.</summary>
    /// <param name="name">Such as 'the game', for messages, to which its address is added.</param>
    /// <param name="socket">The connection; owned by the stream.</param>
    /// <param name="stream">The messages on it; owned.</param>
    /// <param name="spaces">What it said.</param>
    /// <param name="options">What it is told.</param>
    public RemoteGame(string name, Socket socket, MessageStream stream, RemoteSpaces spaces, RemoteOptions options)
    {
        (this.options, this.socket, this.stream, Spaces) = (options, socket, stream, spaces);
        this.name = AddressOf(socket) is { } address ? $"{name} ({address})" : name;
        Reply = new RemoteReply(Spaces);
        Active = new bool[Spaces.Agents];
    }

    static string? AddressOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint?.ToString();
        }
        catch (SocketException)                             // it is gone already, as the next message will show
        {
            return null;
        }
    }

    /// <summary>What its agents see and decide.</summary>
    public RemoteSpaces Spaces { get; }

    /// <summary>What it answered last.</summary>
    public RemoteReply Reply { get; }

    /// <summary>The agents whose trial goes on, [agents]; those of the others are left out or ignored.</summary>
    public bool[] Active { get; }

    /// <summary>Asks all agents to begin a trial.</summary>
    /// <param name="seeds">A number for each trial, [agents], from which a game that can draws its task.</param>
    public void SendReset(ReadOnlySpan<int> seeds)
    {
        if (options.TrialMethod != RemoteOptions.NoMethod)
        {
            Utf8JsonWriter call = Message("call"u8);
            call.WriteString("method"u8, options.TrialMethod);
            Send();
            RequireCalled();
        }
        Utf8JsonWriter json = Message("reset"u8);
        if (Spaces.KnowsTrials)
        {
            json.WriteStartArray("seeds"u8);
            foreach (int seed in seeds)
                json.WriteNumberValue(seed);
            json.WriteEndArray();
            json.WriteNumber("episodes"u8, options.Episodes);
            json.WriteNumber("max_steps"u8, options.MaxSteps);
        }
        Send();
    }

    /// <summary>Waits for the first observations.</summary>
    public void ReceiveReset()
    {
        ReadOnlySpan<byte> message = Receive();
        try
        {
            Reply.ReadReset(message);
        }
        catch (Exception failure) when (IsMalformed(failure))
        {
            throw Malformed(failure);
        }
    }

    /// <summary>Sends the decisions of all agents; of those whose trial is over, nothing or what comes first.</summary>
    /// <param name="choices">[agents, K].</param>
    /// <param name="numbers">[agents, C].</param>
    public void SendActions(ReadOnlySpan<int> choices, ReadOnlySpan<float> numbers)
    {
        (int K, int C) = (Spaces.Action.Choices, Spaces.Action.Numbers);
        Utf8JsonWriter json = Message("action"u8);
        json.WriteStartArray("action"u8);
        for (int agent = 0; agent < Spaces.Agents; agent++)
        {
            bool active = Active[agent];
            if (!active && Spaces.KnowsTrials)
            {
                json.WriteNullValue();
                continue;
            }
            json.WriteStartObject();
            foreach (RemoteKey key in Spaces.ActionKeys)
            {
                json.WritePropertyName(key.Utf8);
                if (key.Kind == RemoteKind.Discrete)
                {
                    json.WriteNumberValue(active ? choices[agent * K + key.Offset] : 0);
                    continue;
                }
                json.WriteStartArray();
                for (int i = 0; i < key.Size; i++)
                    json.WriteNumberValue(active ? numbers[agent * C + key.Offset + i] : 0);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        Send();
    }

    /// <summary>Waits for what the actions have brought.</summary>
    public void ReceiveStep()
    {
        ReadOnlySpan<byte> message = Receive();
        try
        {
            Reply.ReadStep(message);
        }
        catch (Exception failure) when (IsMalformed(failure))
        {
            throw Malformed(failure);
        }
    }

    /// <summary>What the loss of this game is called: where and how, and why if it said so.</summary>
    public string LostBy(DisconnectedException failure, string where) => failure is GameFailedException failed
        ? $"{name} failed {where}: {failed.Reason}" : $"{name} disconnected {where}";

    /// <summary>Has the goodbye say why, for programs that show it.</summary>
    public void Refuse(string reason) => refusal ??= reason;

    /// <summary>Says goodbye, which makes a game of Godot quit, and closes the connection.</summary>
    public void Dispose() => SayGoodbye(socket, stream, refusal);

    /// <summary>The same for the caller that has connected.</summary>
    public static void SayGoodbye(Socket socket, MessageStream stream, string? reason)
    {
        try
        {
            socket.SendTimeout = Math.Min(socket.SendTimeout, 1000);
            Utf8JsonWriter json = stream.Begin();
            json.WriteStartObject();
            json.WriteString("type"u8, "close"u8);
            if (reason is not null)
                json.WriteString("reason"u8, reason);
            json.WriteEndObject();
            stream.Send();
        }
        catch (Exception failure) when (
            failure is IOException or TimeoutException or SocketException or ObjectDisposedException)
        {
            // A game that is gone already needs no goodbye.
        }
        stream.Dispose();
    }

    // ---- messages, with the game's name where one fails ----

    Utf8JsonWriter Message(ReadOnlySpan<byte> type)
    {
        Utf8JsonWriter json = stream.Begin();
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        return json;
    }

    void Send()
    {
        try
        {
            stream.Begun.WriteEndObject();
            stream.Send();
        }
        catch (TimeoutException failure)
        {
            throw new RemoteException(
                $"{name} has not read what it was sent within {Seconds}; is it paused or stopped in a debugger?",
                failure);
        }
    }

    ReadOnlySpan<byte> Receive()
    {
        try
        {
            return stream.Receive();
        }
        catch (TimeoutException failure)
        {
            throw new RemoteException(
                $"{name} has not answered within {Seconds}; a game that needs longer needs a longer timeout", failure);
        }
        catch (MalformedMessageException failure)
        {
            throw Malformed(failure);
        }
    }

    void RequireCalled()
    {
        ReadOnlySpan<byte> message = Receive();
        try
        {
            var reader = new Utf8JsonReader(message);
            using JsonDocument reply = JsonDocument.ParseValue(ref reader);
            if (RemoteSpaces.FailureIn(reply.RootElement) is { } reason)
                throw new GameFailedException(reason);
            if (reply.RootElement.ValueKind != JsonValueKind.Object
                || !reply.RootElement.TryGetProperty("type", out JsonElement type)
                || type.ValueKind != JsonValueKind.String || !type.ValueEquals("call"))
                throw new MalformedMessageException("it is no answer to a call");
        }
        catch (Exception failure) when (IsMalformed(failure))
        {
            throw Malformed(failure);
        }
    }

    // The last is what the reader of JSON throws for text that is no Unicode.
    static bool IsMalformed(Exception failure) =>
        failure is MalformedMessageException or JsonException or InvalidOperationException;

    RemoteException Malformed(Exception failure)
    {
        RemoteException malformed = Malformed(name, failure);
        Refuse(malformed.Message);
        return malformed;
    }

    /// <summary>Says what a game sent that it should not have sent.</summary>
    public static RemoteException Malformed(string name, Exception failure)
    {
        string what = failure switch
        {
            MalformedMessageException => failure.Message,
            JsonException json => $"it is no JSON at byte {json.BytePositionInLine}: {FirstSentence(json.Message)}; " +
                "JSON knows neither NaN nor Infinity",
            _ => "a text in it is no Unicode",
        };
        return new RemoteException($"{name} sent a malformed message: {what}", failure);
    }

    static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return RemoteSpaces.Shorten(end < 0 ? message.TrimEnd('.') : message[..end], most: 80);
    }

    string Seconds => FormattableString.Invariant($"{options.Timeout:0.###} s");
}
