using RLSquared.Algorithms;
using RLSquared.Cluster.Messages;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Sharding;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Tests;

/// <summary>Trainings of several silos in this process; <see cref="ProcessTests"/> has real processes.</summary>
public sealed class ClusterTrainingTests
{
    static readonly string[] guarded = ["max-kl=0.001"];

    [Theory]
    [InlineData("bandits", "rl2", 1, "max-kl=0.001")]
    [InlineData("mdps", "rl2", 1, "max-kl=0.001")]
    [InlineData("pay-to-look", "e-rl2", 1, "max-kl=0.001")]
    [InlineData("bandits", "rl2", 3, "max-kl=0.001")]
    [InlineData("arithmetic", "rloo", 1, "updates=2")]
    [InlineData("arithmetic", "rloo", 3, "updates=2")]
    [InlineData("guessing", "rloo", 1, "warm-start=0")]
    public void A_training_of_several_silos_ends_with_the_bits_of_one_process(
        string task, string algorithm, int workers, string option)
    {
        using var training = new SmallTraining(task, algorithm, option);
        using var cluster = new InProcessCluster(training);
        for (int i = 0; i < workers; i++)
            cluster.Join($"w{i}");

        Assert.Equal(SmallTraining.Alone(5, task, algorithm, option), training.Train(5));
        Assert.All(cluster.Coordinator.Status.Workers, worker => Assert.True(worker.Shards > 0));
        Assert.Equal(workers, cluster.Coordinator.Status.Workers.Count);
        Assert.Equal(0, cluster.Coordinator.Status.Replayed);
    }

