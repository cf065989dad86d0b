using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RLSquared.Cluster.Messages;

namespace RLSquared.Cluster.Tests;

/// <summary>Workers that are processes of their own, as <c>rl2 cluster join</c> starts them.</summary>
public sealed class ProcessTests : IDisposable
{
    readonly string folder = TemporaryFolder.Make();
    readonly List<Process> processes = [];

    public void Dispose()
    {
        foreach (Process process in processes)
        {
            using (process)
            {
                if (!process.HasExited)
                    process.Kill();
            }
        }
        Directory.Delete(folder, recursive: true);
    }

    // RL2_KILLS=20 kills as many, and RL2_RECOVERIES=FILE writes down how long each iteration took that lost a worker:
    // from before the kill to the end of the iteration after it.
    [Fact]
    public void Workers_that_are_killed_lose_nothing_and_change_no_bit()
    {
        int kills = int.TryParse(Environment.GetEnvironmentVariable("RL2_KILLS"), out int asked) ? asked : 2;
        var random = new Random(1);
        string[] options = ["trials=64", "minibatch=32"];
        using var training = new SmallTraining("bandits", "rl2", options);
        using var cluster = new InProcessCluster(training);
        var living = new Dictionary<string, Process> { ["a0"] = Worker(cluster, "a0"), ["b0"] = Worker(cluster, "b0") };
        InProcessCluster.WaitFor(() => cluster.Coordinator.Workers == 2);
        List<double> recoveries = [];
        string victim = "";
        long start = 0;

        string bits = training.Train(4 * kills + 2, before: iteration =>
        {
            if (iteration % 4 == 1 && iteration < 4 * kills)
            {
                victim = living.Keys.ElementAt(random.Next(2));
                int delay = random.Next(10);                // milliseconds: its shards are under way or about to be
                start = Stopwatch.GetTimestamp();
                _ = Task.Delay(delay).ContinueWith(_ => living[victim].Kill(), TaskScheduler.Default);
            }
            else if (iteration % 4 == 3)
            {
                recoveries.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                InProcessCluster.WaitFor(() => cluster.Coordinator.Workers == 1);
                living.Remove(victim);
                string next = $"{victim[0]}{recoveries.Count}";
                living[next] = Worker(cluster, next);
                InProcessCluster.WaitFor(() => cluster.Coordinator.Workers == 2);
            }
        });
        InProcessCluster.WaitFor(() => cluster.Coordinator.Status.Lost == kills);

        Assert.Equal(SmallTraining.Alone(4 * kills + 2, "bandits", "rl2", options), bits);
        if (Environment.GetEnvironmentVariable("RL2_RECOVERIES") is { } file)
            File.WriteAllLines(file, recoveries.Select(one => one.ToString("F3", CultureInfo.InvariantCulture)));
        Assert.Equal((kills, kills), (recoveries.Count, cluster.Coordinator.Status.Lost));
    }

    [Theory]
    [InlineData("bandits", "rl2", "hidden=8 trials=64 minibatch=32")]
    [InlineData("arithmetic", "rloo", "hidden=16 layers=1 batch=16 warm-start=1000 warm-start-batch=8")]
    public void The_command_trains_with_workers_and_says_who_helps(string task, string algorithm, string settings)
    {
        string address = $"127.0.0.1:{InProcessCluster.FreePort()}";
        string secret = Path.Combine(folder, "secret");
        File.WriteAllText(secret, "a secret of some length");
        Process worker = Start("cluster", "join", address, "--name", "helper", "--threads", "1", "--secret", secret);
        Process training = Start(["train", task, "--cluster", address, "--secret", secret, "--threads", "1",
            "--budget", "10min", "--run", Path.Combine(folder, "run"), "--instances", "10",
            "--set", .. settings.Split(' ')]);

        ClusterStatus? status = null;
        InProcessCluster.WaitFor(() =>
        {
            Assert.False(worker.HasExited, worker.HasExited ? worker.StandardError.ReadToEnd() : "");
            Assert.False(training.HasExited, training.HasExited ? training.StandardError.ReadToEnd() : "");
            Process asking = Start("cluster", "status", address, "--secret", secret, "--json");
            string said = asking.StandardOutput.ReadToEnd();
            asking.WaitForExit();
            status = asking.ExitCode == 0 ? JsonSerializer.Deserialize(said, CardJson.Default.ClusterStatus) : null;
            return status?.Workers.Any(one => one is { Name: "helper", Shards: > 0 }) == true;
        });
        Assert.Equal((task, algorithm), (status!.Task, status.Algorithm));

        Process drain = Start("cluster", "drain", address, "helper", "--secret", secret);
        Assert.Contains(
            "worker 'helper' gets no more shards", drain.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.True(worker.WaitForExit(Deadline.Far));
        Assert.Equal(0, worker.ExitCode);
        Assert.Contains($"takes part in a training of {algorithm} on {task}", worker.StandardError.ReadToEnd(),
            StringComparison.Ordinal);
        training.Kill();
        Assert.Contains(
            "worker 'helper' has joined from ", training.StandardError.ReadToEnd(), StringComparison.Ordinal);
    }

    Process Worker(InProcessCluster cluster, string name) =>
        Start("cluster", "join", cluster.Options.Address.ToString(), "--name", name, "--threads", "1", "--quiet");

    Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "rl2"), args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        processes.Add(process);
        return process;
    }
}
