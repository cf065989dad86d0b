using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>
/// Swings a pendulum up and holds it there with a motor that is too weak to lift it, with the equations, limits and
/// time limit of Gymnasium's <c>Pendulum-v1</c>. The action, from −1 to 1, is a torque from −2 to 2 N m. An episode
/// never terminates and is cut after 200 steps.
/// <code>
///   reward = −(θ² + 0.1 θ̇² + 0.001 u²), θ from −π to π, 0 is upright, before the step
///   θ̇ ← clamp(θ̇ + (3g / 2l · sin θ + 3 / m l² · u) · 0.05, ±8)      θ ← θ + 0.05 θ̇
/// </code>
/// with g = 10, m = 1, l = 1. The observation is cos θ, sin θ and θ̇; θ begins uniform on ±π and θ̇ on ±1.
/// </summary>
/// <param name="options">Episodes and time limit.</param>
public sealed class Pendulum(ControlOptions options) : TaskDistribution
{
    const double Gravity = 10, MostSpeed = 8, MostTorque = 2, Step = 0.05;

    /// <summary>One episode of 200 steps.</summary>
    public Pendulum() : this(Table.Defaults) { }

    /// <summary>The options by name.</summary>
    public static OptionTable<ControlOptions> Table { get; } = ControlOptions.TableFor("pendulum", horizon: 200);

    /// <summary>Episodes and time limit.</summary>
    public ControlOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "pendulum";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(Options);

    /// <summary>cos θ, sin θ and θ̇ in rad/s.</summary>
    public override ObservationSpace Observation => ObservationSpace.Vector(3);

    /// <summary>The torque in halves of a N m, from −1 to 1.</summary>
    public override ActionSpace Action => ActionSpace.Continuous(1);

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents =>
        [AgentEntry.Of<ControlRule>("rule", "a short rule written by hand that knows the mechanics")];

    /// <summary>
    /// What a torque does shows within a second: a short horizon takes noise out. More and smaller updates keep a seed
    /// from settling on a swing that never holds.
    /// </summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) => algorithm != "ppo" ? [] :
        Assignment.ParseAll(["discount=0.95", "epochs=8", "minibatches=16", "learning-rate=5e-4"]);

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new PendulumLanes(this, count);

    /// <summary>One step; returns the reward.</summary>
    internal static double Move(double action, ref double angle, ref double turn)
    {
        double torque = MostTorque * Math.Clamp(action, -1, 1), fromTop = Math.IEEERemainder(angle, 2 * Math.PI);
        double cost = fromTop * fromTop + 0.1 * turn * turn + 0.001 * torque * torque;
        turn = Math.Clamp(turn + (1.5 * Gravity * Math.Sin(angle) + 3 * torque) * Step, -MostSpeed, MostSpeed);
        angle += turn * Step;
        return -cost;
    }

    sealed class PendulumLanes(Pendulum task, int count)
        : EpisodicLanes(task, task.Options.Episodes, task.Options.Horizon, count)
    {
        readonly double[] angle = new double[count], turn = new double[count];

        protected override void BeginEpisode(int lane, ref RandomSequence random) => (angle[lane], turn[lane]) =
            (Math.PI * (2 * random.NextUniform() - 1), 2 * random.NextUniform() - 1);

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            reward = (float)Move(actions.Numbers[lane], ref angle[lane], ref turn[lane]);
            return false;
        }

        protected override void Observe(int lane, Span<float> observation)
        {
            (double sine, double cosine) = Math.SinCos(angle[lane]);
            (observation[0], observation[1], observation[2]) = ((float)cosine, (float)sine, (float)turn[lane]);
        }
    }
}
