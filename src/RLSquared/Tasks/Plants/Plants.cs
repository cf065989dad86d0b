using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="Plants"/>.</summary>
public sealed record PlantsOptions
{
    /// <summary>The weakest drive, g; above 0. Below the highest friction it cannot hold every set point.</summary>
    public double GainLow { get; init => field = Require.Above("gain-low", value, 0); } = 0.25;

    /// <summary>The strongest drive; at least the weakest. Far from it, no fixed controller suits both.</summary>
    public double GainHigh { get; init => field = Require.Above("gain-high", value, 0); } = 2;

    /// <summary>The least friction, f; above 0 and at most 1. Low: the plant hardly slows down by itself.</summary>
    public double FrictionLow { get; init => field = Share("friction-low", value); } = 0.05;

    /// <summary>The most friction; above 0 and at most 1. High: it follows quickly and needs much to hold.</summary>
    public double FrictionHigh { get; init => field = Share("friction-high", value); } = 0.25;

    /// <summary>
    /// The longest delay before a control acts, D, in steps; 0 to 100. Each plant has one of 0 … D. High: an agent that
    /// waits for an effect must remember what is still under way.
    /// </summary>
    public int Delay { get; init => field = Require.Within("delay", value, 0, 100); } = 4;

    /// <summary>The deviation of a measurement from the true speed; at least 0. High: one look tells little.</summary>
    public double Noise { get; init => field = Require.AtLeast("noise", value, 0); } = 0.02;

    /// <summary>
    /// What a change of the control by 1 costs; at least 0. Low: any chatter will do; high: it pays to move calmly.
    /// </summary>
    public double Wear { get; init => field = Require.AtLeast("wear", value, 0); } = 0.05;

    /// <summary>The episodes of a trial, all on one plant; 1 to 10,000. Many: the plant can be well known.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 4;

    /// <summary>The steps of an episode; 1 to 100,000.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 40;

    /// <summary>The steps for which a set point stays; at least 1. Low: the controller always is on its way.</summary>
    public int Hold { get; init => field = Require.AtLeast("hold", value, 1); } = 20;

    /// <summary>The options by name.</summary>
    public static OptionTable<PlantsOptions> Table { get; } = new OptionTable<PlantsOptions>("the task plants", new())
        .Number("gain-low", "weakest drive, g",
            options => options.GainLow, (options, value) => options with { GainLow = value },
            low: "some plants cannot hold every set point", high: "all are strong")
        .Number("gain-high", "strongest drive",
            options => options.GainHigh, (options, value) => options with { GainHigh = value },
            low: "one controller suits all", high: "none does")
        .Number("friction-low", "least friction, f",
            options => options.FrictionLow, (options, value) => options with { FrictionLow = value },
            low: "plants hardly slow down by themselves", high: "all follow quickly")
        .Number("friction-high", "most friction",
            options => options.FrictionHigh, (options, value) => options with { FrictionHigh = value },
            low: "holding needs little", high: "holding needs much")
        .Integer("delay", "longest delay before a control acts, in steps",
            options => options.Delay, (options, value) => options with { Delay = value },
            low: "effects are seen at once", high: "what is under way must be remembered")
        .Number("noise", "deviation of the measurement",
            options => options.Noise, (options, value) => options with { Noise = value },
            low: "one look tells", high: "one look tells little")
        .Number("wear", "what a change of the control by 1 costs",
            options => options.Wear, (options, value) => options with { Wear = value },
            low: "any chatter will do", high: "it pays to move calmly")
        .Integer("episodes", "episodes of a trial, all on the same plant",
            options => options.Episodes, (options, value) => options with { Episodes = value },
            low: "most of it is finding out", high: "longer to learn from")
        .Integer("horizon", "steps of an episode",
            options => options.Horizon, (options, value) => options with { Horizon = value },
            low: "short", high: "longer to learn from")
        .Integer("hold", "steps for which a set point stays",
            options => options.Hold, (options, value) => options with { Hold = value },
            low: "always on the way", high: "mostly holding");

