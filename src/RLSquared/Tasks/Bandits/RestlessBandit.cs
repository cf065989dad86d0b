using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>How fast the arms of <see cref="RestlessBandit"/> drift.</summary>
public enum Volatility
{
    /// <summary>Each trial is low or high with the same chance; the agent must find out.</summary>
    Mixed,
    /// <summary>All trials are slow.</summary>
    Low,
    /// <summary>All trials are fast.</summary>
    High,
}

/// <summary>Options of <see cref="RestlessBandit"/>.</summary>
public sealed record RestlessBanditOptions
{
    /// <summary>Which trials there are: slow ones, fast ones, or both.</summary>
    public Volatility Volatility
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw new OptionException(
            "volatility", $"volatility must be mixed, low or high, but is number {(int)value}");
    } = Volatility.Mixed;

    /// <summary>
    /// The deviation of p's step at low volatility; 0 stands still. At 0.02 the best fixed learning rate is about 0.05.
    /// </summary>
    public double LowDrift { get; init => field = Require.Within("low-drift", value, 0, 1); } = 0.02;

    /// <summary>The deviation of p's step at high volatility. At 0.15 the best fixed rate is about 0.3.</summary>
    public double HighDrift { get; init => field = Require.Within("high-drift", value, 0, 1); } = 0.15;

    /// <summary>The pulls of a trial; at least 1. The paper has 100.</summary>
    public int Pulls { get; init => field = Require.AtLeast("pulls", value, 1); } = 100;

    /// <summary>The options by name.</summary>
    public static OptionTable<RestlessBanditOptions> Table { get; } =
        new OptionTable<RestlessBanditOptions>("the task restless-bandit", new())
            .Choice("volatility", "which trials there are: slow ones, fast ones, or both",
                options => options.Volatility, (options, value) => options with { Volatility = value },
                ("mixed", Volatility.Mixed), ("low", Volatility.Low), ("high", Volatility.High))
            .Number("low-drift", "deviation of a chance's step from pull to pull in slow trials",
                options => options.LowDrift, (options, value) => options with { LowDrift = value },
                low: "arms all but stand still", high: "what was learned is soon out of date")
            .Number("high-drift", "deviation of a chance's step from pull to pull in fast trials",
                options => options.HighDrift, (options, value) => options with { HighDrift = value },
                low: "like slow trials", high: "nothing learned lasts; 1 is chance")
            .Integer("pulls", "pulls of a trial",
                options => options.Pulls, (options, value) => options with { Pulls = value },
                low: "little time to tell slow from fast", high: "longer to learn from");
}

/// <summary>
/// Two arms that pay 1 or 0 with chances p and 1 − p, where p drifts during the trial, in some trials slowly and in
/// others fast (after Wang et al. 2016, §3.1.3). An agent that learns at one fixed rate is too restless for the slow
/// trials or too sluggish for the fast ones; the best learner finds out how fast the world moves.
/// <code>
/// p₀ ~ U[0, 1],   pₜ = pₜ₋₁ + σ·zₜ reflected into [0, 1],   zₜ ~ N(0, 1),   σ drawn per trial: 0.02 or 0.15
/// </code>
/// The paper says that chances drift at low or high volatility; this walk and its two deviations are our choice.
/// </summary>
public sealed class RestlessBandit(RestlessBanditOptions options) : BanditTask
{
    /// <summary>The default: slow and fast trials of a hundred pulls.</summary>
    public RestlessBandit() : this(new RestlessBanditOptions()) { }

    /// <summary>Volatility and pulls.</summary>
    public RestlessBanditOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "restless-bandit";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => RestlessBanditOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ActionSpace Action => 2;

    /// <inheritdoc/>
    public override int Pulls => Options.Pulls;

    /// <inheritdoc/>
    public override double PriorPulls => 2;

    /// <inheritdoc/>
    public override double PriorReward => 1;

    /// <inheritdoc/>
    public override double RewardScale => 1;

    /// <inheritdoc/>
    public override bool IsRestless => true;

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents =>
        [.. base.Opponents, .. AgentCatalogue.Named("thompson", "rescorla-wagner")];

    /// <inheritdoc/>
    public override BanditLanes CreateBanditLanes(int count) => new RestlessLanes(this, count);

    sealed class RestlessLanes(RestlessBandit task, int count) : BanditLanes(task, count)
    {
        readonly RestlessBanditOptions options = task.Options;

        protected override void DrawMeans(RandomKey key, Span<float> means)
        {
            float p = key.Uniform(step: 0);
            (means[0], means[1]) = (p, 1 - p);
        }

        protected override void MoveMeans(RandomKey key, int step, Span<float> means)
        {
            RandomSequence random = key.Sequence((uint)step);
            float p = Reflect(means[0] + Drift(key) * random.NextNormal());
            (means[0], means[1]) = (p, 1 - p);
        }

        // Both arms are paid by one draw of the pull: what one would have won the other would have lost.
        protected override float Pay(RandomKey key, int arm, int pull, float mean)
        {
            float u = key.Uniform(step: (uint)pull);
            return (arm == 0 ? u : 1 - u) < mean ? 1 : 0;
        }

        double Drift(RandomKey key)
        {
            bool low = options.Volatility == Volatility.Low
                || (options.Volatility == Volatility.Mixed && key.Uniform(step: 0, index: 1) < 0.5f);
            return low ? options.LowDrift : options.HighDrift;
        }

        // What leaves [0, 1] on one side comes back by as much: the walk on a line folded with period 2.
        static float Reflect(double p)
        {
            double folded = Math.Abs(p) % 2;
            return (float)(folded > 1 ? 2 - folded : folded);
        }
    }
}
