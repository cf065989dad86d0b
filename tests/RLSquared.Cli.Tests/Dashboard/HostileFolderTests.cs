using System.Diagnostics;
using System.Net;
using System.Text.Json;
using RLSquared.Cli.Dashboard;

namespace RLSquared.Cli.Tests.Dashboard;

/// <summary>
/// Run folders that somebody has put together so that the dashboard stops: that run is damaged, and all others live.
/// </summary>
public sealed class HostileFolderTests : IDisposable
{
    readonly CommandLine command = new();

    public HostileFolderTests()
    {
        command.Train("good", 200);
        command.Train("bad", 200);
    }

    public void Dispose() => command.Dispose();

    [Theory]
    [InlineData("metrics.jsonl", "{\"iteration\":3,\"steps\":300,\"\\ud800\":1}\n")]
    [InlineData("metrics.jsonl", "{\"iteration\":3,\"steps\":300,\"mean_return\":1e300}\n")]
    [InlineData("metrics.jsonl", "{\"iteration\":3,\"steps\":300,\"mean_return\":-1.7e308,\"entropy\":1.7e308}\n")]
    [InlineData("metrics.jsonl", "{\"iteration\":3,\"steps\":1e300,\"seconds\":1e308}\n")]
    [InlineData("metrics.jsonl", "{\"iteration\":-3,\"steps\":-300,\"seconds\":-1e308}\n")]
    [InlineData("metrics.jsonl", "{\"iteration\":3,\"steps\":300,\"\":1}\n")]
    [InlineData("config.json", "{\"version\":1,\"task\":\"\\udfff\"}")]
    [InlineData("evaluation.json", "{\"agents\":[{\"name\":\"\\ud800\"}]}")]
    [InlineData("evaluation.json", "{\"ceiling\":{\"mean\":1e999}}")]
    [InlineData("environment.json", "{\"processor\":\"\\ud800\"}")]
    [InlineData("command.txt", "\0\u001b[2Jrl2\0")]
    public void One_bad_byte_leaves_the_page_and_the_other_runs_alive(string name, string content)
    {
        if (name == "metrics.jsonl")
            File.AppendAllText(command.At("bad", name), content);
        else
            File.WriteAllText(command.At("bad", name), content);
        EverythingIsAnswered();
    }

    [LinuxFact("mkfifo")]
    public void Pipes_devices_links_and_endless_files_are_neither_opened_nor_waited_for()
    {
        foreach (string name in (string[])["config.json", "metrics.jsonl", "evaluation.json", "environment.json",
            "command.txt", Path.Combine("checkpoints", "step-000000000200.safetensors")])
        {
            foreach (string kind in (string[])["pipe", "linked-pipe", "device", "endless", "circle", "folder"])
            {
                string run = $"{kind}-{name.Replace('/', '-')}", path = command.At(run, name);
                Directory.CreateDirectory(command.At(run, "checkpoints"));
                foreach (string file in Directory.GetFiles(command.At("bad"), "*", SearchOption.AllDirectories))
                    File.Copy(file, command.At(run, Path.GetRelativePath(command.At("bad"), file)));
                File.Delete(path);
                Make(kind, path);
            }
        }
        var clock = Stopwatch.StartNew();
        EverythingIsAnswered();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"it took {clock.Elapsed}");
    }

    static void Make(string kind, string path)
    {
        switch (kind)
        {
            case "pipe":
                Process.Start("mkfifo", [path]).WaitForExit();
                break;
            case "linked-pipe":
                Process.Start("mkfifo", [path + ".pipe"]).WaitForExit();
                File.CreateSymbolicLink(path, path + ".pipe");
                break;
            case "device":
                File.CreateSymbolicLink(path, "/dev/zero");
                break;
            case "endless":
                using (FileStream file = File.Create(path))
                    file.SetLength(1L << 40);               // of which the file system stores nothing
                break;
            case "circle":
                File.CreateSymbolicLink(path, path);
                break;
            default:
                Directory.CreateDirectory(path);
                break;
        }
    }

    [Fact]
    public void The_agent_of_a_network_that_would_not_fit_is_played_with_what_its_file_holds_or_refused()
    {
        string[] train = ["train", "bandits", "--budget", "160", "--instances", "5", "--quiet", "--threads", "1",
            "--set", "arms=3", "hidden=4", "trials=16", "minibatch=8"];
        Assert.Equal(0, command.Run([.. train, "--run", command.At("run")]).Code);
        string configuration = File.ReadAllText(command.At("run", "config.json"));
        File.WriteAllText(command.At("run", "config.json"), configuration
            .Replace("\"hidden\": \"4\"", "\"hidden\": \"300000\"", StringComparison.Ordinal)
            .Replace("\"trials\": \"16\"", "\"trials\": \"160000000\"", StringComparison.Ordinal));
        using var served = new Served(command);
        Assert.Equal(10, served.Get("/api/replay?id=run").GetProperty("steps").GetArrayLength());
    }

    // The clock of the machine may be set to anything while the dashboard runs.
    [Fact]
    public void An_age_does_not_follow_the_clock_of_the_machine()
    {
        var age = new Age();
        DateTime tomorrow = DateTime.UtcNow.AddDays(1), yesterday = DateTime.UtcNow.AddDays(-1);
        Assert.Equal(TimeSpan.Zero, age.Of(tomorrow, TimeSpan.FromSeconds(100)));
        Assert.Equal(TimeSpan.FromSeconds(30), age.Of(tomorrow, TimeSpan.FromSeconds(130)));
        Assert.InRange(age.Of(yesterday, TimeSpan.FromSeconds(140)).TotalHours, 23.9, 24.1);
        Assert.InRange(age.Of(yesterday, TimeSpan.FromSeconds(140 + 3600)).TotalHours, 24.9, 25.1);
    }

    [Fact]
    public void A_run_whose_figures_are_from_the_future_stops_like_any_other()
    {
        string[] lines = File.ReadAllLines(command.At("bad", "metrics.jsonl"));
        File.WriteAllLines(command.At("bad", "metrics.jsonl"), lines[..1]);
        File.SetLastWriteTimeUtc(command.At("bad", "metrics.jsonl"), DateTime.UtcNow.AddYears(1));
        var run = new WatchedRun("bad", command.At("bad"));
        Assert.Equal("training", StateAt(1000));
        Assert.Equal("stopped", StateAt(1020));

        string? StateAt(int second)
        {
            long allowance = long.MaxValue;
            run.Refresh(TimeSpan.FromSeconds(second), ref allowance);
            return JsonDocument.Parse(run.Summary).RootElement.GetProperty("state").GetString();
        }
    }

    void EverythingIsAnswered()
    {
        using var served = new Served(command);
        using var events = new Events(served);
        JsonElement[] runs = [.. served.Get("/api/runs").GetProperty("runs").EnumerateArray()];
        Assert.Equal("done", served.Run("good").GetProperty("state").GetString());
        foreach (string id in runs.Select(run => run.GetProperty("id").GetString()!))
        {
            foreach (string path in (string[])["run", "metrics", "replay"])
            {
                (HttpStatusCode status, JsonElement answer) = served.Ask($"/api/{path}?id={id}");
                Assert.True(status is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.Conflict,
                    $"{path} of {id}: {status}, {answer}");
            }
        }
        File.SetLastWriteTimeUtc(command.At("good", "evaluation.json"), DateTime.UnixEpoch.AddSeconds(1));
        events.Next("run", data => data.GetProperty("id").GetString() == "good");       // the events go on
    }
}
