using System.Globalization;
using RLSquared.MuJoCo.Tasks;

namespace RLSquared.MuJoCo.Tests;

/// <summary>Our models against what is known of these bodies, worked out by hand or by a C program.</summary>
public sealed class ModelTests : IDisposable
{
    const double Radius = 0.08, AntDensity = 5;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [PhysicsFact]
    public void The_half_cheetah_has_the_figures_of_the_benchmark()
    {
        PhysicsModel model = new HalfCheetah(HalfCheetahGoal.Forward).Model;
        Assert.Equal((9, 9, 6), (model.PositionCount, model.VelocityCount, model.ControlCount));
        Assert.Equal((8, 9, 9), (model.BodyCount, model.JointCount, model.ShapeCount));
        Assert.Equal(0.01, model.TimeStep);
        Assert.Equal(new double[9], model.InitialPositions);
        Assert.Equal([120, 90, 60, 120, 60, 30], model.Gears);
        Assert.Equal([0, 0, 0, 240, 180, 120, 180, 120, 60], model.JointStiffnesses);
        Assert.Equal([0, 0, 0, 6, 4.5, 3, 4.5, 3, 1.5], model.Dampings);
        Assert.Equal([-0.52, 1.05, -0.785, 0.785, -0.4, 0.785, -1, 0.7, -1.2, 0.87, -0.5, 0.5],
            model.JointRanges[6..]);
    }

    // All capsules have the radius 0.046 and the same density, and 14 kg are shared out: a body's mass goes with the
    // volume π r² L + 4/3 π r³, where L is twice the half length of the capsule. The torso has a head.
    [PhysicsFact]
    public void The_half_cheetah_weighs_14_kg_shared_out_by_volume()
    {
        double[] masses = new HalfCheetah(HalfCheetahGoal.Forward).Model.BodyMasses;
        double[] volumes =
        [
            Capsule(0.046, 1) + Capsule(0.046, 0.3), Capsule(0.046, 0.29), Capsule(0.046, 0.3),
            Capsule(0.046, 0.188), Capsule(0.046, 0.266), Capsule(0.046, 0.212), Capsule(0.046, 0.14),
        ];
        Assert.Equal(0, masses[0]);
        for (int body = 0; body < 7; body++)
            Assert.Equal(14 * volumes[body] / volumes.Sum(), masses[body + 1], 1e-9);
    }

    [PhysicsFact]
    public void The_ant_has_the_figures_of_the_benchmark()
    {
        foreach (AntGoal goal in (AntGoal[])[AntGoal.Forward, AntGoal.Obstacles])
        {
            PhysicsModel model = new Ant(goal).Model;
            int walls = goal == AntGoal.Obstacles ? 6 : 0;
            Assert.Equal((15, 14, 8), (model.PositionCount, model.VelocityCount, model.ControlCount));
            Assert.Equal((14, 9, 14 + walls), (model.BodyCount, model.JointCount, model.ShapeCount));
            Assert.Equal(0.01, model.TimeStep);
            Assert.Equal([0, 0, 0.75, 1, .. new double[11]], model.InitialPositions);
            Assert.All(model.Gears, gear => Assert.Equal(150, gear));
            Assert.Equal([.. new double[6], .. Enumerable.Repeat(1.0, 8)], model.Dampings);
            double[] degrees = [.. model.JointRanges[2..].Select(range => Math.Round(range * 180 / Math.PI, 9))];
            Assert.Equal([-30, 30, 30, 70, -30, 30, -70, -30, -30, 30, -70, -30, -30, 30, 30, 70], degrees);
        }
    }

