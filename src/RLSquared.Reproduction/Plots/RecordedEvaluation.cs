using System.Text.Json;

namespace RLSquared.Reproduction.Plots;

/// <summary>An agent's score as a run's <c>evaluation.json</c> has it.</summary>
/// <param name="Name">The agent, with its options where it has some.</param>
/// <param name="Mean">The mean return of a trial.</param>
internal sealed record RecordedScore(string Name, double Mean);

/// <summary>What a plot needs of a run's <c>evaluation.json</c>.</summary>
/// <param name="Instances">The trials that everyone played.</param>
/// <param name="Opponents">Everyone but the trained agent.</param>
/// <param name="Ceiling">What no agent, or nearly none, can exceed; null where nothing is known.</param>
internal sealed record RecordedEvaluation(
    int Instances, IReadOnlyList<RecordedScore> Opponents, RecordedScore? Ceiling)
{
    /// <summary>Reads the file of a run; null where it is not there yet.</summary>
    /// <param name="path">The file.</param>
    /// <param name="trained">The name of the trained agent, which is none of the opponents.</param>
    /// <exception cref="InvalidDataException">It is no evaluation.</exception>
    public static RecordedEvaluation? Read(string path, string trained)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = json.RootElement, ceiling = root.GetProperty("ceiling");
            return new RecordedEvaluation(
                root.GetProperty("instances").GetInt32(),
                [.. root.GetProperty("agents").EnumerateArray()
                    .Where(agent => agent.GetProperty("name").GetString() != trained).Select(Score)],
                ceiling.ValueKind == JsonValueKind.Null ? null : new RecordedScore(
                    ceiling.GetProperty("name").GetString()!, ceiling.GetProperty("mean").GetDouble()));
        }
        catch (Exception failure) when (
            failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is no evaluation: {failure.Message}", failure);
        }
    }

    static RecordedScore Score(JsonElement agent)
    {
        string options = string.Join(
            ", ", agent.GetProperty("options").EnumerateObject().Select(option => $"{option.Name} {option.Value}"));
        string name = agent.GetProperty("name").GetString()!;
        return new RecordedScore(options == "" ? name : $"{name} ({options})", agent.GetProperty("mean").GetDouble());
    }
}
