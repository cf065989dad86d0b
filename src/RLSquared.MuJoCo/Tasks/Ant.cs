using RLSquared.Agents;
using RLSquared.MuJoCo.Opponents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.MuJoCo.Tasks;

/// <summary>
/// The ant: a torso on four legs with eight motors. With v its speed along x over a step, g the speed that is asked
/// (uniform on 0 … goal-high), d the direction (−1 or 1), a the controls and f the outer forces on its bodies,
/// <code>
///   cost = control-cost·|a|² + contact-cost·Σ clip(f, −1, 1)²
///   ant              reward = v + 1 − cost                    one episode of 1,000 steps, as Gymnasium's v4
///   ant-direction    reward = d·v + 0.05 − cost               episodes of 200 steps, as in the code of MAML
///   ant-velocity     reward = 1 − |v − g| + 0.05 − cost       the same
///   ant-twowalk      reward = −√distance / 3000               distance from 5, 0 or from 0, 5, as MLSH's
///   ant-obstacles    reward = 1 in the goal, else 0           MLSH's course at half its size
/// </code>
/// In the first three, an ant whose torso is below 0.2 m or above 1 m has fallen, which terminates the episode. On the
/// course, so does being caught by the enemy, which no observation shows. What is asked is shown nowhere.
/// </summary>
public sealed class Ant : LocomotionTask
{
    const double LowestTorso = 0.2, HighestTorso = 1;
    const double TargetDistance = 5, TwowalkScale = 1.0 / 3000;

    /// <summary>The task with its defaults.</summary>
    /// <exception cref="PhysicsException">MuJoCo is not found.</exception>
    public Ant(AntGoal goal) : this(AntOptions.For(goal)) { }

    /// <summary>The task with other options.</summary>
    /// <exception cref="PhysicsException">MuJoCo is not found, or the model has an error.</exception>
    public Ant(AntOptions options) : base(ModelFor(options)) => Options = options;

    /// <summary>What is asked, costs and lengths.</summary>
    public AntOptions Options { get; }

    /// <inheritdoc/>
    public override string Name => NameOf(Options.Goal);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => AntOptions.TableFor(Options.Goal).Show(Options);

    /// <summary>
    /// All positions and velocities, 15 + 14 numbers, where a place is to be reached; else without the places along x
    /// and y, 13 + 14.
    /// </summary>
    public override ObservationSpace Observation => ObservationSpace.Vector(
        Model.PositionCount - FirstSeen + Model.VelocityCount);

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents => [StillAgent.Entry];

    internal override int Horizon => Options.Horizon;

    internal override double ResetNoise => Options.ResetNoise;

    internal override int RiseEvery => Options.RiseEvery;

    internal override bool IsFree => true;

    internal override int GoalWidth => Options.Goal switch
    {
        AntGoal.Velocity or AntGoal.Direction => 1,
        AntGoal.Twowalk => 2,
        _ => 0,
    };

    // Where the enemy is.
    internal override int MemoryWidth => Options.Goal == AntGoal.Obstacles ? 2 : 0;

    int FirstSeen => Options.Goal is AntGoal.Twowalk or AntGoal.Obstacles ? 0 : 2;

    internal static string NameOf(AntGoal goal) => goal switch
    {
        AntGoal.Velocity => "ant-velocity",
        AntGoal.Direction => "ant-direction",
        AntGoal.Twowalk => "ant-twowalk",
        AntGoal.Obstacles => "ant-obstacles",
        _ => "ant",
    };

    internal override void DrawGoal(RandomKey key, Span<double> goal)
    {
        float draw = key.Uniform(0);
        switch (Options.Goal)
        {
            case AntGoal.Velocity:
                goal[0] = Options.GoalHigh * draw;
                break;
            case AntGoal.Direction:
                goal[0] = draw < 0.5f ? -1 : 1;
                break;
            case AntGoal.Twowalk:
                bool right = Options.Target >= 0 ? Options.Target == 0 : draw < 0.5f;
                (goal[0], goal[1]) = right ? (TargetDistance, 0.0) : (0.0, TargetDistance);
                break;
        }
    }

    internal override void BeginEpisode(Span<double> memory)
    {
        if (memory.Length > 0)
            (memory[0], memory[1]) = (AntCourse.DenX, AntCourse.DenY);
    }

    internal override void Observe(
        ReadOnlySpan<double> positions, ReadOnlySpan<double> velocities, Span<float> row)
    {
        int next = 0;
        for (int i = FirstSeen; i < positions.Length; i++)
            row[next++] = (float)positions[i];
        foreach (double velocity in velocities)
            row[next++] = (float)velocity;
    }

    internal override double Judge(in Motion motion, out bool terminated)
    {
        ReadOnlySpan<double> positions = motion.Simulation.Positions;
        terminated = Options.Falls && positions[2] is < LowestTorso or > HighestTorso;
        double progress = Options.Goal switch
        {
            AntGoal.Velocity => 1 - Math.Abs(motion.Speed - motion.Goal[0]),
            AntGoal.Direction => motion.Goal[0] * motion.Speed,
            AntGoal.Twowalk => -Math.Sqrt(Math.Sqrt(
                Square(positions[0] - motion.Goal[0]) + Square(positions[1] - motion.Goal[1]))) * TwowalkScale,
            AntGoal.Obstacles => AntCourse.InGoal(positions[0], positions[1]) ? 1 : 0,
            _ => motion.Speed,
        };
        if (Options.Goal == AntGoal.Obstacles)
        {
            terminated |= AntCourse.Chase(
                ref motion.Memory[0], ref motion.Memory[1], positions[0], positions[1], Options.EnemySpeed);
        }
        double reward = progress + Options.Survival - Options.ControlCost * motion.Effort;
        return Options.ContactCost > 0 ? reward - Options.ContactCost * Pressure(motion.Simulation) : reward;
    }

    static double Pressure(Simulation simulation)
    {
        simulation.ComputeForces();
        double sum = 0;
        foreach (double force in simulation.ExternalForces)
            sum += Square(Math.Clamp(force, -1, 1));
        return sum;
    }

    static double Square(double x) => x * x;

    static PhysicsModel ModelFor(AntOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        string ant = Resource("ant.xml");
        string xml = options.Goal == AntGoal.Obstacles ? AntCourse.In(ant) : ant;
        return ModelFor(options.Model, xml, NameOf(options.Goal), positions: 15, motors: 8);
    }
}
