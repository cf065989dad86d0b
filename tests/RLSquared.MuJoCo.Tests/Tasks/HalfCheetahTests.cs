using RLSquared.MuJoCo.Tasks;

namespace RLSquared.MuJoCo.Tests.Tasks;

public sealed class HalfCheetahTests
{
    static HalfCheetahOptions Options(HalfCheetahGoal goal) => HalfCheetahOptions.For(goal);

    [PhysicsFact]
    public void Its_defaults_are_those_of_the_papers()
    {
        var run = new HalfCheetah(HalfCheetahGoal.Forward);
        Assert.Equal(("half-cheetah", 1, 1000, 0.1, 0.1), (run.Name, run.Episodes, run.TrialLength,
            run.Options.ControlCost, run.Options.ResetNoise));
        Assert.Equal((0, 17, 6), (run.PrivilegedWidth, run.Observation.Width, run.Action.Numbers));
        foreach (HalfCheetahGoal goal in (HalfCheetahGoal[])[HalfCheetahGoal.Velocity, HalfCheetahGoal.Direction])
        {
            var task = new HalfCheetah(goal);
            Assert.Equal((2, 400, 0.05, 1, 2.0), (task.Episodes, task.TrialLength, task.Options.ControlCost,
                task.PrivilegedWidth, task.Options.GoalHigh));
        }
    }

    // Each reward from its formula, with the speed from the difference of places over five time steps of 0.01 s.
    [PhysicsFact]
    public void Rewards_follow_their_formulas()
    {
        foreach (HalfCheetahGoal goal in Enum.GetValues<HalfCheetahGoal>())
        {
            var task = new HalfCheetah(Options(goal) with { Horizon = 60 });
            var plays = new Plays(task, 4);
            for (int step = 0; step < 40; step++)
            {
                double[] before = [.. Enumerable.Range(0, 4).Select(lane => plays.Lanes.PositionsOf(lane)[0])];
                plays.Step();
                for (int lane = 0; lane < 4; lane++)
                {
                    double speed = (plays.Lanes.PositionsOf(lane)[0] - before[lane]) / 0.05;
                    double effort = plays.Actions.Numbers.AsSpan(lane * 6, 6).ToArray().Sum(a => (double)a * a);
                    double asked = goal == HalfCheetahGoal.Forward ? 0 : task.GoalOf(1, (ulong)lane)[0];
                    double right = goal switch
                    {
                        HalfCheetahGoal.Velocity => -Math.Abs(speed - asked) - 0.05 * effort,
                        HalfCheetahGoal.Direction => asked * speed - 0.05 * effort,
                        _ => speed - 0.1 * effort,
                    };
                    Assert.Equal(right, plays.Rewards[lane], 1e-5);
                }
            }
        }
    }

    // Falling straight down at first: no speed, and a reward that is the goal or the effort alone.
    [PhysicsFact]
    public void A_body_that_falls_straight_down_earns_what_stands_in_the_formula()
    {
        var task = new HalfCheetah(Options(HalfCheetahGoal.Velocity) with { ResetNoise = 0 });
        var plays = new Plays(task, 3);
        plays.Step(2, constant: 0);
        for (int lane = 0; lane < 3; lane++)
            Assert.Equal(-task.GoalOf(1, (ulong)lane)[0], plays.Rewards[lane], 1e-6);
        var run = new Plays(new HalfCheetah(Options(HalfCheetahGoal.Forward) with { ResetNoise = 0 }), 1);
        run.Step(2, constant: 0);
        Assert.Equal(0, run.Rewards[0], 1e-6);
    }

    [PhysicsFact]
    public void What_is_asked_holds_for_all_episodes_of_a_trial_and_differs_between_trials()
    {
        var task = new HalfCheetah(
            Options(HalfCheetahGoal.Velocity) with { Episodes = 3, Horizon = 2, ResetNoise = 0 });
        var plays = new Plays(task, 8);
        float[] first = new float[8], later = new float[8];
        plays.Lanes.Privileged(first);
        plays.Step(2, constant: 0);
        float[] earned = [.. plays.Rewards];
        for (int episode = 1; episode < 3; episode++)
        {
            plays.Step(2, constant: 0);
            Assert.Equal(earned, plays.Rewards);
            plays.Lanes.Privileged(later);
            Assert.Equal(first, later);
        }
        Assert.Equal(8, earned.Distinct().Count());
        for (int lane = 0; lane < 8; lane++)
            Assert.Equal((float)task.GoalOf(1, (ulong)lane)[0], first[lane]);
    }

    // 4,000 draws: the standard error of the mean of a uniform number on 0 … 2 is 0.009, of a share 0.008.
    [PhysicsFact]
    public void Speeds_are_uniform_and_directions_even()
    {
        var slow = new HalfCheetah(HalfCheetahGoal.Velocity);
        double[] speeds = [.. Enumerable.Range(0, 4000).Select(trial => slow.GoalOf(9, (ulong)trial)[0])];
        Assert.InRange(speeds.Min(), 0, 0.01);
        Assert.InRange(speeds.Max(), 1.99, 2);
        Assert.Equal(1, speeds.Average(), 0.04);
        Assert.Equal(0.25, speeds.Count(speed => speed < 0.5) / 4000.0, 0.03);
        var fast = new HalfCheetah(Options(HalfCheetahGoal.Velocity) with { GoalHigh = 3 });
        Assert.Equal(1.5 * speeds[7], fast.GoalOf(9, 7)[0], 1e-6);
        var either = new HalfCheetah(HalfCheetahGoal.Direction);
        double[] directions = [.. Enumerable.Range(0, 4000).Select(trial => either.GoalOf(9, (ulong)trial)[0])];
        Assert.Equal([-1, 1], directions.Distinct().Order());
        Assert.Equal(0, directions.Average(), 0.07);
    }

    // A motor that pulls with 120 Nm turns its joint the way its axis says, and the sum of all of it moves the body.
    [PhysicsFact]
    public void Motors_turn_the_joints_in_the_order_of_the_actions()
    {
        var task = new HalfCheetah(Options(HalfCheetahGoal.Forward) with { ResetNoise = 0 });
        for (int motor = 0; motor < 6; motor++)
        {
            var plays = new Plays(task, 1);
            plays.Actions.Numbers[motor] = 1;
            plays.Lanes.Step(plays.Actions.Span, plays.Observations, plays.Rewards, plays.Endings);
            double[] turned = plays.Lanes.PositionsOf(0)[3..].ToArray();
            Assert.True(turned[motor] > 0.05, $"motor {motor}: {string.Join(' ', turned)}");
            Assert.Equal(-0.1 * 1 + plays.Lanes.PositionsOf(0)[0] / 0.05, plays.Rewards[0], 1e-5);
        }
    }
}
