using System.Net;
using System.Text.Json;

namespace RLSquared.Cli.Tests.Dashboard;

public sealed class DatasetPanelTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    void Train(string name, params string[] settings)
    {
        Result trained = command.Run(["train", "point-maze", "--algorithm", "gcbc", "--run", command.At(name),
            "--budget", "2steps", "--instances", "5", "--threads", "1", "--quiet",
            "--set", "hidden=8", "batch=8", "updates=2", "probes=0", .. settings]);
        Assert.Equal((0, ""), (trained.Code, trained.Error));
    }

    [Fact]
    public void A_run_that_learns_goals_shows_how_many_trajectories_it_has_and_where_they_went()
    {
        Train("maze", "trajectories=4", "rows=51");
        using var served = new Served(command);
        JsonElement shown = served.Get("/api/dataset?id=maze").GetProperty("shown");
        Assert.Equal("navigate data of point-maze", shown.GetProperty("file").GetString());
        int Shown(string name) => shown.GetProperty(name).GetInt32();
        Assert.Equal((204, 4, 51, 51), (Shown("rows"), Shown("trajectories"), Shown("shortest"), Shown("longest")));
        Assert.Equal(2, shown.GetProperty("observations").GetArrayLength());
        Assert.Equal(0, shown.GetProperty("outside").GetInt32());
        Assert.InRange(shown.GetProperty("coverage").GetDouble(), 0.05, 0.95);
        Assert.StartsWith("<svg", shown.GetProperty("picture").GetString());
    }

    [Fact]
    public void A_file_is_counted_as_it_is_and_one_that_is_gone_is_one_sentence()
    {
        string file = command.At("maze.csv");
        command.Run("datasets", "make", "point-maze", "--trajectories", "3", "--rows", "11", "--output", file);
        Train("file", $"dataset={file}");
        using (var served = new Served(command))
        {
            JsonElement shown = served.Get("/api/dataset?id=file").GetProperty("shown");
            Assert.Equal((file, 33), (shown.GetProperty("file").GetString(), shown.GetProperty("rows").GetInt32()));
        }
        File.Delete(file);
        using var later = new Served(command);
        later.Refuses("/api/dataset?id=file", HttpStatusCode.Conflict, $"there is no file {file}");
    }

    [Fact]
    public void A_run_of_another_kind_has_none()
    {
        command.Train("bandits", 100);
        using var served = new Served(command);
        Assert.Equal(JsonValueKind.Null, served.Get("/api/dataset?id=bandits").GetProperty("shown").ValueKind);
        served.Refuses("/api/dataset", HttpStatusCode.BadRequest, "say which run");
    }
}