    [PhysicsFact]
    public void The_ant_weighs_what_its_sphere_and_its_twelve_capsules_weigh()
    {
        double[] masses = new Ant(AntGoal.Forward).Model.BodyMasses;
        double sphere = AntDensity * 4 / 3 * Math.PI * Math.Pow(0.25, 3), root = Math.Sqrt(2);
        double upper = AntDensity * Capsule(Radius, 0.2 * root), lower = AntDensity * Capsule(Radius, 0.4 * root);
        double[] leg = [upper, upper, lower];
        double[] right = [0, sphere, .. leg, .. leg, .. leg, .. leg];
        for (int body = 0; body < right.Length; body++)
            Assert.Equal(right[body], masses[body], 1e-9);
    }

    // Nothing touches the floor during the first ten time steps, and no spring is stretched: it falls as one body. With
    // the semi-implicit steps of MuJoCo's Euler method, z(n) = −g h² n (n + 1) / 2.
    [PhysicsFact]
    public void The_half_cheetah_falls_freely_at_first()
    {
        using var simulation = new Simulation(new HalfCheetah(HalfCheetahGoal.Forward).Model);
        simulation.Step(10);
        Assert.Equal(0, simulation.ContactCount);
        Assert.Equal(-9.81 * 1e-4 * 55, simulation.Positions[1], 1e-9);
        Assert.Equal(-9.81 * 0.1, simulation.Velocities[1], 1e-9);
        for (int joint = 2; joint < 9; joint++)
            Assert.Equal(0, simulation.Positions[joint], 1e-9);
    }

    // With its ankles within their limits, which the initial pose is not, it falls as one body; the method of fourth
    // order is exact for z(t) = 0.75 − g t² / 2.
    [PhysicsFact]
    public void The_ant_falls_freely_at_first()
    {
        using var simulation = new Simulation(new Ant(AntGoal.Forward).Model);
        double[] ankles = [0.9, -0.9, -0.9, 0.9];
        for (int leg = 0; leg < 4; leg++)
            simulation.Positions[8 + 2 * leg] = ankles[leg];
        simulation.Step(10);
        Assert.Equal(0, simulation.ContactCount);
        Assert.Equal(0.75 - 9.81 * 0.01 / 2, simulation.Positions[2], 1e-9);
        Assert.Equal(-9.81 * 0.1, simulation.Velocities[2], 1e-9);
        Assert.Equal(0, simulation.Positions[0], 1e-9);
    }

    // Without controls there is no source of energy: both come to rest on their feet, no higher than they began, and
    // the floor then bears what they weigh.
    [PhysicsFact]
    public void Without_controls_both_come_to_rest_on_the_floor()
    {
        foreach (PhysicsModel model in (PhysicsModel[])
            [new HalfCheetah(HalfCheetahGoal.Forward).Model, new Ant(AntGoal.Forward).Model])
        {
            using var simulation = new Simulation(model);
            simulation.Step(1000);
            foreach (double velocity in simulation.Velocities)
                Assert.Equal(0, velocity, 0.1);           // soft contacts creep
            double torso = simulation.BodyPositions[5];
            Assert.InRange(torso, 0.25, model.ControlCount == 6 ? 0.7 : 0.75);
            Assert.True(simulation.ContactCount >= 2);
            simulation.ComputeForces();
            double up = 0;
            for (int body = 1; body < model.BodyCount; body++)
                up += simulation.ExternalForces[6 * body + 5];
            Assert.Equal(9.81 * model.BodyMasses.Sum(), up, 0.03 * 9.81 * model.BodyMasses.Sum());
            Assert.Equal(10, simulation.Time, 1e-9);
        }
    }

