namespace RLSquared.Tensors.Tests;

public sealed unsafe class WorkersTests
{
    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(2, 1000)]
    [InlineData(4, 3)]
    [InlineData(4, 1000)]
    public void Every_piece_runs_exactly_once(int threads, int pieces)
    {
        using var workers = new Workers(threads);
        int[] calls = new int[pieces];
        for (int run = 1; run <= 50; run++)
        {
            workers.Run(pieces, piece => Interlocked.Increment(ref calls[piece]));
            Assert.All(calls, count => Assert.Equal(run, count));
        }
    }

    [Fact]
    public void Runs_after_a_pause_wake_the_sleeping_threads()
    {
        using var workers = new Workers(3);
        for (int run = 0; run < 5; run++)
        {
            Thread.Sleep(5);
            using var allHere = new Barrier(3);
            workers.Run(3, _ => Assert.True(allHere.SignalAndWait(TimeSpan.FromSeconds(20))));
        }
    }

    [Fact]
    public void Run_returns_only_after_a_slow_piece_of_another_thread()
    {
        using var workers = new Workers(2);
        using var otherBegan = new ManualResetEventSlim();
        int caller = Environment.CurrentManagedThreadId;
        bool finished = false;
        workers.Run(2, _ =>
        {
            if (Environment.CurrentManagedThreadId == caller)
            {
                Assert.True(otherBegan.Wait(TimeSpan.FromSeconds(20)));
                return;
            }

            otherBegan.Set();
            Thread.Sleep(20);
            finished = true;
        });
        Assert.True(finished);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_exception_of_the_lowest_failing_piece_is_thrown_after_all_pieces_ran(int threads)
    {
        using var workers = new Workers(threads);
        for (int run = 0; run < 20; run++)
        {
            int calls = 0;
            var thrown = Assert.Throws<FormatException>(() => workers.Run(20, piece =>
            {
                Interlocked.Increment(ref calls);
                Fail(piece);
            }));
            Assert.Equal("piece 7", thrown.Message);
            Assert.Contains(nameof(Fail), thrown.StackTrace, StringComparison.Ordinal);
            Assert.Equal(20, calls);
        }

        int after = 0;
        workers.Run(5, _ => Interlocked.Increment(ref after));
        Assert.Equal(5, after);
    }

    [Fact]
    public void A_run_inside_a_piece_stays_on_the_thread_of_that_piece()
    {
        using var workers = new Workers(2);
        using var others = new Workers(2);
        int[] calls = new int[4 * 5 * 2];
        workers.Run(4, piece =>
        {
            int thread = Environment.CurrentManagedThreadId;
            foreach (var (nested, offset) in new[] { (workers, 0), (others, 5) })
            {
                nested.Run(5, inner =>
                {
                    Assert.Equal(thread, Environment.CurrentManagedThreadId);
                    calls[(piece * 10) + offset + inner]++;
                });
            }
        });
        Assert.All(calls, count => Assert.Equal(1, count));
    }

    [Fact]
    public void A_second_thread_inside_run_is_refused()
    {
        using var workers = new Workers(2);
        using var began = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var first = new Thread(() => workers.Run(2, _ =>
        {
            began.Set();
            release.Wait();
        }));
        first.Start();
        began.Wait();
        var thrown = Assert.Throws<InvalidOperationException>(() => workers.Run(2, _ => { }));
        var undisposed = Assert.Throws<InvalidOperationException>(workers.Dispose);
        release.Set();
        first.Join();
        Assert.Contains("Another thread is inside Run", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("dispose them after it has returned", undisposed.Message, StringComparison.Ordinal);
        workers.Run(2, _ => { });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Disposed_workers_refuse_to_run(int threads)
    {
        var workers = new Workers(threads);
        workers.Run(2, _ => { });
        workers.Dispose();
        workers.Dispose();
        Assert.Throws<ObjectDisposedException>(() => workers.Run(2, _ => { }));
    }

    [Fact]
    public void Wrong_counts_are_refused()
    {
        var thrown = Assert.Throws<ArgumentOutOfRangeException>(() => new Workers(0));
        Assert.Contains("1 (the calling thread alone) or more", thrown.Message, StringComparison.Ordinal);
        using var workers = new Workers(2);
        Assert.Throws<ArgumentOutOfRangeException>(() => workers.Run(-1, _ => { }));
        Assert.Throws<ArgumentNullException>(() => workers.Run(1, null!));
    }

    [Fact]
    public void The_form_for_kernels_passes_its_state()
    {
        using var workers = new Workers(2);
        int* counts = stackalloc int[100];
        new Span<int>(counts, 100).Clear();
        workers.Run(100, &Count, counts);
        Assert.All(new Span<int>(counts, 100).ToArray(), count => Assert.Equal(1, count));

        static void Count(void* state, int piece) => ((int*)state)[piece]++;
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        using var workers = new Workers(2);
        int[] sums = new int[64];
        Action<int> work = piece => sums[piece]++;
        workers.Run(64, work);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            workers.Run(64, work);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Fail(int piece)
    {
        if (piece is 7 or 8 or 15)
            throw new FormatException($"piece {piece}");
    }
}
