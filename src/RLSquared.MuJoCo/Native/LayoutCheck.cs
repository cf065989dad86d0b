using System.Globalization;

namespace RLSquared.MuJoCo.Native;

/// <summary>
/// Tries out, each time that the library is loaded, whether its structures lie as <see cref="StructureLayout"/> says:
/// what MuJoCo's functions write must be found where we read, and what we write must have the effect that mechanics
/// asks for. It takes about a millisecond.
/// </summary>
static class LayoutCheck
{
    // Body 1, a sled with a motor that slides up and down and touches nothing; body 2, an arm with spring and damper;
    // body 3, a ball on the floor.
    static ReadOnlySpan<byte> Xml => """
        <mujoco>
          <compiler angle="radian"/>
          <option timestep="0.001" gravity="0 0 -10"/>
          <size njmax="50" nconmax="10" nstack="20000"/>
          <worldbody>
            <geom type="plane" size="1 1 1"/>
            <body pos="0 0 5">
              <joint name="sled" type="slide" axis="0 0 1" limited="true" range="-4 6"/>
              <geom size="0.1" mass="2"/>
            </body>
            <body pos="9 0 5">
              <joint type="hinge" axis="0 0 1" stiffness="7" damping="0.25" ref="0.5"/>
              <geom size="0.1" pos="1 0 0" mass="3"/>
            </body>
            <body pos="0 3 0.1">
              <freejoint/>
              <geom size="0.1" mass="1"/>
            </body>
          </worldbody>
          <actuator>
            <motor joint="sled" gear="4"/>
          </actuator>
        </mujoco>
        """u8;

    /// <summary>Tries it out.</summary>
    /// <exception cref="PhysicsException">Something does not lie where it should; the message names it.</exception>
    public static void Run(Library library)
    {
        using var model = new PhysicsModel(library, Xml, "of the layout check");
        int[] counts =
        [
            model.PositionCount, model.VelocityCount, model.ControlCount, model.BodyCount, model.JointCount,
            model.ShapeCount,
        ];
        Require(library, "mjModel's counts", counts.AsSpan().SequenceEqual([9, 8, 1, 4, 3, 4]));
        Same(library, "mjModel.opt.timestep", model.TimeStep, 0.001);
        Same(library, "mjModel.qpos0", model.InitialPositions, [0, 0.5, 0, 3, 0.1, 1, 0, 0, 0]);
        Same(library, "mjModel.body_mass", model.BodyMasses, [0, 2, 3, 1]);
        Same(library, "mjModel.jnt_stiffness", model.JointStiffnesses, [0, 7, 0]);
        Same(library, "mjModel.jnt_range", model.JointRanges.AsSpan(0, 2), [-4, 6]);
        Same(library, "mjModel.dof_damping", model.Dampings.AsSpan(0, 2), [0, 0.25]);
        Same(library, "mjModel.actuator_gear", model.Gears, [4]);

        using var simulation = new Simulation(model);
        Move(library, simulation);
        Touch(library, simulation);
        Warn(library, simulation);
    }

    // The sled: 2 kg, pulled down with 20 N and up by its motor with 4 · 3 N, so that it slows down by 4 m/s².
    static void Move(Library library, Simulation simulation)
    {
        simulation.Reset();
        Same(library, "mjData.qpos", simulation.Positions, simulation.Model.InitialPositions);
        Same(library, "mjData.qvel", simulation.Velocities, new double[8]);
        Same(library, "mjData.time", simulation.Time, 0);
        simulation.Positions[0] = 1.5;
        simulation.Velocities[0] = 2;
        simulation.Controls[0] = 3;
        simulation.Forward();
        Same(library, "mjData.xpos", simulation.BodyPositions.Slice(3, 3), [0, 0, 6.5]);
        simulation.Step(2);
        Same(library, "mjData.time", simulation.Time, 0.002);
        Same(library, "mjData.qvel", simulation.Velocities[0], 2 - 2 * 0.004);
        Same(library, "mjData.qpos", simulation.Positions[0], 1.5 + 0.001 * (1.996 + 1.992));
        Same(library, "mjData.qacc_warmstart", simulation.WarmStart[0], -4);
    }

    static void Touch(Library library, Simulation simulation)
    {
        simulation.Reset();
        simulation.Positions[4] = 0.2;
        simulation.Forward();
        Require(library, "mjData.ncon", simulation.ContactCount == 0);
        simulation.Positions[4] = 0.0995;
        simulation.Forward();
        simulation.ComputeForces();
        Require(library, "mjData.ncon", simulation.ContactCount == 1);
        ReadOnlySpan<double> ball = simulation.ExternalForces.Slice(3 * 6, 6);
        Require(library, "mjData.cfrc_ext", ball[5] is > 1 and < 1000 && Math.Abs(ball[3]) < 1e-6);
    }

    static void Warn(Library library, Simulation simulation)
    {
        simulation.Reset();
        simulation.Velocities[0] = 1e20;
        simulation.Step();
        Require(library, "mjData.warning", simulation is { Divergences: 1, BadControls: 0 });
        simulation.Reset();
        simulation.Controls[0] = double.NaN;
        simulation.Step();
        Require(library, "mjData.warning", simulation is { Divergences: 0, BadControls: 1 });
    }

    static void Same(Library library, string field, double found, double right) =>
        Require(library, field, Math.Abs(found - right) < 1e-9);

    static void Same(
        Library library, string field, ReadOnlySpan<double> found, ReadOnlySpan<double> right)
    {
        bool same = found.Length == right.Length;
        for (int i = 0; same && i < right.Length; i++)
            same = Math.Abs(found[i] - right[i]) < 1e-9;
        Require(library, field, same);
    }

    static void Require(Library library, string field, bool holds)
    {
        if (!holds)
        {
            throw new PhysicsException(string.Create(CultureInfo.InvariantCulture,
                $"MuJoCo {StructureLayout.Name(library.Layout.Version)} ({library.Path}) does not keep {field} ") +
                "where that version does, so it was built in another way: install the release itself");
        }
    }
}
