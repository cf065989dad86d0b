using RLSquared.Cli.Reproduction;

namespace RLSquared.Cli.Tests.Reproduction;

public sealed class CurveTests
{
    [Fact]
    public void A_long_curve_is_averaged_in_groups_up_to_its_last_step()
    {
        // 900 iterations in 300 groups of three: (1 + 2 + 3) / 3, (4 + 5 + 6) / 3, …
        Curve curve = Curve.Thin([.. Enumerable.Range(1, 900).Select(i => 10L * i)],
            [.. Enumerable.Range(1, 900).Select(i => (double)i)]);
        Assert.Equal(300, curve.Steps.Count);
        Assert.Equal((30L, 2.0), (curve.Steps[0], curve.Returns[0]));
        Assert.Equal((9000L, 899.0), (curve.Steps[^1], curve.Returns[^1]));
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(10, 1)]
    [InlineData(15, 2)]
    [InlineData(20, 3)]
    [InlineData(27.5, 4.5)]
    [InlineData(99, 5)]
    public void Between_two_points_a_curve_is_straight(double step, double expected) =>
        Assert.Equal(expected, new Curve([10, 20, 30], [1, 3, 5]).At(step), 1e-12);
}
