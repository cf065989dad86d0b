namespace RLSquared.MuJoCo.Native;

/// <summary>
/// Where a version of MuJoCo keeps what we read and write, in bytes from the start of its structures on a 64-bit
/// machine. The structures differ between versions, so a version that is not in <see cref="Known"/> is refused.
/// <para>To add a version: 1. print offsetof for each field with that version's header, as
/// <c>benchmarks/mujoco/offsets.c</c> does; 2. one entry in <see cref="Known"/>; 3. run the tests with that version:
/// <see cref="LayoutCheck"/> writes and reads each field.</para>
/// </summary>
sealed record StructureLayout
{
    /// <summary>The number that mj_version() gives, such as 222 for 2.2.2.</summary>
    public required int Version { get; init; }

    // mjVFS: files in memory.
    public required int FilesSize { get; init; }
    public required int FilesData { get; init; }

    // mjModel: counts are 32-bit integers, the rest are pointers to doubles.
    public required int PositionCount { get; init; }            // nq
    public required int VelocityCount { get; init; }            // nv
    public required int ControlCount { get; init; }             // nu
    public required int BodyCount { get; init; }                // nbody
    public required int JointCount { get; init; }               // njnt
    public required int ShapeCount { get; init; }               // ngeom
    public required int TimeStep { get; init; }                 // opt.timestep, a double
    public required int InitialPositions { get; init; }         // qpos0 [nq]
    public required int BodyMasses { get; init; }               // body_mass [nbody]
    public required int JointStiffnesses { get; init; }         // jnt_stiffness [njnt]
    public required int JointRanges { get; init; }              // jnt_range [njnt, 2]
    public required int Dampings { get; init; }                 // dof_damping [nv]
    public required int Gears { get; init; }                    // actuator_gear [nu, 6]

    // mjData: pointers to doubles unless said otherwise.
    public required int Warnings { get; init; }                 // warning [8] of two 32-bit integers: info, number
    public required int ContactCount { get; init; }             // ncon, a 32-bit integer
    public required int Time { get; init; }                     // time, a double
    public required int Positions { get; init; }                // qpos [nq]
    public required int Velocities { get; init; }               // qvel [nv]
    public required int WarmStart { get; init; }                // qacc_warmstart [nv]
    public required int Controls { get; init; }                 // ctrl [nu]
    public required int BodyPositions { get; init; }            // xpos [nbody, 3]
    public required int ExternalForces { get; init; }           // cfrc_ext [nbody, 6]

    /// <summary>The numbers of warnings after which MuJoCo has put a simulation back to its start by itself.</summary>
    public const int BadPosition = 4, BadVelocity = 5, BadAcceleration = 6;

    /// <summary>The number of the warning that a control is not finite; MuJoCo then takes all controls as 0.</summary>
    public const int BadControl = 7;

    /// <summary>The versions whose layout is known.</summary>
    public static IReadOnlyList<StructureLayout> Known { get; } =
    [
        new()
        {
            Version = 222, FilesSize = 2_024_008, FilesData = 2_008_008,
            PositionCount = 0, VelocityCount = 4, ControlCount = 8, BodyCount = 16, JointCount = 20, ShapeCount = 24,
            TimeStep = 232, InitialPositions = 1096, BodyMasses = 1240, JointStiffnesses = 1360, JointRanges = 1368,
            Dampings = 1464, Gears = 2816,
            Warnings = 24, ContactCount = 40_332, Time = 40_336, Positions = 40_376, Velocities = 40_384,
            WarmStart = 40_400, Controls = 40_408, BodyPositions = 40_480, ExternalForces = 41_168,
        },
    ];

    /// <summary>A version in words, such as 2.2.2 for 222 and 3.1.6 for 316.</summary>
    public static string Name(int version) => $"{version / 100}.{version / 10 % 10}.{version % 10}";
}
