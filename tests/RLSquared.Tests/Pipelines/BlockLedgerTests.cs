using System.Diagnostics;
using RLSquared.Pipelines;

namespace RLSquared.Tests.Pipelines;

public sealed class BlockLedgerTests
{
    readonly object a = new(), b = new();

    [Fact]
    public void Numbers_come_in_order_and_never_more_than_are_allowed()
    {
        var ledger = new BlockLedger { Allowed = 3 };
        Assert.Equal([0L, 1, 2], Begin(ledger, a, 5));
        ledger.Allowed = 4;
        Assert.Equal([3L], Begin(ledger, b, 5));
        Assert.Equal(new BlockCounts(4, 0, 4, 0, 0, 0), ledger.Counts);
        Assert.Equal((3, 1), (ledger.HeldBy(a), ledger.HeldBy(b)));
    }

    [Fact]
    public void A_block_is_taken_once_and_from_its_maker_alone()
    {
        var ledger = new BlockLedger { Allowed = 2 };
        Begin(ledger, a, 1);
        Begin(ledger, b, 1);
        Assert.False(ledger.Deliver(b, 0));
        Assert.True(ledger.Deliver(a, 0));
        Assert.False(ledger.Deliver(a, 0));
        Assert.False(ledger.Deliver(a, 7));
        Assert.True(ledger.Holds(b, 1));
        Assert.False(ledger.Holds(a, 1));
        Assert.Equal(new BlockCounts(2, 1, 1, 0, 0, 3), ledger.Counts);
    }

    [Fact]
    public void What_a_lost_maker_had_begins_again_first_and_comes_from_it_no_more()
    {
        var ledger = new BlockLedger { Allowed = 4 };
        int woken = 0;
        ledger.MoreAllowed = () => woken++;
        Begin(ledger, a, 3);
        Assert.True(ledger.Deliver(a, 1));
        Assert.Equal([0L, 2], ledger.Abandon(a));
        Assert.Equal((1, 1L), (woken, ledger.Begun));
        Assert.Empty(ledger.Abandon(a));
        Assert.Equal(1, woken);
        Assert.False(ledger.Deliver(a, 0));
        Assert.Equal([0L, 2, 3], Begin(ledger, b, 5));
        Assert.True(ledger.Deliver(b, 0));
        Assert.Equal(new BlockCounts(4, 2, 2, 0, 2, 1), ledger.Counts);
    }

    [Fact]
    public void What_begins_again_waits_as_well_while_it_is_not_allowed()
    {
        var ledger = new BlockLedger { Allowed = 2 };
        Begin(ledger, a, 2);
        ledger.Abandon(a);
        ledger.Allowed = 1;
        Assert.Equal([0L], Begin(ledger, b, 2));
    }

    [Fact]
    public void Another_limit_wakes_those_who_wait()
    {
        var ledger = new BlockLedger();
        int woken = 0;
        ledger.MoreAllowed = () => woken++;
        ledger.Allowed = 5;
        ledger.Allowed = 5;
        Assert.Equal(1, woken);
    }

    [Fact]
    public void A_ledger_goes_on_where_another_one_was()
    {
        var ledger = new BlockLedger { Allowed = 9 };
        ledger.Restore(6, [2, 4], [(3, a)]);
        Assert.Equal(new BlockCounts(6, 3, 1, 2, 0, 0), ledger.Counts);
        Assert.Equal([2L, 4, 6], Begin(ledger, b, 3));
        Assert.True(ledger.Deliver(a, 3));
    }

    [Theory]
    [InlineData(6, 0)]
    [InlineData(2, 2)]
    [InlineData(1, 7)]
    public void A_ledger_with_a_number_twice_or_from_nowhere_is_refused(long again, long held) =>
        Assert.Throws<PipelineException>(() => new BlockLedger().Restore(6, [again], [(held, a)]));

    // Many makers, lost at any moment, and a trainer: each number comes out once.
    [Fact]
    public void Whatever_becomes_of_makers_each_number_is_delivered_once()
    {
        const int blocks = 3000;
        var ledger = new BlockLedger { Allowed = blocks };
        int[] times = new int[blocks];
        var waited = Stopwatch.StartNew();
        Parallel.For(0, 8, seed =>
        {
            var random = new Random(seed);
            object maker = new();
            List<long> mine = [];
            while (waited.Elapsed < TimeSpan.FromSeconds(30)
                && ledger.Counts is var counts && (counts.Held > 0 || counts.Waiting > 0 || counts.Begun < blocks))
            {
                if (mine.Count < 5 && ledger.TryBegin(maker, out long number))
                    mine.Add(number);
                else if (random.Next(20) == 0)
                {
                    ledger.Abandon(maker);
                    maker = random.Next(2) == 0 ? maker : new();        // late blocks of the lost one come as well
                }
                else if (mine.Count > 0)
                {
                    long made = mine[random.Next(mine.Count)];
                    mine.Remove(made);
                    if (ledger.Deliver(maker, made))
                        Interlocked.Increment(ref times[made]);
                }
            }
        });
        Assert.All(times, one => Assert.Equal(1, one));
        Assert.Equal(blocks, ledger.Counts.Delivered);
    }

    static List<long> Begin(BlockLedger ledger, object maker, int most)
    {
        List<long> numbers = [];
        while (numbers.Count < most && ledger.TryBegin(maker, out long number))
            numbers.Add(number);
        return numbers;
    }
}
