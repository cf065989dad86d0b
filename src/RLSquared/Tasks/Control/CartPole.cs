using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>
/// Balances a pole on a cart by pushing the cart left (0) or right (1) with 10 N (Barto, Sutton and Anderson 1983),
/// with the equations, limits and time limit of Gymnasium's <c>CartPole-v1</c>. Each step brings 1, the last one too.
/// An episode terminates when the cart is more than 2.4 m from the middle or the pole more than 12° from upright, and
/// is cut after 500 steps, so that 500 is the most there is.
/// <code>
///   f = (F + m l θ̇² sin θ) / M      θ̈ = (g sin θ − f cos θ) / (l (4/3 − m cos² θ / M))      ẍ = f − m l θ̈ cos θ / M
/// </code>
/// with m = 0.1 kg, M = 1.1 kg (cart and pole), l = 0.5 m (half the pole), g = 9.8 and steps of 0.02 s of Euler's
/// method. The observation is x, ẋ, θ and θ̇; each begins uniform on ±0.05.
/// </summary>
/// <param name="options">Episodes and time limit.</param>
public sealed class CartPole(ControlOptions options) : TaskDistribution
{
    const double Gravity = 9.8, Pole = 0.1, Total = 1.1, HalfLength = 0.5, Force = 10, Tau = 0.02;
    const double MostPosition = 2.4, MostAngle = 12 * 2 * Math.PI / 360;

    /// <summary>One episode of at most 500 steps.</summary>
    public CartPole() : this(Table.Defaults) { }

    /// <summary>The options by name.</summary>
    public static OptionTable<ControlOptions> Table { get; } = ControlOptions.TableFor("cartpole", horizon: 500);

    /// <summary>Episodes and time limit.</summary>
    public ControlOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "cartpole";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(Options);

    /// <summary>x in m, ẋ in m/s, θ in rad and θ̇ in rad/s.</summary>
    public override ObservationSpace Observation => ObservationSpace.Vector(4);

    /// <summary>Left or right.</summary>
    public override ActionSpace Action => 2;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling => TaskCeiling.Computed("never falls", () => TrialLength);

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents =>
        [AgentEntry.Of<ControlRule>("rule", "a short rule written by hand that knows the mechanics")];

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new CartPoleLanes(this, count);

    /// <summary>One step of Euler's method: the speeds of before move the positions.</summary>
    internal static void Move(bool right, ref double x, ref double speed, ref double angle, ref double turn)
    {
        (double sine, double cosine) = Math.SinCos(angle);
        double f = ((right ? Force : -Force) + Pole * HalfLength * turn * turn * sine) / Total;
        double turning = (Gravity * sine - cosine * f) / (HalfLength * (4.0 / 3 - Pole * cosine * cosine / Total));
        double pushing = f - Pole * HalfLength * turning * cosine / Total;
        x += Tau * speed;
        speed += Tau * pushing;
        angle += Tau * turn;
        turn += Tau * turning;
    }

    sealed class CartPoleLanes(CartPole task, int count)
        : EpisodicLanes(task, task.Options.Episodes, task.Options.Horizon, count)
    {
        readonly double[] x = new double[count], speed = new double[count];
        readonly double[] angle = new double[count], turn = new double[count];

        protected override void BeginEpisode(int lane, ref RandomSequence random)
        {
            x[lane] = 0.1 * random.NextUniform() - 0.05;
            speed[lane] = 0.1 * random.NextUniform() - 0.05;
            angle[lane] = 0.1 * random.NextUniform() - 0.05;
            turn[lane] = 0.1 * random.NextUniform() - 0.05;
        }

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            Move(actions[lane] == 1, ref x[lane], ref speed[lane], ref angle[lane], ref turn[lane]);
            reward = 1;
            return Math.Abs(x[lane]) > MostPosition || Math.Abs(angle[lane]) > MostAngle;
        }

        protected override void Observe(int lane, Span<float> observation)
        {
            (observation[0], observation[1]) = ((float)x[lane], (float)speed[lane]);
            (observation[2], observation[3]) = ((float)angle[lane], (float)turn[lane]);
        }
    }
}
