using RLSquared.Agents;
using RLSquared.MuJoCo.Opponents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.MuJoCo.Tasks;

/// <summary>What is asked of a <see cref="HalfCheetah"/>.</summary>
public enum HalfCheetahGoal
{
    /// <summary>To run forwards, the same in each trial.</summary>
    Forward,
    /// <summary>To run at a speed that differs from trial to trial.</summary>
    Velocity,
    /// <summary>To run forwards or backwards.</summary>
    Direction,
}

/// <summary>Options of <see cref="HalfCheetah"/>.</summary>
public sealed record HalfCheetahOptions
{
    /// <summary>What is asked.</summary>
    public HalfCheetahGoal Goal { get; init; } = HalfCheetahGoal.Velocity;

    /// <summary>
    /// The highest speed that is asked, in m/s, of <see cref="HalfCheetahGoal.Velocity"/>; at least 0. The MAML paper
    /// has 2, ProMP has 3.
    /// </summary>
    public double GoalHigh { get; init => field = Require.AtLeast("goal-high", value, 0); } = 2;

    /// <summary>What the sum of the squared controls costs; at least 0. High: it moves softly, or not at all.</summary>
    public double ControlCost { get; init => field = Require.AtLeast("control-cost", value, 0); } = 0.05;

    /// <summary>How far from the initial pose an episode begins; at least 0.</summary>
    public double ResetNoise { get; init => field = Require.AtLeast("reset-noise", value, 0); } = 0.1;

    /// <summary>The episodes of a trial; 1 to 10,000. Many: longer to make use of what was found out.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 2;

    /// <summary>The steps of an episode, 0.05 s each; 1 to 100,000.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 200;

    /// <summary>
    /// An MJCF file of your own with nine positions and six motors in the same order; empty for ours.
    /// </summary>
    public string Model { get; init; } = "";

    /// <summary>The defaults of a task.</summary>
    /// <param name="goal">What is asked.</param>
    public static HalfCheetahOptions For(HalfCheetahGoal goal) => goal == HalfCheetahGoal.Forward
        ? new() { Goal = goal, ControlCost = 0.1, Episodes = 1, Horizon = 1000 }
        : new() { Goal = goal };

    /// <summary>The options by name.</summary>
    /// <param name="goal">What is asked.</param>
    public static OptionTable<HalfCheetahOptions> TableFor(HalfCheetahGoal goal)
    {
        var table = new OptionTable<HalfCheetahOptions>($"the task {HalfCheetah.NameOf(goal)}", For(goal));
        if (goal == HalfCheetahGoal.Velocity)
        {
            table = table.Number("goal-high", "highest speed that is asked, in m/s",
                options => options.GoalHigh, (options, value) => options with { GoalHigh = value },
                low: "walking", high: "running");
        }
        return table
            .Number("control-cost", "what the sum of the squared controls costs",
                options => options.ControlCost, (options, value) => options with { ControlCost = value },
                low: "any effort will do", high: "it moves softly, or not at all")
            .Number("reset-noise", "how far from the initial pose an episode begins",
                options => options.ResetNoise, (options, value) => options with { ResetNoise = value },
                low: "always the same start", high: "it must get up first")
            .Integer("episodes", "episodes of a trial, all with the same goal",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "most of it is finding out", high: "longer to learn from")
            .Integer("horizon", "steps of an episode, 0.05 s each",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "short", high: "longer to learn from")
            .Words("model", "MJCF file with nine positions and six motors; empty for ours",
                options => options.Model, (options, value) => options with { Model = value });
    }
}

/// <summary>
/// The half-cheetah: a runner of seven bodies and six motors in the plane. With v its speed over a step,
/// g the speed that is asked (uniform on 0 … goal-high), d the direction (−1 or 1) and a the controls,
/// <code>
///   half-cheetah             reward = v − c·|a|²              c = 0.1, one episode of 1,000 steps, as Gymnasium's v4
///   half-cheetah-velocity    reward = −|v − g| − c·|a|²       c = 0.05, episodes of 200 steps, as MAML's and ProMP's
///   half-cheetah-direction   reward = d·v − c·|a|²            the same
/// </code>
/// Nothing terminates an episode. What is asked is shown nowhere: only the rewards tell it.
/// </summary>
public sealed class HalfCheetah : LocomotionTask
{
    /// <summary>The task with its defaults.</summary>
    /// <exception cref="PhysicsException">MuJoCo is not found.</exception>
    public HalfCheetah(HalfCheetahGoal goal) : this(HalfCheetahOptions.For(goal)) { }

    /// <summary>The task with other options.</summary>
    /// <exception cref="PhysicsException">MuJoCo is not found, or the model has an error.</exception>
    public HalfCheetah(HalfCheetahOptions options) : base(ModelFor(options)) => Options = options;

    /// <summary>What is asked, costs and lengths.</summary>
    public HalfCheetahOptions Options { get; }

    /// <inheritdoc/>
    public override string Name => NameOf(Options.Goal);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => HalfCheetahOptions.TableFor(Options.Goal).Show(Options);

    /// <summary>All positions but the one along x, and all velocities: 8 + 9 numbers.</summary>
    public override ObservationSpace Observation =>
        ObservationSpace.Vector(Model.PositionCount - 1 + Model.VelocityCount);

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents => Options.Goal == HalfCheetahGoal.Velocity
        ? [StillAgent.Entry, GaitAgent.Entry] : [StillAgent.Entry];

    internal override int Horizon => Options.Horizon;

    internal override double ResetNoise => Options.ResetNoise;

    internal override bool IsFree => false;

    internal override int GoalWidth => Options.Goal == HalfCheetahGoal.Forward ? 0 : 1;

    internal static string NameOf(HalfCheetahGoal goal) => goal switch
    {
        HalfCheetahGoal.Velocity => "half-cheetah-velocity",
        HalfCheetahGoal.Direction => "half-cheetah-direction",
        _ => "half-cheetah",
    };

    internal override void DrawGoal(RandomKey key, Span<double> goal)
    {
        if (Options.Goal == HalfCheetahGoal.Velocity)
            goal[0] = Options.GoalHigh * key.Uniform(0);
        else if (Options.Goal == HalfCheetahGoal.Direction)
            goal[0] = key.Uniform(0) < 0.5f ? -1 : 1;
    }

    internal override void Observe(
        ReadOnlySpan<double> positions, ReadOnlySpan<double> velocities, Span<float> row)
    {
        for (int i = 1; i < positions.Length; i++)
            row[i - 1] = (float)positions[i];
        for (int i = 0; i < velocities.Length; i++)
            row[positions.Length - 1 + i] = (float)velocities[i];
    }

    internal override double Judge(in Motion motion, out bool terminated)
    {
        terminated = false;
        double progress = Options.Goal switch
        {
            HalfCheetahGoal.Velocity => -Math.Abs(motion.Speed - motion.Goal[0]),
            HalfCheetahGoal.Direction => motion.Goal[0] * motion.Speed,
            _ => motion.Speed,
        };
        return progress - Options.ControlCost * motion.Effort;
    }

    static PhysicsModel ModelFor(HalfCheetahOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ModelFor(options.Model, Resource("half-cheetah.xml"), NameOf(options.Goal), positions: 9, motors: 6);
    }
}
