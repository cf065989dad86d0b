using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Tests.Random;

public sealed class BetaDrawsTests
{
    // Beta(a, b): mean a/(a + b), variance ab/((a + b)²(a + b + 1)). With 40,000 draws the mean's standard error is
    // σ/200 and the variance's is below 2σ²/200·√(kurtosis); the margins are five and ten hundredths respectively.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 4)]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    [InlineData(2, 30)]
    [InlineData(200, 100)]
    [InlineData(0.5, 0.5)]
    [InlineData(0.5, 3)]
    public void Beta_draws_have_the_mean_and_the_variance_of_their_distribution(double a, double b)
    {
        const int draws = 40_000;
        double sum = 0, squares = 0, mean = a / (a + b), variance = mean * (1 - mean) / (a + b + 1);
        for (uint i = 0; i < draws; i++)
        {
            RandomSequence random = new RandomKey(11, 6, 5).Sequence(i);
            double x = random.NextBeta(a, b);
            Assert.InRange(x, 0, 1);
            sum += x;
            squares += (x - mean) * (x - mean);
        }
        Assert.InRange(sum / draws, mean - 0.025 * Math.Sqrt(variance), mean + 0.025 * Math.Sqrt(variance));
        Assert.InRange(squares / draws / variance, 0.95, 1.05);
    }

    [Theory]
    [InlineData(2.5)]
    [InlineData(1)]
    [InlineData(0.3)]
    [InlineData(40)]
    public void Gamma_draws_have_mean_and_variance_equal_to_their_shape(double shape)
    {
        const int draws = 40_000;
        double sum = 0, squares = 0;
        RandomSequence random = new RandomKey(12, 6, 0).Sequence(0);
        for (int i = 0; i < draws; i++)
        {
            double x = random.NextGamma(shape);
            sum += x;
            squares += (x - shape) * (x - shape);
        }
        // Standard errors: mean √shape/200; variance shape·√(2 + 6/shape)/200, at most 2.4 % of it.
        Assert.InRange(sum / draws, shape - 0.025 * Math.Sqrt(shape), shape + 0.025 * Math.Sqrt(shape));
        Assert.InRange(squares / draws / shape, 0.91, 1.09);
    }

    [Fact]
    public void The_distribution_function_of_a_symmetric_beta_is_met_at_the_quarter()
    {
        // Beta(2, 2) has distribution function 3x² − 2x³: at 1/4 it is 10/64 = .15625 (standard error .0018).
        int below = 0;
        RandomSequence random = new RandomKey(13, 6, 0).Sequence(0);
        for (int i = 0; i < 40_000; i++)
            below += random.NextBeta(2, 2) < 0.25 ? 1 : 0;
        Assert.InRange(below / 40_000.0, 0.15625 - 0.008, 0.15625 + 0.008);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, -1)]
    [InlineData(double.NaN, 1)]
    public void Parameters_at_or_below_zero_are_refused(double a, double b) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            RandomSequence random = new RandomKey(1, 6, 0).Sequence(0);
            return random.NextBeta(a, b);
        });
}
