using System.Text.Json;

namespace RLSquared.Tasks.Remote;

/// <summary>
/// What a game answered to <c>reset</c> or <c>action</c>, for all of its agents. Reading allocates nothing as long as
/// the message is as it should be.
/// </summary>
sealed class RemoteReply
{
    readonly RemoteSpaces spaces;
    readonly byte[] pixels;
    readonly int agents, width;

    public RemoteReply(RemoteSpaces spaces)
    {
        (this.spaces, agents, width) = (spaces, spaces.Agents, spaces.Observation.Width);
        Observations = new float[agents * width];
        Rewards = new float[agents];
        Done = new bool[agents];
        Truncated = new bool[agents];
        Allowed = new bool[spaces.Masks ? agents * spaces.Action.Size : 0];
        pixels = new byte[spaces.Observation.Kind == ObservationKind.Image ? width : 0];
    }

    /// <summary>[agents, Width].</summary>
    public float[] Observations { get; }

    /// <summary>[agents].</summary>
    public float[] Rewards { get; }

    /// <summary>Whether an agent's episode is over, [agents].</summary>
    public bool[] Done { get; }

    /// <summary>Whether it was cut by a limit of time, [agents]; games of Godot do not say.</summary>
    public bool[] Truncated { get; }

    /// <summary>Which options may be chosen next, [agents, A]; empty where all always may.</summary>
    public bool[] Allowed { get; }

    /// <summary>Reads the answer to <c>reset</c>.</summary>
    /// <exception cref="MalformedMessageException">It is none.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="GameFailedException">It says in its place that it failed.</exception>
    public void ReadReset(ReadOnlySpan<byte> message)
    {
        Array.Clear(Rewards);
        Array.Clear(Done);
        Read(message, "reset"u8, "reset", isStep: false);
    }

    /// <summary>Reads the answer to <c>action</c>.</summary>
    /// <inheritdoc cref="ReadReset"/>
    public void ReadStep(ReadOnlySpan<byte> message) => Read(message, "step"u8, "step", isStep: true);

