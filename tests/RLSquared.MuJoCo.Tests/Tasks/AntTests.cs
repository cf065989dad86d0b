using RLSquared.MuJoCo.Tasks;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.MuJoCo.Tests.Tasks;

public sealed class AntTests
{
    [PhysicsFact]
    public void Its_defaults_are_those_of_the_papers()
    {
        var run = new Ant(AntGoal.Forward);
        Assert.Equal(("ant", 1, 1000, 27, 8), (run.Name, run.Episodes, run.TrialLength, run.Observation.Width,
            run.Action.Numbers));
        Assert.Equal((0.5, 0.0, 1.0, true), (run.Options.ControlCost, run.Options.ContactCost, run.Options.Survival,
            run.Options.Falls));
        foreach (AntGoal goal in (AntGoal[])[AntGoal.Velocity, AntGoal.Direction])
        {
            var task = new Ant(goal);
            Assert.Equal((2, 400, 27, 1, 3.0), (task.Episodes, task.TrialLength, task.Observation.Width,
                task.PrivilegedWidth, task.Options.GoalHigh));
            Assert.Equal((0.005, 0.0005, 0.05, true), (task.Options.ControlCost, task.Options.ContactCost,
                task.Options.Survival, task.Options.Falls));
        }
        Ant twowalk = new(AntGoal.Twowalk), obstacles = new(AntGoal.Obstacles);
        Assert.Equal((1, 1000, 29, 2), (twowalk.Episodes, twowalk.TrialLength, twowalk.Observation.Width,
            twowalk.PrivilegedWidth));
        Assert.Equal((1, 2000, 29, 0), (obstacles.Episodes, obstacles.TrialLength, obstacles.Observation.Width,
            obstacles.PrivilegedWidth));
        Assert.Equal((0, 200), (twowalk.Options.RiseEvery, obstacles.Options.RiseEvery));
    }

    // Each reward from its formula, with contacts from a simulation of the test's own.
    [PhysicsFact]
    public void Rewards_follow_their_formulas()
    {
        foreach (AntGoal goal in (AntGoal[])[AntGoal.Forward, AntGoal.Velocity, AntGoal.Direction, AntGoal.Twowalk])
        {
            var task = new Ant(AntOptions.For(goal) with { Falls = false });
            var plays = new Plays(task, 2);
            Simulation[] own = [new(task.Model), new(task.Model)];
            for (int lane = 0; lane < 2; lane++)
            {
                plays.Lanes.PositionsOf(lane).CopyTo(own[lane].Positions);
                plays.Lanes.VelocitiesOf(lane).CopyTo(own[lane].Velocities);
            }
            double pressed = 0;
            for (int step = 0; step < 40; step++)
            {
                plays.Step();
                for (int lane = 0; lane < 2; lane++)
                {
                    Simulation simulation = own[lane];
                    double[] before = simulation.Positions.ToArray();
                    double effort = 0, pressure = 0;
                    for (int motor = 0; motor < 8; motor++)
                    {
                        double control = Plays.ActionOf((ulong)lane, step, motor);
                        simulation.Controls[motor] = control;
                        effort += control * control;
                    }
                    simulation.Step(5);
                    simulation.ComputeForces();
                    foreach (double force in simulation.ExternalForces)
                        pressure += Math.Pow(Math.Max(-1, Math.Min(1, force)), 2);
                    pressed += pressure;
                    double x = simulation.Positions[0], y = simulation.Positions[1], speed = (x - before[0]) / 0.05;
                    double[] asked = task.GoalOf(1, (ulong)lane);
                    double right = goal switch
                    {
                        AntGoal.Forward => speed + 1 - 0.5 * effort,
                        AntGoal.Velocity => 1.05 - Math.Abs(speed - asked[0]) - 0.005 * effort - 0.0005 * pressure,
                        AntGoal.Direction => asked[0] * speed + 0.05 - 0.005 * effort - 0.0005 * pressure,
                        _ => -Math.Sqrt(double.Hypot(x - asked[0], y - asked[1])) / 3000,
                    };
                    Assert.Equal(right, plays.Rewards[lane], 1e-5);
                }
            }
            Assert.True(pressed > 10, "the ant never touched the ground");
            own[0].Dispose();
            own[1].Dispose();
        }
    }