    [Fact]
    public void Workers_that_join_and_leave_in_mid_run_change_no_bit()
    {
        using var training = new SmallTraining("bandits", "rl2", guarded);
        using var cluster = new InProcessCluster(training);
        Task<bool>? first = null;

        string bits = training.Train(8, before: iteration =>
        {
            if (iteration == 2)
                first = cluster.Join("a");
            if (iteration == 4)
                cluster.Join("b");
            if (iteration == 6)
            {
                new ClusterQuestions(cluster.Options).Drain("a");
                Assert.True(first!.Wait(Deadline.Far));
            }
        });

        Assert.Equal(SmallTraining.Alone(8, "bandits", "rl2", guarded), bits);
        Assert.True(first!.Result);                                 // it was asked to leave
        ClusterStatus status = cluster.Coordinator.Status;
        Assert.Equal(["b"], status.Workers.Select(worker => worker.Name));
        Assert.Equal(0, status.Lost);
        Assert.Contains("worker 'a' has joined from 127.0.0.1:", cluster.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_with_a_secret_and_tls_ends_with_the_same_bits()
    {
        using var certificate = ClusterOptionsTests.Certificate();
        using var training = new SmallTraining("bandits", "rl2");
        using var cluster = new InProcessCluster(
            training, options => options with { Secret = new byte[32], Certificate = certificate });
        cluster.Join("a");

        Assert.Equal(SmallTraining.Alone(3, "bandits", "rl2"), training.Train(3));
        Assert.True(cluster.Coordinator.Status.Workers[0].Shards > 0);
        Assert.Contains("a  ", new ClusterQuestions(cluster.Options).StatusTable(), StringComparison.Ordinal);
    }

    // It lives and answers probes, but its shards never come.
    [Fact]
    public void The_shards_of_a_worker_that_hangs_are_computed_again_elsewhere()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var release = new ManualResetEventSlim();
        using var cluster = new InProcessCluster(
            new Hindered(training.Algorithm), training.Configuration,
            options => options with { Patience = TimeSpan.FromSeconds(2) });
        int computed = 0;
        cluster.Join("hangs", (configuration, workers) => new Hindered(
            (IShardedAlgorithm)SmallTraining.Create(configuration, workers), () =>
            {
                if (Interlocked.Increment(ref computed) == 3)
                    release.Wait(Deadline.Far);
            }));

        string bits = training.Train(3);
        release.Set();

        Assert.Equal(SmallTraining.Alone(3, "bandits", "rl2"), bits);
        Assert.True(cluster.Coordinator.Status.Replayed > 0);
        Assert.Contains("worker 'hangs' gives nothing for learn", cluster.Log, StringComparison.Ordinal);
        Assert.Contains("it has not answered within ", cluster.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void The_shards_of_a_worker_that_fails_are_computed_again_elsewhere()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var cluster = new InProcessCluster(new Hindered(training.Algorithm), training.Configuration);
        int computed = 0;
        cluster.Join("fails", (configuration, workers) => new Hindered(
            (IShardedAlgorithm)SmallTraining.Create(configuration, workers), () =>
            {
                if (Interlocked.Increment(ref computed) is 3 or 4)
                    throw new InvalidOperationException("no memory is left");
            }));

        Assert.Equal(SmallTraining.Alone(3, "bandits", "rl2"), training.Train(3));
        Assert.Contains("InvalidOperationException: no memory is left; they are computed again", cluster.Log,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_cannot_make_the_algorithm_is_sent_away_with_the_reason()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var cluster = new InProcessCluster(training);

        Task<bool> worker = cluster.Join("a", (_, _) => throw new OptionException("x", "there is no such task"));

        Assert.Equal("worker 'a' cannot make rl2 for bandits: there is no such task",
            Assert.Throws<AggregateException>(() => worker.Wait(Deadline.Far)).InnerException!.Message);
        Assert.Equal(0, cluster.Coordinator.Workers);
    }

    [Fact]
    public void A_worker_without_language_models_is_sent_away_by_name()
    {
        using var training = new SmallTraining("arithmetic", "rloo");
        using var cluster = new InProcessCluster(training);

        Task<bool> worker = cluster.Join("plain", (configuration, workers) =>
            Cli.Sessions.ClusterSession.Create(new Catalogues(), configuration, workers));

        Assert.StartsWith("worker 'plain' cannot make rloo for arithmetic: ",
            Assert.Throws<AggregateException>(() => worker.Wait(TimeSpan.FromSeconds(20))).InnerException!.Message,
            StringComparison.Ordinal);
    }

    // Its shards are under way when it goes; those of the next phase are computed here, or by the other one.
    [Theory]
    [InlineData("bandits", "rl2")]
    [InlineData("arithmetic", "rloo")]
    public void A_lane_that_breaks_in_mid_phase_loses_nothing_and_is_opened_again(string task, string algorithm)
    {
        using var training = new SmallTraining(task, algorithm);
        using var cluster = new InProcessCluster(new Hindered(training.Algorithm), training.Configuration);
        int computed = 0;
        cluster.Join("steady", (configuration, workers) => new Hindered(
            (IShardedAlgorithm)SmallTraining.Create(configuration, workers), () => { }));
        cluster.Join("breaks", (configuration, workers) => new Hindered(
            (IShardedAlgorithm)SmallTraining.Create(configuration, workers), () =>
            {
                if (Interlocked.Increment(ref computed) == 3)
                    cluster.Coordinator.BreakLane("breaks");
            }));

        string bits = training.Train(6, before: iteration =>
        {
            if (iteration == 5)
                InProcessCluster.WaitFor(() => cluster.Coordinator.Workers == 2);
        });

        Assert.Equal(SmallTraining.Alone(6, task, algorithm), bits);
        Assert.True(cluster.Coordinator.Status.Replayed > 0);
        Assert.Equal(0, cluster.Coordinator.Status.Lost);
        Assert.Contains("worker 'breaks' gives nothing for ", cluster.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void When_the_training_ends_the_worker_waits_for_another_and_then_gives_up()
    {
        using var training = new SmallTraining("bandits", "rl2");
        Task<bool> worker;
        using (var cluster = new InProcessCluster(training))
        {
            worker = cluster.Join("a");
            cluster.Coordinator.Dispose();
            Assert.True(worker.Wait(Deadline.Far));
        }
        Assert.False(worker.Result);                                // it was not asked to leave
        Assert.IsType<ThreadRunner>(training.Algorithm.Shards.Runner);
    }

    [Fact]
    public void An_algorithm_without_shards_and_a_port_in_use_are_refused()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var cluster = new InProcessCluster(training);
        using var other = new SmallTraining("bandits", "rl2");
        int port = cluster.Options.Address.Port;
        Assert.Equal($"port {port} of 127.0.0.1 is in use; name another one: --cluster 127.0.0.1:{port + 1}",
            Assert.Throws<ClusterException>(() => ClusterCoordinator.Start(
                cluster.Options, other.Algorithm, other.Configuration)).Message);

        using var workers = new Workers(1);
        RunConfiguration maml = SmallTraining.Configure("bandits", "maml");
        using IAlgorithm without = SmallTraining.Create(maml, workers);
        Assert.Contains("maml has no shards for other processes",
            Assert.Throws<OptionException>(() => ClusterCoordinator.Start(cluster.Options, without, maml)).Message,
            StringComparison.Ordinal);
    }
}

/// <summary>An algorithm as it is, but with something that happens before each shard.</summary>
internal sealed class Hindered(IShardedAlgorithm inner, Action? before = null) : IShardedAlgorithm
{
    readonly ShardSet shards = before is null ? inner.Shards : new ShardSet(inner.Shards.Count, new Workers(1),
        [.. inner.Shards.Phases.Select(phase => new ShardPhase(phase.Name, phase.Parts, s =>
        {
            before();
            phase.Compute(s);
        }, phase.VisitResult)
        {
            Together = phase.Together is not { } all ? null : shards =>
            {
                Array.ForEach(shards, _ => before());
                all(shards);
            },
        })]);

    public string Name => inner.Name;

    public long Steps => inner.Steps;

    public ShardSet Shards => shards;

    public ParameterSet Parameters => inner.Parameters;

    public IterationReport Iterate(double progress) => inner.Iterate(progress);

    public EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation) =>
        inner.Evaluate(options, cancellation);

    public void VisitState(StateVisitor visitor) => inner.VisitState(visitor);

    public void Dispose() => inner.Dispose();
}
