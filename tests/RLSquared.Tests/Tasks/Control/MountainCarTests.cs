using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks.Control;

public sealed class MountainCarTests
{
    // benchmarks/control/golden.py: from (−0.5, 0), pushing where it rolls.
    [Theory]
    [InlineData(1, -0.499176843004, 0.000823156995831)]
    [InlineData(40, -0.270555876768, -0.00327958737733)]
    [InlineData(110, -0.176348293693, 0.0593508115812)]
    public void It_moves_as_an_independent_program_says(int steps, double x, double speed)
    {
        (double x, double speed) at = (-0.5, 0);
        for (int t = 1; t <= steps; t++)
            MountainCar.Move(at.speed >= 0 ? 2 : 0, ref at.x, ref at.speed);
        Assert.Equal(x, at.x, 1e-10);
        Assert.Equal(speed, at.speed, 1e-10);
    }

    [Fact]
    public void At_the_left_wall_it_stands_still()
    {
        (double x, double speed) = (-1.15, -0.06);
        Assert.False(MountainCar.Move(0, ref x, ref speed));
        Assert.Equal((-1.2, 0), (x, speed));
    }

    [Fact]
    public void Doing_nothing_is_cut_after_two_hundred_steps_and_pushing_with_the_roll_gets_there()
    {
        Assert.All(ControlPlay.Totals(new MountainCar(), "random", 50), total => Assert.Equal(-200, total));
        Assert.InRange(ControlPlay.Totals(new MountainCar(), "rule", 500).Average(), -125, -112);
    }
}