    // The same model, controls and number of steps: whatever differs, a pointer, a step too few or an integrator that
    // is not the one in the file, changes bits.
    [PhysicsFact(compiler: true)]
    public void A_rollout_has_the_bits_of_a_C_program_over_the_same_file()
    {
        Assert.SkipUnless(File.Exists("/usr/include/mujoco/mujoco.h"), "MuJoCo's headers are not here");
        string root = Native.LibraryTests.Root(AppContext.BaseDirectory);
        string program = Compiler.Build(folder.Path, "loop",
            File.ReadAllText(Path.Combine(root, "benchmarks", "mujoco", "loop.c")), "-lmujoco");
        foreach (string name in (string[])["half-cheetah", "ant"])
        {
            string file = Path.Combine(root, "src", "RLSquared.MuJoCo", "Models", $"{name}.xml");
            string[] lines = Compiler.Run(program, file, "60", "5").Split('\n');
            using PhysicsModel model = PhysicsModel.Load(file);
            using var simulation = new Simulation(model);
            uint random = 1;
            for (int step = 0; step < 60; step++)
            {
                foreach (ref double control in simulation.Controls)
                {
                    random = random * 1664525 + 1013904223;
                    control = (random >> 8) * (1.0 / 8388608) - 1;
                }
                simulation.Step(5);
            }
            Assert.Equal(lines[1], $"positions{Bits(simulation.Positions)}");
            Assert.Equal(lines[2], $"velocities{Bits(simulation.Velocities)}");
        }
    }

    [PhysicsFact]
    public void A_model_with_an_error_is_told_in_one_sentence_with_its_place()
    {
        string message = Assert.Throws<PhysicsException>(() => PhysicsModel.Parse(
            "<mujoco><worldbody><body><geom size='0.1'/><joint type='sideways'/></body></worldbody></mujoco>",
            "of a test")).Message;
        Assert.StartsWith("the model of a test cannot be used: XML Error: ", message, StringComparison.Ordinal);
        Assert.Contains("sideways", message, StringComparison.Ordinal);
        Assert.Contains("line 1", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.StartsWith("the model of a test cannot be used: XML", Assert.Throws<PhysicsException>(
            () => PhysicsModel.Parse("<mujoco><worldbody>", "of a test")).Message, StringComparison.Ordinal);
        Assert.Equal("the model of a test is empty", Assert.Throws<PhysicsException>(
            () => PhysicsModel.Parse("", "of a test")).Message);
        string file = folder.At("none.xml");
        Assert.StartsWith($"the model {file} cannot be read: ", Assert.Throws<PhysicsException>(
            () => PhysicsModel.Load(file)).Message, StringComparison.Ordinal);
    }

    [PhysicsFact]
    public void A_simulation_that_diverges_counts_it_and_starts_anew_when_told_to()
    {
        using var simulation = new Simulation(new HalfCheetah(HalfCheetahGoal.Forward).Model);
        for (int time = 0; time < 3; time++)
        {
            simulation.Velocities[3] = double.NaN;
            simulation.Step();
            Assert.Equal((1, 0), (simulation.Divergences, simulation.BadControls));
            simulation.Reset();
            Assert.Equal((0, 0.0), (simulation.Divergences, simulation.Time));
            Assert.Equal(new double[9], simulation.Velocities.ToArray());
        }
        Assert.False(File.Exists("MUJOCO_LOG.TXT"));
    }

    [PhysicsFact]
    public void What_is_disposed_of_is_not_used_any_more()
    {
        PhysicsModel model = PhysicsModel.Parse(
            "<mujoco><worldbody><body><freejoint/><geom size='0.1'/></body></worldbody></mujoco>", "of a test");
        var simulation = new Simulation(model);
        simulation.Dispose();
        simulation.Dispose();
        Assert.Throws<ObjectDisposedException>(() => simulation.Step());
        Assert.Throws<ObjectDisposedException>(() => simulation.Positions.Length);
        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.BodyCount);
        Assert.Throws<ObjectDisposedException>(() => new Simulation(model));
    }

    static double Capsule(double radius, double length) =>
        Math.PI * radius * radius * length + 4.0 / 3 * Math.PI * Math.Pow(radius, 3);

    static string Bits(ReadOnlySpan<double> numbers)
    {
        string text = "";
        foreach (double number in numbers)
        {
            text += string.Create(
                CultureInfo.InvariantCulture, $" {BitConverter.DoubleToUInt64Bits(number):x16}");
        }
        return text;
    }
}
