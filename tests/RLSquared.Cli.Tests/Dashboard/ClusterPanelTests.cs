using System.Text.Json;
using RLSquared.Cluster.Messages;

namespace RLSquared.Cli.Tests.Dashboard;

/// <summary>What the page learns of a run's cluster: the file that the training writes, as it stands.</summary>
public sealed class ClusterPanelTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void The_page_gets_what_the_training_has_written_of_its_cluster()
    {
        command.Train("bandits", 100);
        string path = command.At("bandits", "cluster.json");
        var status = new ClusterStatus("guessing", "pipeline-rl", 9, "tokens", 1, 2, 3, 4, 5,
            [new WorkerStatus("a", "127.0.0.1:1", 2, "working", 7, 0) { Version = 6, InProgress = 3 }])
        {
            Pipeline = new PipelineStatus(8, 20, 14, 5, 1, 2, 0, 4, 10),
        };
        File.WriteAllText(path, JsonSerializer.Serialize(status, CardJson.Default.ClusterStatus));
        using var served = new Served(command);
        JsonElement read = served.Get("/api/cluster?id=bandits");
        JsonElement cluster = read.GetProperty("cluster"), worker = cluster.GetProperty("workers")[0];
        Assert.Equal(("a", 6, 3), (worker.GetProperty("name").GetString(), worker.GetProperty("version").GetInt32(),
            worker.GetProperty("inProgress").GetInt32()));
        Assert.Equal(8, cluster.GetProperty("pipeline").GetProperty("version").GetInt32());
        Assert.InRange(read.GetProperty("age").GetDouble(), 0, 60);

        File.WriteAllText(path, "{");
        Assert.StartsWith("cluster.json cannot be read", served.Get("/api/cluster?id=bandits").GetProperty("cluster")
            .GetProperty("damaged").GetString(), StringComparison.Ordinal);
        File.Delete(path);
        Assert.Equal(JsonValueKind.Null,
            served.Get("/api/cluster?id=bandits").GetProperty("cluster").ValueKind);
    }
}
