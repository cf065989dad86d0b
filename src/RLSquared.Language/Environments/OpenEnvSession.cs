using System.Text.Json;
using RLSquared.Language.Files;

namespace RLSquared.Language.Environments;

/// <summary>
/// One environment behind OpenEnv's messages (OpenEnv 0.3, WebSocket <c>/ws</c>): takes a message and gives the answer,
/// whatever carries both.
/// <code>
///   {"type": "reset", "data": {"seed": 42, "episode_id": "x"}}      the seed is the number of the level
///   {"type": "step", "data": {"message": "up"}}
///   {"type": "state"}   {"type": "close"}
///   →  {"type": "observation", "data": {"observation": {…}, "reward": r, "done": b}}
///   →  {"type": "state", "data": {"episode_id": "x", "step_count": n}}
///   →  {"type": "error", "data": {"message": "…", "code": "…"}}
/// </code>
/// OpenEnv has no sign for a play that was cut: a play that has used its steps is done, and not solved. After an error
/// the session goes on.
/// </summary>
/// <param name="task">Whose environment, and how many steps a play may have.</param>
/// <param name="draw">The number of a level where a reset names none.</param>
public sealed class OpenEnvSession(AgentTask task, Func<ulong> draw)
{
    readonly TextEnvironment environment = task.Create();
    string? episode;
    bool hasBegun;

    /// <summary>Steps of the present play.</summary>
    public int Steps { get; private set; }

    /// <summary>Whether the play is over: solved, lost, or cut.</summary>
    public bool IsDone => environment.IsDone || Steps >= task.MostSteps;

    /// <summary>The answer to a message.</summary>
    /// <param name="message">JSON in UTF-8, of any length.</param>
    /// <returns>JSON in UTF-8; null where the client has closed the session.</returns>
    public byte[]? Answer(ReadOnlyMemory<byte> message)
    {
        try
        {
            return JsonField.Read(message, "the message", Read) switch
            {
                (Request.Reset, var level, _) => Reset(level),
                (Request.Step, _, var action) => Step(action!),
                (Request.State, _, _) => Write("state", json =>
                {
                    json.WriteString("episode_id", episode);
                    json.WriteNumber("step_count", Steps);
                    json.WriteString("task", task.Name);
                }),
                (Request.Unknown, _, var type) => Error("UNKNOWN_TYPE",
                    $"there is no message of type '{type}'; there are reset, step, state, close"),
                _ => null,
            };
        }
        catch (InvalidDataException wrong)
        {
            bool isJson = !wrong.Message.Contains("no valid JSON", StringComparison.Ordinal);
            return Error(isJson ? "VALIDATION_ERROR" : "INVALID_JSON", wrong.Message);
        }
        catch (InvalidOperationException wrong)
        {
            return Error("EXECUTION_ERROR", wrong.Message);
        }
    }

    /// <summary>An error as a message.</summary>
    /// <param name="code">OpenEnv's code, such as <c>CAPACITY_REACHED</c>.</param>
    /// <param name="message">What would be right.</param>
    /// <returns>JSON in UTF-8, of the length that it has.</returns>
    public static byte[] Error(string code, string message) => Write("error", json =>
    {
        json.WriteString("message", message);
        json.WriteString("code", code);
    });

    /// <summary>The JSON schemas of actions, observations and states, as OpenEnv's <c>/schema</c> gives them.</summary>
    public static void WriteSchema(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        foreach ((string name, (string Field, string Type)[] fields) in new (string, (string, string)[])[]
        {
            ("action", [("message", "string")]),
            ("observation", [("text", "string"), ("instruction", "string"), ("admissible_actions", "array"),
                ("is_valid", "boolean"), ("is_solved", "boolean")]),
            ("state", [("episode_id", "string"), ("step_count", "integer"), ("task", "string")]),
        })
        {
            json.WriteStartObject(name);
            json.WriteString("type", "object");
            json.WriteStartObject("properties");
            foreach ((string field, string type) in fields)
            {
                json.WriteStartObject(field);
                json.WriteString("type", type);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    enum Request
    {
        Unknown,
        Reset,
        Step,
        State,
        Close,
    }

    (Request Kind, ulong? Level, string? Text) Read(JsonField message)
    {
        string type = message.Get("type").Text();
        switch (type)
        {
            case "reset":
                JsonField? data = message.Find("data");
                episode = data?.Find("episode_id")?.Text();
                return (Request.Reset, (ulong?)data?.Find("seed")?.Whole(0, int.MaxValue), null);
            case "step":
                return (Request.Step, null, message.Get("data").Get("message").Text());
            case "state":
                return (Request.State, null, null);
            case "close":
                return (Request.Close, null, null);
            default:
                return (Request.Unknown, null, type);
        }
    }

    byte[] Reset(ulong? level)
    {
        environment.Reset(level ?? draw());
        (hasBegun, Steps) = (true, 0);
        return Observation(null, isValid: true);
    }

    byte[] Step(string action)
    {
        if (!hasBegun)
            throw new InvalidOperationException("the environment has not begun; send a reset first");
        if (IsDone)
            throw new InvalidOperationException("the play is over; send a reset before the next step");
        TextStep step = environment.Step(action);
        Steps++;
        return Observation(step.Reward, step.IsValid);
    }

    byte[] Observation(float? reward, bool isValid) => Write("observation", json =>
    {
        json.WriteStartObject("observation");
        json.WriteString("text", environment.Observation);
        json.WriteString("instruction", environment.Instruction);
        json.WriteStartArray("admissible_actions");
        foreach (string action in environment.AdmissibleActions)
            json.WriteStringValue(action);
        json.WriteEndArray();
        json.WriteBoolean("is_valid", isValid);
        json.WriteBoolean("is_solved", environment.IsSolved);
        json.WriteEndObject();
        if (reward is { } known)
            json.WriteNumber("reward", known);
        else
            json.WriteNull("reward");
        json.WriteBoolean("done", IsDone);
    });

    static byte[] Write(string type, Action<Utf8JsonWriter> data)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteStartObject("data");
            data(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }
}
