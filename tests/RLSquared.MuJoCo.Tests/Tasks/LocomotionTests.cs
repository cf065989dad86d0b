using RLSquared.Evaluation;
using RLSquared.MuJoCo.Tasks;
using RLSquared.Tasks;

namespace RLSquared.MuJoCo.Tests.Tasks;

/// <summary>What holds for every task: lanes, episodes, noise, threads, memory.</summary>
public sealed class LocomotionTests
{
    public static TheoryData<string> Names => [.. MuJoCoCatalogue.Tasks.Select(entry => entry.Name)];

    static LocomotionTask Short(string name, params string[] more) => (LocomotionTask)MuJoCoCatalogue.Create(
        name, RLSquared.Settings.Assignment.ParseAll(["episodes=2", "horizon=12", .. more]));

    [PhysicsTheory]
    [MemberData(nameof(Names))]
    public void Each_task_keeps_to_what_tasks_promise(string name)
    {
        TaskEntry entry = MuJoCoCatalogue.Tasks.Single(entry => entry.Name == name);
        TaskReport report = TaskCheck.Run(Short(name), new() { Lanes = 2 }, entry);
        Assert.Null(report.Error);
        Assert.Empty(report.Warnings);
        Assert.Equal(24, report.Steps);
    }

    // The lanes play in turn on one simulation. Each must get the bits of a simulation of its own that nothing else has
    // used, and that was begun where the lane began.
    [PhysicsTheory]
    [MemberData(nameof(Names))]
    public void A_lane_has_the_bits_of_a_simulation_of_its_own(string name)
    {
        LocomotionTask task = Short(name, "horizon=40");
        var plays = new Plays(task, 3, firstTrial: 5);
        Simulation[] own = [.. Enumerable.Range(0, 3).Select(_ => new Simulation(task.Model))];
        for (int lane = 0; lane < 3; lane++)
        {
            plays.Lanes.PositionsOf(lane).CopyTo(own[lane].Positions);
            plays.Lanes.VelocitiesOf(lane).CopyTo(own[lane].Velocities);
        }
        for (int step = 0; step < 30; step++)
        {
            plays.Step();
            for (int lane = 0; lane < 3; lane++)
            {
                Simulation simulation = own[lane];
                for (int motor = 0; motor < task.Action.Numbers; motor++)
                    simulation.Controls[motor] = Plays.ActionOf(5 + (ulong)lane, step, motor);
                simulation.Step(5);
                Assert.Equal(Endings.None, plays.Endings[lane]);
                Assert.Equal(simulation.Positions.ToArray(), plays.Lanes.PositionsOf(lane).ToArray());
                Assert.Equal(simulation.Velocities.ToArray(), plays.Lanes.VelocitiesOf(lane).ToArray());
                if (!name.StartsWith("half", StringComparison.Ordinal))
                    continue;
                double[] shown = [.. simulation.Positions[1..], .. simulation.Velocities];
                Assert.Equal(shown.Select(number => (float)number), plays.ObservationOf(lane).ToArray());
            }
        }
        foreach (Simulation simulation in own)
            simulation.Dispose();
    }

    [PhysicsFact]
    public void Two_threads_over_one_model_make_the_bits_of_one()
    {
        foreach (string name in (string[])["half-cheetah-velocity", "ant-direction"])
        {
            LocomotionTask task = Short(name, "horizon=30");
            float[][] alone = [.. Enumerable.Range(0, 4).Select(part => Run(task, part))];
            float[][] together = new float[4][];
            Thread[] threads = [.. Enumerable.Range(0, 4).Select(part => new Thread(
                () => together[part] = Run(task, part)))];
            foreach (Thread thread in threads)
                thread.Start();
            foreach (Thread thread in threads)
                thread.Join();
            Assert.Equal(alone, together);
        }

        static float[] Run(LocomotionTask task, int part)
        {
            var plays = new Plays(task, 4, firstTrial: (ulong)(4 * part));
            List<float> seen = [.. plays.Observations];
            for (int step = 0; step < 60; step++)
            {
                plays.Step();
                seen.AddRange([.. plays.Observations, .. plays.Rewards]);
            }
            return [.. seen];
        }
    }

