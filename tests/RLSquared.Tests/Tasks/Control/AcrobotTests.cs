using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks.Control;

public sealed class AcrobotTests
{
    // benchmarks/control/golden.py: from (0.05, −0.03, 0.02, 0.08), pushing against the upper link's swing.
    [Theory]
    [InlineData(1, 0.0605779272877, -0.0410325134079, 0.0831682963329, -0.186526631839)]
    [InlineData(20, -0.295014610073, 0.0535620003742, -1.7939816566, 3.16336229308)]
    [InlineData(60, -0.190258367134, -1.19713803307, -4.45284245247, 5.08471873762)]
    public void It_swings_as_an_independent_program_says(
        int steps, double upper, double lower, double upperTurn, double lowerTurn)
    {
        var at = new Acrobot.State(0.05, -0.03, 0.02, 0.08);
        for (int t = 1; t <= steps; t++)
            at = Acrobot.Move(at.UpperTurn > 0 ? 0 : 2, at);
        Assert.Equal(upper, at.Upper, 1e-9);
        Assert.Equal(lower, at.Lower, 1e-9);
        Assert.Equal(upperTurn, at.UpperTurn, 1e-9);
        Assert.Equal(lowerTurn, at.LowerTurn, 1e-9);
    }

    [Theory]
    [InlineData(0, 0, false)]                               // both hang down: −1 − 1
    [InlineData(Math.PI / 2, Math.PI / 2, false)]           // 0 + 1: at the line, not above it
    [InlineData(2, 1, true)]                                // 0.416 + 0.990
    public void The_line_is_one_links_length_above_the_upper_end(double upper, double lower, bool isUp) =>
        Assert.Equal(isUp, new Acrobot.State(upper, lower, 0, 0).IsUp);

    [Fact]
    public void Reaching_the_line_costs_nothing_and_terminates() => Assert.InRange(
        ControlPlay.Totals(new Acrobot(), "rule", 200).Average(), -110, -70);
}
