using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.MuJoCo.Tasks;

/// <summary>What happened in one step of one lane.</summary>
readonly ref struct Motion
{
    /// <summary>Where the body was along x before the step.</summary>
    public required double XBefore { get; init; }

    /// <summary>Seconds that the step took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The body after the step.</summary>
    public required Simulation Simulation { get; init; }

    /// <summary>What was asked of the trial, [goal numbers].</summary>
    public required ReadOnlySpan<double> Goal { get; init; }

    /// <summary>What the task remembers from step to step, [memory]; may be written.</summary>
    public required Span<double> Memory { get; init; }

    /// <summary>Speed along x over the step, in metres per second.</summary>
    public double Speed => (Simulation.Positions[0] - XBefore) / Seconds;

    /// <summary>The sum of the squared controls, |a|².</summary>
    public double Effort
    {
        get
        {
            double sum = 0;
            foreach (double control in Simulation.Controls)
                sum += control * control;
            return sum;
        }
    }
}

/// <summary>
/// A body that MuJoCo moves and that is asked for something which differs from trial to trial. One step of the task is
/// five time steps of the simulation, 0.05 s. A trial is some episodes with the same goal; each of them begins near the
/// initial pose: positions are off by a uniform ±noise, velocities by a normal noise. After so many steps an episode is
/// truncated.
/// <para>All of a trial is a function of (seed, trial number): its goal, its noise, and the simulation, which begins
/// each step from positions, velocities and the solver's last accelerations alone.</para>
/// </summary>
public abstract class LocomotionTask : TaskDistribution
{
    /// <summary>Time steps of the simulation per step of the task.</summary>
    public const int FrameSkip = 5;

    internal LocomotionTask(PhysicsModel model) => Model = model;

    /// <summary>The body.</summary>
    public PhysicsModel Model { get; }

    /// <summary>The torques of the motors, each from −1 to 1 of its full strength.</summary>
    public override ActionSpace Action => ActionSpace.Continuous(Model.ControlCount);

    /// <inheritdoc/>
    public override int TrialLength => checked(Episodes * Horizon);

    /// <summary>What is asked of the trial, for value networks in training.</summary>
    public override int PrivilegedWidth => GoalWidth;

    // A step takes some ten thousand times as long as one of a bandit.
    /// <inheritdoc/>
    public override int EvaluationInstances => 200;

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new LocomotionLanes(this, count);

    /// <summary>
    /// What is asked of a trial, for an agent that may know it: a speed, a direction or a target; may be empty.
    /// </summary>
    /// <param name="seed">The seed of the run or of the evaluation.</param>
    /// <param name="trial">The number of the trial.</param>
    public double[] GoalOf(ulong seed, ulong trial)
    {
        double[] goal = new double[GoalWidth];
        DrawGoal(new RandomKey(seed, RandomPurpose.Task, trial), goal);
        return goal;
    }

    internal abstract int Horizon { get; }

    internal abstract double ResetNoise { get; }

    /// <summary>Steps after which the pose is drawn anew where the body stands; 0 for never.</summary>
    internal virtual int RiseEvery => 0;

    internal virtual int GoalWidth => 0;

    internal virtual int MemoryWidth => 0;

    /// <summary>Whether the first joint is a free one: three places, a quaternion.</summary>
    internal abstract bool IsFree { get; }

    internal virtual void DrawGoal(RandomKey key, Span<double> goal)
    {
    }

    internal virtual void BeginEpisode(Span<double> memory)
    {
    }

    /// <summary>The observation: what it shows of positions [nq] and velocities [nv].</summary>
    internal abstract void Observe(ReadOnlySpan<double> positions, ReadOnlySpan<double> velocities, Span<float> row);

    /// <summary>The reward of a step, and whether the episode has come to its end.</summary>
    internal abstract double Judge(in Motion motion, out bool terminated);

    /// <summary>Compiles a model, the user's own where there is one.</summary>
    /// <exception cref="PhysicsException">
    /// MuJoCo is not found, or the model has an error or another body.
    /// </exception>
    private protected static PhysicsModel ModelFor(string path, string xml, string name, int positions, int motors)
    {
        if (path.Length == 0)
            return PhysicsModel.Parse(xml, name);
        PhysicsModel own = PhysicsModel.Load(path);
        if (own.PositionCount == positions && own.ControlCount == motors)
            return own;
        using (own)
        {
            throw new PhysicsException($"the model {path} has {own.PositionCount} positions and {own.ControlCount} " +
                $"motors, but the task {name} needs a body with {positions} and {motors}");
        }
    }

    private protected static string Resource(string name)
    {
        using Stream stream = typeof(LocomotionTask).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
