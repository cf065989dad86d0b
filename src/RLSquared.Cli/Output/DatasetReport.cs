using System.Globalization;
using System.Text.Json;
using RLSquared.Cli.Films;
using RLSquared.Datasets;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;

namespace RLSquared.Cli.Output;

/// <summary>What <c>rl2 datasets</c> says of a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Observation">What an observation is.</param>
/// <param name="Action">What an action is.</param>
/// <param name="GoalWidth">Numbers of a goal representation; 0 where there is none.</param>
/// <param name="Task">The task that it must fit, if any.</param>
/// <param name="Summary">What was counted.</param>
/// <param name="Coverage">Where the trajectories went, in a maze.</param>
internal sealed record DatasetReport(
    string Path, ObservationSpace Observation, ActionSpace Action, int GoalWidth, GoalTask? Task,
    DatasetSummary Summary, MazeCoverage? Coverage)
{
    // More columns than that are not listed one by one.
    const int MostColumns = 12;

    /// <summary>The kind of data that was made.</summary>
    public string? Kind { get; init; }

    /// <summary>Seconds that making took.</summary>
    public double? Seconds { get; init; }

    // What is held at once while a file is read: some hundred megabytes at most.
    const int MostRowsAtOnce = 1 << 20;

    /// <summary>Counts what is in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="task">The task that it must fit, if any.</param>
    /// <param name="observation">What an observation must be; null for what the file has.</param>
    /// <param name="action">What an action must be; null for what the file has.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or does not fit.</exception>
    public static DatasetReport Of(string path, GoalTask? task, ObservationSpace? observation, ActionSpace? action)
    {
        using GoalDatasetReader reader = GoalDatasetFile.Open(path, observation, action);
        return Of(path, task, reader.Observation, reader.Action, reader.GoalWidth, Parts());

        IEnumerable<GoalDataset> Parts()
        {
            while (reader.ReadNext(MostRowsAtOnce) is { } part)
                yield return part;
        }
    }

    /// <summary>Counts what is in a set.</summary>
    /// <param name="name">Of the set.</param>
    /// <param name="task">The task that it fits, if any.</param>
    /// <param name="observation">What an observation is.</param>
    /// <param name="action">What an action is.</param>
    /// <param name="goalWidth">Numbers of a goal representation; 0 where there is none.</param>
    /// <param name="parts">All of it, part by part.</param>
    public static DatasetReport Of(string name, GoalTask? task, ObservationSpace observation, ActionSpace action,
        int goalWidth, IEnumerable<GoalDataset> parts)
    {
        var summary = new DatasetSummary(
            observation.Width, action.Numbers, action.Choices > 0 ? action.SizeOf(0) : 0);
        MazeCoverage? coverage = task is PointMaze maze ? new MazeCoverage(maze.Map) : null;
        foreach (GoalDataset part in parts)
        {
            summary.Add(part);
            coverage?.Add(part);
        }
        return new DatasetReport(name, observation, action, goalWidth, task, summary, coverage);
    }

    public void Write(TextWriter output)
    {
        string made = Kind is null ? "" : string.Create(Invariant, $", {Kind} data made in {Seconds:F1} s");
        output.WriteLine($"{Path}{(Task is null ? "" : $": {Task.Name}")}{made}");
        output.WriteLine(string.Create(Invariant, $"  rows          {Summary.Rows:N0}"));
        output.WriteLine(string.Create(Invariant,
            $"  trajectories  {Summary.Trajectories:N0} of {Summary.Shortest:N0} to {Summary.Longest:N0} rows, " +
            $"{Summary.MeanLength:N1} on average"));
        output.WriteLine(string.Create(Invariant, $"  observations  {Count(Observation.Width, "number")}"));
        WriteRanges(output, Summary.Observations);
        output.WriteLine($"  actions       {Action}");
        WriteRanges(output, Summary.Actions);
        if (Summary.Choices.Length is > 0 and <= 64)
        {
            output.WriteLine($"    shares      " + string.Join(' ',
                Summary.Choices.Select(count => ((double)count / Summary.Rows).ToString("F3", Invariant))));
        }
        if (GoalWidth > 0)
            output.WriteLine($"  goals         {Count(GoalWidth, "number")} of their own");
        if (Coverage is null)
            return;
        output.WriteLine(string.Create(Invariant, $"  coverage      {Coverage.Share:P0} of the free cells"));
        if (Coverage.Outside > 0)
        {
            output.WriteLine(string.Create(Invariant,
                $"  warning       {Coverage.Outside:N0} rows are outside of this maze; name its size by --set size=…"));
        }
        foreach (string line in Coverage.ToText())
            output.WriteLine($"    {line}");
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("file", Path);
        if (Task is not null)
            json.WriteString("task", Task.Name);
        if (Kind is not null)
            json.WriteString("kind", Kind);
        if (Seconds is { } seconds)
            json.WriteNumber("seconds", Math.Round(seconds, 3));
        json.WriteNumber("rows", Summary.Rows);
        json.WriteNumber("trajectories", Summary.Trajectories);
        json.WriteNumber("shortest", Summary.Shortest);
        json.WriteNumber("longest", Summary.Longest);
        WriteRanges(json, "observations", Summary.Observations);
        json.WriteString("action", Action.ToString());
        WriteRanges(json, "actions", Summary.Actions);
        json.WriteNumber("goalWidth", GoalWidth);
        if (Coverage is { } coverage)
        {
            json.WriteNumber("coverage", coverage.Share);
            json.WriteNumber("outside", coverage.Outside);
        }
    }

    static void WriteRanges(TextWriter output, NumberRange[] ranges)
    {
        for (int i = 0; i < Math.Min(ranges.Length, MostColumns); i++)
        {
            output.WriteLine(string.Create(Invariant,
                $"    {i,-10}  {ranges[i].Least,9:F3} to {ranges[i].Most,9:F3}, mean {ranges[i].Mean,8:F3}, " +
                $"deviation {ranges[i].Deviation:F3}"));
        }
        if (ranges.Length > MostColumns)
            output.WriteLine($"    and {ranges.Length - MostColumns} more");
    }

    static void WriteRanges(Utf8JsonWriter json, string name, NumberRange[] ranges)
    {
        json.WriteStartArray(name);
        foreach (NumberRange range in ranges)
        {
            json.WriteStartObject();
            json.WriteNumber("least", range.Least);
            json.WriteNumber("most", range.Most);
            json.WriteNumber("mean", range.Mean);
            json.WriteNumber("deviation", range.Deviation);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    static CultureInfo Invariant => CultureInfo.InvariantCulture;
}
