using RLSquared.Pipelines;

namespace RLSquared.Tests.Pipelines;

public sealed class OrderedChannelTests
{
    static readonly TimeSpan soon = TimeSpan.FromMilliseconds(60), late = Deadline.Far;

    [Fact]
    public void Items_leave_in_the_order_of_their_numbers_whenever_they_came()
    {
        var queue = new OrderedChannel<string>("group", 8, late);
        foreach (int number in (int[])[2, 0, 3, 1])
            queue.Add(number, $"item {number}");
        Assert.True(queue.IsReady(4));
        Assert.False(queue.IsReady(5));
        Assert.Equal(["item 0", "item 1", "item 2", "item 3"], Enumerable.Range(0, 4).Select(_ => queue.Take()));
        Assert.Equal((4, 0), (queue.Next, queue.Count));
        Assert.False(queue.TryTake(out _));
    }

    [Fact]
    public void A_number_that_comes_twice_is_refused_whether_it_is_there_or_has_left()
    {
        var queue = new OrderedChannel<int>("group", 8, late);
        queue.Add(0, 7);
        Assert.Equal("group 0 came twice; each comes once",
            Assert.Throws<PipelineException>(() => queue.Add(0, 7)).Message);
        queue.Take();
        Assert.Throws<PipelineException>(() => queue.Add(0, 7));
        Assert.Throws<PipelineException>(() => queue.Restore(2, [(1, 7)]));
    }

    [Fact]
    public void A_wait_for_an_item_that_does_not_come_ends_with_its_name()
    {
        var queue = new OrderedChannel<int>("group", 8, soon) { Detail = () => "generator 0 rests" };
        queue.Add(1, 7);
        Assert.Equal("group 0 did not come within 0.06 s; 1 is there; generator 0 rests",
            Assert.Throws<PipelineException>(() => queue.Take()).Message);
        Assert.InRange(queue.WaitedForItems.TotalSeconds, 0.05, Deadline.Far.TotalSeconds);
    }

    [Fact]
    public void A_producer_that_is_too_far_ahead_waits_for_room_and_no_longer_than_the_limit()
    {
        var queue = new OrderedChannel<int>("group", 2, soon);
        queue.Add(0, 0);
        queue.Add(1, 1);
        Assert.Equal("group 2 waited 0.06 s for room: 2 may be ahead of group 0, which the trainer has not taken",
            Assert.Throws<PipelineException>(() => queue.Add(2, 2)).Message);
        queue.Take();
        queue.Add(2, 2);
        Assert.InRange(queue.WaitedForRoom.TotalSeconds, 0.05, Deadline.Far.TotalSeconds);
    }

    [Fact]
    public async Task Room_wakes_a_producer_and_an_item_wakes_the_consumer()
    {
        var queue = new OrderedChannel<int>("group", 1, late);
        var producer = Task.Run(() =>
        {
            for (int i = 0; i < 200; i++)
                queue.Add(i, i);
        });
        Assert.Equal(Enumerable.Range(0, 200), Enumerable.Range(0, 200).Select(_ => queue.Take()).ToArray());
        await producer;
    }

    [Fact]
    public void A_failure_ends_waits_that_are_there_and_those_to_come()
    {
        var queue = new OrderedChannel<int>("group", 2, late);
        var waiting = Task.Run(() => queue.Take());
        queue.Fail(new InvalidOperationException("the judge left"));
        queue.Fail(new InvalidOperationException("a second one"));
        Assert.Equal("the judge left", Assert.IsType<PipelineException>(
            Assert.Throws<AggregateException>(() => waiting.Wait()).InnerException).Message);
        Assert.Equal("the judge left", Assert.Throws<PipelineException>(() => queue.IsReady(1)).Message);
        Assert.Equal("the judge left", Assert.Throws<PipelineException>(() => queue.Add(0, 1)).Message);
    }

    [Fact]
    public void A_wait_that_is_cancelled_ends_at_once()
    {
        var queue = new OrderedChannel<int>("group", 2, late);
        using var stop = new CancellationTokenSource(20);
        Assert.Throws<OperationCanceledException>(() => queue.Take(stop.Token));
    }

    [Fact]
    public void What_it_shows_is_what_it_goes_on_with()
    {
        var queue = new OrderedChannel<string>("group", 8, late);
        foreach (int number in (int[])[0, 1, 3])
            queue.Add(number, $"{number}");
        queue.Take();
        (long next, IReadOnlyList<(long, string)> items) = queue.Show();
        var other = new OrderedChannel<string>("group", 8, soon);
        other.Restore(next, items);
        Assert.Equal("1", other.Take());
        Assert.Contains("group 2 did not come", Assert.Throws<PipelineException>(() => other.Take()).Message,
            StringComparison.Ordinal);
        other.Add(2, "2");
        Assert.Equal(["2", "3"], [other.Take(), other.Take()]);
    }

    [Fact]
    public async Task Many_producers_lose_and_double_nothing()
    {
        var queue = new OrderedChannel<long>("group", 16, late);
        long handed = -1;
        Task[] producers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            long number;
            while ((number = Interlocked.Increment(ref handed)) < 2_000)
                queue.Add(number, number);
        }))];
        Assert.Equal(Enumerable.Range(0, 2_000).Select(i => (long)i),
            Enumerable.Range(0, 2_000).Select(_ => queue.Take()).ToArray());
        await Task.WhenAll(producers);
    }
}
