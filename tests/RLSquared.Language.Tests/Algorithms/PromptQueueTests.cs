using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Algorithms;

public sealed class PromptQueueTests
{
    // Completions of one prompt.
    static IEnumerable<Completion> Group(long prompt, params float?[] rewards) =>
        rewards.Select(reward => new Completion { GroupId = prompt, Reward = reward });

    [Fact]
    public void Without_a_share_each_prompt_is_new()
    {
        var queue = new PromptQueue(0);
        Assert.Equal([0L, 1, 2], queue.Take(3));
        queue.Add([.. Group(0, 0, 0), .. Group(1, 1, 1), .. Group(2, 0, 1)]);
        Assert.Equal([3L, 4, 5], queue.Take(3));
        Assert.Equal(6, queue.New);
    }

    [Fact]
    public void A_prompt_below_the_mean_of_its_batch_is_asked_again_until_it_is_not()
    {
        var queue = new PromptQueue(0.5);
        Assert.Equal([0L, 1, 2, 3], queue.Take(4));
        queue.Add([.. Group(0, 0, 0), .. Group(1, 1, 1), .. Group(2, 0, 1), .. Group(3, 0, 0)]);   // the mean is 3 / 8
        Assert.Equal(2, queue.Waiting);
        Assert.Equal([0L, 3, 4, 5], queue.Take(4));
        queue.Add([.. Group(0, 1, 1), .. Group(3, 0, 1), .. Group(4, 1, 1), .. Group(5, 1, 1)]);
        Assert.Equal([3L, 6, 7, 8], queue.Take(4));
        queue.Add([.. Group(3, 1, 1), .. Group(6, 1, 1), .. Group(7, 1, 1), .. Group(8, 1, 1)]);
        Assert.Equal([9L, 10, 11, 12], queue.Take(4));
    }

    [Fact]
    public void No_more_than_the_share_of_a_batch_is_asked_again_and_the_rest_waits()
    {
        var queue = new PromptQueue(0.25);
        queue.Take(4);
        queue.Add([.. Group(0, 0), .. Group(1, 0), .. Group(2, 0), .. Group(3, 1)]);
        Assert.Equal([0L, 4, 5, 6], queue.Take(4));
        Assert.Equal([1L, 7, 8, 9], queue.Take(4));
    }

    [Fact]
    public void What_cannot_be_scored_does_not_count()
    {
        var queue = new PromptQueue(0.5);
        queue.Take(3);
        queue.Add([.. Group(0, null, null), .. Group(1, null, 1), .. Group(2, 0, 0)]);
        Assert.Equal([2L, 3], queue.Take(2));
    }

    [Fact]
    public void The_oldest_are_forgotten_where_too_many_wait()
    {
        const int more = 10;
        var queue = new PromptQueue(0.5);
        int count = PromptQueue.Most + more;
        queue.Take(count + 1);
        queue.Add([.. Enumerable.Range(0, count).SelectMany(i => Group(i, 0)), .. Group(count, 1)]);
        Assert.Equal(PromptQueue.Most, queue.Waiting);
        Assert.Equal(more, queue.Take(2)[0]);
    }

    [Fact]
    public void A_run_that_asks_again_resumes_to_the_same_bits()
    {
        using var workers = new Workers(1);
        RlooOptions options = RlooTests.small with { AskAgain = 0.5 };
        using var whole = new Rloo(RlooTests.Letters(), options, 1, workers);
        for (int i = 0; i < 5; i++)
            whole.Iterate(0);
        byte[] saved = RlooTests.State(whole);
        using var resumed = new Rloo(RlooTests.Letters(), options, 1, workers);
        using var restorer = new StateRestorer(saved);
        resumed.VisitState(restorer);
        Assert.Equal(saved, RlooTests.State(resumed));
        Assert.Equal(whole.Iterate(0).Figures, resumed.Iterate(0).Figures);
        Assert.Equal(RlooTests.State(whole), RlooTests.State(resumed));
    }

    [Fact]
    public void Prompts_that_are_asked_again_are_among_the_completions_and_not_in_the_mean_return()
    {
        using var workers = new Workers(1);
        // Prompt number 1 is never answered, all others always.
        static float? Reward(Completion one) => one.GroupId == 1 ? 0 : 1;
        RlooOptions options = RlooTests.small with { AskAgain = 0.5, Kl = 0 };
        using var rloo = new Rloo(RlooTests.Letters(Reward), options, 1, workers);
        IterationReport first = rloo.Iterate(0);
        Assert.Equal(7.0 / 8, first.MeanReturn, 1e-6);
        for (int i = 0; i < 3; i++)
        {
            IterationReport later = rloo.Iterate(0);
            Assert.Equal(1, later.MeanReturn, 1e-6);
            Assert.Equal(7.0 / 8, RlooTests.Figure(later, "reward"), 1e-6);
        }
    }

    [Fact]
    public void PipelineRl_refuses_it_by_name()
    {
        OptionException refused = Assert.Throws<OptionException>(() => (new PipelineRlOptions() with
        {
            Learning = new PipelineRlOptions().Learning with { AskAgain = 0.5 },
        }).Validate());
        Assert.Contains("ask-again is 0 and not 0.5", refused.Message, StringComparison.Ordinal);
    }
}
