using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Tasks;

namespace RLSquared.Tests.Opponents;

public sealed class PidTests
{
    // What a controller decides when it sees these set points and measurements, one after the other.
    static float[] Controls(PidGains gains, params (float SetPoint, float Measured)[] seen)
    {
        Player player = new Pid { Gains = gains }.CreatePlayer(new Plants(), 1);
        player.Begin(1, 0);
        float[] controls = new float[seen.Length];
        for (int t = 0; t < seen.Length; t++)
        {
            player.Act(new Percept
            {
                Step = t,
                Observations = [seen[t].SetPoint, seen[t].Measured],
                PreviousActions = new ActionSpan([], [0]),
                PreviousRewards = [0],
                PreviousEndings = [Endings.None],
            }, new ActionSpan([], controls.AsSpan(t, 1)));
        }
        return controls;
    }

    // kp = ½, ki = 0.1, kd = 0.2.
    // e = 1: ½ + 0.1 − 0 = 0.6.   e = ½: ¼ + 0.15 − 0.2·½ = 0.3.   e = −1.6: −0.8 + (0.15 − 0.16) − 0.2·0.1 = −0.83.
    [Fact]
    public void A_pid_adds_error_sum_and_change()
    {
        float[] controls = Controls(new(0.5, 0.1, 0.2), (1, 0), (1, 0.5f), (-1, 0.6f));
        Assert.Equal([0.6f, 0.3f, -0.83f], controls.Select(control => MathF.Round(control, 5)));
    }

    // kp = 2, ki = ½, e = 1: 2.5 is cut to 1, and the sum stays 0 for as long as it is. Then e = 0.1: 0.2 + 0.05.
    [Fact]
    public void The_sum_does_not_wind_up_while_the_control_is_cut()
    {
        float[] controls = Controls(new(2, 0.5, 0), (1, 0), (1, 0), (1, 0), (1, 0), (1, 0.9f));
        Assert.Equal([1, 1, 1, 1, 0.25f], controls.Select(control => MathF.Round(control, 5)));
    }

    // g = ½, f = 0.1, d = 1: θ = 2, and with τc = θ, kp = 1/(½·4) = ½; τ = 10 is below 4·4, so ki = ½/10.
    // With τc = 0, kp = 1/(½·2) = 1 and 4·2 = 8 is below 10, so ki = 1/8.
    [Fact]
    public void The_textbooks_rules_are_worked_out_by_hand()
    {
        PidGains calm = PidGains.Skogestad(new Plant(0.5f, 0.1f, 1), ratio: 1);
        Assert.Equal((0.5, 0.05, 0), (Math.Round(calm.Kp, 6), Math.Round(calm.Ki, 6), calm.Kd));
        PidGains quick = PidGains.Skogestad(new Plant(0.5f, 0.1f, 1), ratio: 0);
        Assert.Equal((1, 0.125, 0), (Math.Round(quick.Kp, 6), Math.Round(quick.Ki, 6), quick.Kd));
    }

    // A full control speeds up by 2, so that any set point is reached in the first step in which a control acts. What
    // it costs is the distance in the d steps before: nothing is known of a set point until it is seen.
    [Fact]
    public void Whoever_knows_the_plant_is_at_the_set_point_as_soon_as_a_control_acts()
    {
        var task = new Plants(
            new() { GainLow = 2, FrictionLow = 0.1, FrictionHigh = 0.1, Noise = 0, Wear = 0, Hold = 10 });
        using var game = new Game(task, new Deadbeat(), lanes: 50);
        game.Begin(1, 0);
        for (int t = 0; game.Decide(); t++)
        {
            game.Step();
            for (int lane = 0; lane < 50; lane++)
            {
                if (t % 10 >= task.Of(1, (ulong)lane).Delay)
                    Assert.InRange(game.Rewards[lane], -1e-5f, 0);
            }
        }
        Assert.Equal(task.TrialLength, game.Steps);
    }

    [Fact]
    public void The_more_a_controller_knows_the_less_it_costs_and_the_ceiling_is_the_known_plant()
    {
        var task = new Plants();
        var options = new EvaluationOptions { Instances = 400, TuningInstances = 100, Threads = 1 };
        Agent[] agents =
            [new Deadbeat(), new PidOracle { Ratio = 0.5 }, new Pid { Gains = new(0.2, 0.03, 0.2) }, new RandomAgent()];
        EvaluationResult result = Evaluator.Run(task, agents, options);
        double[] means = [.. result.Agents.Select(agent => agent.Score.Mean)];
        Assert.Equal(means.OrderDescending(), means);
        Assert.Equal(result.Agents[0].Score, result.Ceiling!.Score);
        Assert.False(result.Ceiling.IsBound);
    }

    [Fact]
    public void Every_controller_plays_plants_alone_and_allocates_nothing()
    {
        var plants = new Plants();
        string[] names = ["pid-textbook", "pid", "pid-oracle", "deadbeat"];
        Assert.Equal(["random", .. names], AgentCatalogue.For(plants).Select(entry => entry.Name));
        foreach (string name in names)
        {
            Player player = AgentCatalogue.CreateFor(name, plants).CreatePlayer(plants, 4);
            float[] seen = new float[8], rewards = new float[4];
            var actions = new ActionBuffer(plants.Action, 4);
            var endings = new Endings[4];
            long before = 0;
            for (int play = 0; play < 2; play++)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
                player.Begin(1, 0);
                for (int t = 0; t < 50; t++)
                {
                    player.Act(new Percept
                    {
                        Step = t,
                        Observations = seen,
                        PreviousActions = actions.Span,
                        PreviousRewards = rewards,
                        PreviousEndings = endings,
                    }, actions.Span);
                }
            }
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [Fact]
    public void Gains_that_are_none_are_refused()
    {
        var error = Assert.Throws<OptionException>(() => Duel.Make("pid", new Plants(), "gains=1,2"));
        Assert.Equal("gains must be kp,ki,kd such as 0.3,0.02,0.1, but is '1,2'", error.Message);
    }
}