    [PhysicsFact]
    public void It_sees_its_place_only_where_a_place_is_to_be_reached()
    {
        var run = new Plays(new Ant(AntGoal.Direction), 1);
        run.Step(3);
        Assert.Equal([.. Floats(run.Lanes.PositionsOf(0)[2..]), .. Floats(run.Lanes.VelocitiesOf(0))],
            run.ObservationOf(0).ToArray());
        foreach (AntGoal goal in (AntGoal[])[AntGoal.Twowalk, AntGoal.Obstacles])
        {
            var walk = new Plays(new Ant(goal), 1);
            walk.Step(3);
            Assert.Equal([.. Floats(walk.Lanes.PositionsOf(0)), .. Floats(walk.Lanes.VelocitiesOf(0))],
                walk.ObservationOf(0).ToArray());
        }
    }

    [PhysicsFact]
    public void Speeds_directions_and_targets_are_drawn_as_the_papers_say()
    {
        Ant velocity = new(AntGoal.Velocity), direction = new(AntGoal.Direction), twowalk = new(AntGoal.Twowalk);
        ulong[] trials = [.. Enumerable.Range(0, 1000).Select(trial => (ulong)trial)];
        Assert.InRange(trials.Max(trial => velocity.GoalOf(1, trial)[0]), 2.95, 3);
        Assert.Equal(1.5, trials.Average(trial => velocity.GoalOf(1, trial)[0]), 0.1);
        Assert.Equal([-1, 1], trials.Select(trial => direction.GoalOf(1, trial)[0]).Distinct().Order());
        Assert.Equal(0, trials.Average(trial => direction.GoalOf(1, trial)[0]), 0.12);
        Assert.Equal([(0, 5), (5, 0)], trials.Select(trial => twowalk.GoalOf(1, trial))
            .Select(goal => ((int)goal[0], (int)goal[1])).Distinct().Order());
    }

    [PhysicsFact]
    public void A_target_of_twowalk_can_be_the_same_in_every_trial()
    {
        foreach ((string target, double[] place) in ((string, double[])[])[("0", [5, 0]), ("1", [0, 5])])
        {
            var task = (Ant)MuJoCoCatalogue.Create("ant-twowalk", new Assignment("target", target));
            for (ulong trial = 0; trial < 20; trial++)
                Assert.Equal(place, task.GoalOf(1, trial));
        }
    }

    // −√5 / 3000 a step for one that stays where it is, so −0.745 in an episode of 1,000 steps.
    [PhysicsFact]
    public void Standing_still_in_twowalk_costs_what_the_paper_says()
    {
        var plays = new Plays(new Ant(AntOptions.For(AntGoal.Twowalk) with { ResetNoise = 0 }), 2);
        double sum = 0;
        for (int step = 0; step < 30; step++)
        {
            plays.Step(1, constant: 0);
            sum += plays.Rewards[0];
        }
        Assert.Equal(-0.745, sum / 30 * 1000, 0.001);
    }

    [PhysicsFact]
    public void A_torso_that_is_too_low_or_too_high_terminates_where_falls_count()
    {
        foreach ((double height, bool fallen) in ((double, bool)[])
            [(0.19, true), (0.21, false), (0.99, false), (1.01, true)])
        {
            foreach (AntGoal goal in Enum.GetValues<AntGoal>())
            {
                var task = new Ant(goal);
                using var simulation = new Simulation(task.Model);
                simulation.Positions[2] = height;
                Judge(task, simulation, out bool terminated);
                Assert.Equal(fallen && task.Options.Falls, terminated);
            }
        }
        Assert.False(new Ant(AntGoal.Twowalk).Options.Falls);
    }

