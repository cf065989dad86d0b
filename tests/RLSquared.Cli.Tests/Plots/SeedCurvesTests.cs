using RLSquared.Reproduction.Plots;

namespace RLSquared.Cli.Tests.Plots;

public sealed class SeedCurvesTests
{
    [Fact]
    public void A_long_curve_is_averaged_in_groups_up_to_its_last_step()
    {
        // 900 iterations in 300 groups of three: (1 + 2 + 3) / 3, (4 + 5 + 6) / 3, …
        (double X, double Y)[] curve =
            SeedCurves.Thin([.. Enumerable.Range(1, 900).Select(i => (10.0 * i, (double)i))]);
        Assert.Equal(300, curve.Length);
        Assert.Equal((30, 2), curve[0]);
        Assert.Equal((9000, 899), curve[^1]);
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(10, 1)]
    [InlineData(15, 2)]
    [InlineData(20, 3)]
    [InlineData(27.5, 4.5)]
    [InlineData(99, 5)]
    public void Between_two_points_a_curve_is_straight(double step, double expected) =>
        Assert.Equal(expected, SeedCurves.At([(10, 1), (20, 3), (30, 5)], step), 1e-12);

    // With factor 1/2: 4; (4/2 + 1) / (1/2 + 1) = 2; (3/2 + 6) / (3/4 + 1) = 30/7.
    [Fact]
    public void Smoothing_weighs_what_is_past_less_and_less_and_begins_at_the_first_point()
    {
        (double X, double Y)[] smooth = SeedCurves.Smooth([(1, 4), (2, 1), (3, 6)], 0.5);
        Assert.Equal([1, 2, 3], smooth.Select(point => point.X));
        Assert.Equal(4, smooth[0].Y, 1e-12);
        Assert.Equal(2, smooth[1].Y, 1e-12);
        Assert.Equal(30 / 7.0, smooth[2].Y, 1e-12);
        Assert.Equal([(1, 4), (2, 1), (3, 6)], SeedCurves.Smooth([(1, 4), (2, 1), (3, 6)], 0));
    }

    // Seeds 1, 3 and 8 at x = 10: mean 4, deviation √13, standard error √(13/3). The second curve ends at 20, and the
    // others go on.
    [Fact]
    public void Seeds_are_joined_as_their_mean_with_a_band_up_to_where_the_first_of_them_ends()
    {
        (double X, double Y)[][] curves = [[(10, 1), (30, 1)], [(10, 3), (20, 3)], [(10, 8), (20, 8), (40, 8)]];
        PlotLine line = SeedCurves.Join("joined", curves, Spread.Error);
        Assert.Equal([(10, 4), (20, 4)], line.Points);
        Assert.Equal(4 - Math.Sqrt(13 / 3.0), line.Band![0].Low, 1e-12);
        Assert.Equal(4 + Math.Sqrt(13 / 3.0), line.Band[0].High, 1e-12);
        Assert.Equal([(1, 8), (1, 8)], SeedCurves.Join("joined", curves, Spread.Range).Band!);
        Assert.Null(SeedCurves.Join("joined", curves, Spread.None).Band);
        Assert.Null(SeedCurves.Join("one", [curves[0]], Spread.Error).Band);
    }
}
