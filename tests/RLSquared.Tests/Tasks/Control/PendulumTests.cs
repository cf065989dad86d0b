using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks.Control;

public sealed class PendulumTests
{
    // benchmarks/control/golden.py: from (3, ½), torques 2.5 sin 0.3 t, which are cut to ±2.
    [Theory]
    [InlineData(1, 3.03583300418, 0.716660083543, -9.0255458262, -9.0255458262)]
    [InlineData(20, 2.80880456559, -4.01377864466, -10.6637725746, -163.955361813)]
    [InlineData(120, 3.21181858891, -2.36452961894, -9.0952246419, -950.439290447)]
    public void It_swings_as_an_independent_program_says(
        int steps, double angle, double turn, double last, double total)
    {
        (double angle, double turn, double reward, double total) at = (3, 0.5, 0, 0);
        for (int t = 1; t <= steps; t++)
        {
            at.reward = Pendulum.Move(1.25 * Math.Sin(0.3 * t), ref at.angle, ref at.turn);
            at.total += at.reward;
        }
        Assert.Equal(angle, at.angle, 1e-9);
        Assert.Equal(turn, at.turn, 1e-9);
        Assert.Equal(last, at.reward, 1e-8);
        Assert.Equal(total, at.total, 1e-7);
    }

    [Fact]
    public void An_episode_is_cut_and_never_terminates()
    {
        Lanes lanes = new Pendulum(new() { Horizon = 3, Episodes = 2 }).CreateLanes(1);
        float[] seen = new float[3], rewards = new float[1];
        var endings = new Endings[1];
        lanes.Begin(1, 0, seen);
        for (int t = 1; t <= 6; t++)
        {
            lanes.Step(new ActionSpan([], [1]), seen, rewards, endings);
            Assert.Equal(t % 3 != 0 ? Endings.None : t == 3 ? Endings.Truncated
                : Endings.Truncated | Endings.TrialEnded, endings[0]);
        }
    }

    [Fact]
    public void A_rule_written_by_hand_swings_up_and_holds() =>
        Assert.InRange(ControlPlay.Totals(new Pendulum(), "rule", 500).Average(), -220, -120);

    [Fact]
    public void A_random_motor_earns_what_is_known_of_it() =>
        Assert.InRange(ControlPlay.Totals(new Pendulum(), "random", 500).Average(), -1350, -1100);
}