    static double Share(string name, double value) => Require.AtMost(name, Require.Above(name, value, 0), 1);
}

/// <summary>What a trial of <see cref="Plants"/> does not tell the controller.</summary>
/// <param name="Gain">How much a full control speeds it up in one step, g.</param>
/// <param name="Friction">The share of its speed that it loses in one step, f.</param>
/// <param name="Delay">The steps before a control acts, d.</param>
public readonly record struct Plant(float Gain, float Friction, int Delay)
{
    /// <summary>The speed after one step in which the control <paramref name="acting"/> acts.</summary>
    public float Next(float speed, float acting) => speed + Gain * acting - Friction * speed;
}

/// <summary>
/// Drives to be controlled whose parameters are unknown: a speed v is to follow a set point s by a control u from −1 to
/// 1, which acts after a delay of d steps,
/// <code>
///   v(t+1) = v(t) + g·u(t−d) − f·v(t),      reward(t) = −|s(t) − v(t+1)| − w·|u(t) − u(t−1)|
/// </code>
/// Gain g (log-uniform), friction f (uniform) and delay d (0 … D) are drawn for each trial and shown nowhere. An agent
/// sees the set point and a noisy measurement of the speed. An episode begins at rest with nothing under way; set
/// points are uniform on [−1, 1], stay for some steps, and what comes next is not announced. It is the plant of the
/// textbooks on control, a lag of first order with dead time: a motor, a heater or a valve whose data sheet is lost.
/// <para>The measurement's noise and the set points are the same for every agent.</para>
/// </summary>
public sealed class Plants : TaskDistribution
{
    /// <summary>The default: drives that differ eightfold, four episodes of forty steps.</summary>
    public Plants() : this(new PlantsOptions()) { }

    /// <summary>Plants with other ranges.</summary>
    /// <exception cref="OptionException">A lowest value is above its highest.</exception>
    public Plants(PlantsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Require.AtLeast("gain-high", options.GainHigh, options.GainLow);
        Require.AtLeast("friction-high", options.FrictionHigh, options.FrictionLow);
        Options = options;
    }

    /// <summary>Ranges and lengths.</summary>
    public PlantsOptions Options { get; }

    /// <inheritdoc/>
    public override string Name => "plants";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => PlantsOptions.Table.Show(Options);

    /// <summary>The set point and the measured speed.</summary>
    public override ObservationSpace Observation => ObservationSpace.Vector(2);

    /// <summary>The control, from −1 to 1.</summary>
    public override ActionSpace Action => ActionSpace.Continuous(1);

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <summary>The true speed, and the plant: the logarithm of the gain, the friction and the delay.</summary>
    public override int PrivilegedWidth => 4;

    /// <summary>The plant in the middle of the ranges: what a data sheet would say.</summary>
    public Plant Middle => new(
        (float)Math.Sqrt(Options.GainLow * Options.GainHigh),
        (float)(0.5 * (Options.FrictionLow + Options.FrictionHigh)), Options.Delay / 2);

    /// <summary>The plant of a trial, for agents that may know it.</summary>
    /// <param name="seed">The seed of the run or of the evaluation.</param>
    /// <param name="trial">The number of the trial.</param>
    public Plant Of(ulong seed, ulong trial)
    {
        var key = new RandomKey(seed, RandomPurpose.Task, trial);
        return new Plant(
            (float)(Options.GainLow * Math.Pow(Options.GainHigh / Options.GainLow, key.Uniform(0, 0))),
            (float)(Options.FrictionLow + (Options.FrictionHigh - Options.FrictionLow) * key.Uniform(0, 1)),
            (int)(key.Uniform(0, 2) * (Options.Delay + 1)));
    }

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents =>
        AgentCatalogue.Named("pid-textbook", "pid", "pid-oracle", "deadbeat");

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling =>
        TaskCeiling.Played("plant known, near-optimal, out of reach", new Deadbeat());

