using RLSquared.Runs;

namespace RLSquared.Tests.Runs;

public sealed class RunLockTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void One_holds_the_lock_and_others_are_told_who()
    {
        using (RunLock.Take(folder.Path))
        {
            Assert.Null(RunLock.TryTake(folder.Path));
            IOException failure = Assert.Throws<IOException>(() => RunLock.Take(folder.Path));
            Assert.StartsWith($"{folder.Path} is being trained by process {Environment.ProcessId} of " +
                $"{Environment.MachineName} since 2", failure.Message, StringComparison.Ordinal);
        }
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        RunLock.Take(folder.Path).Dispose();
    }

    [Fact]
    public void What_a_killed_process_left_is_no_lock()
    {
        File.WriteAllText(folder.At(RunLock.FileName), "");
        File.WriteAllText(folder.At(RunLock.HolderName), "half a fi");
        using (RunLock.Take(folder.Path))
            Assert.Null(RunLock.TryTake(folder.Path));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Many_who_take_and_let_go_at_once_never_hold_it_together()
    {
        int holders = 0, together = 0, taken = 0;
        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 60; i++)
            {
                using RunLock? held = RunLock.TryTake(folder.Path);
                if (held is null)
                    continue;
                Interlocked.Increment(ref taken);
                if (Interlocked.Increment(ref holders) > 1)
                    Interlocked.Increment(ref together);
                Thread.SpinWait(500);
                Interlocked.Decrement(ref holders);
            }
        });
        Assert.Equal(0, together);
        Assert.True(taken > 1);
    }

    [Fact]
    public void Runs_that_begin_in_the_same_second_get_a_folder_each()
    {
        var utc = new DateTime(2026, 1, 31, 23, 59, 58, DateTimeKind.Utc);
        string[] paths = new string[6];
        Parallel.For(0, paths.Length, i =>
        {
            RunFolder run = RunFolder.BeginBelow(folder.Path, Counting.Configuration, utc, $"command {i}");
            using RunLock held = run.Hold();
            using var counting = new Counting();
            new Training(counting, Budget.OfSteps(20)) { Folder = run }.Run();
            paths[i] = run.Path;
        });
        Assert.Equal(6, paths.Distinct().Count());
        for (int i = 0; i < paths.Length; i++)
        {
            Assert.Equal($"command {i}\n", File.ReadAllText(Path.Combine(paths[i], "command.txt")));
            Assert.Equal(2, File.ReadAllLines(Path.Combine(paths[i], "metrics.jsonl")).Length);
        }
    }

    [Fact]
    public void A_run_that_is_being_trained_is_neither_trained_twice_nor_replaced()
    {
        RunFolder run = RunFolder.Create(folder.At("run"), Counting.Configuration, "a test");
        using var counting = new Counting();
        int tried = 0;
        new Training(counting, Budget.OfSteps(10))
        {
            Folder = run,
            Observer = _ =>
            {
                using var other = new Counting();
                RunFolder same = RunFolder.Open(run.Path);
                Assert.Throws<IOException>(() => new Training(other, Budget.OfSteps(10)) { Folder = same }.Run());
                Assert.Throws<IOException>(
                    () => RunFolder.Create(run.Path, Counting.Configuration, "a test", force: true));
                tried++;
            },
        }.Run();
        Assert.Equal(1, tried);
        Assert.Single(File.ReadAllLines(run.MetricsPath));
        RunFolder.Create(run.Path, Counting.Configuration, "a test", force: true);
        Assert.False(File.Exists(run.MetricsPath));
    }
}
