using System.Text.Json;
using RLSquared.Evaluation;
using RLSquared.Reproduction;

namespace RLSquared.Cli.Output;

/// <summary>How episodes went, as a table like the paper's Table 3 and as JSON.</summary>
internal static class NavigationOutput
{
    /// <summary>Writes a block for each agent that has such figures, with the paper's below.</summary>
    public static void WriteTable(TextWriter output, EvaluationResult result)
    {
        PaperNavigation? published = PaperTables.FindNavigation(result.Task, result.Settings);
        foreach (AgentScore agent in result.Agents.OrderByDescending(agent => agent.Score.Mean))
        {
            if (agent.Navigation is not { } figures)
                continue;
            IReadOnlyList<EpisodeFigures> episodes = figures.Episodes;
            output.WriteLine();
            List<string[]> rows =
            [
                [agent.Name, .. Enumerable.Range(1, episodes.Count).Select(number => $"episode {number}")],
                ["found", .. episodes.Select(episode => EpisodeText.Percent(episode.Success.Mean))],
                ["steps, where found", .. episodes.Select(episode => EpisodeText.Steps(episode.StepsOfSuccesses))],
                ["steps, all", .. episodes.Select(episode => EpisodeText.Steps(episode.Steps))],
            ];
            if (published is { } paper)
            {
                int known = Math.Min(episodes.Count, paper.Steps.Count);
                rows.Add(["the paper's: found", .. paper.Success.Take(known).Select(EpisodeText.Percent)]);
                rows.Add(
                    ["  steps, where found", .. paper.Steps.Take(known).Select(steps => EpisodeText.Steps(steps))]);
            }
            int[] widths = [.. Enumerable.Range(0, episodes.Count + 1)
                .Select(column => rows.Max(row => column < row.Length ? row[column].Length : 0))];
            foreach (string[] row in rows)
            {
                string line = string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column])));
                output.WriteLine(line.TrimEnd());
            }
            if (figures.Improved is { } improved)
            {
                string other = published is not null
                    ? $"; the paper's {EpisodeText.Percent(published.Improved)}" : "";
                output.WriteLine(
                    $"second episode no longer than the first: {EpisodeText.Percent(improved.Mean)}{other}");
            }
        }
        if (published is { } source)
        {
            output.WriteLine();
            output.WriteLine($"the paper's: Duan et al. 2016, Table 3, {source.Size}, the best of its runs in " +
                "ViZDoom; these are other mazes");
        }
    }

    /// <summary>Writes the property <c>navigation</c> of an agent, or nothing.</summary>
    public static void WriteJson(Utf8JsonWriter json, NavigationFigures? figures)
    {
        if (figures is null)
            return;
        json.WriteStartObject("navigation");
        json.WriteStartArray("episodes");
        foreach (EpisodeFigures episode in figures.Episodes)
        {
            json.WriteStartObject();
            WriteEstimate("success", episode.Success);
            WriteEstimate("stepsOfSuccesses", episode.StepsOfSuccesses);
            WriteEstimate("steps", episode.Steps);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteEstimate("improved", figures.Improved);
        json.WriteEndObject();

        void WriteEstimate(string name, Estimate? estimate)
        {
            if (estimate is not { } known)
            {
                json.WriteNull(name);
                return;
            }
            json.WriteStartObject(name);
            json.WriteNumber("mean", known.Mean);
            json.WriteNumber("standardError", known.StandardError);
            json.WriteEndObject();
        }
    }
}
