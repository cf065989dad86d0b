using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Runs;

public sealed class TensorBoardLogTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static TrainingStatus Status(int iteration, params (string, double)[] figures) => new(
        new IterationReport(iteration, 100L * iteration, 1.5 * iteration, 0.25, 0.75, figures), 1, 0.5, 4000);

    string Only => Assert.Single(TensorBoardLog.FilesIn(folder.Path));

    [Fact]
    public void An_iteration_is_one_event_with_its_step_its_time_and_the_names_that_users_look_for()
    {
        double before = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
        using (TensorBoardLog log = TensorBoardLog.Open(folder.Path, 0))
        {
            log.Write(Status(3, ("policy_loss", -0.5), ("value_loss", 2), ("entropy", 1.25), ("kl", 0.01),
                ("clip_fraction", 0.125), ("explained_variance", 0.5), ("gradient_norm", 7), ("learning_rate", 0.0003),
                ("trial_length", 10), ("backtracks", 4)));
        }
        IReadOnlyList<LoggedEvent> events = EventFileReader.Read(Only);
        Assert.Equal("brain.Event:2", events[0].FileVersion);
        Assert.True(events[1].IsSessionStart);
        Assert.Equal(300, events[2].Step);
        Assert.InRange(events[2].WallTime, before, (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds);
        Assert.Equal(
        [
            ("charts/episodic_return", 4.5f), ("charts/SPS", 4000f), ("losses/policy_loss", -0.5f),
            ("losses/value_loss", 2f), ("losses/entropy", 1.25f), ("losses/approx_kl", 0.01f),
            ("losses/clipfrac", 0.125f), ("losses/explained_variance", 0.5f), ("losses/gradient_norm", 7f),
            ("charts/learning_rate", 0.0003f), ("charts/episodic_length", 10f), ("losses/backtracks", 4f),
            ("time/rollout_seconds", 0.25f), ("time/update_seconds", 0.75f),
        ], events[2].Values.Select(value => (value.Tag, value.Scalar!.Value)));
        Assert.Equal(3, events.Count);
    }

    [Fact]
    public void A_text_comes_back_as_it_was()
    {
        using (TensorBoardLog log = TensorBoardLog.Open(folder.Path, 0))
            log.Write("configuration", "| a | β |");
        TaggedValue value = Assert.Single(EventFileReader.Read(Only)[2].Values);
        Assert.Equal(("configuration", "| a | β |"), (value.Tag, value.Text));
    }

    // 31 numbers 0, 1 … 30: thirty buckets of width one; the first holds 0, and the last holds 29 and 30.
    [Fact]
    public void A_histogram_has_buckets_of_one_width_from_the_least_to_the_greatest_number()
    {
        using var parameters = new ParameterSet();
        Tensor weights = parameters.Add("w", new Shape(31)).Value;
        for (int i = 0; i < 31; i++)
            weights.Span[i] = i;
        using (TensorBoardLog log = TensorBoardLog.Open(folder.Path, 0))
            log.Write(700, parameters);
        LoggedEvent logged = EventFileReader.Read(Only)[2];
        Assert.Equal(700, logged.Step);
        Assert.Equal(["parameters/w", "gradients/w"], logged.Values.Select(value => value.Tag));
        EventHistogram histogram = logged.Values[0].Histogram!;
        Assert.Equal((0, 30, 31, 465, 9455), (histogram.Least, histogram.Most, histogram.Count, histogram.Sum,
            histogram.SumOfSquares));
        Assert.Equal([.. Enumerable.Range(1, 30)], histogram.Limits);
        Assert.Equal([.. Enumerable.Repeat(1.0, 29), 2], histogram.Counts);

        EventHistogram zeros = logged.Values[1].Histogram!;
        Assert.Equal([0.0], zeros.Limits);
        Assert.Equal([31.0], zeros.Counts);
    }

    [Fact]
    public void The_reader_notices_a_flipped_bit_anywhere()
    {
        using (TensorBoardLog log = TensorBoardLog.Open(folder.Path, 0))
            log.Write(Status(1, ("entropy", 1)));
        byte[] bytes = File.ReadAllBytes(Only);
        string damaged = folder.At("damaged");
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(damaged, bytes);
            Assert.Throws<InvalidDataException>(() => EventFileReader.Read(damaged));
            bytes[i] ^= (byte)(1 << (i % 8));
        }
    }

    [Fact]
    public void Two_sessions_within_a_second_have_files_in_the_order_of_their_beginning()
    {
        for (int session = 0; session < 3; session++)
            TensorBoardLog.Open(folder.Path, session * 100).Dispose();
        Assert.Equal([0, 101, 201],
            TensorBoardLog.FilesIn(folder.Path).Select(path => EventFileReader.Read(path)[1].Step));
    }

    // Killed while it wrote iteration 6, with a checkpoint of iteration 3; the file ends within a record. The session
    // that goes on from 3 begins with 4, and TensorBoard shows each step once, from the session that counts.
    [Fact]
    public void What_a_killed_session_wrote_beyond_its_checkpoint_is_not_shown()
    {
        using (TensorBoardLog killed = TensorBoardLog.Open(folder.Path, 0))
        {
            for (int iteration = 1; iteration <= 6; iteration++)
                killed.Write(Status(iteration, ("entropy", iteration)));
        }
        byte[] whole = File.ReadAllBytes(Only);
        File.WriteAllBytes(Only, whole[..^7]);
        Assert.Equal(5, EventFileReader.Shown(folder.Path, "losses/entropy").Count);
        using (TensorBoardLog resumed = TensorBoardLog.Open(folder.Path, 300))
        {
            resumed.Write(Status(4, ("entropy", 40)));
            resumed.Write(Status(5, ("entropy", 50)));
        }
        Assert.Equal([(100, 1), (200, 2), (300, 3), (400, 40), (500, 50)],
            EventFileReader.Shown(folder.Path, "losses/entropy").Select(point => (point.Step, point.Value.Scalar)));
    }

    [Fact]
    public void Records_reach_the_file_in_whole_groups()
    {
        using TensorBoardLog log = TensorBoardLog.Open(folder.Path, 0);
        Assert.Equal(2, EventFileReader.Read(Only).Count);
        log.Write(Status(1));
        Assert.Equal(2, EventFileReader.Read(Only).Count);
        log.Flush();
        Assert.Equal(3, EventFileReader.Read(Only).Count);
    }

    [Fact]
    public void An_iteration_is_written_without_an_allocation()
    {
        using TensorBoardLog log = TensorBoardLog.Open(folder.Path, 0);
        TrainingStatus status = Status(1, ("policy_loss", 1), ("entropy", 2));
        for (int warmUp = 0; warmUp < 100; warmUp++)
            log.Write(status);
        log.Flush();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int iteration = 0; iteration < 50; iteration++)
            log.Write(status);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);      // of the runtime, now and then
    }

    [Fact]
    public void A_training_writes_text_histograms_and_the_figures_of_its_log()
    {
        RunFolder run = RunFolder.Create(folder.At("run"), Counting.Configuration, "rl2 train bandits");
        using (var counting = new Counting())
            new Training(counting, Budget.OfSteps(50)) { Folder = run, CheckpointEvery = Budget.OfSteps(20) }.Run();
        using (var resumed = new Counting())
            new Training(resumed, Budget.OfSteps(80)) { Folder = run, From = run.ReadLastCheckpoint() }.Run();

        Assert.Equal(2, TensorBoardLog.FilesIn(run.Path).Count);
        var returns = EventFileReader.Shown(run.Path, "charts/episodic_return");
        Assert.Equal([(10, 1), (20, 2), (30, 3), (40, 4), (50, 5), (60, 6), (70, 7), (80, 8)],
            returns.Select(point => (point.Step, point.Value.Scalar)));
        Assert.Equal([0, 20, 40, 50, 50, 80],
            EventFileReader.Shown(run.Path, "parameters/weights").Select(point => point.Step));
        string configuration = Assert.Single(EventFileReader.Shown(run.Path, "configuration")).Value.Text!;
        Assert.Contains("| arms | 5 |", configuration, StringComparison.Ordinal);
        Assert.Equal("    rl2 train bandits\n",
            Assert.Single(EventFileReader.Shown(run.Path, "command")).Value.Text);
    }

    [Fact]
    public void A_training_without_event_files_writes_none_and_a_new_run_deletes_the_old_ones()
    {
        RunFolder run = RunFolder.Create(folder.At("run"), Counting.Configuration, "a test");
        using (var counting = new Counting())
            new Training(counting, Budget.OfSteps(50)) { Folder = run, TensorBoard = false }.Run();
        Assert.Empty(TensorBoardLog.FilesIn(run.Path));
        TensorBoardLog.Open(run.Path, 0).Dispose();
        RunFolder.Create(run.Path, Counting.Configuration, "a test", force: true);
        Assert.Empty(TensorBoardLog.FilesIn(run.Path));
    }

    [Fact]
    public void Every_figure_of_rl2_has_its_usual_name()
    {
        using var workers = new Workers(threads: 1);
        var options = new Rl2Options { Trials = 16, Minibatch = 8, Network = new() { Hidden = 4 } };
        using var rl2 = new Rl2(new BernoulliBandits(), options, seed: 1, workers);
        string[] tags = [.. rl2.Iterate(0).Figures.Select(figure => TensorBoardLog.TagOf(figure.Name))];
        string[] usual =
        [
            "losses/policy_loss", "losses/value_loss", "losses/entropy", "losses/approx_kl", "losses/clipfrac",
            "losses/explained_variance", "charts/learning_rate", "charts/episodic_length",
        ];
        Assert.Empty(usual.Except(tags));
        Assert.Equal(10, rl2.Iterate(0).Figures.Single(figure => figure.Name == "trial_length").Value);
    }
}
