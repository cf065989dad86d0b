using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks.Control;

public sealed class CartPoleTests
{
    // benchmarks/control/golden.py: from (0.01, −0.02, 0.03, −0.04), action t · 7 mod 3 mod 2 at t = 1, 2, …
    [Theory]
    [InlineData(1, 0.0096, 0.174679195748, 0.0292, -0.32306871796)]
    [InlineData(10, -0.0294869948079, -0.415217759225, 0.0827900869914, 0.657022211358)]
    [InlineData(30, -0.49736019898, -1.95958195274, 1.05818036431, 4.95583136874)]
    public void It_moves_as_an_independent_program_says(int steps, double x, double speed, double angle, double turn)
    {
        (double x, double speed, double angle, double turn) at = (0.01, -0.02, 0.03, -0.04);
        for (int t = 1; t <= steps; t++)
            CartPole.Move(t * 7 % 3 % 2 == 1, ref at.x, ref at.speed, ref at.angle, ref at.turn);
        Assert.Equal(x, at.x, 1e-10);
        Assert.Equal(speed, at.speed, 1e-10);
        Assert.Equal(angle, at.angle, 1e-10);
        Assert.Equal(turn, at.turn, 1e-10);
    }

    [Fact]
    public void A_pole_that_falls_terminates_the_episode_at_twelve_degrees_and_the_last_step_is_paid()
    {
        var task = new CartPole();
        Lanes lanes = task.CreateLanes(1);
        float[] seen = new float[4], rewards = new float[1], last = new float[4];
        var endings = new Endings[1];
        lanes.Begin(1, 0, seen);
        int steps = 0;
        while (endings[0] == Endings.None)
        {
            Assert.InRange(Math.Abs(seen[2]), 0, 12 * Math.PI / 180);
            lanes.Step([1], seen, rewards, endings);
            Assert.Equal(1, rewards[0]);
            steps++;
        }
        Assert.Equal(Endings.Terminated | Endings.TrialEnded, endings[0]);
        Assert.InRange(steps, 8, 12);
        lanes.LastObservation(0, last);
        Assert.InRange(Math.Abs(last[2]), 12 * Math.PI / 180, 0.3);
    }

    [Fact]
    public void A_rule_written_by_hand_never_falls() => Assert.All(
        ControlPlay.Totals(new CartPole(), "rule", trials: 200), total => Assert.Equal(500, total));
}

/// <summary>What an agent earns, trial by trial.</summary>
static class ControlPlay
{
    public static double[] Totals(TaskDistribution task, string agent, int trials, ulong seed = 1) => Evaluator.Run(
        task, [AgentCatalogue.CreateFor(agent, task)], new EvaluationOptions { Instances = trials, Seed = seed })
        .Agents[0].Totals.ToArray();
}
