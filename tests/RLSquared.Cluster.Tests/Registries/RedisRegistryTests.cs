using System.Diagnostics;
using RLSquared.Cluster.Doors;
using RLSquared.Cluster.Registries;

namespace RLSquared.Cluster.Tests.Registries;

public sealed class RedisRegistryTests
{
    [Theory]
    [InlineData("redis://127.0.0.1:6380/maze", "redis://127.0.0.1:6380/maze")]
    [InlineData("redis://127.0.0.1", "redis://127.0.0.1:6379/training")]
    [InlineData("rediss://:pass%20word@db.example:7000/a-b_c.d", "rediss://db.example:7000/a-b_c.d")]
    [InlineData("redis://[::1]:6379/x", "redis://[::1]:6379/x")]
    public void An_address_names_a_redis_and_a_training_and_never_tells_the_password(string text, string shown)
    {
        Assert.True(RedisRegistry.IsNamed(text));
        Assert.Equal(shown, RedisRegistry.Parse("--cluster", text).ToString());
    }

    [Theory]
    [InlineData("redis://")]
    [InlineData("redis://127.0.0.1:6379/two/names")]
    [InlineData("redis://127.0.0.1:6379/a name")]
    [InlineData("http://127.0.0.1:6379/x")]
    public void What_names_no_redis_is_refused(string text) => Assert.StartsWith(
        "--cluster names a Redis as redis://HOST:PORT/NAME, where NAME has up to 64 letters",
        Assert.Throws<OptionException>(() => RedisRegistry.Parse("--cluster", text)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("bandits", "rl2")]
    [InlineData("arithmetic", "rloo")]
    public void A_training_that_is_found_in_a_redis_ends_with_the_bits_of_one_process(string task, string algorithm)
    {
        using var redis = new RedisServer();
        using var training = new SmallTraining(task, algorithm);
        using (var cluster = new InProcessCluster(training, _ => Named(redis.Address)))
        {
            cluster.Join("a");
            cluster.Join("b");

            Assert.Equal(SmallTraining.Alone(4, task, algorithm), training.Train(4));
            Assert.All(cluster.Coordinator.Status.Workers, worker => Assert.True(worker.Shards > 0));
            Assert.Contains("a  ", new ClusterQuestions(cluster.Options).StatusTable(), StringComparison.Ordinal);
            new ClusterQuestions(cluster.Options).Drain("b");
            InProcessCluster.WaitFor(() => cluster.Coordinator.Status.Workers.Count == 1);
        }
        // Nothing is left of it.
        Assert.Empty(Keys(redis));
        Assert.Throws<NotThereException>(() => new ClusterQuestions(Named(redis.Address)).StatusJson());
    }

    [Fact]
    public void A_training_goes_on_with_its_workers_when_the_redis_is_gone()
    {
        using var redis = new RedisServer();
        using var training = new SmallTraining("bandits", "rl2");
        using var cluster = new InProcessCluster(training, _ => Named(redis.Address));
        cluster.Join("a");

        string bits = training.Train(6, before: iteration =>
        {
            if (iteration == 2)
                redis.Kill();
        });

        Assert.Equal(SmallTraining.Alone(6, "bandits", "rl2"), bits);
        Assert.Equal(0, cluster.Coordinator.Status.Replayed);
        Assert.Equal(1, cluster.Coordinator.Workers);
    }

    [Fact]
    public void A_redis_that_is_not_there_is_said_in_one_sentence_within_some_seconds()
    {
        string address = $"redis://127.0.0.1:{InProcessCluster.FreePort()}/test";
        var waited = Stopwatch.StartNew();
        string said = Refusal(address);
        Assert.StartsWith("no Redis answers at 127.0.0.1:", said, StringComparison.Ordinal);
        Assert.EndsWith("give the IP address and the port of the training instead", said, StringComparison.Ordinal);
        Assert.True(waited.Elapsed < TimeSpan.FromSeconds(10), $"{waited.Elapsed}");

        var worker = new ClusterWorker(Named(address), "a", 1, SmallTraining.Create) { Wait = TimeSpan.Zero };
        Assert.StartsWith("no Redis answers at 127.0.0.1:",
            Assert.Throws<ClusterException>(() => worker.Run(CancellationToken.None)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_redis_that_asks_for_a_password_is_said_in_one_sentence()
    {
        using var redis = new RedisServer(password: "open sesame");
        string place = $"127.0.0.1:{redis.Port}";
        string help = $"set RL2_REDIS_PASSWORD, or give redis://:PASSWORD@{place}/test";
        Assert.Equal($"the Redis at {place} asks for a password; {help}", Refusal(redis.Address));
        Assert.Equal($"the Redis at {place} does not accept this password; {help}",
            Refusal($"redis://:wrong@{place}/test"));

        using var training = new SmallTraining("bandits", "rl2");
        using var cluster = new InProcessCluster(training, _ => Named($"redis://:open%20sesame@{place}/test"));
        cluster.Join("a");
        Assert.Equal(SmallTraining.Alone(2, "bandits", "rl2"), training.Train(2));
    }

    [Fact]
    public void A_name_is_of_one_training_at_a_time_and_free_when_that_is_gone()
    {
        using var redis = new RedisServer();
        using var training = new SmallTraining("bandits", "rl2");
        using var other = new SmallTraining("bandits", "rl2");
        using (var cluster = new InProcessCluster(training, _ => Named(redis.Address)))
        {
            string refused = Assert.Throws<ClusterException>(() => ClusterCoordinator.Start(
                Named(redis.Address), other.Algorithm, other.Configuration)).Message;
            Assert.StartsWith("there is a training of the name test already, at 127.0.0.1:", refused,
                StringComparison.Ordinal);
            Assert.EndsWith($"give this one another name: redis://127.0.0.1:{redis.Port}/OTHER", refused,
                StringComparison.Ordinal);
        }
        // As a training leaves it that was killed.
        ClusterOptions dead = Named(redis.Address) with
        {
            Address = new(System.Net.IPAddress.Loopback, InProcessCluster.FreePort()),
            ClusterId = "dead",
        };
        Registration.EnterAsync(dead).GetAwaiter().GetResult();
        using var next = ClusterCoordinator.Start(Named(redis.Address), other.Algorithm, other.Configuration);
        Assert.NotNull(new ClusterQuestions(Named(redis.Address)).StatusJson());
    }

    static ClusterOptions Named(string address) => ClusterOptions.Through(RedisRegistry.Parse("--cluster", address));

    static string Refusal(string address)
    {
        using var training = new SmallTraining("bandits", "rl2");
        return Assert.Throws<RegistryException>(() => ClusterCoordinator.Start(
            Named(address), training.Algorithm, training.Configuration)).Message;
    }

    static string[] Keys(RedisServer redis) => RedisRegistry.Parse("", redis.Address)
        .UseAsync(async database => (string[])(await database.ExecuteAsync("KEYS", "*"))!).GetAwaiter().GetResult();
}
