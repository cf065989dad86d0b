using RLSquared.Algorithms;
using RLSquared.Cluster.Coordination;
using RLSquared.Cluster.Messages;
using RLSquared.Cluster.Work;
using RLSquared.Sharding;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Tests.Work;

/// <summary>What a worker computes from bytes alone, without a network between.</summary>
public sealed class ReplicaTests
{
    [Theory]
    [InlineData("bandits", "rl2", "max-kl=0.001")]
    [InlineData("arithmetic", "rloo", "updates=2")]
    [InlineData("arithmetic", "grpo", "kl=0.05")]
    [InlineData("arithmetic", "rloo", "adapter-rank=2")]
    [InlineData("arithmetic", "ppo", "updates=2")]
    public void Shards_that_a_replica_computes_give_the_bits_of_one_process(
        string task, string algorithm, string option)
    {
        using var training = new SmallTraining(task, algorithm, option);
        using var relay = new Relay(training);
        training.Algorithm.Shards.Runner = relay;

        Assert.Equal(SmallTraining.Alone(4, task, algorithm, option), training.Train(4));
        Assert.True(relay.Computed > 0);
    }

    // What is in the replica of earlier shards must not matter: here one shard of four is its, and another one each
    // time.
    [Theory]
    [InlineData("bandits", "rl2", "max-kl=0.001")]
    [InlineData("arithmetic", "rloo", "updates=2")]
    [InlineData("arithmetic", "rloo", "adapter-rank=2")]
    public void A_replica_that_computes_another_shard_each_time_gives_the_same_bits(
        string task, string algorithm, string option)
    {
        using var training = new SmallTraining(task, algorithm, option);
        using var relay = new Relay(training) { TakesAll = false };
        training.Algorithm.Shards.Runner = relay;

        Assert.Equal(SmallTraining.Alone(4, task, algorithm, option), training.Train(4));
    }

    [Fact]
    public void A_replica_that_lacks_a_part_computes_nothing_until_it_has_all_of_them()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var relay = new Relay(training);
        ShardPhase play = training.Algorithm.Shards.Phases[0];

        Assert.StartsWith("weights of version ", Refusal(relay, relay.Request(play, [1], part => part.Name == "play")),
            StringComparison.Ordinal);
        // What came with the request that was refused is not relied on.
        Assert.StartsWith("play of version ", Refusal(relay, relay.Request(play, [1], part => part.Name == "weights")),
            StringComparison.Ordinal);
        Assert.Single(relay.Results(relay.Request(play, [1], _ => true)));
        Assert.Single(relay.Results(relay.Request(play, [2], _ => false)));
    }

    [Fact]
    public void A_part_of_another_version_than_the_one_that_is_there_is_refused()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var relay = new Relay(training);
        ShardRequest good = relay.Request(training.Algorithm.Shards.Phases[0], [0], _ => true);
        relay.Results(good);

        ShardRequest later = good with { Versions = [good.Versions[0] + 1, good.Versions[1]], Contents = [null, null] };

        Assert.Equal($"weights of version {later.Versions[0]} was not sent", Refusal(relay, later));
    }

    [Fact]
    public void A_part_that_is_too_short_or_too_long_is_refused_and_can_be_sent_again()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var relay = new Relay(training);
        ShardRequest good = relay.Request(training.Algorithm.Shards.Phases[0], [0], _ => true);
        ReadOnlyMemory<byte> whole = good.Contents[0]!.Value;

        Assert.Contains("ends 4 bytes early", Refusal(relay, good with { Contents = [whole[4..], good.Contents[1]] }),
            StringComparison.Ordinal);
        Assert.Contains("left over", Refusal(relay, good with
        {
            Contents = [new byte[whole.Length + 1], good.Contents[1]],
        }), StringComparison.Ordinal);
        Assert.Single(relay.Results(good));
    }

    static string Refusal(Relay relay, ShardRequest request) =>
        Assert.Throws<InvalidDataException>(() => relay.Results(request)).Message;
}

/// <summary>Has shards computed by a replica, through the bytes of messages.</summary>
internal sealed class Relay : ShardRunner, IDisposable
{
    readonly SmallTraining training;
    readonly Workers workers = new(1);
    readonly PartStore store = new();
    int turn;

    public Relay(SmallTraining training)
    {
        this.training = training;
        Replica = new Replica(
            (IShardedAlgorithm)SmallTraining.Create(training.Configuration, workers), workers);
    }

    public Replica Replica { get; }

    public bool TakesAll { get; init; } = true;

    public int Computed { get; private set; }

    public override void Run(ShardPhase phase, int shards)
    {
        int[] theirs = TakesAll ? [.. Enumerable.Range(0, shards)] : [turn++ % shards];
        for (int s = 0; s < shards; s++)
        {
            if (!theirs.Contains(s))
                phase.Compute(s);
        }
        foreach ((int shard, byte[] result) in Results(Request(phase, theirs, _ => true)))
        {
            var reader = new ByteReader(result);
            phase.VisitResult(reader, shard);
            reader.RequireEnd();
            Computed++;
        }
    }

    /// <summary>What the replica gives, by shard.</summary>
    public Dictionary<int, byte[]> Results(ShardRequest request)
    {
        Dictionary<int, byte[]> results = [];
        Replica.Compute(request, message =>
        {
            int length = BitConverter.ToInt32(message.Span[sizeof(int)..]);
            Assert.Equal(message.Length, ShardReply.Head + length);
            results.Add(BitConverter.ToInt32(message.Span), message.Span[ShardReply.Head..].ToArray());
        });
        return results;
    }

    public ShardRequest Request(ShardPhase phase, int[] shards, Predicate<ShardPart> sends) => new(
        training.Algorithm.Shards.Phases.ToList().FindIndex(known => known.Name == phase.Name), shards,
        [.. phase.Parts.Select(part => store[part].Version)],
        [.. phase.Parts.Select(part => sends(part) ? store[part].Content : (ReadOnlyMemory<byte>?)null)]);

    public void Dispose()
    {
        Replica.Dispose();
        workers.Dispose();
    }
}
