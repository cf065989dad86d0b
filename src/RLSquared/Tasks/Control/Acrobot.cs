using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>
/// Swings the lower end of two hanging links above a line by a motor at the joint between them (Sutton 1996), with the
/// equations (those of the book), limits and time limit of Gymnasium's <c>Acrobot-v1</c>. Actions are torques of −1
/// (0), 0 (1) and 1 (2) N m. Each step brings −1, and 0 when it reaches the line, which terminates the episode; it is
/// cut after 500 steps. One step is 0.2 s of one Runge-Kutta step of fourth order.
/// <para>
/// θ₁ is the upper link's angle from hanging down, θ₂ the lower link's angle to it. The line is one link's length above
/// the upper end: −cos θ₁ − cos(θ₁ + θ₂) > 1. The observation is cos θ₁, sin θ₁, cos θ₂, sin θ₂, θ̇₁ and θ̇₂; all
/// four angles and speeds begin uniform on ±0.1.
/// </para>
/// </summary>
/// <param name="options">Episodes and time limit.</param>
public sealed class Acrobot(ControlOptions options) : TaskDistribution
{
    // Both links are 1 m long and of 1 kg, with the centre of mass in the middle and a moment of inertia of 1 kg m².
    const double Middle = 0.5, Inertia = 1, Gravity = 9.8, Step = 0.2;
    const double MostUpper = 4 * Math.PI, MostLower = 9 * Math.PI;

    /// <summary>One episode of at most 500 steps.</summary>
    public Acrobot() : this(Table.Defaults) { }

    /// <summary>The options by name.</summary>
    public static OptionTable<ControlOptions> Table { get; } = ControlOptions.TableFor("acrobot", horizon: 500);

    /// <summary>Episodes and time limit.</summary>
    public ControlOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "acrobot";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(Options);

    /// <summary>cos θ₁, sin θ₁, cos θ₂, sin θ₂, θ̇₁, θ̇₂.</summary>
    public override ObservationSpace Observation => ObservationSpace.Vector(6);

    /// <summary>A torque of −1, 0 or 1 N m.</summary>
    public override ActionSpace Action => 3;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int GoalEpisodes => Options.Episodes;

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents =>
        [AgentEntry.Of<ControlRule>("rule", "a short rule written by hand that knows the mechanics")];

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new AcrobotLanes(this, count);

    /// <summary>Two angles and their speeds.</summary>
    internal readonly record struct State(double Upper, double Lower, double UpperTurn, double LowerTurn)
    {
        /// <summary>Whether the lower end is above the line.</summary>
        public bool IsUp => -Math.Cos(Upper) - Math.Cos(Lower + Upper) > 1;

        /// <summary>This state moved along a derivative for some time.</summary>
        public State Along(State slope, double time) => new(
            Upper + time * slope.Upper, Lower + time * slope.Lower,
            UpperTurn + time * slope.UpperTurn, LowerTurn + time * slope.LowerTurn);
    }

    /// <summary>One step of 0.2 s.</summary>
    internal static State Move(int action, State at)
    {
        double torque = action - 1;
        State k1 = Slope(at, torque), k2 = Slope(at.Along(k1, Step / 2), torque);
        State k3 = Slope(at.Along(k2, Step / 2), torque), k4 = Slope(at.Along(k3, Step), torque);
        State to = at.Along(k1, Step / 6).Along(k2, Step / 3).Along(k3, Step / 3).Along(k4, Step / 6);
        return new(
            Math.IEEERemainder(to.Upper, 2 * Math.PI), Math.IEEERemainder(to.Lower, 2 * Math.PI),
            Math.Clamp(to.UpperTurn, -MostUpper, MostUpper), Math.Clamp(to.LowerTurn, -MostLower, MostLower));
    }

    static State Slope(State at, double torque)
    {
        (double sine, double cosine) = Math.SinCos(at.Lower);
        double d1 = Middle * Middle + (1 + Middle * Middle + 2 * Middle * cosine) + 2 * Inertia;
        double d2 = Middle * Middle + Middle * cosine + Inertia;
        double phi2 = Middle * Gravity * Math.Sin(at.Upper + at.Lower);             // cos(x − π/2) = sin x
        double phi1 = -Middle * at.LowerTurn * at.LowerTurn * sine
            - 2 * Middle * at.LowerTurn * at.UpperTurn * sine
            + (Middle + 1) * Gravity * Math.Sin(at.Upper) + phi2;
        double lower = (torque + d2 / d1 * phi1 - Middle * at.UpperTurn * at.UpperTurn * sine - phi2)
            / (Middle * Middle + Inertia - d2 * d2 / d1);
        return new(at.UpperTurn, at.LowerTurn, -(d2 * lower + phi1) / d1, lower);
    }

    sealed class AcrobotLanes(Acrobot task, int count)
        : EpisodicLanes(task, task.Options.Episodes, task.Options.Horizon, count)
    {
        readonly State[] states = new State[count];

        protected override void BeginEpisode(int lane, ref RandomSequence random)
        {
            double upper = 0.2 * random.NextUniform() - 0.1, lower = 0.2 * random.NextUniform() - 0.1;
            states[lane] = new(upper, lower, 0.2 * random.NextUniform() - 0.1, 0.2 * random.NextUniform() - 0.1);
        }

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            states[lane] = Move(actions[lane], states[lane]);
            bool isUp = states[lane].IsUp;
            reward = isUp ? 0 : -1;
            return isUp;
        }

        protected override void Observe(int lane, Span<float> observation)
        {
            State at = states[lane];
            (double sine, double cosine) = Math.SinCos(at.Upper);
            (observation[0], observation[1]) = ((float)cosine, (float)sine);
            (sine, cosine) = Math.SinCos(at.Lower);
            (observation[2], observation[3]) = ((float)cosine, (float)sine);
            (observation[4], observation[5]) = ((float)at.UpperTurn, (float)at.LowerTurn);
        }
    }
}
