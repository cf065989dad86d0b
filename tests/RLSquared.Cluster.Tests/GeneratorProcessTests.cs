using System.Diagnostics;
using System.Globalization;
using RLSquared.Pipelines;

namespace RLSquared.Cluster.Tests;

/// <summary>Generators that are processes of their own, as <c>rl2 cluster join</c> starts them.</summary>
public sealed class GeneratorProcessTests : IDisposable
{
    readonly List<Process> processes = [];
    readonly TemporaryFolder temporary = new();

    public void Dispose()
    {
        foreach (Process process in processes)
        {
            using (process)
            {
                if (!process.HasExited)
                    process.Kill();
                process.WaitForExit();
            }
        }
        temporary.Dispose();
    }

    // RL2_KILLS=20 kills as many, and RL2_RECOVERIES=FILE writes down what became of all groups, and how long it took
    // from each kill until the last group of the killed one was made by another.
    [Fact]
    public void Generators_that_are_killed_lose_no_group_and_double_none()
    {
        int kills = int.TryParse(Environment.GetEnvironmentVariable("RL2_KILLS"), out int asked) ? asked : 3;
        var random = new Random(1);
        using var training = new PipelineTraining("max-lag=80");
        using var cluster = new InProcessCluster(training.Training);
        var living = new Dictionary<string, Process> { ["a0"] = Worker(cluster, "a0"), ["b0"] = Worker(cluster, "b0") };
        training.TrainUntil(() => living.Keys.All(name => PipelineTraining.Worker(cluster, name)?.Shards > 0));
        List<double> recoveries = [];
        for (int kill = 0; kill < kills; kill++)
        {
            string victim = living.Keys.ElementAt(random.Next(2));
            for (int updates = random.Next(1, 8); updates > 0; updates--)
                training.Train(1);
            Thread.Sleep(random.Next(20));                  // milliseconds
            BlockCounts before = training.Ledger.Counts;
            long start = Stopwatch.GetTimestamp();
            living[victim].Kill();
            living.Remove(victim);
            // Learnt from beyond all that had begun: whatever the killed one had was made by others.
            training.TrainUntil(() => training.Taken >= before.Begun);
            recoveries.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            string next = $"{victim[0]}{kill + 1}";
            living[next] = Worker(cluster, next);
            training.TrainUntil(() => living.Keys.All(name => PipelineTraining.Worker(cluster, name)?.Shards > 0)
                && cluster.Coordinator.Status.Lost == kill + 1);
        }
        training.RequireWhole();
        BlockCounts counts = training.Ledger.Counts;
        if (Environment.GetEnvironmentVariable("RL2_RECOVERIES") is { } file)
        {
            File.WriteAllLines(file, [FormattableString.Invariant($"groups {training.Taken}"),
                FormattableString.Invariant($"restarted {counts.Restarted}"),
                FormattableString.Invariant($"refused {counts.Refused}"),
                .. recoveries.Select(one => one.ToString("F3", CultureInfo.InvariantCulture))]);
        }
        Assert.Equal((kills, kills), (recoveries.Count, cluster.Coordinator.Status.Lost));
        // What the killed ones had fetched was removed by those who came after them.
        Assert.Equal(living.Count, Directory.GetDirectories(temporary.Path, "rl2-fetched-*").Length);
    }

    Process Worker(InProcessCluster cluster, string name)
    {
        var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "rl2"),
            ["cluster", "join", cluster.Options.Address.ToString(), "--name", name, "--threads", "1", "--quiet"])
        {
            Environment = { ["TMPDIR"] = temporary.Path },
        })!;
        processes.Add(process);
        return process;
    }
}
