using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Reproduction;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;
using RLSquared.Tests.Opponents;

namespace RLSquared.Tests.Evaluation;

public sealed class EvaluatorTests
{
    [Fact]
    public void Totals_are_the_same_bits_with_any_number_of_threads_and_lanes()
    {
        BernoulliBandits task = Duel.Bandits(5, 10);
        Agent[] agents = [new RandomAgent(), new Ucb1(), new Thompson()];
        EvaluationResult one = Evaluator.Run(task, agents, new() { Instances = 1003, Threads = 1 });
        foreach (EvaluationOptions options in new EvaluationOptions[]
        {
            new() { Instances = 1003, Threads = 2 }, new() { Instances = 1003, Threads = 3, Lanes = 17 },
            new() { Instances = 1003, Threads = 2, Lanes = 5000 },
        })
        {
            EvaluationResult other = Evaluator.Run(task, agents, options);
            for (int agent = 0; agent < agents.Length; agent++)
            {
                Assert.Equal(one.Agents[agent].Score, other.Agents[agent].Score);
                Assert.Equal(one.Agents[agent].Totals.ToArray(), other.Agents[agent].Totals.ToArray());
            }
            Assert.Equal(one.Ceiling, other.Ceiling);
        }
    }

    [Fact]
    public void More_instances_begin_with_the_same_instances()
    {
        BernoulliBandits task = Duel.Bandits(5, 10);
        double[] few = Evaluator.Run(task, [new Ucb1()], new() { Instances = 10 }).Agents[0].Totals.ToArray();
        double[] many = Evaluator.Run(task, [new Ucb1()], new() { Instances = 700 }).Agents[0].Totals.ToArray();
        Assert.Equal(few, many[..10]);
    }

    [Fact]
    public void Another_seed_is_another_set_of_instances()
    {
        BernoulliBandits task = Duel.Bandits(5, 10);
        AgentScore first = Evaluator.Run(task, [new Ucb1()], new() { Instances = 200, Seed = 1 }).Agents[0];
        AgentScore second = Evaluator.Run(task, [new Ucb1()], new() { Instances = 200, Seed = 2 }).Agents[0];
        Assert.NotEqual(first.Totals.ToArray(), second.Totals.ToArray());
    }

    [Fact]
    public void Agents_that_play_alike_earn_alike_so_their_difference_has_no_error()
    {
        BernoulliBandits task = Duel.Bandits(5, 20);
        EvaluationResult result = Evaluator.Run(
            task, [new Greedy(), new Ucb1 { Bonus = 0 }, new Ucb1()], new() { Instances = 2000 });
        Assert.Equal(new Estimate(0, 0), result.Agents[0].Minus(result.Agents[1]));
        // The luck of an instance is shared: the difference is known better than either mean.
        Estimate lead = result.Agents[2].Minus(result.Agents[0]);
        Assert.InRange(lead.StandardError, 1e-9, 0.8 * result.Agents[0].Score.StandardError);
        Assert.Equal(result.Agents[2].Score.Mean - result.Agents[0].Score.Mean, lead.Mean, 1e-9);
    }

