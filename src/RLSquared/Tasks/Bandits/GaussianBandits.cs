using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="GaussianBandits"/>.</summary>
public sealed record GaussianBanditsOptions
{
    /// <summary>The arms; at least 2. Many cannot all be tried within a trial.</summary>
    public int Arms { get; init => field = Require.AtLeast("arms", value, 2); } = 5;

    /// <summary>The pulls of a trial; at least 1. Many make exploring pay.</summary>
    public int Pulls { get; init => field = Require.AtLeast("pulls", value, 1); } = 100;

    /// <summary>The mean of the arms' means.</summary>
    public double PriorMean { get; init => field = Require.AtLeast("prior-mean", value, double.MinValue); }

    /// <summary>The deviation of the arms' means; above 0. Low: all arms are alike; high: one arm stands out.</summary>
    public double PriorDeviation { get; init => field = Require.Above("prior-deviation", value, 0); } = 1;

    /// <summary>
    /// The deviation of a reward about its arm's mean; above 0. Low: one pull tells; high: it takes many.
    /// </summary>
    public double RewardDeviation { get; init => field = Require.Above("reward-deviation", value, 0); } = 1;

    /// <summary>The options by name.</summary>
    public static OptionTable<GaussianBanditsOptions> Table { get; } =
        new OptionTable<GaussianBanditsOptions>("the task gaussian-bandits", new())
            .Integer("arms", "arms of the machine",
                options => options.Arms, (options, value) => options with { Arms = value },
                low: "quickly known", high: "cannot all be tried")
            .Integer("pulls", "pulls of a trial",
                options => options.Pulls, (options, value) => options with { Pulls = value },
                low: "exploit early", high: "exploring pays, and trials are longer to learn from")
            .Number("prior-mean", "mean of the arms' means",
                options => options.PriorMean, (options, value) => options with { PriorMean = value })
            .Number("prior-deviation", "deviation of the arms' means",
                options => options.PriorDeviation, (options, value) => options with { PriorDeviation = value },
                low: "all arms are alike", high: "one arm stands out")
            .Number("reward-deviation", "deviation of a reward about its arm's mean",
                options => options.RewardDeviation, (options, value) => options with { RewardDeviation = value },
                low: "one pull tells", high: "it takes many pulls to tell");
}

/// <summary>
/// Bandits whose arms pay Normal(μᵢ, σ²); each mean μᵢ is drawn from Normal(μ₀, τ²) for every trial. The prior is worth
/// n₀ = σ²/τ² pulls of an arm that each brought μ₀.
/// </summary>
public sealed class GaussianBandits(GaussianBanditsOptions options) : BanditTask
{
    /// <summary>The default: five arms, a hundred pulls, both deviations 1.</summary>
    public GaussianBandits() : this(new GaussianBanditsOptions()) { }

    /// <summary>Arms, pulls and distributions.</summary>
    public GaussianBanditsOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "gaussian-bandits";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => GaussianBanditsOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ActionSpace Action => Options.Arms;

    /// <inheritdoc/>
    public override int Pulls => Options.Pulls;

    /// <inheritdoc/>
    public override double PriorPulls => Math.Pow(Options.RewardDeviation / Options.PriorDeviation, 2);

    /// <inheritdoc/>
    public override double PriorReward => PriorPulls * Options.PriorMean;

    /// <inheritdoc/>
    public override double RewardScale => Options.RewardDeviation;

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents =>
        [.. base.Opponents, .. AgentCatalogue.Named("thompson", "optimistic-thompson")];

    /// <inheritdoc/>
    public override BanditLanes CreateBanditLanes(int count) => new GaussianLanes(this, count);

    sealed class GaussianLanes(GaussianBandits task, int count) : BanditLanes(task, count)
    {
        readonly GaussianBanditsOptions options = task.Options;

        protected override void DrawMeans(RandomKey key, Span<float> means)
        {
            for (int arm = 0; arm < means.Length; arm++)
                means[arm] = (float)(options.PriorMean + options.PriorDeviation * Normal(key.Words(0, (uint)arm)));
        }

        protected override float Pay(RandomKey key, int arm, int pull, float mean) =>
            (float)(mean + options.RewardDeviation * Normal(key.Words((uint)pull, (uint)arm)));

        // Box and Muller on one block of four words; the first uniform is in (0, 1].
        static double Normal((uint X0, uint X1, uint X2, uint X3) words)
        {
            double radius = Math.Sqrt(-2 * Math.Log((words.X0 + 1.0) / (1UL << 32)));
            return radius * Math.Cos(2 * Math.PI * (words.X1 / (double)(1UL << 32)));
        }
    }
}
