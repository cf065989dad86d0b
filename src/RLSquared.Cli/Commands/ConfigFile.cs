using System.Globalization;
using System.Text.Json;
using RLSquared.Settings;

namespace RLSquared.Cli.Commands;

/// <summary>
/// A file with what <c>rl2 train --config</c> is told: the same keys as a run's <c>config.json</c>, of which any may be
/// left out. The command line goes before the file, and the file before the defaults.
/// <code>
/// { "task": "bandits", "taskOptions": { "arms": "10" }, "algorithmOptions": { "hidden": "128" }, "budget": "25min" }
/// </code>
/// </summary>
internal sealed class ConfigFile
{
    const int Longest = 1 << 20;

    // What a run's own file says besides belongs to that run.
    static readonly string[] passedOver = ["version", "assembly", "unit"];
    static readonly string[] texts =
    [
        "task", "algorithm", "preset", "seed", "threads", "device", "budget", "checkpointEvery", "evaluateEvery",
        "stopAt", "from",
    ];
    static readonly string[] tables = ["taskOptions", "algorithmOptions"];

    readonly Dictionary<string, string> values = [];
    readonly List<Assignment> options = [];
    readonly string path;

    ConfigFile(string path) => this.path = path;

    /// <summary>The options of task and algorithm.</summary>
    public IReadOnlyList<Assignment> Options => options;

    /// <summary>A value as text; null where the file has none.</summary>
    public string? this[string key] => values.GetValueOrDefault(key);

    /// <summary>A number; null where the file has none.</summary>
    /// <exception cref="OptionException">It is none of this kind.</exception>
    public T? Number<T>(string key) where T : struct, IParsable<T> => this[key] is not { } text ? null
        : T.TryParse(text, CultureInfo.InvariantCulture, out T value) ? value
        : throw new OptionException("--config", $"{key} of {path} must be a number, but is '{text}'");

    /// <summary>Reads a file.</summary>
    /// <exception cref="OptionException">There is none, or it says what cannot be.</exception>
    public static ConfigFile Read(string path)
    {
        if (!File.Exists(path))
            throw Wrong($"there is no file {path}; name a JSON file, such as the config.json of a run");
        if (new FileInfo(path).Length > Longest)
            throw Wrong($"{path} is longer than any configuration");
        var file = new ConfigFile(path);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), new()
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
            });
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw Wrong($"{path} must hold a JSON object, such as {{ \"task\": \"bandits\" }}");
            foreach (JsonProperty property in json.RootElement.EnumerateObject())
                file.Take(property);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw Wrong($"{path} is no JSON: {failure.Message}");
        }
        return file;
    }

    void Take(JsonProperty property)
    {
        string[] known = [.. texts, .. tables, .. passedOver];
        if (tables.Contains(property.Name) && property.Value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty option in property.Value.EnumerateObject())
                options.Add(new Assignment(option.Name, Text(option)));
        }
        else if (tables.Contains(property.Name))
        {
            throw Wrong($"{property.Name} of {path} must be an object, such as {{ \"arms\": \"10\" }}");
        }
        else if (texts.Contains(property.Name))
        {
            if (property.Value.ValueKind != JsonValueKind.Null)
                values[property.Name] = Text(property);
        }
        else if (!passedOver.Contains(property.Name))
        {
            string hint = Suggestions.Nearest(property.Name, known) is { } nearest ? $"did you mean '{nearest}'?"
                : $"there are {string.Join(", ", known)}";
            throw Wrong($"{path} has an unknown key '{property.Name}'; {hint}");
        }
    }

    string Text(JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.String => property.Value.GetString()!,
        JsonValueKind.Number => property.Value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw Wrong($"{property.Name} of {path} must be a text or a number"),
    };

    static OptionException Wrong(string message) => new("--config", message);
}
