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
    [Fact]
    public void Shards_that_a_replica_computes_give_the_bits_of_one_process()
    {
        using var training = new SmallTraining("bandits", "rl2", "max-kl=0.001");
        using var relay = new Relay(training);
        training.Algorithm.Shards.Runner = relay;

        Assert.Equal(SmallTraining.Alone(3, "bandits", "rl2", "max-kl=0.001"), training.Train(3));
        Assert.True(relay.Computed > 0);
    }

    // What is in the replica of earlier shards must not matter: here one shard of four is its, and another one each
    // time.
    [Fact]
    public void A_replica_that_computes_another_shard_each_time_gives_the_same_bits()
    {
        using var training = new SmallTraining("bandits", "rl2", "max-kl=0.001");
        using var relay = new Relay(training) { TakesAll = false };
        training.Algorithm.Shards.Runner = relay;

        Assert.Equal(SmallTraining.Alone(4, "bandits", "rl2", "max-kl=0.001"), training.Train(4));
    }

    [Fact]
    public void A_replica_says_what_it_lacks_and_computes_nothing_until_it_has_all_of_it()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var relay = new Relay(training);
        ShardPhase play = training.Algorithm.Shards.Phases[0];

        ShardReply first = relay.Replica.Compute(relay.Request(play, [1], part => part.Name == "play"));
        Assert.Equal([0], first.Lacking);
        Assert.Empty(first.Results);
        ShardReply second = relay.Replica.Compute(relay.Request(play, [1], part => part.Name == "weights"));
        Assert.Empty(second.Lacking);
        Assert.Single(second.Results);
        Assert.Null(second.Failure);
    }

    [Fact]
    public void A_part_whose_bytes_are_not_those_that_were_named_is_refused()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var relay = new Relay(training);
        ShardRequest good = relay.Request(training.Algorithm.Shards.Phases[0], [0], _ => true);
        byte[] spoiled = [.. good.Contents[0]!];
        spoiled[100] ^= 1;

        ShardReply reply = relay.Replica.Compute(good with { Contents = [spoiled, good.Contents[1]] });

        Assert.Contains("arrived with the SHA-256", reply.Failure, StringComparison.Ordinal);
        Assert.Null(relay.Replica.Compute(good).Failure);
    }

    [Fact]
    public void A_request_of_another_training_is_refused()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var relay = new Relay(training);
        ShardRequest good = relay.Request(training.Algorithm.Shards.Phases[0], [0], _ => true);

        Assert.Contains("another training", relay.Replica.Compute(good with { Training = "other" }).Failure,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_part_may_come_in_pieces()
    {
        using var training = new SmallTraining("bandits", "rl2");
        using var relay = new Relay(training);
        ShardRequest whole = relay.Request(training.Algorithm.Shards.Phases[0], [0], _ => true);
        byte[] content = whole.Contents[0]!;
        int half = content.Length / 2;
        foreach (int offset in (int[])[0, half])
        {
            byte[] piece = content[offset..(offset == 0 ? half : content.Length)];
            relay.Replica.Take(new PartPiece("training", whole.Parts[0], offset, content.Length, piece));
        }

        ShardReply reply = relay.Replica.Compute(whole with { Contents = [null, whole.Contents[1]] });

        Assert.Empty(reply.Lacking);
        Assert.Equal(relay.Replica.Compute(whole).Results[0], reply.Results[0]);
    }

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
        Replica = new Replica("training",
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
        ShardReply reply = Replica.Compute(Request(phase, theirs, _ => true));
        Assert.Null(reply.Failure);
        for (int i = 0; i < theirs.Length; i++)
        {
            var reader = new ByteReader(reply.Results[i]);
            phase.VisitResult(reader, theirs[i]);
            reader.RequireEnd();
        }
        Computed += theirs.Length;
    }

    public ShardRequest Request(ShardPhase phase, int[] shards, Predicate<ShardPart> sends) => new("training",
        training.Algorithm.Shards.Phases.ToList().FindIndex(known => known.Name == phase.Name), shards,
        [.. phase.Parts.Select(part => store[part].Identity)],
        [.. phase.Parts.Select(part => sends(part) ? store[part].Content : null)]);

    public void Dispose()
    {
        Replica.Dispose();
        workers.Dispose();
    }
}
