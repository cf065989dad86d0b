using System.Text.Json;
using RLSquared.Cli.Output;
using RLSquared.Datasets;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;

namespace RLSquared.Cli.Dashboard;

/// <summary>
/// What the trajectories of runs that learn to reach goals look like: how many and how long they are, in which ranges
/// their numbers lie, and where they went in a maze. They are made or read again, one set at a time, and what was
/// counted is kept.
/// </summary>
internal sealed class RunDatasets
{
    /// <summary>The most rows that are made for a picture; of a larger set, the first trajectories.</summary>
    public const int MostRows = 1 << 20;

    const int MostKept = 64;

    readonly Lock gate = new();
    readonly Dictionary<string, DatasetReport> kept = [];

    /// <summary>Writes the properties of the JSON object; <c>shown</c> is null for a run of another kind.</summary>
    /// <param name="json">Receives them.</param>
    /// <param name="run">The run.</param>
    /// <exception cref="InvalidDataException">Its file of trajectories is damaged, or not there any more.</exception>
    public void WriteJson(Utf8JsonWriter json, WatchedRun run)
    {
        if (run.Configuration is not { Assembly: null } told
            || !GoalTaskCatalogue.Entries.Any(entry => entry.Name == told.Task))
        {
            json.WriteNull("shown");
            return;
        }
        DatasetReport report = Of(told);
        json.WriteStartObject("shown");
        report.Write(json);
        json.WriteString("picture", report.Coverage?.ToSvg("Where the trajectories went"));
        json.WriteEndObject();
    }

    DatasetReport Of(RunConfiguration told)
    {
        string key = $"{told.Task} {string.Join(' ', told.TaskAssignments())}";
        lock (gate)
        {
            if (kept.TryGetValue(key, out DatasetReport? report))
                return report;
            var problem = (GoalProblem)TaskCatalogue.Find(told.Task).CreateProblem(told.TaskAssignments());
            try
            {
                report = Count(problem);
            }
            catch (FileNotFoundException gone)
            {
                throw new InvalidDataException(gone.Message, gone);
            }
            if (kept.Count == MostKept)
                kept.Clear();
            return kept[key] = report;
        }
    }

    static DatasetReport Count(GoalProblem problem)
    {
        GoalTask task = problem.Task;
        if (problem.Options.File.Length > 0)
            return DatasetReport.Of(problem.Options.File, task, task.Observation, task.Action);
        GoalDataKind kind = task.KindOf(problem.Options);
        int rows = problem.Options.Rows > 0 ? problem.Options.Rows : kind.Rows;
        int all = problem.Options.Trajectories > 0 ? problem.Options.Trajectories : kind.Trajectories;
        int some = Math.Clamp(MostRows / rows, 1, all);
        GoalDataset data = task.MakeData(problem.Options with { Trajectories = some });
        string name = some == all ? $"{kind.Name} data of {task.Name}"
            : $"the first {some:N0} of {all:N0} trajectories of the {kind.Name} data of {task.Name}";
        DatasetReport report = DatasetReport.Of(
            name, task, data.Observation, data.Action, data.HasGoals ? data.GoalWidth : 0, [data]);
        return report with { Kind = kind.Name };
    }
}