    /// <summary>
    /// What a control of a plant brings is seen within a few steps, and a value that is told the plant takes luck out.
    /// </summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) => algorithm != "rl2" ? [] :
        Assignment.ParseAll(
        [
            "privileged-value=true", "trials=512", "minibatch=32", "discount=0.95", "lambda=0.9", "value-lambda=0.95",
        ]);

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new PlantLanes(this, count);
}

/// <summary>N plants in lock-step. All episodes have the same length, so that one clock serves all lanes.</summary>
internal sealed class PlantLanes : Lanes
{
    const uint setPointDraw = 1;        // the noise of a step takes the block before it

    readonly Plants task;
    readonly PlantsOptions options;
    readonly Plant[] plants;            // [N]
    readonly float[] speeds;            // [N]
    readonly float[] setPoints;         // [N]
    readonly float[] controls;          // [D + 1, N], what was decided in the last steps: step t in row t mod D + 1
    readonly float noise, wear;
    ulong seed, firstTrial;
    int step;

    public PlantLanes(Plants task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (this.task, options, Count) = (task, task.Options, count);
        (noise, wear) = ((float)options.Noise, (float)options.Wear);
        plants = new Plant[count];
        speeds = new float[count];
        setPoints = new float[count];
        controls = new float[checked((options.Delay + 1) * count)];
        step = task.TrialLength;        // nothing can be done before Begin
    }

    public override int Count { get; }

    /// <summary>The true speeds, [N].</summary>
    public ReadOnlySpan<float> Speeds => speeds;

    public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        (this.seed, this.firstTrial, step) = (seed, firstTrial, 0);
        for (int lane = 0; lane < Count; lane++)
            plants[lane] = task.Of(seed, firstTrial + (ulong)lane);
        Rest();
        Observe(observations);
    }

    public override void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        if (step == task.TrialLength)
        {
            throw new InvalidOperationException(
                $"a trial has {task.TrialLength} steps and all are done; begin the next trial");
        }
        int rows = options.Delay + 1, t = step % options.Horizon;       // t: the step of the episode
        Span<float> now = controls.AsSpan(t % rows * Count, Count);
        for (int lane = 0; lane < Count; lane++)
        {
            Plant plant = plants[lane];
            float before = t == 0 ? 0 : controls[(t - 1) % rows * Count + lane];
            float control = Math.Clamp(actions.Numbers[lane], -1, 1);
            now[lane] = control;
            float acting = t < plant.Delay ? 0 : controls[(t - plant.Delay) % rows * Count + lane];
            float speed = speeds[lane] = plant.Next(speeds[lane], acting);
            rewards[lane] = -Math.Abs(setPoints[lane] - speed) - wear * Math.Abs(control - before);
        }
        step++;
        Endings ending = step % options.Horizon != 0 ? Endings.None
            : step < task.TrialLength ? Endings.Truncated : Endings.Truncated | Endings.TrialEnded;
        endings[..Count].Fill(ending);
        if (ending != Endings.None)
            Rest();
        Observe(observations);
    }

    public override void Privileged(Span<float> numbers)
    {
        for (int lane = 0; lane < Count; lane++)
        {
            Plant plant = plants[lane];
            Span<float> own = numbers.Slice(lane * 4, 4);
            (own[0], own[1]) = (speeds[lane], MathF.Log(plant.Gain));
            (own[2], own[3]) = (plant.Friction, plant.Delay);
        }
    }

    // What is under way need not be wiped: the first steps of an episode ask for no control from before it.
    void Rest() => Array.Clear(speeds);

    void Observe(Span<float> observations)
    {
        bool changes = step % options.Horizon % options.Hold == 0;
        for (int lane = 0; lane < Count; lane++)
        {
            var key = new RandomKey(seed, RandomPurpose.Environment, firstTrial + (ulong)lane);
            if (changes)
                setPoints[lane] = 2 * key.Uniform((uint)step, setPointDraw) - 1;
            observations[2 * lane] = setPoints[lane];
            observations[2 * lane + 1] = speeds[lane] + (noise == 0 ? 0 : noise * Normal(key));
        }
    }

    float Normal(RandomKey key)
    {
        RandomSequence random = key.Sequence((uint)step);
        return (float)random.NextNormal();
    }
}
