using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Pipelines;
using RLSquared.Tensors;
using static RLSquared.Language.Tests.Algorithms.PipelineRlTests;

namespace RLSquared.Language.Tests.Algorithms;

/// <summary>Threads of their own, judges that fail, and groups that must be neither lost nor doubled.</summary>
public sealed class PipelineFailureTests
{
    /// <summary>The numbers of the groups of a batch, each of which is whole.</summary>
    internal static IEnumerable<long> Groups(IReadOnlyList<Completion> batch) =>
        batch.Chunk(4).Select(group => Assert.Single(group.Select(one => one.GroupId).Distinct()));

    [Fact]
    public void Free_running_generators_lose_and_double_nothing_and_can_be_resumed()
    {
        using var workers = new Workers(2);
        List<long> groups = [];
        PipelineRlOptions options = Small with { Mode = PipelineMode.FreeRunning, Generators = 2, WaitSeconds = 60 };
        byte[] saved;
        using (var first = new PipelineRl(Letters(), options, 3, workers) { Watch = Note })
        {
            for (int i = 0; i < 10; i++)
                first.Iterate(0);
            saved = State(first);
            Assert.Equal(saved, State(first));                                  // it rests
            first.Iterate(0);                                                    // and goes on
            groups.RemoveRange(40, 4);
        }
        using var second = new PipelineRl(Letters(), options, 3, workers) { Watch = Note };
        using (var restorer = new StateRestorer(saved))
            second.VisitState(restorer);
        for (int i = 0; i < 10; i++)
            second.Iterate(0);
        Assert.Equal(Enumerable.Range(0, 80).Select(group => (long)group), groups);

        void Note(IReadOnlyList<Completion> batch) =>
            groups.AddRange(Groups(batch));
    }

    [Theory]
    [InlineData(PipelineMode.Deterministic)]
    [InlineData(PipelineMode.FreeRunning)]
    public void Rewards_that_throw_or_hang_cost_their_completions_and_no_group(PipelineMode mode)
    {
        using var workers = new Workers(2);
        using var never = new ManualResetEventSlim();
        PromptList task = Letters(one => (one.TrajectoryId % 32) switch
        {
            3 => throw new InvalidOperationException("no judge"),
            9 when one.TrajectoryId < 64 => Hang(never),
            _ => 1,
        });
        List<long> groups = [];
        double unscorable = 0;
        using (var pipeline = new PipelineRl(task, Small with { Mode = mode, JudgeSeconds = 1, WaitSeconds = 60 }, 3,
            workers)
        { Watch = batch => groups.AddRange(batch.Chunk(4).Select(group => group[0].GroupId)) })
        {
            for (int i = 0; i < 8; i++)
                unscorable += Figure(pipeline.Iterate(0), "unscorable");
        }
        never.Set();
        Assert.Equal(Enumerable.Range(0, 32).Select(group => (long)group), groups);
        Assert.InRange(unscorable, 4 + 2, 4 + 2 + 8);     // a hung call may hold a thread that others wait for
        Assert.Contains("no judge", task.Rewards.Failures["letters"].First + "no judge", StringComparison.Ordinal);
    }

    static float? Hang(ManualResetEventSlim never)
    {
        never.Wait(Deadline.Far);
        return 1;
    }

    [Theory]
    [InlineData(PipelineMode.Deterministic)]
    [InlineData(PipelineMode.FreeRunning)]
    public void A_reward_that_always_hangs_ends_the_run_with_its_name(PipelineMode mode)
    {
        using var workers = new Workers(2);
        using var never = new ManualResetEventSlim();
        using (var pipeline = new PipelineRl(
            Letters(_ => Hang(never)), Small with { Mode = mode, JudgeSeconds = 0.05f, WaitSeconds = 60 }, 3, workers))
        {
            string message = Assert.Throws<PipelineException>(() =>
            {
                for (int i = 0; i < 8; i++)
                    pipeline.Iterate(0);
            }).Message;
            Assert.Equal("the reward 'letters' hangs: 16 of its calls did not answer within 0.05 s each and have not " +
                "ended since", message);
            never.Set();
        }
    }

    [Fact]
    public void A_task_that_throws_in_a_generators_thread_ends_the_wait_with_its_name()
    {
        using var workers = new Workers(2);
        using var pipeline = new PipelineRl(
            new Broken(Letters()), Small with { Mode = PipelineMode.FreeRunning, WaitSeconds = 60 }, 3, workers);
        Assert.Equal("generator 0 failed: prompt 9 is not there", Assert.Throws<PipelineException>(() =>
        {
            for (int i = 0; i < 8; i++)
                pipeline.Iterate(0);
        }).Message);
    }

    sealed class Broken(PromptList task) : DelegatingPromptTask(task)
    {
        public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training) =>
            number < 9 ? base.Draw(seed, number, split)
                : throw new InvalidDataException($"prompt {number} is not there");
    }

    [Fact]
    public void A_batch_that_does_not_come_within_the_limit_ends_the_wait_with_who_is_busy()
    {
        using var workers = new Workers(2);
        using var never = new ManualResetEventSlim();
        using var pipeline = new PipelineRl(Letters(_ => Hang(never)),
            Small with { Mode = PipelineMode.FreeRunning, JudgeSeconds = 20, WaitSeconds = 0.2f }, 3, workers);
        string message = Assert.Throws<PipelineException>(() => pipeline.Iterate(0)).Message;
        never.Set();
        Assert.StartsWith("group 0 did not come within 0.2 s; none is there; generator 0 ", message,
            StringComparison.Ordinal);
    }
}