    // With much noise some ants begin on their back and sink below 0.2 m: their episodes terminate early and the next
    // ones begin at once; none takes longer than its horizon.
    [PhysicsFact]
    public void Falling_ends_an_episode_and_the_next_one_begins()
    {
        var plays = new Plays(new Ant(AntOptions.For(AntGoal.Direction) with { ResetNoise = 0.8, Horizon = 30 }), 40);
        int terminated = 0, truncated = 0;
        for (int step = 0; step < 60; step++)
        {
            plays.Step(1, constant: 0);
            terminated += plays.Endings.Count(ending => (ending & Endings.Terminated) != 0);
            truncated += plays.Endings.Count(ending => (ending & Endings.Truncated) != 0);
        }
        Assert.Equal(80, terminated + truncated);
        Assert.True(terminated > 5 && truncated > 5, $"{terminated} and {truncated}");
        Assert.All(plays.Endings, ending => Assert.True((ending & Endings.TrialEnded) != 0));
    }

    [PhysicsFact]
    public void Rising_draws_the_pose_anew_where_the_ant_stands()
    {
        var plays = new Plays(new Ant(AntOptions.For(AntGoal.Twowalk) with { RiseEvery = 10 }), 1);
        plays.Step(9, constant: 0.7f);
        var same = new Plays(new Ant(AntGoal.Twowalk), 1);
        same.Step(10, constant: 0.7f);
        double x = same.Lanes.PositionsOf(0)[0], y = same.Lanes.PositionsOf(0)[1];
        plays.Step(1, constant: 0.7f);
        ReadOnlySpan<double> risen = plays.Lanes.PositionsOf(0);
        Assert.Equal((x, y), (risen[0], risen[1]));
        Assert.InRange(risen[2], 0.65, 0.85);
        foreach (double joint in risen[7..])
            Assert.InRange(joint, -0.1, 0.1);
        Assert.NotEqual(same.Lanes.PositionsOf(0)[8], risen[8]);
        Assert.Equal([.. Floats(risen)], plays.ObservationOf(0)[..15].ToArray());
    }

    static double Judge(Ant task, Simulation simulation, out bool terminated, double[]? enemy = null) =>
        task.Judge(new Motion
        {
            XBefore = 0,
            Seconds = 0.05,
            Simulation = simulation,
            Goal = new double[task.GoalWidth],
            Memory = enemy ?? [AntCourse.DenX, AntCourse.DenY],
        }, out terminated);

    static float[] Floats(ReadOnlySpan<double> numbers)
    {
        float[] floats = new float[numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
            floats[i] = (float)numbers[i];
        return floats;
    }

    [PhysicsFact]
    public void The_course_pays_in_the_goal_alone()
    {
        var task = new Ant(AntGoal.Obstacles);
        using var simulation = new Simulation(task.Model);
        foreach ((double x, double y, double reward) in ((double, double, double)[])
            [(0, 0, 0), (17, 17, 1), (14.1, 17, 1), (13.9, 17, 0), (19, 19, 1), (19.2, 19.2, 0), (17, 13.9, 0)])
        {
            (simulation.Positions[0], simulation.Positions[1]) = (x, y);
            Assert.Equal(reward, Judge(task, simulation, out bool terminated));
            Assert.False(terminated);
        }
    }

    [PhysicsFact]
    public void The_enemy_catches_an_ant_that_comes_near_its_den()
    {
        var task = new Ant(AntGoal.Obstacles);
        using var simulation = new Simulation(task.Model);
        double[] enemy = [AntCourse.DenX, AntCourse.DenY];
        (simulation.Positions[0], simulation.Positions[1]) = (0, 5);
        int steps = 0;
        for (bool caught = false; !caught; steps++)
            Judge(task, simulation, out caught, enemy);
        Assert.Equal(41, steps);                    // 0.1 a step over 5 m, less the last metre
        Assert.Equal((0, 5.9), (enemy[0], Math.Round(enemy[1], 9)));
    }
}