    [PhysicsTheory]
    [MemberData(nameof(Names))]
    public void Steps_and_trials_allocate_nothing(string name)
    {
        LocomotionTask task = Short(name, "horizon=5");
        var plays = new Plays(task, 2);
        plays.Step(10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong trial = 0; trial < 3; trial++)
        {
            plays.Lanes.Begin(1, trial, plays.Observations);
            plays.Step(10);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [PhysicsFact]
    public void An_episode_is_truncated_at_its_horizon_and_a_trial_ends_with_its_last()
    {
        var plays = new Plays(Short("half-cheetah-velocity", "horizon=3", "episodes=2"), 2);
        List<Endings> seen = [];
        for (int step = 0; step < 8; step++)
        {
            plays.Step();
            seen.Add(plays.Endings[1]);
        }
        Assert.Equal([Endings.None, Endings.None, Endings.Truncated, Endings.None, Endings.None,
            Endings.Truncated | Endings.TrialEnded, Endings.TrialEnded, Endings.TrialEnded], seen);
        Assert.Equal([0, 0], plays.Rewards);
        Assert.All(plays.Observations, number => Assert.Equal(0, number));
    }

    [PhysicsFact]
    public void The_last_observation_of_an_episode_is_kept_and_not_the_next_ones_first()
    {
        LocomotionTask task = Short("half-cheetah-velocity", "horizon=4"), longer = Short("half-cheetah-velocity");
        Plays plays = new(task, 2), through = new(longer, 2);
        plays.Step(4);
        through.Step(4);
        float[] last = new float[17];
        for (int lane = 0; lane < 2; lane++)
        {
            Assert.True(plays.Lanes.KnowsLastObservations);
            plays.Lanes.LastObservation(lane, last);
            Assert.Equal(through.ObservationOf(lane).ToArray(), last);
            Assert.NotEqual(plays.ObservationOf(lane).ToArray(), last);
        }
    }

    [PhysicsFact]
    public void A_lane_that_begins_a_trial_apart_plays_it_as_it_plays_with_the_others()
    {
        LocomotionTask task = Short("ant-direction");
        Plays plays = new(task, 2), other = new(task, 1, firstTrial: 9);
        plays.Step(3);
        Assert.True(plays.Lanes.BeginsLanesApart);
        plays.Lanes.BeginLane(1, 9, plays.Observations);
        Assert.Equal(other.Observations, plays.ObservationOf(1).ToArray());
        plays.Step(14, constant: 0.5f);
        other.Step(14, constant: 0.5f);
        Assert.Equal(other.Observations, plays.ObservationOf(1).ToArray());
        Assert.Equal(other.Rewards[0], plays.Rewards[1]);
    }

    // 200 episodes of each task: positions off by a uniform noise on ±0.1, velocities by a normal noise of deviation
    // 0.1. The standard error of a mean of 200 uniform draws is 0.0041, of a deviation 0.1/√400 = 0.005 per joint.
    [PhysicsTheory]
    [InlineData("half-cheetah-velocity")]
    [InlineData("ant-direction")]
    public void Episodes_begin_near_the_initial_pose(string name)
    {
        LocomotionTask task = Short(name);
        var lanes = (LocomotionLanes)task.CreateLanes(200);
        lanes.Begin(3, 0, new float[200 * task.Observation.Width]);
        double[] initial = task.Model.InitialPositions;
        for (int joint = 0; joint < initial.Length; joint++)
        {
            if (name[0] == 'a' && joint is >= 3 and < 7)
                continue;
            double[] off = [.. Enumerable.Range(0, 200).Select(
                lane => lanes.PositionsOf(lane)[joint] - initial[joint])];
            Assert.InRange(off.Max(), 0.09, 0.1);
            Assert.InRange(off.Min(), -0.1, -0.09);
            Assert.Equal(0, off.Average(), 0.02);
        }
        for (int joint = 0; joint < task.Model.VelocityCount; joint++)
        {
            double[] speeds = [.. Enumerable.Range(0, 200).Select(lane => lanes.VelocitiesOf(lane)[joint])];
            Assert.Equal(0, speeds.Average(), 0.035);
            Assert.Equal(0.1, Math.Sqrt(speeds.Average(speed => speed * speed)), 0.025);
            Assert.True(speeds.Max() > 0.15);
        }
    }

    [PhysicsFact]
    public void An_ants_orientation_is_a_unit_quaternion_near_upright()
    {
        var lanes = (LocomotionLanes)Short("ant-direction").CreateLanes(50);
        lanes.Begin(3, 0, new float[50 * 27]);
        for (int lane = 0; lane < 50; lane++)
        {
            double[] quaternion = lanes.PositionsOf(lane).Slice(3, 4).ToArray();
            Assert.Equal(1, quaternion.Sum(part => part * part), 1e-12);
            Assert.InRange(quaternion[0], 0.97, 1);
        }
    }

    [PhysicsFact]
    public void Each_episode_begins_in_its_own_way_and_the_noise_can_be_switched_off()
    {
        var noisy = new Plays(Short("half-cheetah-velocity", "horizon=2"), 1);
        double[] first = noisy.Lanes.PositionsOf(0).ToArray();
        noisy.Step(2);
        Assert.Equal(Endings.Truncated, noisy.Endings[0]);
        Assert.Equal(new double[9], noisy.Lanes.WarmStartOf(0).ToArray());
        double[] second = noisy.Lanes.PositionsOf(0).ToArray();
        for (int joint = 0; joint < first.Length; joint++)
        {
            Assert.NotEqual(first[joint], second[joint]);
            Assert.InRange(second[joint], -0.1, 0.1);
        }
        var still = new Plays(Short("half-cheetah-velocity", "horizon=2", "reset-noise=0"), 1);
        Assert.All(still.Observations, number => Assert.Equal(0, number));
        still.Step(2);
        Assert.All(still.Observations, number => Assert.Equal(0, number));
    }

    [PhysicsFact]
    public void Controls_beyond_one_are_cut_and_an_action_that_is_no_number_stops_everything()
    {
        LocomotionTask task = Short("half-cheetah-velocity");
        Plays one = new(task, 1), five = new(task, 1);
        one.Step(3, constant: 1);
        five.Step(3, constant: 5);
        Assert.Equal(one.Observations, five.Observations);
        Assert.Equal(one.Rewards, five.Rewards);
        var failure = Assert.Throws<NonFiniteException>(() => one.Step(1, constant: float.NaN));
        Assert.Equal(("action", 3, 0), (failure.Tensor, failure.Step, failure.Lane));
        five.Step();
        Assert.All(five.Observations, number => Assert.True(float.IsFinite(number)));
    }

    // Motors of 10¹⁶ times the torque tear everything apart within one step; the simulation counts and starts anew.
    [PhysicsFact]
    public void A_simulation_that_diverges_terminates_the_episode_without_a_reward()
    {
        using var folder = new TemporaryFolder();
        string file = folder.At("strong.xml"), root = Native.LibraryTests.Root(AppContext.BaseDirectory);
        string ours = File.ReadAllText(Path.Combine(root, "src", "RLSquared.MuJoCo", "Models", "half-cheetah.xml"));
        File.WriteAllText(file, ours.Replace("gear=\"120\"", "gear=\"1e18\"", StringComparison.Ordinal));
        var plays = new Plays(Short("half-cheetah-direction", $"model={file}"), 2);
        plays.Step(1, constant: 1);
        Assert.Equal([Endings.Terminated, Endings.Terminated], plays.Endings);
        Assert.Equal([0, 0], plays.Rewards);
        Assert.All(plays.Lanes.PositionsOf(0).ToArray(), position => Assert.InRange(position, -0.1, 0.1));
        plays.Step(1, constant: 0);
        Assert.Equal([Endings.None, Endings.None], plays.Endings);
        plays.Step(1, constant: 1);
        Assert.Equal([Endings.Terminated | Endings.TrialEnded, Endings.Terminated | Endings.TrialEnded], plays.Endings);
    }

    [PhysicsFact]
    public void A_model_of_ones_own_must_have_the_body_of_the_task()
    {
        using var folder = new TemporaryFolder();
        string file = folder.At("pole.xml");
        File.WriteAllText(file, "<mujoco><worldbody><body><joint name='j'/><geom size='0.1'/></body></worldbody>" +
            "<actuator><motor joint='j'/></actuator></mujoco>");
        Assert.Equal($"the model {file} has 1 positions and 1 motors, but the task half-cheetah-velocity needs a " +
            "body with 9 and 6",
            Assert.Throws<PhysicsException>(() => Short("half-cheetah-velocity", $"model={file}")).Message);
        File.WriteAllText(file, "<mujoco><worldbody></mujoco>");
        Assert.StartsWith($"the model {file} cannot be used: XML parse error", Assert.Throws<PhysicsException>(
            () => Short("ant-direction", $"model={file}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tasks_are_listed_without_MuJoCo()
    {
        Assert.Equal(["half-cheetah", "half-cheetah-velocity", "half-cheetah-direction", "ant", "ant-velocity",
            "ant-direction", "ant-twowalk", "ant-obstacles"], MuJoCoCatalogue.Tasks.Select(entry => entry.Name));
        Assert.All(MuJoCoCatalogue.Tasks, entry => Assert.NotEmpty(entry.Options.Settings));
        Assert.Throws<OptionException>(() => MuJoCoCatalogue.Create("half-cheeta"));
        Assert.Throws<OptionException>(() => MuJoCoCatalogue.Create(
            "half-cheetah", RLSquared.Settings.Assignment.ParseAll(["goal-high=3"])));
    }

    [Theory]
    [InlineData("half-cheetah-velocity", "goal-high=-1", "goal-high must be at least 0, but is -1")]
    [InlineData("half-cheetah-velocity", "control-cost=-1", "control-cost must be at least 0, but is -1")]
    [InlineData("half-cheetah-velocity", "episodes=0", "episodes must be from 1 to 10000, but is 0")]
    [InlineData("ant-direction", "horizon=0", "horizon must be from 1 to 100000, but is 0")]
    [InlineData("ant-direction", "reset-noise=-0.1", "reset-noise must be at least 0, but is -0.1")]
    [InlineData("ant-direction", "contact-cost=-1", "contact-cost must be at least 0, but is -1")]
    [InlineData("ant-direction", "rise-every=-1", "rise-every must be at least 0, but is -1")]
    [InlineData("ant-obstacles", "enemy-speed=-1", "enemy-speed must be at least 0, but is -1")]
    public void An_option_that_cannot_be_is_told_in_one_sentence(string name, string option, string message) =>
        Assert.Equal(message, Assert.Throws<OptionException>(() => MuJoCoCatalogue.Create(
            name, RLSquared.Settings.Assignment.ParseAll([option]))).Message);
}
