using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using RLSquared.Evaluation;
using RLSquared.Files;
using RLSquared.Reproduction;
using RLSquared.Runs;
using RLSquared.Settings;

namespace RLSquared.Cli.Output;

/// <summary>An evaluation as a table for people and as JSON for programs.</summary>
internal static class EvaluationOutput
{
    /// <summary>Writes the table, best agent first.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="result">What was found.</param>
    /// <param name="trained">The name of the trained agent, which is marked; null when there is none.</param>
    /// <param name="note">What is said behind the trained agent's name.</param>
    public static void WriteTable(TextWriter output, EvaluationResult result, string? trained, string note = "")
    {
        PaperRow? published = PaperTables.Find(result.Task, result.Settings);
        string options = string.Join(", ", result.Settings.Select(setting => $"{setting.Key} {setting.Value}"));
        output.WriteLine($"{result.Task}{(options.Length > 0 ? $": {options}" : "")}; " +
            $"{Whole(result.Instances)} fresh trials, seed {result.Seed}");
        output.WriteLine();
        List<string[]> rows = [["", "agent", "mean ± standard error", published is null ? "" : "the paper's"]];
        foreach (AgentScore agent in result.Agents.OrderByDescending(agent => agent.Score.Mean))
        {
            string settings = agent.Name == trained ? note : agent.Settings.Count == 0 ? ""
                : $" ({string.Join(", ", agent.Settings.Select(setting => $"{setting.Key} {setting.Value}"))})";
            string paper = published?[agent.Name]?.ToString(published.Format, CultureInfo.InvariantCulture) ?? "";
            rows.Add([agent.Name == trained ? "▸" : "", agent.Name + settings, agent.Score.ToString(), paper]);
        }
        if (published is { ShowsAll: true })
        {
            foreach (PaperScore other in published.Scores.Where(
                score => result.Agents.All(agent => agent.Name != score.Agent)))
                rows.Add(["", other.Agent, "", other.Mean.ToString(published.Format, CultureInfo.InvariantCulture)]);
        }
        if (result.Ceiling is { } ceiling)
        {
            string score = ceiling.Score.StandardError == 0
                ? ceiling.Score.Mean.ToString("F3", CultureInfo.InvariantCulture) : ceiling.Score.ToString();
            rows.Add(["", "ceiling: " + ceiling.Name, score, ""]);
        }
        int[] widths = [.. Enumerable.Range(0, 4).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            string line = string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column])));
            output.WriteLine(line.TrimEnd());
        }
        WriteFigures(output, result);
        NavigationOutput.WriteTable(output, result);
        if (published is { } source)
        {
            output.WriteLine();
            output.WriteLine($"the paper's: {source.Source}, {source.Row}, " +
                $"{Whole(source.Instances)} instances of its own");
        }
    }

    /// <summary>
    /// Writes a run's <c>evaluation.json</c>: when it was written and which checkpoint played, and then what
    /// <see cref="WriteJson"/> writes. The file appears whole or not at all.
    /// </summary>
    /// <param name="folder">The run.</param>
    /// <param name="checkpoint">The file of the checkpoint that played.</param>
    /// <param name="steps">How far it was trained: environment steps, or what else its algorithm counts.</param>
    /// <param name="result">What was found.</param>
    /// <exception cref="IOException">The file cannot be written; the one before it is still there.</exception>
    public static void WriteFile(RunFolder folder, string checkpoint, long steps, EvaluationResult result)
    {
        string name = Path.GetRelativePath(folder.Path, checkpoint).Replace(Path.DirectorySeparatorChar, '/');
        WholeFile.Write(folder.EvaluationPath, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new()
            {
                Indented = true,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            });
            json.WriteStartObject();
            string utc = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            json.WriteString("written", utc);
            json.WriteString("checkpoint", name);
            json.WriteNumber("steps", steps);
            WriteJson(json, result);
            json.WriteEndObject();
        });
    }

    /// <summary>Writes the properties of the JSON object.</summary>
    public static void WriteJson(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteString("task", result.Task);
        WriteSettings(json, result.Settings);
        json.WriteNumber("instances", result.Instances);
        json.WriteNumber("seed", result.Seed);
        json.WriteStartArray("agents");
        foreach (AgentScore agent in result.Agents)
        {
            json.WriteStartObject();
            json.WriteString("name", agent.Name);
            WriteSettings(json, agent.Settings);
            WriteEstimate(json, agent.Score);
            WriteFigures(json, agent);
            NavigationOutput.WriteJson(json, agent.Navigation);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (result.Ceiling is { } ceiling)
        {
            json.WriteStartObject("ceiling");
            json.WriteString("name", ceiling.Name);
            json.WriteBoolean("isBound", ceiling.IsBound);
            WriteEstimate(json, ceiling.Score);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("ceiling");
        }
        if (PaperTables.Find(result.Task, result.Settings) is { } paper)
        {
            json.WriteStartObject("paper");
            json.WriteString("source", paper.Source);
            json.WriteString("row", paper.Row);
            json.WriteNumber("instances", paper.Instances);
            json.WriteStartObject("means");
            foreach (PaperScore score in paper.Scores)
                json.WriteNumber(score.Agent, score.Mean);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("paper");
        }
    }

    // A line for each figure that an agent has besides its score.
    static void WriteFigures(TextWriter output, EvaluationResult result)
    {
        foreach (AgentScore agent in result.Agents.Where(agent => agent.Figures.Count > 0))
        {
            output.WriteLine();
            output.WriteLine(agent.Name);
            int width = agent.Figures.Max(figure => figure.Name.Length);
            foreach ((string name, Estimate score) in agent.Figures)
                output.WriteLine($"  {name.PadRight(width)}  {score}");
        }
    }

    static void WriteFigures(Utf8JsonWriter json, AgentScore agent)
    {
        if (agent.Figures.Count == 0)
            return;
        json.WriteStartObject("figures");
        foreach ((string name, Estimate score) in agent.Figures)
        {
            json.WriteStartObject(name);
            WriteEstimate(json, score);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    static void WriteSettings(Utf8JsonWriter json, IReadOnlyList<Assignment> settings)
    {
        json.WriteStartObject("options");
        foreach ((string key, string value) in settings)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    static void WriteEstimate(Utf8JsonWriter json, Estimate estimate)
    {
        json.WriteNumber("mean", estimate.Mean);
        json.WriteNumber("standardError", estimate.StandardError);
    }

    static string Whole(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
