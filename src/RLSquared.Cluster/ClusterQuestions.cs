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
        List<string[]> rows = [["worker", "address", "threads", "state", "shards", "seconds"]];
        foreach (WorkerStatus worker in status.Workers)
        {
            rows.Add([worker.Name, worker.Address, Text($"{worker.Threads}"), worker.State, Text($"{worker.Shards:N0}"),
                Text($"{worker.Seconds:F1}")]);
        }
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        IEnumerable<string> lines = rows.Select(row => string.Join("  ", row.Select((cell, column) =>
            column is 2 or 4 or 5 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
        return Text($"{status.Algorithm} learns {status.Task}: {status.Steps:N0} {status.Unit}; ") +
            Text($"{status.ShardsHere:N0} shards computed by the training itself, ") +
            Text($"{status.Replayed:N0} once more; {status.Lost} workers lost\n\n") + string.Join('\n', lines);
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
