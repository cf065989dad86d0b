using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Experience;
using RLSquared.Language.Tests.Algorithms;
using RLSquared.Language.Verifiers;
using RLSquared.Pipelines;
using RLSquared.Tensors;
using static RLSquared.Language.Tests.Algorithms.PipelineRlTests;

namespace RLSquared.Language.Tests.Pipelines;

/// <summary>A generator of another process, here on a thread of this one, without a network between.</summary>
public sealed class GroupMakerTests : IDisposable
{
    static readonly PipelineRlOptions free = Small with { Mode = PipelineMode.FreeRunning, WaitSeconds = 20 };

    readonly Workers workers = new(1);
    readonly List<long> learnt = [];
    readonly PipelineRl trainer;

    public GroupMakerTests() => trainer = new PipelineRl(Letters(), free, 3, workers)
    {
        Watch = batch => learnt.AddRange(batch.Chunk(4).Select(group => group[0].GroupId)),
    };

    IPipelinedAlgorithm Trainer => trainer;

    public void Dispose()
    {
        trainer.Dispose();
        workers.Dispose();
    }

    [Fact]
    public void Groups_of_another_process_are_learnt_from_in_order_with_the_weights_that_drew_them()
    {
        using var other = new Elsewhere(Trainer);
        Trainer.Published = other.Take;
        for (int i = 0; i < 30; i++)
            trainer.Iterate(0);
        Assert.Equal(Enumerable.Range(0, 120).Select(number => (long)number), learnt);
        Assert.InRange(other.Taken, 1, 130);
        BlockCounts counts = Trainer.Ledger.Counts;
        Assert.Equal(counts.Begun, counts.Delivered + counts.Held + counts.Waiting);
        Assert.Equal(0, counts.Refused);
    }

    [Fact]
    public void A_group_that_is_none_of_this_training_is_refused_in_one_sentence()
    {
        byte[] good = Made(out long number);
        object maker = new();
        Assert.False(Trainer.Receive(maker, number, good));                 // nobody asked this one for it
        Assert.Null(Said(good, number));
        Assert.Equal($"completion {number * 4} of group {number} comes as one of group {number + 1}",
            Said(good, number + 1));
        Assert.EndsWith("has 3 completions, and not 4", Said(Changed(good, group => group[1..]), number),
            StringComparison.Ordinal);
        Assert.EndsWith($"its prompt {number} is another one than that of the training; give it the same data",
            Said(Changed(good, group => [group[0] with { PromptTokens = [1] }, .. group[1..]]), number),
            StringComparison.Ordinal);
        Assert.Contains("has a token that none of", Said(Each(good, one => one with { Tokens = Set(one.Tokens, 99) }),
            number), StringComparison.Ordinal);
        Assert.Contains("was drawn with weights of version 5, and the newest are of version 0",
            Said(Each(good, one => one with { Versions = Set(one.Versions, 5) }), number), StringComparison.Ordinal);
        Assert.Contains("has a log-probability that is no number",
            Said(Each(good, one => one with { LogProbs = Set(one.LogProbs, float.NaN) }), number),
            StringComparison.Ordinal);
        Assert.Contains("is not whole: Mask has 0 numbers", Said(Each(good, one => one with { Mask = [] }), number),
            StringComparison.Ordinal);
        Assert.Contains("has 0 tokens, and 1 to 8 are possible", Said(Each(good, one => one with
        {
            Tokens = [],
            Mask = [],
            LogProbs = [],
            Versions = [],
        }), number), StringComparison.Ordinal);
        Assert.StartsWith("completions cannot be read", Said(good[..^3], number), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PipelineMode.Deterministic, "mode=deterministic generates in step with the trainer")]
    [InlineData(PipelineMode.Conventional, "mode=conventional generates in step with the trainer")]
    public void Only_generators_that_run_freely_can_be_elsewhere(PipelineMode mode, string why)
    {
        using IPipelinedAlgorithm locked = new PipelineRl(Letters(), Small with { Mode = mode }, 3, workers);
        Assert.StartsWith(why, locked.Alone, StringComparison.Ordinal);
        Assert.EndsWith("add --set mode=free-running", locked.Alone, StringComparison.Ordinal);
        Assert.Null(Trainer.Alone);
    }

    // A checkpoint that is taken while a lost maker's groups are in progress: the resumed run begins them again.
    [Fact]
    public void A_checkpoint_begins_again_what_other_processes_had_in_progress()
    {
        trainer.Iterate(0);
        object lost = new();
        Trainer.Ledger.Allowed += 3;
        Assert.True(Trainer.Ledger.TryBegin(lost, out long first));
        byte[] saved = State(trainer);
        using var second = new PipelineRl(Letters(), free, 3, workers)
        {
            Watch = batch => learnt.AddRange(batch.Chunk(4).Select(group => group[0].GroupId)),
        };
        using (var restorer = new StateRestorer(saved))
            second.VisitState(restorer);
        Assert.True(first > 0);
        for (int i = 0; i < 15; i++)
            second.Iterate(0);
        Assert.Equal(Enumerable.Range(0, 64).Select(number => (long)number), learnt);
    }

    byte[] Made(out long number)
    {
        using var other = new Elsewhere(Trainer);
        Trainer.Ledger.Allowed = 1;
        using WeightSnapshot snapshot = trainer.Parameters.Snapshot();
        other.Take(snapshot, 0);
        (number, byte[] block) = other.First.Task.WaitAsync(Deadline.Far).GetAwaiter().GetResult();
        return block;
    }

    // What is wrong with a block; null if nothing is.
    string? Said(byte[] block, long number)
    {
        try
        {
            Trainer.Receive(new object(), number, block);
            return null;
        }
        catch (InvalidDataException failure)
        {
            return failure.Message;
        }
    }

    static byte[] Changed(byte[] block, Func<Completion[], Completion[]> change) =>
        CompletionBytes.Write(change([.. CompletionBytes.Read(block)]));

    static byte[] Each(byte[] block, Func<Completion, Completion> change) =>
        Changed(block, group => [.. group.Select(change)]);

    static T[] Set<T>(IReadOnlyList<T> numbers, T last) => [.. numbers.SkipLast(1), last];

    /// <summary>The same algorithm made once more, which makes groups for another one.</summary>
    sealed class Elsewhere : IDisposable
    {
        readonly Workers workers = new(1);
        readonly IPipelinedAlgorithm copy, trainer;
        readonly IBlockMaker maker;

        public Elsewhere(IPipelinedAlgorithm trainer)
        {
            this.trainer = trainer;
            copy = new PipelineRl(Letters(), free, 3, workers);
            maker = copy.Make(new BlockCalls(
                () => trainer.Ledger.TryBegin(this, out long number) ? number : null,
                (number, block) =>
                {
                    First.TrySetResult((number, block));
                    if (trainer.Receive(this, number, block))
                        Taken++;
                }, () => { }, failure => First.TrySetException(failure)));
        }

        public TaskCompletionSource<(long, byte[])> First { get; } = new();

        public int Taken { get; private set; }

        public void Take(WeightSnapshot snapshot, int version)
        {
            foreach (Parameter parameter in copy.Parameters.All)
            {
                float[] numbers = new float[parameter.Value.Shape.Count];
                snapshot[trainer.Parameters.All[parameter.Place]].CopyTo(numbers);
                parameter.Value.CopyFrom(numbers);
            }
            maker.TakeWeights(version);
            maker.Wake();
        }

        public void Dispose()
        {
            maker.Dispose();
            copy.Dispose();
            workers.Dispose();
        }
    }
}
