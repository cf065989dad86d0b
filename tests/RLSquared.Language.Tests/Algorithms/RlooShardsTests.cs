using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Sharding;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

/// <summary>Completions and gradients that another process has computed from bytes are those of this one.</summary>
public sealed class RlooShardsTests
{
    static readonly RlooOptions small = RlooTests.small with { Shards = 3 };

    // Losses with and without a reference, a sampler that cuts, groups drawn twice, more pieces than shards.
    public static TheoryData<string, RlooOptions> Variants => new()
    {
        { "one update", small },
        { "several updates and epochs", small with { Updates = 2, Epochs = 2 } },
        { "more pieces than shards", small with { TokensAtOnce = 40 } },
        { "a reference in the reward", small with { Kl = 0.05f } },
        { "a reference in the loss", small with { Kl = 0.05f, KlPlace = DivergencePlace.Loss, Updates = 2 } },
        { "a sampler that cuts", small with { TopK = 3, Updates = 2 } },
        { "groups drawn again", small with { SamplingRounds = 2 } },
        { "prompts asked again", small with { AskAgain = 0.5 } },
        { "an adapter", small with { AdapterRank = 2, Kl = 0.02f } },
        { "a value network", small with { Advantage = AdvantageKind.Value } },
    };

    [Theory]
    [MemberData(nameof(Variants), DisableDiscoveryEnumeration = true)]
    public void Shards_that_are_computed_elsewhere_from_bytes_give_the_same_bits(string name, RlooOptions options) =>
        RequireSameBits(name, () => RlooTests.Letters(), options, ["draw", "learn"]);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void The_warm_start_is_shared_too_and_what_learns_after_it(int rank) => RequireSameBits($"rank {rank}",
        () => new ArithmeticTask(new ArithmeticOptions()), small with
        {
            WarmStart = 30,
            WarmStartBatch = 7,
            TokensAtOnce = 24,
            AdapterRank = rank,
        }, ["warm up", "draw", "learn"]);

    [Fact]
    public void A_worker_with_other_prompts_is_found_out()
    {
        using var workers = new Workers(1);
        using var here = new Rloo(RlooTests.Letters(), small, 1, workers);
        using var there = new Rloo(new PromptList("letters", RlooTests.Letters().Tokenizer,
            [new PromptExample("d:"), new PromptExample("a:"), new PromptExample("bc:")],
            new RewardSet().Add("none", _ => 0), [0]), small, 1, workers);
        ((IShardedAlgorithm)here).Shards.Runner = new ShardRelay(here, there);

        Assert.Contains("is another one than that of the training; give it the same data",
            Assert.Throws<InvalidDataException>(() => here.Iterate(0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Completions_of_other_prompts_or_numbers_than_were_asked_for_are_refused()
    {
        using var workers = new Workers(1);
        using var here = new Rloo(RlooTests.Letters(), small, 1, workers);
        here.Iterate(0);
        ShardPhase drawing = ((IShardedAlgorithm)here).Shards.Phases[0];
        var drawn = new ByteWriter();
        drawing.VisitResult(drawn, 1);
        byte[] bytes = [];
        new ByteReader(drawn.Written).Bytes(ref bytes);
        List<Completion> good = CompletionBytes.Read(bytes);

        Send(good);
        foreach (List<Completion> other in (List<Completion>[])
        [
            good[1..], good.ConvertAll(one => one with { GroupId = one.GroupId + 1 }),
            good.ConvertAll(one => one with { TrajectoryId = one.TrajectoryId + 1 }),
        ])
        {
            Assert.Equal("it sends other completions than it was asked for",
                Assert.Throws<InvalidDataException>(() => Send(other)).Message);
        }

        void Send(List<Completion> group)
        {
            byte[] sent = CompletionBytes.Write(group);
            var writer = new ByteWriter();
            writer.Bytes(ref sent);
            drawing.VisitResult(new ByteReader(writer.Written), 1);
        }
    }

    static void RequireSameBits(string name, Func<PromptTask> task, RlooOptions options, string[] phases)
    {
        using var workers = new Workers(2);
        using Rloo alone = new(task(), options, 3, workers), shared = new(task(), options, 3, workers),
            elsewhere = new(task(), options, 3, workers);
        var relay = new ShardRelay(shared, elsewhere);
        ((IShardedAlgorithm)shared).Shards.Runner = relay;
        for (int i = 0; i < 5; i++)
        {
            IterationReport expected = alone.Iterate(i / 5.0), found = shared.Iterate(i / 5.0);
            Assert.Equal(expected.Figures, found.Figures);
            Assert.Equal(expected.MeanReturn, found.MeanReturn);
            Assert.True(RlooTests.State(alone).SequenceEqual(RlooTests.State(shared)), $"{name}, iteration {i}");
        }
        Assert.Equal(phases.Order(StringComparer.Ordinal), relay.Phases.Order(StringComparer.Ordinal));
    }
}
