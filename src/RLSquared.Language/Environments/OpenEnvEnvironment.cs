using System.Text.Json;
using RLSquared.Language.Files;

namespace RLSquared.Language.Environments;

/// <summary>
/// How the fields of an environment behind OpenEnv are called. The defaults are those of <c>rl2 host</c>.
/// </summary>
public sealed record OpenEnvFields
{
    /// <summary>The action's text.</summary>
    public string Action { get; init; } = "message";

    /// <summary>The observation's text.</summary>
    public string Observation { get; init; } = "text";

    /// <summary>What is to be done; may be missing.</summary>
    public string Instruction { get; init; } = "instruction";

    /// <summary>A list of the actions that can be taken; may be missing.</summary>
    public string AdmissibleActions { get; init; } = "admissible_actions";

    /// <summary>Whether the last text was an action; may be missing.</summary>
    public string IsValid { get; init; } = "is_valid";

    /// <summary>Whether the play is solved; where it is missing, a play that ends with a reward above 0 is.</summary>
    public string IsSolved { get; init; } = "is_solved";
}

/// <summary>
/// Any environment behind OpenEnv as one that a language agent plays: derive a task from <see cref="AgentTask"/> that
/// creates it. Levels are seeds, so the server must begin the same play for the same seed, and go the same way under
/// the same actions. A copy opens a connection of its own as soon as it takes a step, and takes the same steps there
/// first. There is no oracle: no demonstrations, and no progress in truth.
/// </summary>
/// <param name="address">The server, such as <c>http://127.0.0.1:8001</c>.</param>
/// <param name="fields">Null for those of <c>rl2 host</c>.</param>
/// <param name="patience">How long an answer may take; null for 60 s.</param>
public sealed class OpenEnvEnvironment(string address, OpenEnvFields? fields = null, TimeSpan? patience = null)
    : TextEnvironment, IDisposable
{
    readonly OpenEnvFields fields = fields ?? new OpenEnvFields();
    OpenEnvClient? client;                                   // null until the first call, and in a new copy
    OpenEnvObservation? shown;
    List<string> taken = [];
    int level = -1;

    /// <inheritdoc/>
    public override void Reset(ulong level)
    {
        if (level > int.MaxValue)
            level %= int.MaxValue;
        (this.level, taken) = ((int)level, []);
        client ??= OpenEnvClient.Connect(address, patience).GetAwaiter().GetResult();
        shown = client.Reset(this.level).GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override TextEnvironment Clone() => new OpenEnvEnvironment(address, fields, patience)
    {
        shown = shown,
        taken = [.. taken],
        level = level,
    };

    /// <inheritdoc/>
    public override string Instruction => Text(fields.Instruction);

    /// <inheritdoc/>
    public override string Observation => Text(fields.Observation);

    /// <inheritdoc/>
    public override IReadOnlyList<string> AdmissibleActions =>
        Field(fields.AdmissibleActions) is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String)
                .Select(one => one.GetString()!)] : [];

    /// <inheritdoc/>
    /// <exception cref="IOException">The server has gone, or refused.</exception>
    /// <exception cref="InvalidDataException">A copy's steps did not lead to where the original is.</exception>
    public override TextStep Step(string action)
    {
        ArgumentNullException.ThrowIfNull(action);
        RequireRunning();
        if (client is null)
            CatchUp();
        shown = client!.Step(action, fields.Action).GetAwaiter().GetResult();
        taken.Add(action);
        bool isValid = Field(fields.IsValid) is not { ValueKind: JsonValueKind.False };
        if (IsDone)
        {
            client.Dispose();
            client = null;
        }
        return new TextStep((float)(shown.Reward ?? 0), isValid);
    }

    void CatchUp()
    {
        string wanted = Observation;
        client = OpenEnvClient.Connect(address, patience).GetAwaiter().GetResult();
        shown = client.Reset(level).GetAwaiter().GetResult();
        foreach (string action in taken)
            shown = client.Step(action, fields.Action).GetAwaiter().GetResult();
        if (Observation != wanted)
        {
            throw new InvalidDataException($"the environment at {address} went another way with the same seed and " +
                "the same actions; plays of a group need one that does not");
        }
    }

    /// <inheritdoc/>
    public override bool IsDone => Shown.IsDone;

    /// <inheritdoc/>
    public override bool IsSolved => Field(fields.IsSolved) is { } solved
        ? solved.ValueKind == JsonValueKind.True : IsDone && Shown.Reward > 0;

    /// <summary>Nobody knows.</summary>
    public override int? OracleDistance => null;

    /// <summary>Nobody knows.</summary>
    public override string? OracleAction => null;

    /// <summary>The actions that were taken.</summary>
    public override string Lesson => string.Join(' ', taken);

    OpenEnvObservation Shown => shown
        ?? throw new InvalidOperationException("the environment has not begun; reset it first");

    JsonElement? Field(string name) => Shown.Observation.ValueKind == JsonValueKind.Object
        && Shown.Observation.TryGetProperty(name, out JsonElement field) ? field : null;

    string Text(string name) => Field(name) is not { } field ? name == fields.Observation
        ? throw JsonField.Refusal(
            $"the observation of {address}", $"it lacks '{name}'; name the field that has the text")
        : "" : field.ValueKind == JsonValueKind.String ? field.GetString()! : field.GetRawText();

    /// <summary>Closes its connection.</summary>
    public void Dispose() => client?.Dispose();
}
