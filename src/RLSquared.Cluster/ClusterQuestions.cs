using System.Globalization;
using System.Text.Json;
using RLSquared.Cluster.Doors;
using RLSquared.Cluster.Messages;
using RLSquared.Cluster.Registries;

namespace RLSquared.Cluster;

/// <summary>What can be asked of a training from a process that does not take part.</summary>
/// <param name="options">Where the training is, and what protects it.</param>
/// <exception cref="IOException">The methods: no training answers there; the message says why.</exception>
internal sealed class ClusterQuestions(ClusterOptions options)
{
    /// <summary>Who takes part, as a JSON object on one line.</summary>
    public string StatusJson() => Ask(Errand.Status, "").Content!;

    /// <summary>Who takes part, as a table.</summary>
    public string StatusTable()
    {
        ClusterStatus status = JsonSerializer.Deserialize(StatusJson(), CardJson.Default.ClusterStatus)!;
        if (status.Pipeline is { } pipeline)
            return StatusTable(status, pipeline);
        List<string[]> rows = [["worker", "address", "threads", "state", "shards", "seconds"]];
        foreach (WorkerStatus worker in status.Workers)
        {
            rows.Add([worker.Name, worker.Address, Text($"{worker.Threads}"), worker.State, Text($"{worker.Shards:N0}"),
                Text($"{worker.Seconds:F1}")]);
        }
        return Text($"{status.Algorithm} learns {status.Task}: {status.Steps:N0} {status.Unit}; ") +
            Text($"{status.ShardsHere:N0} shards computed by the training itself, ") +
            Text($"{status.Replayed:N0} once more; {status.Lost} workers lost\n\n") + Table(rows);
    }

    static string StatusTable(ClusterStatus status, PipelineStatus pipeline)
    {
        List<string[]> rows =
            [["worker", "address", "threads", "state", "blocks", "in progress", "sequences", "tokens", "version"]];
        foreach (WorkerStatus worker in status.Workers)
        {
            rows.Add([worker.Name, worker.Address, Text($"{worker.Threads}"), worker.State, Text($"{worker.Shards:N0}"),
                Text($"{worker.InProgress}"), Text($"{worker.Sequences}"), Text($"{worker.Tokens:N0}"),
                worker.Version is >= 0 and { } version ? Text($"{version}") : "none"]);
        }
        return Text($"{status.Algorithm} learns {status.Task}: {status.Steps:N0} {status.Unit}, version ") +
            Text($"{pipeline.Version}; {pipeline.Begun:N0} blocks begun, {pipeline.Delivered:N0} made ") +
            Text($"({status.ShardsHere:N0} by the training itself), {pipeline.Held} in progress, {pipeline.Queued} ") +
            Text($"waiting for the trainer; {pipeline.Restarted:N0} begun again; {status.Lost} workers lost\n\n") +
            Table(rows);
    }

    // Numbers to the right, the others to the left.
    static string Table(List<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        IEnumerable<string> lines = rows.Select(row => string.Join("  ", row.Select((cell, column) =>
            column is 2 or >= 4 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
        return string.Join('\n', lines);
    }

    /// <summary>Lets a worker finish and leave.</summary>
    /// <exception cref="ClusterException">There is no such worker.</exception>
    public void Drain(string name) => Ask(Errand.Drain, name);

    Answer Ask(Errand errand, string name)
    {
        ClusterOptions place = Registration.FindAsync(options).GetAwaiter().GetResult();
        Answer answer = DoorCaller.AskAsync(
            place, new Hello(errand, name, Build.Current), CancellationToken.None).GetAwaiter().GetResult();
        return answer.Refusal is { } refusal ? throw new ClusterException(refusal) : answer;
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
