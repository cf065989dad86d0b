using RLSquared.Opponents;

namespace RLSquared.Tests.Opponents;

public sealed class GittinsTests
{
    // The tables of Gittins, Glazebrook and Weber 2011, chapter 8, count the prior Beta(1, 1) as α = β = 1: α = s + 1
    // and β = f + 1. Four digits.
    [Theory]
    [InlineData(0.5, 0, 0, 0.5590)]
    [InlineData(0.9, 0, 0, 0.7029)]
    [InlineData(0.9, 1, 0, 0.8001)]
    [InlineData(0.9, 0, 1, 0.5001)]
    [InlineData(0.9, 1, 1, 0.6346)]
    [InlineData(0.95, 0, 0, 0.7614)]
    [InlineData(0.99, 0, 0, 0.8699)]
    [InlineData(0.99, 1, 0, 0.9102)]
    [InlineData(0.99, 0, 1, 0.7005)]
    public void Discounted_indices_are_the_published_ones(
        double discount, int successes, int failures, double expected) =>
        Assert.Equal(expected, DiscountedIndices.For(discount, 9)[successes, failures], 0.00006);

    [Theory]
    [InlineData(0.9, 0, 0)]
    [InlineData(0.9, 2, 5)]
    [InlineData(0.97, 3, 0)]
    public void At_its_index_an_arm_is_worth_as_much_as_stopping(double discount, int successes, int failures)
    {
        // The equation solved on its own for one λ by plain loops; C falls by at least 1 for each unit of λ, so the
        // index is right to 10⁻⁵ if C changes its sign within 10⁻⁵.
        double index = DiscountedIndices.For(discount, 9)[successes, failures];
        Assert.True(GoOn(index - 1e-5) > 0);
        Assert.True(GoOn(index + 1e-5) < 0);

        double GoOn(double lambda)
        {
            const int depth = 700;
            double[] worth = new double[depth + 2];
            double goOn = 0;
            for (int more = depth; more >= 0; more--)
            {
                for (int won = 0; won <= more; won++)
                {
                    double p = (successes + won + 1.0) / (successes + failures + more + 2);
                    goOn = p - lambda + discount * (p * worth[won + 1] + (1 - p) * worth[won]);
                    worth[won] = Math.Max(0, goOn);
                }
            }
            return goOn;
        }
    }

    [Fact]
    public void With_two_pulls_left_an_untried_arm_has_index_five_ninths()
    {
        // C_2(0, 0; λ) = 1/2 − λ + 1/2·max(0, 2/3 − λ) + 1/2·max(0, 1/3 − λ) = 0 between 1/3 and 2/3: 5/6 = 3/2·λ.
        Assert.Equal(5 / 9.0, FiniteHorizonIndices.For(5)[0, 0, 2], 1e-6);
    }

    [Fact]
    public void With_one_pull_left_the_index_is_the_posterior_mean()
    {
        FiniteHorizonIndices indices = FiniteHorizonIndices.For(12);
        for (int s = 0; s < 12; s++)
        {
            for (int f = 0; s + f < 12; f++)
                Assert.Equal((s + 1.0) / (s + f + 2), indices[s, f, 1], 1e-6);
        }
    }

    [Theory]
    [InlineData(0, 0, 100)]
    [InlineData(0, 5, 60)]
    [InlineData(3, 1, 96)]
    [InlineData(20, 40, 40)]
    public void A_finite_index_solves_its_equation(int successes, int failures, int left)
    {
        double index = FiniteHorizonIndices.For(100)[successes, failures, left];
        Assert.True(GoOn(index - 2e-5) > 0);
        Assert.True(GoOn(index + 2e-5) < 0);

        double GoOn(double lambda)
        {
            double[] worth = new double[left + 1];
            double goOn = 0;
            for (int more = left - 1; more >= 0; more--)
            {
                for (int won = 0; won <= more; won++)
                {
                    double p = (successes + won + 1.0) / (successes + failures + more + 2);
                    goOn = p - lambda + p * worth[won + 1] + (1 - p) * worth[won];
                    worth[won] = Math.Max(0, goOn);
                }
            }
            return goOn;
        }
    }

    [Fact]
    public void More_pulls_left_make_an_uncertain_arm_worth_more_and_a_trial_may_be_shorter_than_the_table()
    {
        FiniteHorizonIndices indices = FiniteHorizonIndices.For(40);
        for (int left = 2; left <= 38; left++)
            Assert.True(indices[1, 1, left] > indices[1, 1, left - 1]);
        Assert.Equal(FiniteHorizonIndices.For(10)[2, 3, 5], indices[2, 3, 5], 1e-6);
    }

    [Fact]
    public void States_outside_of_a_table_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FiniteHorizonIndices.For(10)[3, 3, 5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => FiniteHorizonIndices.For(10)[-1, 3, 5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => FiniteHorizonIndices.For(10)[0, 0, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => DiscountedIndices.For(0.9, 9)[5, 5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => DiscountedIndices.For(0.99999, 9));
        Assert.Throws<ArgumentOutOfRangeException>(() => FiniteHorizonIndices.For(1001));
    }

    [Fact]
    public void A_trial_too_long_for_the_tables_is_refused_with_the_limit()
    {
        var error = Assert.Throws<NotSupportedException>(
            () => new FiniteHorizonGittins().CreatePlayer(Duel.Bandits(2, 1001), 1));
        Assert.Equal("the agent finite-horizon-gittins plays up to 1000 pulls (its tables grow with the cube), " +
            "but the task bandits has 1001", error.Message);
    }
}
