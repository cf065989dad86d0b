using System.Text;
using System.Text.Json;

namespace RLSquared.Tasks.Remote;

/// <summary>How the value of a key travels.</summary>
enum RemoteKind
{
    /// <summary>Numbers, in arrays or arrays of arrays.</summary>
    Box,
    /// <summary>The number of a state or of an option.</summary>
    Discrete,
    /// <summary>An image as a text of two hexadecimal digits for each byte.</summary>
    Image,
    /// <summary>Numbers from −1 to 1 that the agent decides.</summary>
    Continuous,
}

/// <summary>One key of an observation or of an action.</summary>
/// <param name="Name">The key.</param>
/// <param name="Utf8">The same as it stands in a message.</param>
/// <param name="Kind">How its value travels.</param>
/// <param name="Size">Numbers, states, options or bytes.</param>
/// <param name="Offset">Where its first number stands in the observation, or its choice in the action.</param>
sealed record RemoteKey(string Name, byte[] Utf8, RemoteKind Kind, int Size, int Offset);

/// <summary>
/// What a game says of itself in <c>env_info</c>: how many agents it has, and what each of them sees and decides. All
/// agents must be alike, since one network is trained for all of them.
/// </summary>
sealed class RemoteSpaces
{
    const int MostAgents = 4096, MostKeys = 64, MostNumbers = 1 << 24, MostChannels = 12;

    /// <summary>
    /// The most numbers that all agents of all games see together, and the most options and numbers that they decide. A
    /// message of the longest length, with two letters for each number, holds no more.
    /// </summary>
    public const int MostTogether = MessageStream.MostBytes / 2;

    RemoteSpaces(JsonElement info)
    {
        Agents = Whole(Property(info, "n_agents", "env_info"), "n_agents", 1, MostAgents);
        RequireOnePolicy(info);
        ObservationKeys = ReadObservation(Shared(info, "observation_space", Agents), out ObservationSpace observation);
        ActionKeys = ReadActions(Shared(info, "action_space", Agents), out ActionSpace action);
        (Observation, Action) = (observation, action);
        if (TooMany(Agents, observation, action) is { } excess)
            throw new MalformedMessageException(excess);
        KnowsTrials = Flag(info, "trials");
        Masks = Flag(info, "action_mask");
        if (Masks && action.Size == 0)
            throw new MalformedMessageException("env_info promises an action_mask, and there is no discrete action");
    }

    public int Agents { get; }

    public ObservationSpace Observation { get; }

    public ActionSpace Action { get; }

    /// <summary>Where each key's numbers go in an observation, in the order in which the game names them.</summary>
    public RemoteKey[] ObservationKeys { get; }

    /// <summary>Where each key's value is found in an action, in the order in which the game names them.</summary>
    public RemoteKey[] ActionKeys { get; }

    /// <summary>The same as a configuration holds them.</summary>
    public IEnumerable<ActionPart> ActionParts =>
        ActionKeys.Select(key => new ActionPart(key.Size, key.Kind == RemoteKind.Discrete));

    /// <summary>Whether the game knows trials: seeds, the limit of an episode, agents that are left out.</summary>
    public bool KnowsTrials { get; }

    /// <summary>Whether each message of the game says which options are allowed.</summary>
    public bool Masks { get; }

    /// <summary>Why so many agents cannot be held in memory at once, or null where they can.</summary>
    public static string? TooMany(int agents, ObservationSpace observation, ActionSpace action)
    {
        (string what, long numbers) = observation.Width >= action.Size + (long)action.Numbers
            ? ("seen", observation.Width) : ("options and numbers decided", action.Size + (long)action.Numbers);
        return agents * numbers <= MostTogether ? null : FormattableString.Invariant(
            $"{agents:N0} agents with {numbers:N0} {(what == "seen" ? "numbers " : "")}{what} by each are more than ") +
            FormattableString.Invariant($"{MostTogether:N0} together; let fewer agents play, or let each see less");
    }

