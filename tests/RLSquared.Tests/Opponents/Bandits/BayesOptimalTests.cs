using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Tasks;

namespace RLSquared.Tests.Opponents;

public sealed class BayesOptimalTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public void Two_pulls_are_worth_thirteen_twelfths(int arms)
    {
        // Pull any arm: it pays with 1/2. Then its mean is 2/3 and it is pulled again, or 1/3 and another arm (1/2) is:
        // 1/2·(1 + 2/3) + 1/2·(0 + 1/2) = 13/12.
        Assert.Equal(13 / 12.0, BayesOptimal.Value(Duel.Bandits(arms, 2)), 1e-12);
    }

    [Theory]
    [InlineData(5, 6.660)]
    [InlineData(10, 6.714)]
    [InlineData(50, 6.714)]         // ten pulls touch at most ten arms
    public void Ten_pulls_are_worth_what_is_known(int arms, double expected) =>
        Assert.Equal(expected, BayesOptimal.Value(Duel.Bandits(arms, 10)), 0.0005);

    [Theory]
    [InlineData(2, 7)]
    [InlineData(3, 6)]
    public void Merging_arms_with_equal_records_changes_nothing(int arms, int pulls)
    {
        Assert.Equal(Value(new int[arms], new int[arms], pulls), BayesOptimal.Value(Duel.Bandits(arms, pulls)), 1e-12);

        // The same equation over all arms in order, without merging and without a memory.
        static double Value(int[] s, int[] f, int left)
        {
            if (left == 0)
                return 0;
            double best = 0;
            for (int arm = 0; arm < s.Length; arm++)
            {
                double p = (s[arm] + 1.0) / (s[arm] + f[arm] + 2);
                s[arm]++;
                double won = Value(s, f, left - 1);
                s[arm]--;
                f[arm]++;
                double lost = Value(s, f, left - 1);
                f[arm]--;
                best = Math.Max(best, p * (1 + won) + (1 - p) * lost);
            }
            return best;
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(10)]
    public void The_finite_horizon_index_reaches_the_optimum_of_ten_pulls_to_three_digits(int arms)
    {
        // The expected value of the index policy by enumeration of everything that can happen, without any noise.
        FiniteHorizonIndices indices = FiniteHorizonIndices.For(10);
        var known = new Dictionary<string, double>();
        double value = Value(new (int S, int F)[arms], 10), optimum = BayesOptimal.Value(Duel.Bandits(arms, 10));
        Assert.InRange(value, optimum - 0.001, optimum + 1e-9);

        double Value((int S, int F)[] records, int left)
        {
            if (left == 0)
                return 0;
            Array.Sort(records);
            string key = string.Join(' ', records);
            if (known.TryGetValue(key, out double value))
                return value;
            (int s, int f) = records.MaxBy(record => indices[record.S, record.F, left]);
            int arm = Array.IndexOf(records, (s, f));
            double p = (s + 1.0) / (s + f + 2);
            return known[key] = p * (1 + Value(After(s + 1, f), left - 1)) + (1 - p) * Value(After(s, f + 1), left - 1);

            (int, int)[] After(int s, int f)
            {
                var next = ((int, int)[])records.Clone();
                next[arm] = (s, f);
                return next;
            }
        }
    }

    [Fact]
    public void Played_it_earns_its_value_and_no_less_than_any_other()
    {
        BernoulliBandits task = Duel.Bandits(5, 10);
        EvaluationResult result = Evaluator.Run(
            task, [new BayesOptimal(), new Ucb1(), new Greedy(), new FiniteHorizonGittins()],
            new() { Instances = 20_000 });
        Estimate score = result.Agents[0].Score;
        Assert.InRange(score.Mean, 6.660 - 5 * score.StandardError, 6.660 + 5 * score.StandardError);
        foreach (AgentScore other in result.Agents.Skip(1))
        {
            Estimate lead = result.Agents[0].Minus(other);
            Assert.True(lead.Mean > -3 * lead.StandardError, $"{other.Name} leads by {lead}");
        }
    }

    [Fact]
    public void Dependent_arms_are_worth_what_their_evidence_is()
    {
        // Easy arms: the first pull pays 1/2. It tells the good arm with 9/10; pulling that brings .9·.9 + .1·.1 = .82.
        var easy = new DependentBandits(new() { Variant = DependentVariant.Easy, Pulls = 2 });
        Assert.Equal(1.32, BayesOptimal.Value(easy), 1e-12);
        // Uniform: the mean after one piece of evidence is 2/3.
        Assert.Equal(1 / 2.0 + 2 / 3.0, BayesOptimal.Value(new DependentBandits(new() { Pulls = 2 })), 1e-12);
    }

    [Theory]
    [InlineData(DependentVariant.Hard)]
    [InlineData(DependentVariant.Uniform)]
    public void Optimal_play_of_dependent_arms_earns_its_value(DependentVariant variant)
    {
        var task = new DependentBandits(new() { Variant = variant, Pulls = 30 });
        EvaluationResult result = Evaluator.Run(task, [new BayesOptimal()], new() { Instances = 20_000 });
        Estimate score = result.Agents[0].Score;
        double value = BayesOptimal.Value(task);
        Assert.InRange(score.Mean, value - 5 * score.StandardError, value + 5 * score.StandardError);
        Assert.Equal(new Ceiling("Bayes-optimal, exact", true, new(value, 0)), result.Ceiling);
    }

    [Fact]
    public void A_problem_too_large_is_refused_with_the_next_best()
    {
        Assert.False(BayesOptimal.CanSolve(Duel.Bandits(5, 100)));
        Assert.False(BayesOptimal.CanSolve(Duel.Bandits(50, 500)));
        Assert.True(BayesOptimal.CanSolve(Duel.Bandits(15, 15)));
        var error = Assert.Throws<NotSupportedException>(() => BayesOptimal.Value(Duel.Bandits(5, 100)));
        Assert.Equal("the exact optimum of 5 arms and 100 pulls has too many states (above 3,000,000); the agent " +
            "finite-horizon-gittins comes very near to it", error.Message);
    }
}
