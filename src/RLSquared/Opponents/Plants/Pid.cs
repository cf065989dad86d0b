using System.Globalization;
using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>The three gains of a <see cref="Pid"/>, per step.</summary>
/// <param name="Kp">Of the error.</param>
/// <param name="Ki">Of the error's sum.</param>
/// <param name="Kd">Of the measurement's change, against which it works.</param>
public readonly record struct PidGains(double Kp, double Ki, double Kd)
{
    /// <summary>
    /// The rules of Skogestad (2003, 'Simple analytic rules for model reduction and PID controller tuning') for a lag
    /// of first order with dead time: with K = g/f, τ = 1/f and the dead time θ = d + 1, since a control is felt one
    /// step after it acts,
    /// <code>
    ///   kp = τ/(K·(τc + θ)) = 1/(g·(τc + θ)),      ki = kp/min(τ, 4·(τc + θ)),      kd = 0
    /// </code>
    /// </summary>
    /// <param name="plant">The plant.</param>
    /// <param name="ratio">How quick the loop is to be, τc/θ: 1 in the textbook; less is quicker and riskier.</param>
    public static PidGains Skogestad(Plant plant, double ratio)
    {
        double theta = plant.Delay + 1, reach = (ratio + 1) * theta, kp = 1 / (plant.Gain * reach);
        return new(kp, kp / Math.Min(1 / plant.Friction, 4 * reach), 0);
    }

    /// <summary>Reads <c>kp,ki,kd</c>.</summary>
    /// <exception cref="OptionException">It is not three finite numbers.</exception>
    public static PidGains Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(',');
        double[] gains = new double[3];
        for (int i = 0; i < 3; i++)
        {
            if (parts.Length != 3 || !double.TryParse(
                parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out gains[i]) || !double.IsFinite(gains[i]))
            {
                throw new OptionException(
                    "gains", $"gains must be kp,ki,kd such as 0.3,0.02,0.1, but is '{text}'");
            }
        }
        return new(gains[0], gains[1], gains[2]);
    }

    /// <summary>Such as '0.3,0.02,0.1'.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kp},{Ki},{Kd}");
}

/// <summary>
/// The controller of nearly every loop in industry: with set point s, measurement y and error e = s − y,
/// <code>
///   u(t) = kp·e(t) + ki·Σ e − kd·(y(t) − y(t−1)),      cut to −1 … 1
/// </code>
/// The sum does not grow while the control is cut and the error would drive it further out (no wind-up); the derivative
/// is of the measurement, so that a new set point gives no kick. It begins anew with each episode and never learns.
/// </summary>
public sealed class Pid : Agent
{
    /// <summary>The gains. The default is the textbook's for the middle of the default <see cref="Plants"/>.</summary>
    public PidGains Gains { get; init; } = new(0.24, 0.036, 0);

    /// <inheritdoc/>
    public override string Name => "pid";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<Pid> Table { get; } = new OptionTable<Pid>("the agent pid", new())
        .Words("gains", "kp,ki,kd: of the error, of its sum, of the measurement's change",
            agent => agent.Gains.ToString(), (_, value) => new() { Gains = PidGains.Parse(value) });

    /// <summary>What is tried when it is tuned: 7 · 6 · 4 gains, far beyond the best on every side.</summary>
    internal static IEnumerable<PidGains> Grid =>
        from kp in (double[])[0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6]
        from ki in (double[])[0.005, 0.01, 0.02, 0.03, 0.05, 0.08]
        from kd in (double[])[0, 0.1, 0.2, 0.4]
        select new PidGains(kp, ki, kd);

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) => new PidPlayer(
        PidPlayer.Require(task, Name), lanes, (_, _) => Gains);
}

/// <summary>
/// A PID as the textbook sets it for the plant in the middle of the ranges: what one gets from a data sheet, without
/// trying anything out.
/// </summary>
public sealed class PidTextbook : Agent
{
    /// <inheritdoc/>
    public override string Name => "pid-textbook";

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        PidGains gains = PidGains.Skogestad(PidPlayer.Require(task, Name).Middle, ratio: 1);
        return new PidPlayer((Plants)task, lanes, (_, _) => gains);
    }
}

/// <summary>
/// A PID that is told the plant of each trial and sets itself by the textbook's rules: out of reach for an agent that
/// must find the plant out, and still a PID.
/// </summary>
public sealed class PidOracle : Agent
{
    /// <summary>How quick the loop is, τc/θ; at least 0. Low: quick and risky; high: slow and calm.</summary>
    public double Ratio { get; init => field = RLSquared.Settings.Require.AtLeast("ratio", value, 0); } = 1;

    /// <inheritdoc/>
    public override string Name => "pid-oracle";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<PidOracle> Table { get; } = new OptionTable<PidOracle>("the agent pid-oracle", new())
        .Number("ratio", "how quick the loop is, τc/θ",
            agent => agent.Ratio, (_, value) => new() { Ratio = value },
            low: "quick and risky", high: "slow and calm");

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        Plants plants = PidPlayer.Require(task, Name);
        double ratio = Ratio;
        return new PidPlayer(plants, lanes, (seed, trial) => PidGains.Skogestad(plants.Of(seed, trial), ratio));
    }
}

/// <summary>N PIDs in lock-step, each with the gains of its trial.</summary>
sealed class PidPlayer(Plants task, int lanes, Func<ulong, ulong, PidGains> gainsOf) : Player
{
    readonly PidGains[] gains = new PidGains[lanes];        // [N]
    readonly double[] sums = new double[lanes];             // [N], ki times the sum of the errors
    readonly float[] last = new float[lanes];               // [N], the last measurement

    /// <summary>The task as plants.</summary>
    /// <exception cref="NotSupportedException">It is another task.</exception>
    public static Plants Require(TaskDistribution task, string agent) => task as Plants
        ?? throw new NotSupportedException($"the agent {agent} controls plants only, not the task {task.Name}");

    public override void Begin(ulong seed, ulong firstTrial)
    {
        for (int lane = 0; lane < lanes; lane++)
            gains[lane] = gainsOf(seed, firstTrial + (ulong)lane);
    }

    public override void Act(in Percept percept, ActionSpan actions)
    {
        bool begins = percept.Step % task.Options.Horizon == 0;
        for (int lane = 0; lane < lanes; lane++)
        {
            (float setPoint, float measured) = (percept.Observations[2 * lane], percept.Observations[2 * lane + 1]);
            if (begins)
                (sums[lane], last[lane]) = (0, measured);
            (double kp, double ki, double kd) = gains[lane];
            double error = setPoint - measured, sum = sums[lane] + ki * error;
            double wanted = kp * error + sum - kd * (measured - last[lane]), control = Math.Clamp(wanted, -1, 1);
            if (wanted == control || wanted > 1 != error > 0)
                sums[lane] = sum;
            last[lane] = measured;
            actions.Numbers[lane] = (float)control;
        }
    }
}
