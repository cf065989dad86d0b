using System.Diagnostics;
using RLSquared.Algorithms;
using RLSquared.Cluster.Messages;
using RLSquared.Language.Algorithms;
using RLSquared.Pipelines;

namespace RLSquared.Cluster.Tests;

/// <summary>A small training whose groups other processes make too, and the account of what was learnt from.</summary>
internal sealed class PipelineTraining : IDisposable
{
    const int GroupSize = 2;

    readonly SmallTraining training;
    readonly List<long> learnt = [];

    public PipelineTraining(params string[] more)
    {
        string[] keys = [.. more.Select(one => one.Split('=')[0])], usual =
            ["mode=free-running", "in-flight=8", "max-lag=40", "warm-start=0", "wait-seconds=60", "epochs=1"];
        training = new SmallTraining("guessing", "pipeline-rl",
            [.. usual.Where(one => !keys.Contains(one.Split('=')[0])), .. more]);
        Pipeline = (PipelineRl)training.Learner;
        Pipeline.Watch = batch => learnt.AddRange(batch.Chunk(GroupSize).Select(
            group => Assert.Single(group.Select(one => one.GroupId).Distinct())));
    }

    public PipelineRl Pipeline { get; }

    public SmallTraining Training => training;

    public BlockLedger Ledger => ((IPipelinedAlgorithm)Pipeline).Ledger;

    /// <summary>Groups that were learnt from.</summary>
    public long Taken => ((IPipelinedAlgorithm)Pipeline).Taken;

    /// <summary>Learns for some updates.</summary>
    public void Train(int updates, Action<int>? before = null)
    {
        for (int i = 0; i < updates; i++)
        {
            before?.Invoke(i);
            Pipeline.Iterate(0);
        }
    }

    /// <summary>Learns until something is so.</summary>
    public void TrainUntil(Func<bool> holds)
    {
        var waited = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(waited.Elapsed < Deadline.Far, "what was waited for has not come");
            Pipeline.Iterate(0);
        }
    }

    /// <summary>Every group was learnt from once, in order, and the ledger says the same.</summary>
    public void RequireWhole()
    {
        Assert.Equal(Enumerable.Range(0, learnt.Count).Select(number => (long)number), learnt);
        BlockCounts counts = Ledger.Counts;
        Assert.Equal(counts.Begun, counts.Delivered + counts.Held + counts.Waiting);
        Assert.True(counts.Delivered >= learnt.Count, $"{counts} and {learnt.Count}");
    }

    /// <summary>How a worker does, or null if it is not there.</summary>
    public static WorkerStatus? Worker(InProcessCluster cluster, string name) =>
        cluster.Coordinator.Status.Workers.FirstOrDefault(one => one.Name == name);

    public void Dispose() => training.Dispose();
}
