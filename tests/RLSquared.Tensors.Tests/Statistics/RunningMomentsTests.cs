using FsCheck;
using FsCheck.Fluent;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Tensors.Tests.Statistics;

public sealed class RunningMomentsTests
{
    // Column 0: 1, 3, 8 has mean 4 and variance (9 + 1 + 16)/3 = 26/3; column 1 is constant.
    [Fact]
    public void Batches_merge_to_the_moments_of_all_rows()
    {
        using var moments = new RunningMoments(2);
        Assert.Equal([0, 0], moments.Mean.ToArray());
        Assert.Equal([1, 1], moments.Variance.ToArray());
        moments.Add([1, 10, 3, 10]);
        moments.Add([8, 10]);
        moments.Add([]);
        Assert.Equal(3, moments.Count);
        Assert.Equal([4, 10], moments.Mean.ToArray());
        Assert.Equal(26 / 3f, moments.Variance[0], 1e-6f);
        Assert.Equal(0, moments.Variance[1]);
    }

    [Fact]
    public void Any_cut_into_batches_gives_the_same_moments() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonEmptyArray<short>>(), ArbMap.Default.ArbFor<PositiveInt>(), (numbers, size) =>
    {
        float[] values = [.. numbers.Get.Select(number => number / 100f)];
        using RunningMoments whole = new(), parts = new();
        whole.Add(values);
        foreach (float[] part in values.Chunk(size.Get))
            parts.Add(part);
        Assert.Equal(whole.Count, parts.Count);
        Assert.Equal(whole.Mean[0], parts.Mean[0], 1e-3f);
        Assert.Equal(whole.Variance[0], parts.Variance[0], 1e-4f * (1 + whole.Variance[0]));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Normalised_rows_have_mean_zero_and_variance_one_and_outliers_are_cut()
    {
        using var moments = new RunningMoments();
        moments.Add([2, 4]);                                    // mean 3, deviation 1
        float[] rows = [2, 3, 4, 1000];
        moments.Normalise(rows, limit: 5);
        Assert.Equal([-1, 0, 1, 5], rows);
    }

    [Fact]
    public void Written_state_restores_to_the_bit()
    {
        using RunningMoments a = new(2), b = new(2);
        a.Add([1, 2, 3, 5, 8, 13]);
        foreach (((_, Tensor from), (_, Tensor to)) in a.State.Zip(b.State))
            from.Span.CopyTo(to.Span);
        b.Count = a.Count;
        a.Add([0.1f, 0.7f]);
        b.Add([0.1f, 0.7f]);
        Assert.Equal(a.Mean.ToArray(), b.Mean.ToArray());
        Assert.Equal(a.Variance.ToArray(), b.Variance.ToArray());
        Assert.Equal(["mean", "variance"], a.State.Select(entry => entry.Name));
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_named_and_not_taken_in()
    {
        using var moments = new RunningMoments(2);
        Assert.Equal("row 1, feature 0 is NaN: not a finite number",
            Assert.Throws<ArgumentException>(() => moments.Add([1, 2, float.NaN, 4])).Message);
        Assert.Equal("3 numbers are no whole rows of 2 features",
            Assert.Throws<ArgumentException>(() => moments.Add([1, 2, 3])).Message);
        Assert.Equal(0, moments.Count);
    }

    // First batch (1, 3): mean 2, deviation 1. Second (10, 10): mean 0.1·2 + 0.9·10 = 9.2, deviation 0.1.
    // The same number for ever: the deviation falls until it is what rounding makes of 5, or the least at all of 0.
    [Theory]
    [InlineData(5, 5e-6f)]
    [InlineData(-5e6f, 5)]
    [InlineData(0, 1e-12f)]
    public void A_deviation_can_be_divided_by_however_long_nothing_has_varied(float number, float least)
    {
        using var moments = new ExponentialMoments();
        moments.Add([-1, 1]);
        for (int i = 0; i < 100; i++)
            moments.Add([number, number]);
        Assert.Equal(least, moments.StandardDeviation, least * 1e-3f);
    }

    [Fact]
    public void A_feature_that_does_not_vary_is_normalised_to_nothing_but_its_rounding()
    {
        using var moments = new RunningMoments(2);
        moments.Add([3e7f, 0, 3e7f, 0]);
        float[] rows = [3e7f, 0, 30_000_002, 0];                    // the next number that there is
        moments.Normalise(rows);
        Assert.Equal([0, 0], rows[..2]);
        Assert.InRange(rows[2], 0, 0.1f);
    }

    [Fact]
    public void Exponential_moments_forget_at_their_rate()
    {
        using var moments = new ExponentialMoments(0.9f);
        Assert.Equal((0, 1), (moments.Mean, moments.StandardDeviation));
        moments.Add([1, 3]);
        Assert.Equal((2, 1), (moments.Mean, moments.StandardDeviation));
        moments.Add([10, 10]);
        Assert.Equal(9.2f, moments.Mean, 1e-6f);
        // The batch has no deviation of its own, and lies 0.8 from the mean: 0.1 · 1 + 0.9 · 0.8.
        Assert.Equal(0.82f, moments.StandardDeviation, 1e-6f);
        Assert.Equal(2, moments.Count);
        Assert.StartsWith("the rate must be above 0 and at most 1",
            Assert.Throws<ArgumentOutOfRangeException>(() => new ExponentialMoments(0)).Message);
    }
}