    [Fact]
    public void An_estimate_is_the_mean_and_its_standard_error()
    {
        // Mean 3, squared deviations 4 + 1 + 0 + 1 + 4 = 10, variance 10/4, standard error √(2.5/5) = √.5.
        Estimate estimate = Estimate.Of([1, 2, 3, 4, 5]);
        Assert.Equal(3, estimate.Mean, 1e-12);
        Assert.Equal(Math.Sqrt(0.5), estimate.StandardError, 1e-12);
        Assert.Equal("3.000 ± 0.707", estimate.ToString());
        Assert.Equal(new Estimate(7, 0), Estimate.Of([7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Estimate.Of([]));
    }

    [Fact]
    public void The_ceiling_is_the_optimum_or_the_reference_or_the_best_arm_and_says_which()
    {
        var options = new EvaluationOptions { Instances = 500 };
        Ceiling exact = Evaluator.Run(Duel.Bandits(5, 10), [], options).Ceiling!;
        Assert.Equal(("Bayes-optimal, exact", true, 0.0), (exact.Name, exact.IsBound, exact.Score.StandardError));
        Assert.Equal(6.660, exact.Score.Mean, 0.0005);

        BernoulliBandits longer = Duel.Bandits(5, 40);
        EvaluationResult played = Evaluator.Run(longer, [new FiniteHorizonGittins()], options);
        Estimate score = played.Agents[0].Score;
        Assert.Equal(new Ceiling("finite-horizon Gittins, near-optimal", false, score), played.Ceiling);
        Assert.Equal(played.Ceiling, Evaluator.Run(longer, [], options).Ceiling);

        Ceiling best = Evaluator.Run(new GaussianBandits(), [], new() { Instances = 4000 }).Ceiling!;
        Assert.Equal(("best arm known, out of reach", true), (best.Name, best.IsBound));
        // E[max of five standard normals] = 1.163, deviation .67: over a hundred pulls 116.3 ± 1.06.
        Assert.InRange(best.Score.Mean, 116.3 - 5.3, 116.3 + 5.3);

        // Another program's figure for ten episodes is 219.5, of 1,000 instances: standard error near 0.8 in either.
        Ceiling known = Evaluator.Run(new TabularMdps(), [], new() { Instances = 1000 }).Ceiling!;
        Assert.Equal(("process known, out of reach", true), (known.Name, known.IsBound));
        Assert.InRange(known.Score.Mean, 219.5 - 4.5, 219.5 + 4.5);
    }

    [Fact]
    public void The_paper_is_quoted_only_for_its_own_rows()
    {
        PaperRow paper = PaperTables.Find(Duel.Bandits(10, 100))!;
        Assert.Equal("n = 100, k = 10", paper.Row);
        Assert.Equal((83.5, 82.8, 76.7), (paper["rl2"], paper["gittins"], paper["thompson"]));
        Assert.Null(paper["finite-horizon-gittins"]);
        Assert.Null(PaperTables.Find(Duel.Bandits(6, 10)));
        Assert.Null(PaperTables.Find(new DependentBandits()));
        Assert.Equal(9, PaperTables.Bandits.Count);

        PaperRow processes = PaperTables.Find(new TabularMdps(new() { Episodes = 25 }))!;
        Assert.Equal(("Duan et al. 2016, Table 2", "n = 25"), (processes.Source, processes.Row));
        Assert.Equal((445.7, 408.8, null), (processes["rl2"], processes["psrl"], processes["replanner"]));
        Assert.Null(PaperTables.Find(new TabularMdps(new() { Episodes = 26 })));
        Assert.Null(PaperTables.Find(new TabularMdps(new() { States = 9 })));
        Assert.Null(PaperTables.Find(new TabularMdps(new() { Horizon = 9 })));
        Assert.Equal(5, PaperTables.Mdps.Count);
    }

    [Fact]
    public void The_sum_of_the_papers_figures_guards_against_slips()
    {
        // Column sums, added up from another copy of the table.
        double Sum(string agent) => PaperTables.Bandits.Sum(row => row[agent]!.Value);
        Assert.Equal(913.1, Sum("random"), 1e-9);
        Assert.Equal(1573.3, Sum("gittins"), 1e-9);
        Assert.Equal(1491.0, Sum("thompson"), 1e-9);
        Assert.Equal(1528.4, Sum("optimistic-thompson"), 1e-9);
        Assert.Equal(1565.2, Sum("ucb1"), 1e-9);
        Assert.Equal(1460.6, Sum("epsilon-greedy"), 1e-9);
        Assert.Equal(1428.0, Sum("greedy"), 1e-9);
        Assert.Equal(1540.3, Sum("rl2"), 1e-9);

        double Second(string agent) => PaperTables.Mdps.Sum(row => row[agent]!.Value);
        Assert.Equal(2599.3, Second("random"), 1e-9);
        Assert.Equal(4807.9, Second("psrl"), 1e-9);
        Assert.Equal(4923.1, Second("opsrl"), 1e-9);
        Assert.Equal(4859.3, Second("ucrl2"), 1e-9);
        Assert.Equal(4853.5, Second("beb"), 1e-9);
        Assert.Equal(4405.5, Second("epsilon-greedy"), 1e-9);
        Assert.Equal(4024.3, Second("greedy"), 1e-9);
        Assert.Equal(4880.5, Second("rl2"), 1e-9);
    }

    [Fact]
    public void A_reward_that_is_not_finite_stops_the_evaluation()
    {
        TaskDistribution task = TaskDistribution.FromEnvironment(
            "broken", ObservationSpace.Nothing, actions: 2, episodes: 1, maxStepsPerEpisode: 5, () => new Broken());
        var error = Assert.Throws<NonFiniteException>(
            () => Evaluator.Run(task, [new RandomAgent()], new() { Instances = 3, Threads = 2 }));
        Assert.Equal(
            "the reward of lane 0 at step 2 is +infinity; only finite numbers can be learned from", error.Message);
    }

    [Fact]
    public void A_cancelled_evaluation_stops_and_progress_reaches_the_end()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Evaluator.Run(
            Duel.Bandits(5, 10), [new Ucb1()], new() { Instances = 1000 }, cancellation: stop.Token));
        var seen = new Seen();
        Evaluator.Run(Duel.Bandits(5, 10), [new Ucb1()], new() { Instances = 1000, Threads = 2 }, seen);
        Assert.Equal(4, seen.Count);
        Assert.Equal(new EvaluationProgress("ucb1", 1000, 1000), seen.Last);
    }

    [Theory]
    [InlineData(0, 1, "instances must be from 1 to 10000000, but is 0")]
    [InlineData(1, 0, "threads must be at least 1, but is 0")]
    public void Impossible_options_are_refused(int instances, int threads, string message) =>
        Assert.Equal(message, Assert.Throws<OptionException>(
            () => new EvaluationOptions { Instances = instances, Threads = threads }).Message);

    sealed class Broken : SingleEnvironment
    {
        int steps;

        public override void Reset(ref RandomSequence random, Span<float> observation) => steps = 0;

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) =>
            new(steps++ == 2 ? float.PositiveInfinity : 1);
    }

    sealed class Seen : IProgress<EvaluationProgress>
    {
        readonly Lock gate = new();

        public int Count { get; private set; }
        public EvaluationProgress Last { get; private set; }

        public void Report(EvaluationProgress value)
        {
            lock (gate)
            {
                Count++;
                if (value.Done > Last.Done)
                    Last = value;
            }
        }
    }
}
