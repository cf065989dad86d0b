using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Runs;

public sealed class TrainingEvaluationTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("5%", 0.049, 0, 0, 0)]
    [InlineData("5%", 0.05, 0, 0, 1)]
    [InlineData("5%", 1, 0, 0, 20)]
    [InlineData("100%", 0.999, 0, 0, 0)]
    [InlineData("200", 0, 199, 0, 0)]
    [InlineData("200", 0, 1000, 0, 5)]
    [InlineData("2min", 0, 0, 119.9, 0)]
    [InlineData("2min", 0, 0, 360, 3)]
    public void An_interval_counts_shares_steps_or_time(string text, double progress, long steps, double s, int count)
    {
        Assert.Equal(count, Interval.Parse(text).CountAt(progress, steps, s));
        Assert.Equal(text, Interval.Parse(text).ToString());
    }

    [Theory]
    [InlineData("0%")]
    [InlineData("101%")]
    [InlineData("%")]
    [InlineData("often")]
    [InlineData("-5%")]
    public void What_is_no_interval_is_refused(string text) =>
        Assert.Throws<OptionException>(() => Interval.Parse(text));

    [Fact]
    public void The_best_is_judged_by_share_of_the_budget_and_not_by_when_checkpoints_are_written()
    {
        // The return rises to 50 in iteration 50 and falls again; one regular checkpoint, at the end.
        RunFolder run = Create();
        using var counting = new Hill(top: 50);
        new Training(counting, Budget.OfSteps(1000)) { Folder = run, JudgeEvery = Interval.OfShare(0.05) }.Run();
        Assert.Single(run.CheckpointPaths);
        CheckpointFacts best = Checkpoint.Read(run.BestCheckpointPath).Facts;
        Assert.Equal((50, 48), (best.Iteration, best.BestReturn));
        Assert.Equal(48, run.ReadLastCheckpoint().Facts.BestReturn);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(50)]
    [InlineData(63)]
    public void An_interrupt_does_not_change_which_is_best(int at)
    {
        RunFolder whole = Create(), cut = RunFolder.Create(folder.At("cut"), Counting.Configuration, "a test");
        using (var counting = new Hill(top: 48))
            Training(counting, whole, null, _ => { }).Run();
        using (var counting = new Hill(top: 48))
        {
            using var interrupt = new CancellationTokenSource();
            Training(counting, cut, null, status =>
            {
                if (status.Report.Iteration == at)
                    interrupt.Cancel();
            }).Run(interrupt.Token);
        }
        using (var counting = new Hill(top: 48))
            Training(counting, cut, cut.ReadLastCheckpoint(), _ => { }).Run();
        CheckpointFacts expected = Checkpoint.Read(whole.BestCheckpointPath).Facts;
        CheckpointFacts found = Checkpoint.Read(cut.BestCheckpointPath).Facts;
        Assert.Equal((expected.Iteration, expected.BestReturn), (found.Iteration, found.BestReturn));

        static Training Training(Hill counting, RunFolder run, Checkpoint? from, Action<TrainingStatus> observer) =>
            new(counting, Budget.OfSteps(1000))
            {
                Folder = run,
                From = from,
                JudgeEvery = Interval.OfShare(0.05),
                Observer = observer,
            };
    }

    [Fact]
    public void An_evaluation_is_played_so_often_stands_in_the_log_and_chooses_the_best()
    {
        RunFolder run = Create();
        using var counting = new Counting();
        new Training(counting, Budget.OfSteps(100))
        {
            Folder = run,
            Evaluation = new TrainingEvaluation(Interval.Parse("30")) { Trials = 40 },
        }.Run();
        string[] lines = [.. File.ReadLines(run.MetricsPath)];
        Assert.Equal([3, 6, 9, 10], Enumerable.Range(1, 10)
            .Where(i => lines[i - 1].Contains("\"evaluation_return\":", StringComparison.Ordinal)));
        MetricTable table = MetricTable.Read(run.MetricsPath);
        double evaluated = table["evaluation_return"][2];
        Assert.InRange(evaluated, 4, 6);                                // a random agent, ten pulls
        Assert.Equal(evaluated, table["evaluation_return"][9]);         // the same trials each time
        Assert.True(table["evaluation_error"][2] > 0);
        // All evaluations are alike, so the first one stays the best.
        CheckpointFacts best = Checkpoint.Read(run.BestCheckpointPath).Facts;
        Assert.Equal((30, evaluated), (best.Steps, best.BestReturn));
    }

    [Fact]
    public void The_evaluation_of_a_network_has_sampled_and_greedy_actions_and_leaves_the_training_as_it_was()
    {
        float[] plain = Weights(null), evaluated = Weights(Interval.Parse("50%"));
        Assert.Equal(plain, evaluated);

        float[] Weights(Interval? every)
        {
            using var workers = new Workers(2);
            var task = new BernoulliBandits();
            using var rl2 = new Rl2(task, new Rl2Options
            {
                Network = new() { Hidden = 4 },
                Trials = 8,
                Minibatch = 4,
                Shards = 2,
            }, seed: 1, workers);
            int evaluations = 0;
            new Training(rl2, Budget.OfSteps(320))
            {
                Evaluation = every is { } interval ? new TrainingEvaluation(interval) { Trials = 20 } : null,
                Observer = status => evaluations += status.Report.Figures.Any(
                    figure => figure.Name == TrainingEvaluation.Greedy) ? 1 : 0,
            }.Run();
            Assert.Equal(every is null ? 0 : 2, evaluations);
            return [.. rl2.Parameters.All.SelectMany(parameter => parameter.Value.ToArray())];
        }
    }

    [Fact]
    public void A_training_that_comes_to_its_goal_stops_and_is_done()
    {
        RunFolder run = Create();
        TrainingOutcome outcome = Train(null);
        Assert.True(outcome.HasReachedGoal && !outcome.Interrupted);
        Assert.Equal(30, outcome.Status.Report.Steps);
        Assert.Equal(30, run.ReadLastCheckpoint().Facts.Steps);
        TrainingOutcome again = Train(run.ReadLastCheckpoint());
        Assert.True(again.HasReachedGoal && !again.Interrupted);
        Assert.Equal(3, File.ReadAllLines(run.MetricsPath).Length);

        TrainingOutcome Train(Checkpoint? from)
        {
            using var counting = new Counting();
            return new Training(counting, Budget.OfSteps(100))
            {
                Folder = run,
                From = from,
                Evaluation = new TrainingEvaluation(Interval.Parse("30"))
                {
                    Trials = 40,
                    StopAt = 3,
                },
            }.Run();
        }
    }

    [Fact]
    public void An_algorithm_that_plays_nothing_judges_itself_while_it_trains()
    {
        RunFolder run = Create();
        using var hill = new Hill(top: 6);
        new Training(hill, Budget.OfSteps(100))
        {
            Folder = run,
            Evaluation = new TrainingEvaluation(Interval.Parse("30")) { Trials = 40, Seed = 5 },
        }.Run();
        // At iterations 3, 6 and 9 and at the end, never on what the evaluation at the end will be on.
        Assert.Equal(4, hill.Judged.Count);
        Assert.All(hill.Judged, options => Assert.Equal((40, 5 + TrainingEvaluation.FirstTrial),
            (options.Instances, options.Seed)));
        Checkpoint best = Checkpoint.Read(run.BestCheckpointPath);
        Assert.Equal((6, 6.0), (best.Facts.Iteration, best.Facts.BestReturn));
        Assert.Null(best.Spaces);
    }

    RunFolder Create() => RunFolder.Create(folder.At("run"), Counting.Configuration, "a test");

    /// <summary>An algorithm whose return rises to a top, at the iteration of that number, and falls again.</summary>
    sealed class Hill(int top) : IAlgorithm
    {
        readonly Counting inner = new();

        public string Name => inner.Name;
        public long Steps => inner.Steps;
        public ParameterSet Parameters => inner.Parameters;
        public void VisitState(StateVisitor visitor) => inner.VisitState(visitor);
        public void Dispose() => inner.Dispose();

        public IterationReport Iterate(double progress)
        {
            IterationReport report = inner.Iterate(progress);
            return report with { MeanReturn = top - Math.Abs(report.Iteration - top) };
        }

        /// <summary>It plays nothing, so it judges itself: where it stands on the hill.</summary>
        public EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation)
        {
            Judged.Add(options);
            double height = top - Math.Abs(Steps / 10 - top);
            return new("hill", [], options.Instances, options.Seed,
                [new AgentScore(Name, [], new Estimate(height, 0), new double[options.Instances])], Ceiling: null);
        }

        public List<EvaluationOptions> Judged { get; } = [];
    }
}
