using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>
/// Drives a car that is too weak for the hill in front of it up that hill (Moore 1990), with the equations, limits and
/// time limit of Gymnasium's <c>MountainCar-v0</c>: it has to swing back first. Actions push left (0), not at all (1)
/// or right (2). Each step brings −1; an episode terminates when the car is at 0.5 or beyond, and is cut after 200
/// steps.
/// <code>
///   v ← clamp(v + 0.001 (a − 1) − 0.0025 cos 3x, ±0.07)      x ← clamp(x + v, −1.2, 0.6)
/// </code>
/// At the left wall the car stops. The observation is x and v; x begins uniform on −0.6 … −0.4, v at 0.
/// </summary>
/// <param name="options">Episodes and time limit.</param>
public sealed class MountainCar(ControlOptions options) : TaskDistribution
{
    const double Left = -1.2, Right = 0.6, Goal = 0.5, MostSpeed = 0.07, Force = 0.001, Gravity = 0.0025;

    /// <summary>One episode of at most 200 steps.</summary>
    public MountainCar() : this(Table.Defaults) { }

    /// <summary>The options by name.</summary>
    public static OptionTable<ControlOptions> Table { get; } = ControlOptions.TableFor("mountain-car", horizon: 200);

    /// <summary>Episodes and time limit.</summary>
    public ControlOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "mountain-car";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(Options);

    /// <summary>x and v.</summary>
    public override ObservationSpace Observation => ObservationSpace.Vector(2);

    /// <summary>Left, nothing, right.</summary>
    public override ActionSpace Action => 3;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int GoalEpisodes => Options.Episodes;

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents =>
        [AgentEntry.Of<ControlRule>("rule", "a short rule written by hand that knows the mechanics")];

    /// <summary>The goal is a hundred steps away: longer windows, and more trust in what really followed.</summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
        algorithm == "ppo" ? Assignment.ParseAll(["window=128", "minibatches=16", "lambda=0.98"]) : [];

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new MountainCarLanes(this, count);

    /// <summary>One step; returns whether the car is at the top.</summary>
    internal static bool Move(int push, ref double x, ref double speed)
    {
        speed = Math.Clamp(speed + (push - 1) * Force - Math.Cos(3 * x) * Gravity, -MostSpeed, MostSpeed);
        x = Math.Clamp(x + speed, Left, Right);
        if (x == Left && speed < 0)
            speed = 0;
        return x >= Goal && speed >= 0;
    }

    sealed class MountainCarLanes(MountainCar task, int count)
        : EpisodicLanes(task, task.Options.Episodes, task.Options.Horizon, count)
    {
        readonly double[] x = new double[count], speed = new double[count];

        protected override void BeginEpisode(int lane, ref RandomSequence random) =>
            (x[lane], speed[lane]) = (-0.6 + 0.2 * random.NextUniform(), 0);

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            reward = -1;
            return Move(actions[lane], ref x[lane], ref speed[lane]);
        }

        protected override void Observe(int lane, Span<float> observation) =>
            (observation[0], observation[1]) = ((float)x[lane], (float)speed[lane]);
    }
}