    /// <summary>Reads an <c>env_info</c>.</summary>
    /// <exception cref="MalformedMessageException">It is none, or what it describes cannot be.</exception>
    /// <exception cref="GameFailedException">It says in its place that it failed.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static RemoteSpaces Read(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        while (reader.Read())
        {
            // Throws where anything but white space follows.
        }
        JsonElement info = document.RootElement;
        JsonElement type = Property(info, "type", "the message");
        if (FailureIn(info) is { } reason)
            throw new GameFailedException(reason);
        if (type.ValueKind != JsonValueKind.String || !type.ValueEquals("env_info"))
            throw new MalformedMessageException($"its type is {Excerpt(type)}, and \"env_info\" was due");
        return new RemoteSpaces(info);
    }

    /// <summary>Why a game ends, where its message is one of the type <c>error</c>; else null.</summary>
    internal static string? FailureIn(JsonElement message) =>
        message.ValueKind == JsonValueKind.Object && message.TryGetProperty("type", out JsonElement type)
        && type.ValueKind == JsonValueKind.String && type.ValueEquals("error")
            ? message.TryGetProperty("message", out JsonElement text) && text.ValueKind == JsonValueKind.String
                ? text.GetString() : "it does not say why"
            : null;

    static RemoteKey[] ReadObservation(JsonElement space, out ObservationSpace observation)
    {
        JsonProperty[] properties = Keys(space, "observation_space");
        List<RemoteKey> keys = [];
        // A number of a state that stands alone stays one; beside other numbers it becomes one-hot.
        bool alone = properties.Length == 1;
        int offset = 0;
        observation = ObservationSpace.Nothing;
        foreach (JsonProperty property in properties)
        {
            string what = $"observation_space of '{property.Name}'";
            string kind = Text(Property(property.Value, "space", what), what);
            JsonElement size = Property(property.Value, "size", what);
            what = $"the size of {what}";
            switch (kind)
            {
                case "discrete":
                    int states = Whole(size, what, 1, MostNumbers);
                    Add(property.Name, RemoteKind.Discrete, states, alone ? 1 : states);
                    observation = ObservationSpace.Discrete(states);
                    break;
                case "box" when property.Name.Contains("2d", StringComparison.Ordinal):
                    if (!alone)
                    {
                        throw new MalformedMessageException(
                            $"'{property.Name}' is an image and there are other keys beside it; " +
                            "an agent sees an image or numbers, not both");
                    }
                    observation = ImageOf(size, what);
                    Add(property.Name, RemoteKind.Image, observation.Size, observation.Size);
                    break;
                case "box":
                    int numbers = Product(size, what);
                    Add(property.Name, RemoteKind.Box, numbers, numbers);
                    break;
                default:
                    throw new MalformedMessageException(
                        $"'{property.Name}' is of the kind '{Shorten(kind)}', and box and discrete are known");
            }
        }
        if (offset > 0 && !(alone && keys[0].Kind != RemoteKind.Box))
            observation = ObservationSpace.Vector(offset);
        return [.. keys];

        void Add(string name, RemoteKind kind, int size, int width)
        {
            keys.Add(new RemoteKey(name, Encoding.UTF8.GetBytes(name), kind, size, offset));
            offset += width;
            if (offset > MostNumbers)
                throw new MalformedMessageException($"an observation has more than {MostNumbers} numbers");
        }
    }

    static RemoteKey[] ReadActions(JsonElement space, out ActionSpace action)
    {
        List<RemoteKey> keys = [];
        List<int> sizes = [];
        int numbers = 0;
        foreach (JsonProperty property in Keys(space, "action_space"))
        {
            string what = $"action_space of '{property.Name}'";
            string kind = Text(Property(property.Value, "action_type", what), what);
            int size = Whole(Property(property.Value, "size", what), $"the size of {what}", 1, 65536);
            byte[] name = Encoding.UTF8.GetBytes(property.Name);
            switch (kind)
            {
                case "discrete":
                    keys.Add(new RemoteKey(property.Name, name, RemoteKind.Discrete, size, sizes.Count));
                    sizes.Add(size);
                    break;
                case "continuous":
                    keys.Add(new RemoteKey(property.Name, name, RemoteKind.Continuous, size, numbers));
                    numbers += size;
                    break;
                default:
                    throw new MalformedMessageException(
                        $"{what} is of the kind '{Shorten(kind)}', and discrete and continuous are known");
            }
        }
        if (keys.Count == 0)
            throw new MalformedMessageException("its action_space is empty; there must be something to decide");
        action = ActionSpace.Mixed([.. sizes], numbers);
        return [.. keys];
    }

    // Rows, pixels and channels: the shorter end of a shape are the channels. Godot's cameras name them first, and
    // write their pixels like everyone else.
    static ObservationSpace ImageOf(JsonElement size, string what)
    {
        Product(size, what);
        int[] sizes = size.ValueKind != JsonValueKind.Array ? []
            : [.. size.EnumerateArray().Select(one => Whole(one, what, 1, MostNumbers))];
        return sizes switch
        {
            [var height, var width] => ObservationSpace.Image(height, width, 1),
            [var height, var width, <= MostChannels and var channels] when channels <= height =>
                ObservationSpace.Image(height, width, channels),
            [<= MostChannels and var channels, var height, var width] when channels < width =>
                ObservationSpace.Image(height, width, channels),
            _ => throw new MalformedMessageException($"{what} is {Excerpt(size)}, and an image has " +
                $"[rows, columns, channels], with at most {MostChannels} channels"),
        };
    }

    // One space for all agents, as old games say it, or a list with one for each.
    static JsonElement Shared(JsonElement info, string name, int agents)
    {
        JsonElement spaces = Property(info, name, "env_info");
        if (spaces.ValueKind != JsonValueKind.Array)
            return spaces;
        if (spaces.GetArrayLength() != agents)
            throw new MalformedMessageException($"{name} has {spaces.GetArrayLength()} entries for {agents} agents");
        for (int agent = 1; agent < agents; agent++)
        {
            if (!JsonElement.DeepEquals(spaces[0], spaces[agent]))
            {
                throw new MalformedMessageException($"agent {agent} has another {name} than agent 0; " +
                    "one network is trained for all agents, so they must be alike");
            }
        }
        return spaces[0];
    }

    static void RequireOnePolicy(JsonElement info)
    {
        if (!info.TryGetProperty("agent_policy_names", out JsonElement names)
            || names.ValueKind != JsonValueKind.Array || names.GetArrayLength() < 2)
            return;
        foreach (JsonElement name in names.EnumerateArray())
        {
            if (!JsonElement.DeepEquals(names[0], name))
            {
                throw new MalformedMessageException($"its agents follow the policies {Excerpt(names[0])} and " +
                    $"{Excerpt(name)}; one network is trained for all agents, so give them one policy_name");
            }
        }
    }

    static JsonProperty[] Keys(JsonElement space, string name)
    {
        if (space.ValueKind != JsonValueKind.Object)
            throw new MalformedMessageException($"{name} is {Excerpt(space)}, and an object was due");
        JsonProperty[] keys = [.. space.EnumerateObject()];
        if (keys.Length > MostKeys)
            throw new MalformedMessageException($"{name} has {keys.Length} keys; the most is {MostKeys}");
        if (keys.DistinctBy(key => key.Name).Count() < keys.Length)
            throw new MalformedMessageException($"{name} has a key twice");
        return keys;
    }

    static JsonElement Property(JsonElement owner, string name, string what) =>
        owner.ValueKind != JsonValueKind.Object
            ? throw new MalformedMessageException($"{what} is {Excerpt(owner)}, and an object was due")
            : owner.TryGetProperty(name, out JsonElement found) ? found
            : throw new MalformedMessageException($"{what} has no {name}");

    static bool Flag(JsonElement info, string name) => info.TryGetProperty(name, out JsonElement value)
        && value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new MalformedMessageException($"{name} is {Excerpt(value)}, and true or false was due"),
        };

    static string Text(JsonElement element, string what) => element.ValueKind == JsonValueKind.String
        ? element.GetString()!
        : throw new MalformedMessageException($"the kind of {what} is {Excerpt(element)}, and a text was due");

    // Godot writes some whole numbers as 36.0.
    static int Whole(JsonElement element, string what, int least, int most)
    {
        if (element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value)
            && value == Math.Floor(value) && value >= least && value <= most)
            return (int)value;
        throw new MalformedMessageException(
            $"{what} is {Excerpt(element)}, and a whole number from {least} to {most} was due");
    }

    static int Product(JsonElement sizes, string what)
    {
        if (sizes.ValueKind != JsonValueKind.Array)
            return Whole(sizes, what, 0, MostNumbers);
        long product = 1;
        foreach (JsonElement size in sizes.EnumerateArray())
        {
            product *= Whole(size, what, 0, MostNumbers);
            if (product > MostNumbers)
                throw new MalformedMessageException($"{what} has more than {MostNumbers} numbers");
        }
        return (int)product;
    }

    static string Excerpt(JsonElement element) => Shorten(element.GetRawText());

    /// <summary>What a stranger sent, short and in one line, so that it can stand in a sentence.</summary>
    internal static string Shorten(string text, int most = 40)
    {
        string line = new([.. text.Select(letter => char.IsControl(letter) ? ' ' : letter)]);
        return line.Length <= most ? line : line[..most] + "…";
    }
}
