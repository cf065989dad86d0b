using RLSquared.Runs;

namespace RLSquared.Tests.Runs;

public sealed class TrainingTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Iterations_go_on_until_the_steps_are_spent_and_progress_is_their_share()
    {
        using var counting = new Counting();
        TrainingOutcome outcome = new Training(counting, Budget.OfSteps(35)).Run();
        Assert.Equal([0, 10 / 35.0, 20 / 35.0, 30 / 35.0], counting.Progress);
        Assert.Equal((40, 1.0, false), (outcome.Status.Report.Steps, outcome.Status.Progress, outcome.Interrupted));
        Assert.Null(outcome.CheckpointPath);
    }

    [Fact]
    public void A_budget_of_time_ends_by_the_clock()
    {
        using var counting = new Counting();
        TrainingOutcome outcome = new Training(counting, Budget.OfTime(TimeSpan.FromMilliseconds(20))).Run();
        Assert.InRange(outcome.Status.Seconds, 0.02, Deadline.Far.TotalSeconds);
        Assert.Equal(0, counting.Progress[0]);
        Assert.Equal(counting.Progress.Order(), counting.Progress);
    }

    [Fact]
    public void A_resumed_run_goes_on_where_it_stopped_and_its_time_counts()
    {
        RunFolder run = Create();
        using var counting = new Counting();
        double seconds = new Training(counting, Budget.OfSteps(50)) { Folder = run }.Run().Status.Seconds;

        using var resumed = new Counting();
        Checkpoint checkpoint = run.ReadLastCheckpoint();
        Assert.Equal((5, 50L, seconds, 3.0), (checkpoint.Facts.Iteration, checkpoint.Facts.Steps,
            checkpoint.Facts.Seconds, checkpoint.Facts.BestReturn));
        TrainingOutcome outcome = new Training(resumed, Budget.OfSteps(100)) { Folder = run, From = checkpoint }.Run();
        Assert.Equal([0.5, 0.6, 0.7, 0.8, 0.9], resumed.Progress);
        Assert.True(outcome.Status.Seconds > seconds);
        Assert.Equal(10, File.ReadAllLines(run.MetricsPath).Length);
    }

    [Fact]
    public void An_interrupt_ends_the_iteration_and_writes_a_checkpoint()
    {
        RunFolder run = Create();
        using var counting = new Counting();
        using var interrupt = new CancellationTokenSource();
        var training = new Training(counting, Budget.OfSteps(1000))
        {
            Folder = run,
            Observer = status =>
            {
                if (status.Report.Iteration == 3)
                    interrupt.Cancel();
            },
        };
        TrainingOutcome outcome = training.Run(interrupt.Token);
        Assert.True(outcome.Interrupted);
        Assert.Equal(30, Checkpoint.Read(outcome.CheckpointPath!).Facts.Steps);
    }

    [Fact]
    public void The_best_checkpoint_is_that_of_the_best_mean_return_since_the_one_before()
    {
        RunFolder run = Create();
        using var counting = new Counting();
        new Training(counting, Budget.OfSteps(100)) { Folder = run, CheckpointEvery = Budget.OfSteps(40) }.Run();
        // The return is the number of the iteration, so the last checkpoint (9 and 10) is the best.
        Assert.Equal((100L, 9.5), (Checkpoint.Read(run.BestCheckpointPath).Facts.Steps,
            Checkpoint.Read(run.BestCheckpointPath).Facts.BestReturn));
        Assert.Equal(3, run.CheckpointPaths.Count);
    }

    [Fact]
    public void An_interrupt_changes_neither_when_regular_checkpoints_come_nor_which_is_best()
    {
        // The return is the number of the iteration, and every 40 steps are a window: 1 to 4, 5 to 8, 9 and 10.
        RunFolder run = Create();
        using (var counting = new Counting())
        {
            using var interrupt = new CancellationTokenSource();
            new Training(counting, Budget.OfSteps(100))
            {
                Folder = run,
                CheckpointEvery = Budget.OfSteps(40),
                Observer = status =>
                {
                    if (status.Report.Iteration == 6)
                        interrupt.Cancel();
                },
            }.Run(interrupt.Token);
        }
        CheckpointFacts facts = run.ReadLastCheckpoint().Facts;
        Assert.Equal((60L, 2.5, new CheckpointWindow(2, 20, 11)), (facts.Steps, facts.BestReturn, facts.Window));
        Assert.Equal(40, Checkpoint.Read(run.BestCheckpointPath).Facts.Steps);

        using var resumed = new Counting();
        new Training(resumed, Budget.OfSteps(100))
        {
            Folder = run,
            CheckpointEvery = Budget.OfSteps(40),
            From = run.ReadLastCheckpoint(),
            Observer = status =>
            {
                if (status.Report.Iteration == 9)
                {
                    facts = Checkpoint.Read(run.BestCheckpointPath).Facts;
                    Assert.Equal((80L, 6.5, default), (facts.Steps, facts.BestReturn, facts.Window));
                }
            },
        }.Run();
        Assert.Equal(9.5, Checkpoint.Read(run.BestCheckpointPath).Facts.BestReturn);
    }

    [Fact]
    public void What_a_process_left_that_was_killed_after_its_last_checkpoint_is_removed_by_the_next()
    {
        RunFolder run = Create();
        using var counting = new Counting();
        new Training(counting, Budget.OfSteps(100)) { Folder = run, CheckpointEvery = Budget.OfSteps(10) }.Run();
        File.Copy(run.CheckpointPaths[0], folder.At("run", "checkpoints", "step-000000000070.safetensors"));
        File.WriteAllText(run.BestCheckpointPath + ".unfinished", "half");
        new Training(counting, Budget.OfSteps(100)) { Folder = run, From = run.ReadLastCheckpoint() }.Run();
        Assert.Equal(4, Directory.GetFiles(run.CheckpointsPath).Length);
        Assert.Equal("step-000000000080.safetensors", Path.GetFileName(run.CheckpointPaths[0]));
    }

    [Fact]
    public void A_figure_that_is_not_finite_stops_the_run_and_names_the_last_good_checkpoint()
    {
        RunFolder run = Create();
        using var counting = new Counting { NotFiniteAt = 7 };
        var training = new Training(counting, Budget.OfSteps(100))
        {
            Folder = run,
            CheckpointEvery = Budget.OfSteps(50),
        };
        TrainingException failure = Assert.Throws<TrainingException>(() => training.Run());
        Assert.Equal("loss is NaN in iteration 7, at step 70; the last good checkpoint is " +
            folder.At("run", "checkpoints", "step-000000000050.safetensors"), failure.Message);
        Assert.Single(run.CheckpointPaths);
        Assert.Equal(6, File.ReadAllLines(run.MetricsPath).Length);
    }

    RunFolder Create() => RunFolder.Create(folder.At("run"), Counting.Configuration, "a test");
}