    void Read(ReadOnlySpan<byte> message, ReadOnlySpan<byte> due, string dueName, bool isStep)
    {
        bool type = false, obs = false, reward = !isStep, done = !isStep, allowed = !spaces.Masks;
        Array.Clear(Truncated);
        var reader = new Utf8JsonReader(message);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new MalformedMessageException($"it is {Excerpt(ref reader)}, and an object was due");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals(due))
                {
                    ThrowIfFailure(message);
                    throw new MalformedMessageException(
                        $"its type is {Excerpt(ref reader)}, and \"{dueName}\" was due");
                }
                type = true;
            }
            else if (reader.ValueTextEquals("obs"u8))
            {
                ReadObservations(ref reader);
                obs = true;
            }
            else if (isStep && reader.ValueTextEquals("reward"u8))
            {
                ReadRewards(ref reader);
                reward = true;
            }
            else if (isStep && reader.ValueTextEquals("done"u8))
            {
                ReadFlags(ref reader, Done, "done");
                done = true;
            }
            else if (isStep && reader.ValueTextEquals("truncated"u8))
            {
                ReadFlags(ref reader, Truncated, "truncated");
            }
            else if (spaces.Masks && reader.ValueTextEquals("action_mask"u8))
            {
                ReadMasks(ref reader);
                allowed = true;
            }
            else
            {
                reader.Skip();                                              // such as info
            }
        }
        reader.Read();                                                      // throws if anything follows
        string? missing = !type ? "type" : !obs ? "obs" : !reward ? "reward" : !done ? "done"
            : !allowed ? "action_mask" : null;
        if (missing is not null)
            throw new MalformedMessageException($"it has no {missing}");
    }

    static void ThrowIfFailure(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        if (RemoteSpaces.FailureIn(document.RootElement) is { } reason)
            throw new GameFailedException(reason);
    }

    void ReadObservations(ref Utf8JsonReader reader)
    {
        StartArray(ref reader, "obs");
        for (int agent = 0; agent < agents; agent++)
        {
            Next(ref reader, JsonTokenType.StartObject, "obs", agent);
            Span<float> observation = Observations.AsSpan(agent * width, width);
            ulong seen = 0;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                int k = KeyOf(ref reader);
                if (k < 0)
                {
                    reader.Skip();
                    continue;
                }
                seen |= 1UL << k;
                reader.Read();
                ReadValue(ref reader, spaces.ObservationKeys[k], observation, agent);
            }
            for (int k = 0; k < spaces.ObservationKeys.Length; k++)
            {
                if ((seen >> k & 1) == 0)
                {
                    throw new MalformedMessageException(
                        $"the obs of agent {agent} has no '{spaces.ObservationKeys[k].Name}'");
                }
            }
        }
        EndArray(ref reader, "obs");
    }

    int KeyOf(ref Utf8JsonReader reader)
    {
        for (int k = 0; k < spaces.ObservationKeys.Length; k++)
        {
            if (reader.ValueTextEquals(spaces.ObservationKeys[k].Utf8))
                return k;
        }
        return -1;
    }

    void ReadValue(ref Utf8JsonReader reader, RemoteKey key, Span<float> observation, int agent)
    {
        switch (key.Kind)
        {
            case RemoteKind.Discrete:
                float state = Number(ref reader, key.Name, agent);
                if (!(state >= 0 && state < key.Size && state == MathF.Floor(state)))
                {
                    throw new MalformedMessageException($"'{key.Name}' of agent {agent} is {Excerpt(ref reader)}, " +
                        $"and a whole number from 0 to {key.Size - 1} was due");
                }
                if (spaces.Observation.Kind == ObservationKind.Discrete)
                {
                    observation[0] = state;
                    break;
                }
                Span<float> oneHot = observation.Slice(key.Offset, key.Size);
                oneHot.Clear();
                oneHot[(int)state] = 1;
                break;
            case RemoteKind.Image:
                ReadImage(ref reader, key, observation, agent);
                break;
            default:
                ReadNumbers(ref reader, key, observation.Slice(key.Offset, key.Size), agent);
                break;
        }
    }

    // An array of numbers, or an array of such arrays; only how many there are counts.
    static void ReadNumbers(ref Utf8JsonReader reader, RemoteKey key, Span<float> numbers, int agent)
    {
        int count = 0, depth = 0;
        while (true)
        {
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                depth++;
            }
            else if (reader.TokenType == JsonTokenType.EndArray)
            {
                depth--;
            }
            else
            {
                float number = Number(ref reader, key.Name, agent);
                if (count < numbers.Length)
                    numbers[count] = number;
                count++;
            }
            if (depth == 0)
                break;
            reader.Read();
        }
        if (count != numbers.Length)
        {
            throw new MalformedMessageException(
                $"'{key.Name}' of agent {agent} has {count} numbers, and {numbers.Length} were due");
        }
    }

    void ReadImage(ref Utf8JsonReader reader, RemoteKey key, Span<float> observation, int agent)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new MalformedMessageException($"'{key.Name}' of agent {agent} is {Excerpt(ref reader)}, " +
                "and a text of hexadecimal digits was due");
        }
        ReadOnlySpan<byte> digits = reader.ValueSpan;
        if (digits.Length != 2 * key.Size)
        {
            throw new MalformedMessageException(
                $"'{key.Name}' of agent {agent} has {digits.Length} digits, and {2 * key.Size} were due");
        }
        if (Convert.FromHexString(digits, pixels, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            throw new MalformedMessageException(
                $"'{key.Name}' of agent {agent} has letters that are no hexadecimal digits");
        }
        for (int i = 0; i < pixels.Length; i++)
            observation[i] = pixels[i];
    }

    void ReadRewards(ref Utf8JsonReader reader)
    {
        StartArray(ref reader, "reward");
        for (int agent = 0; agent < agents; agent++)
        {
            Next(ref reader, JsonTokenType.Number, "reward", agent);
            Rewards[agent] = Number(ref reader, "reward", agent);
        }
        EndArray(ref reader, "reward");
    }

    void ReadFlags(ref Utf8JsonReader reader, Span<bool> flags, string what)
    {
        StartArray(ref reader, what);
        for (int agent = 0; agent < agents; agent++)
        {
            Next(ref reader, JsonTokenType.True, what, agent);
            flags[agent] = reader.TokenType == JsonTokenType.True;
        }
        EndArray(ref reader, what);
    }

    void ReadMasks(ref Utf8JsonReader reader)
    {
        const string what = "action_mask";
        int size = spaces.Action.Size;
        StartArray(ref reader, what);
        for (int agent = 0; agent < agents; agent++)
        {
            Next(ref reader, JsonTokenType.StartArray, what, agent);
            for (int option = 0; option < size; option++)
            {
                Next(ref reader, JsonTokenType.True, what, agent);
                Allowed[agent * size + option] = reader.TokenType == JsonTokenType.True;
            }
            EndArray(ref reader, what);
        }
        EndArray(ref reader, what);
    }

    static float Number(ref Utf8JsonReader reader, string what, int agent) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out float number) && float.IsFinite(number)
            ? number
            : throw new MalformedMessageException(
                $"'{what}' of agent {agent} is {Excerpt(ref reader)}, and a finite number was due");

    void StartArray(ref Utf8JsonReader reader, string what)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new MalformedMessageException(
                $"{what} is {Excerpt(ref reader)}, and a list with one entry for each of {agents} agents was due");
        }
    }

    // The next entry of a list; true and false count as the same kind.
    void Next(ref Utf8JsonReader reader, JsonTokenType kind, string what, int agent)
    {
        reader.Read();
        JsonTokenType found = reader.TokenType == JsonTokenType.False ? JsonTokenType.True : reader.TokenType;
        if (found == kind)
            return;
        if (found == JsonTokenType.EndArray)
            throw new MalformedMessageException($"{what} is too short at agent {agent} of {agents}");
        string wanted = kind switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.Number => "a number",
            _ => "true or false",
        };
        throw new MalformedMessageException(
            $"{what} of agent {agent} is {Excerpt(ref reader)}, and {wanted} was due");
    }

    static void EndArray(ref Utf8JsonReader reader, string what)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.EndArray)
            throw new MalformedMessageException($"{what} is too long");
    }

    static string Excerpt(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String =>
            $"\"{RemoteSpaces.Shorten(System.Text.Encoding.UTF8.GetString(reader.ValueSpan))}\"",
        JsonTokenType.None => "empty",
        _ => RemoteSpaces.Shorten(System.Text.Encoding.UTF8.GetString(reader.ValueSpan)),
    };
}
