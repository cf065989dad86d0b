using RLSquared.Language.Verifiers;
using RLSquared.Pipelines;

namespace RLSquared.Language.Tests.Verifiers;

public sealed class RewardLimitTests
{
    static readonly TimeSpan limit = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_judge_that_hangs_has_no_say_is_counted_and_keeps_no_one_waiting()
    {
        using var never = new ManualResetEventSlim();
        var asked = new TaskCompletionSource();
        RewardSet rewards = new RewardSet()
            .Add("asks", async (one, cancellation) =>
            {
                if (one.TrajectoryId != 1)
                    return 1;
                await using CancellationTokenRegistration told = cancellation.Register(asked.SetResult);
                await asked.Task;                            // it ends when it is asked to
                cancellation.ThrowIfCancellationRequested();
                return 1;
            })
            .Add("deaf", one =>
            {
                if (one.TrajectoryId == 2)
                    never.Wait(Deadline.Far);
                return 2;
            });
        Completion[] all = [.. Enumerable.Range(0, 3).Select(i => new Completion { TrajectoryId = i })];
        IReadOnlyList<Completion> scored = await rewards.Score(all, limit);
        never.Set();
        Assert.Equal([3f, null, null], scored.Select(one => one.Reward));
        Assert.Equal("it did not answer within 1 s", rewards.Failures["asks"].First);
        Assert.Equal("it did not answer within 1 s", rewards.Failures["deaf"].First);
        Assert.Equal(2, rewards.Unscorable);
    }

    [Fact]
    public async Task A_judge_that_throws_or_answers_late_with_a_limit_is_as_without_one()
    {
        RewardSet rewards = new RewardSet().Add("judge", one => one.TrajectoryId == 1
            ? throw new InvalidOperationException("no judge") : one.TrajectoryId == 2 ? float.NaN : 1);
        Completion[] all = [.. Enumerable.Range(0, 4).Select(i => new Completion { TrajectoryId = i })];
        IReadOnlyList<Completion> scored = await rewards.Score(all, Deadline.Far);
        Assert.Equal([1f, null, null, 1f], scored.Select(one => one.Reward));
        Assert.Equal((2L, "no judge"), (rewards.Failures["judge"].Count,
            rewards.Failures["judge"].First.Replace("it gave NaN, which is no number", "no judge",
                StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_judge_that_goes_on_hanging_is_asked_no_more()
    {
        using var never = new ManualResetEventSlim();
        int calls = 0;
        RewardSet rewards = new RewardSet().Add("deaf", _ =>
        {
            Interlocked.Increment(ref calls);
            never.Wait(Deadline.Far);
            return 1;
        });
        PipelineException? failure = null;
        for (int i = 0; i < 40 && failure is null; i++)
        {
            try
            {
                await rewards.Score([new Completion(), new Completion()], TimeSpan.FromMilliseconds(10));
            }
            catch (PipelineException hangs)
            {
                failure = hangs;
            }
        }
        never.Set();
        Assert.StartsWith("the reward 'deaf' hangs: 16 of its calls", failure?.Message, StringComparison.Ordinal);
        Assert.InRange(calls, 1, 18);
    }

    [Fact]
    public async Task A_cancelled_score_is_cancelled_and_no_failure_of_the_judge()
    {
        using var stop = new CancellationTokenSource(20);
        RewardSet rewards = new RewardSet().Add("slow", async (_, cancellation) =>
        {
            await Task.Delay(Deadline.Far, cancellation);
            return 1;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => rewards.Score([new Completion()], Deadline.Far, stop.Token));
        Assert.Empty(rewards.Failures);
    }
}
