using FsCheck;
using FsCheck.Fluent;
using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Tests.Random;

public sealed class RandomSequenceTests
{
    const int Draws = 200_000;

    static RandomSequence New(uint step = 0) => new RandomKey(42, 6, 7).Sequence(step);

    [Fact]
    public void A_draw_depends_on_its_place_alone()
    {
        var key = new RandomKey(1, 2, 2);
        Assert.Equal(key.Words(3, 4), new RandomKey(1, 2, 2).Words(3, 4));
        (uint, uint, uint, uint)[] elsewhere =
        [
            key.Words(4, 4), key.Words(3, 5), (key with { Seed = 2 }).Words(3, 4), (key with { Trial = 3 }).Words(3, 4),
            key.For(4).Words(3, 4), (key with { Trial = 2 + (1UL << 32) }).Words(3, 4),
        ];
        Assert.Equal(elsewhere.Length + 1, elsewhere.Append(key.Words(3, 4)).Distinct().Count());
    }

    [Fact]
    public void A_sequence_hands_out_the_words_of_its_step_in_order()
    {
        var key = new RandomKey(1, 2, 2);
        RandomSequence sequence = key.Sequence(9);
        (uint a, uint b, uint c, uint d) = key.Words(9, 0);
        (uint e, _, _, _) = key.Words(9, 1);
        uint[] drawn = [.. Enumerable.Range(0, 5).Select(_ => sequence.NextWord())];
        Assert.Equal([a, b, c, d, e], drawn);
    }

    [Fact]
    public void Whole_numbers_stay_in_range() => Prop.ForAll(ArbMap.Default.ArbFor<PositiveInt>(), count =>
    {
        RandomSequence sequence = New((uint)count.Get);
        for (int i = 0; i < 100; i++)
            Assert.InRange(sequence.NextInt(count.Get), 0, count.Get - 1);
    }).QuickCheckThrowOnFailure();

    // χ² of 5 cells has mean 4 and deviation √8 = 2.8; 25 is beyond 1 − 10⁻⁴.
    [Fact]
    public void Whole_numbers_are_equally_likely()
    {
        RandomSequence sequence = New();
        int[] counts = new int[5];
        for (int i = 0; i < Draws; i++)
            counts[sequence.NextInt(5)]++;
        Assert.InRange(counts.Sum(n => Math.Pow(n - Draws / 5.0, 2) / (Draws / 5.0)), 0.05, 25);
    }

    // Without rejection, 3·2³⁰ cells of 2³² words would give the cells ≡ 0 mod 3 twice the weight: a mean of the cell's
    // third of 0.75 instead of 1. The error of the mean of {0, 1, 2} is 0.82/√200000 = 0.0018.
    [Fact]
    public void Huge_ranges_are_unbiased()
    {
        RandomSequence sequence = New();
        double sum = 0;
        const int count = 3 << 29;                              // 1.6·10⁹: a third of the words must be drawn again
        int[] cells = new int[3];
        for (int i = 0; i < Draws; i++)
        {
            int value = sequence.NextInt(count);
            sum += value / (double)count;
            cells[value % 3]++;
        }
        Assert.Equal(0.5, sum / Draws, 0.003);                  // error 0.29/√200000 = 0.0006
        Assert.All(cells, n => Assert.Equal(1 / 3.0, n / (double)Draws, 0.005));
    }

    [Fact]
    public void Counts_below_one_are_refused()
    {
        RandomSequence sequence = New();
        Assert.Throws<ArgumentOutOfRangeException>(() => sequence.NextInt(0));
        Assert.StartsWith("a gamma variable needs a shape above 0",
            Assert.Throws<ArgumentOutOfRangeException>(() => sequence.NextGamma(0)).Message);
    }

    // Four standard errors of mean and variance from 200,000 draws; the variance of the sample variance is
    // (μ₄ − σ⁴)/n with μ₄ from the distribution's excess kurtosis k: σ⁴ (k + 2)/n.
    [Theory]
    [InlineData("uniform", 0.5, 1 / 12.0, -1.2)]
    [InlineData("normal", 0, 1, 0)]
    [InlineData("gamma 0.3", 0.3, 0.3, 20)]                     // k = 6/a
    [InlineData("gamma 1", 1, 1, 6)]
    [InlineData("gamma 7.5", 7.5, 7.5, 0.8)]
    [InlineData("beta 2 3", 0.4, 0.04, -0.643)]                 // ab/((a+b)²(a+b+1)) = 6/150; k = −9/14
    [InlineData("beta 0.5 0.5", 0.5, 0.125, -1.5)]
    public void Moments_are_those_of_the_distribution(string name, double mean, double variance, double kurtosis)
    {
        RandomSequence sequence = New();
        double sum = 0, squares = 0;
        for (int i = 0; i < Draws; i++)
        {
            double x = name switch
            {
                "uniform" => sequence.NextUniform(),
                "normal" => sequence.NextNormal(),
                "gamma 0.3" => sequence.NextGamma(0.3),
                "gamma 1" => sequence.NextGamma(1),
                "gamma 7.5" => sequence.NextGamma(7.5),
                "beta 2 3" => sequence.NextBeta(2, 3),
                _ => sequence.NextBeta(0.5, 0.5),
            };
            sum += x - mean;
            squares += (x - mean) * (x - mean);
        }
        Assert.Equal(0, sum / Draws, 4 * Math.Sqrt(variance / Draws));
        Assert.Equal(variance, squares / Draws, 4 * variance * Math.Sqrt((kurtosis + 2) / Draws));
    }

    [Fact]
    public void A_shuffle_puts_each_item_everywhere_equally_often()
    {
        RandomSequence sequence = New();
        int[,] counts = new int[4, 4];
        int[] items = new int[4];
        const int shuffles = 20_000;
        for (int i = 0; i < shuffles; i++)
        {
            for (int k = 0; k < 4; k++)
                items[k] = k;
            sequence.Shuffle<int>(items);
            for (int k = 0; k < 4; k++)
                counts[k, items[k]]++;
        }
        foreach (int count in counts)
            Assert.Equal(0.25, count / (double)shuffles, 0.0125);   // error 0.0031
    }
}
