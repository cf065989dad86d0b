using System.Security.Cryptography.X509Certificates;
using RLSquared.Algorithms;
using RLSquared.Cluster.Messages;
using RLSquared.Cluster.Registries;
using RLSquared.Cluster.Tests.Registries;
using RLSquared.Evaluation;
using RLSquared.Language.Models;
using RLSquared.Pipelines;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Tests;

/// <summary>
/// Workers that make experience while the training learns, each with a silo of its own in this process;
/// <see cref="GeneratorProcessTests"/> has real processes.
/// </summary>
public sealed class GeneratorTests
{
    [Fact]
    public void Two_workers_make_groups_and_each_is_learnt_from_once()
    {
        using var training = new PipelineTraining();
        using var cluster = new InProcessCluster(training.Training);
        cluster.Join("a");
        cluster.Join("b");

        training.TrainUntil(() => PipelineTraining.Worker(cluster, "a")?.Shards >= 20
            && PipelineTraining.Worker(cluster, "b")?.Shards >= 20);

        training.RequireWhole();
        ClusterStatus status = cluster.Coordinator.Status;
        PipelineStatus pipeline = status.Pipeline!;
        Assert.All(status.Workers, worker => Assert.InRange(worker.Version!.Value, 1, pipeline.Version));
        Assert.True(status.BytesSent > 0 && status.BytesReceived > 0);
        Assert.Equal((0L, 0L, 0), (pipeline.Restarted, pipeline.Refused, status.Lost));
        string table = new ClusterQuestions(cluster.Options).StatusTable();
        Assert.Contains("blocks begun", table, StringComparison.Ordinal);
        Assert.Contains("a  ", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Workers_with_a_secret_and_tls_make_groups()
    {
        using X509Certificate2 certificate = ClusterOptionsTests.Certificate();
        using var training = new PipelineTraining();
        using var cluster = new InProcessCluster(training.Training,
            options => options with { Secret = new byte[32], Certificate = certificate });
        cluster.Join("a");
        training.TrainUntil(() => PipelineTraining.Worker(cluster, "a")!.Shards >= 10);
        training.RequireWhole();
    }

    // What is below the adapter is fetched once.
    [Fact]
    public void Where_an_adapter_alone_learns_it_alone_is_sent_with_each_version()
    {
        using var training = new PipelineTraining("adapter-rank=2", "hidden=64", "layers=2");
        using var cluster = new InProcessCluster(training.Training);
        cluster.Join("a");
        training.TrainUntil(() => PipelineTraining.Worker(cluster, "a") is { Shards: >= 20, Version: >= 4 });
        training.RequireWhole();
        const int head = 44;
        long adapter = training.Pipeline.Parameters.Group(LowRankAdapter.Group).Count * sizeof(float) + head;
        long below = training.Pipeline.Parameters.Count * sizeof(float) - adapter + 2 * head;
        ClusterStatus status = cluster.Coordinator.Status;
        Assert.InRange(status.BytesSent, below + adapter, below + (status.Pipeline!.Version + 1) * adapter);
    }

    [Fact]
    public void A_worker_that_is_drained_finishes_its_groups_and_leaves()
    {
        using var training = new PipelineTraining();
        using var cluster = new InProcessCluster(training.Training);
        Task<bool> worker = cluster.Join("a");
        training.TrainUntil(() => PipelineTraining.Worker(cluster, "a")!.Shards >= 10);
        new ClusterQuestions(cluster.Options).Drain("a");
        training.TrainUntil(() => cluster.Coordinator.Status.Workers.Count == 0);
        Assert.True(worker.Wait(Deadline.Far) && worker.Result);
        training.Train(5);
        training.RequireWhole();
        Assert.Equal((0L, 0), (training.Ledger.Counts.Restarted, cluster.Coordinator.Status.Lost));
    }

    [Fact]
    public void Groups_on_a_lane_that_breaks_begin_again_and_the_worker_gets_another_lane()
    {
        using var training = new PipelineTraining();
        using var cluster = new InProcessCluster(training.Training);
        cluster.Join("a");
        training.TrainUntil(() => PipelineTraining.Worker(cluster, "a") is { Shards: >= 5 });
        // What is in progress may be made before the lane breaks; then the next lane breaks too.
        training.TrainUntil(() =>
        {
            if (PipelineTraining.Worker(cluster, "a") is { InProgress: > 0 })
                cluster.Coordinator.BreakLane("a");
            return cluster.Log.Contains("others begin", StringComparison.Ordinal);
        });
        InProcessCluster.WaitFor(() => cluster.Coordinator.Workers == 1);
        training.TrainUntil(() => PipelineTraining.Worker(cluster, "a")!.Shards >= 5);
        training.RequireWhole();
        Assert.True(training.Ledger.Counts.Restarted > 0);
        Assert.Contains("worker 'a' makes no more of block", cluster.Log, StringComparison.Ordinal);
    }

    // It lives and answers probes, but its generator is stuck in an environment that never answers.
    [Fact]
    public void Groups_of_a_worker_that_hangs_begin_again_elsewhere_after_its_patience()
    {
        using var training = new PipelineTraining();
        using var release = new ManualResetEventSlim();
        using InProcessCluster cluster = Plain(
            training, options => options with { Patience = TimeSpan.FromSeconds(1) });
        int begun = 0;
        cluster.Join("hangs", (configuration, workers) => new Obstructed(
            (IPipelinedAlgorithm)SmallTraining.Create(configuration, workers), calls => calls with
            {
                TryBegin = () =>
                {
                    long? number = calls.TryBegin();
                    if (number is not null && Interlocked.Increment(ref begun) == 3)
                        release.Wait(Deadline.Far);
                    return number;
                },
            }));
        training.TrainUntil(() => cluster.Log.Contains("others begin", StringComparison.Ordinal));
        release.Set();
        training.Train(5);
        training.RequireWhole();
        Assert.Contains("it has said nothing for 1 s; others begin", cluster.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_whose_judge_fails_is_sent_away_with_the_reason_and_its_groups_begin_again()
    {
        using var training = new PipelineTraining();
        using InProcessCluster cluster = Plain(training);
        Task<bool> worker = cluster.Join("a", (configuration, workers) => new Obstructed(
            (IPipelinedAlgorithm)SmallTraining.Create(configuration, workers), calls => calls with
            {
                Made = (number, block) => calls.Failed(new PipelineException("the reward 'judge' hangs")),
            }));
        training.TrainUntil(() => worker.IsCompleted);
        Assert.Equal("worker 'a' cannot go on: the reward 'judge' hangs",
            worker.Exception!.InnerException!.Message);
        training.Train(5);
        training.RequireWhole();
        Assert.Equal(0, cluster.Coordinator.Workers);
    }

    [Fact]
    public void A_worker_that_sends_what_is_no_group_is_sent_away_with_the_reason()
    {
        using var training = new PipelineTraining();
        using InProcessCluster cluster = Plain(training);
        Task<bool> worker = cluster.Join("a", (configuration, workers) => new Obstructed(
            (IPipelinedAlgorithm)SmallTraining.Create(configuration, workers), calls => calls with
            {
                Made = (number, block) => calls.Made(number + 1, block),
            }));
        training.TrainUntil(() => worker.IsCompleted);
        Assert.Contains(" comes as one of group ", worker.Exception!.InnerException!.Message,
            StringComparison.Ordinal);
        training.Train(5);
        training.RequireWhole();
    }

    // The trainer takes nothing: the workers rest when the lag is at its limit, and go on afterwards.
    [Fact]
    public void A_trainer_that_takes_nothing_holds_up_the_workers()
    {
        using var training = new PipelineTraining();
        using var cluster = new InProcessCluster(training.Training);
        cluster.Join("a");
        training.TrainUntil(() => PipelineTraining.Worker(cluster, "a")!.Shards >= 5);
        InProcessCluster.WaitFor(() => training.Ledger.Counts is { Held: 0, Waiting: 0 } counts
            && counts.Begun == training.Ledger.Allowed);
        long begun = training.Ledger.Counts.Begun;
        Thread.Sleep(600);
        Assert.Equal(begun, training.Ledger.Counts.Begun);
        Assert.Equal((int)(begun - ((IPipelinedAlgorithm)training.Pipeline).Taken),
            ((IPipelinedAlgorithm)training.Pipeline).Queued);
        training.Train(10);
        training.RequireWhole();
        Assert.Equal(0, cluster.Coordinator.Status.Lost);
    }

    [Fact]
    public void A_redis_that_is_killed_and_comes_back_costs_no_group_and_workers_can_join_again()
    {
        using var redis = new RedisServer();
        using var training = new PipelineTraining();
        using var cluster = new InProcessCluster(training.Training,
            _ => ClusterOptions.Through(RedisRegistry.Parse("--cluster", redis.Address)));
        cluster.Join("a");
        training.TrainUntil(() => PipelineTraining.Worker(cluster, "a")!.Shards >= 5);
        redis.Kill();
        long before = PipelineTraining.Worker(cluster, "a")!.Shards;
        training.TrainUntil(() => PipelineTraining.Worker(cluster, "a")!.Shards >= before + 10);
        Assert.Equal(1, cluster.Coordinator.Workers);

        redis.Restart();
        cluster.Join("b");
        training.TrainUntil(() => PipelineTraining.Worker(cluster, "b")?.Shards >= 5);
        training.RequireWhole();
        Assert.Equal((0L, 0), (training.Ledger.Counts.Restarted, cluster.Coordinator.Status.Lost));
    }

    [Fact]
    public void A_worker_of_another_model_is_sent_away_by_its_weights()
    {
        using var training = new PipelineTraining();
        using var cluster = new InProcessCluster(training.Training);
        using var other = new PipelineTraining("hidden=16");
        Task<bool> worker = cluster.Join(
            "a", (_, workers) => SmallTraining.Create(other.Training.Configuration, workers));
        training.TrainUntil(() => worker.IsCompleted);
        Assert.Equal("worker 'a' cannot go on: weights of version 0 are of another model than the worker's; use the " +
            "same build, options and folder of a model on both sides",
            System.Text.RegularExpressions.Regex.Replace(
                worker.Exception!.InnerException!.Message, @"version \d+", "version 0"));
        training.RequireWhole();
    }

    [Fact]
    public void A_pipeline_in_step_with_the_trainer_is_refused_with_what_would_help()
    {
        using var training = new SmallTraining("guessing", "pipeline-rl", "warm-start=0", "epochs=1");
        Assert.Equal("pipeline-rl with mode=deterministic generates in step with the trainer, which generators in " +
            "other processes cannot; add --set mode=free-running; or train it without --cluster",
            Assert.Throws<OptionException>(() => new InProcessCluster(training)).Message);
    }

    [Fact]
    public void When_the_cluster_ends_the_training_goes_on_alone()
    {
        using var training = new PipelineTraining();
        using (var cluster = new InProcessCluster(training.Training))
        {
            cluster.Join("a");
            training.TrainUntil(() => PipelineTraining.Worker(cluster, "a")!.Shards >= 5);
            cluster.Coordinator.Dispose();
        }
        training.Train(10);
        training.RequireWhole();
    }

    // Both sides are of one assembly.
    static InProcessCluster Plain(
        PipelineTraining training, Func<ClusterOptions, ClusterOptions>? change = null) =>
        new(new Obstructed(training.Pipeline, calls => calls), training.Training.Configuration, change);
}

/// <summary>A pipelined algorithm as it is, but with other calls for its maker of blocks.</summary>
internal sealed class Obstructed(IPipelinedAlgorithm inner, Func<BlockCalls, BlockCalls> change) : IPipelinedAlgorithm
{
    public string? Alone => inner.Alone;

    public BlockLedger Ledger => inner.Ledger;

    public int WeightVersion => inner.WeightVersion;

    public int Queued => inner.Queued;

    public long Taken => inner.Taken;

    public Action<WeightSnapshot, int>? Published { get => inner.Published; set => inner.Published = value; }

    public string Name => inner.Name;

    public long Steps => inner.Steps;

    public ParameterSet Parameters => inner.Parameters;

    public bool Receive(object maker, long number, byte[] block) => inner.Receive(maker, number, block);

    public IBlockMaker Make(BlockCalls calls) => inner.Make(change(calls));

    public IterationReport Iterate(double progress) => inner.Iterate(progress);

    public EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation) =>
        inner.Evaluate(options, cancellation);

    public void VisitState(StateVisitor visitor) => inner.VisitState(visitor);

    public void Dispose() => inner.Dispose();
}
