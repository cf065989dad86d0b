using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="BernoulliBandits"/>.</summary>
public sealed record BernoulliBanditsOptions
{
    /// <summary>
    /// The arms, k; at least 2. Few are quickly known; many cannot all be tried, so that it pays to stop searching at
    /// the first good one. The paper has 5, 10 and 50.
    /// </summary>
    public int Arms { get; init => field = Require.AtLeast("arms", value, 2); } = 5;

    /// <summary>
    /// The pulls of a trial, n; at least 1. With few an agent does best to exploit early; with many there is more to
    /// gain by exploring, and more to learn. The paper has 10, 100 and 500.
    /// </summary>
    public int Pulls { get; init => field = Require.AtLeast("pulls", value, 1); } = 10;

    /// <summary>The options by name.</summary>
    public static OptionTable<BernoulliBanditsOptions> Table { get; } =
        new OptionTable<BernoulliBanditsOptions>("the task bandits", new())
            .Integer("arms", "arms of the machine, k",
                options => options.Arms, (options, value) => options with { Arms = value },
                low: "quickly known", high: "cannot all be tried")
            .Integer("pulls", "pulls of a trial, n",
                options => options.Pulls, (options, value) => options with { Pulls = value },
                low: "exploit early", high: "exploring pays, and trials are longer to learn from");
}

/// <summary>
/// Bandits whose arms pay 1 with probability pᵢ and else 0; each pᵢ is drawn uniformly from [0, 1] for every trial
/// (Duan et al. 2016, §3.1).
/// </summary>
public sealed class BernoulliBandits(BernoulliBanditsOptions options) : BanditTask
{
    /// <summary>The default: five arms, ten pulls.</summary>
    public BernoulliBandits() : this(new BernoulliBanditsOptions()) { }

    /// <summary>Arms and pulls.</summary>
    public BernoulliBanditsOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "bandits";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => BernoulliBanditsOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ActionSpace Action => Options.Arms;

    /// <inheritdoc/>
    public override int Pulls => Options.Pulls;

    /// <inheritdoc/>
    public override double PriorPulls => 2;

    /// <inheritdoc/>
    public override double PriorReward => 1;

    /// <inheritdoc/>
    public override double RewardScale => 1;

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents =>
    [
        .. base.Opponents,
        .. AgentCatalogue.Named("thompson", "optimistic-thompson"),
        .. Pulls <= DiscountedIndices.LongestTrial ? AgentCatalogue.Named("gittins") : [],
        .. Pulls <= FiniteHorizonIndices.LongestHorizon ? AgentCatalogue.Named("finite-horizon-gittins") : [],
        .. BayesOptimal.CanSolve(this) ? AgentCatalogue.Named("bayes-optimal") : [],
    ];

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling =>
        BayesOptimal.CanSolve(this) ? TaskCeiling.Computed("Bayes-optimal, exact", () => BayesOptimal.Value(this))
        : Pulls <= FiniteHorizonIndices.LongestHorizon
            ? TaskCeiling.Played("finite-horizon Gittins, near-optimal", new FiniteHorizonGittins())
            : base.Ceiling;

    /// <inheritdoc/>
    public override DeviceLanes? CreateDeviceLanes(Device device, int count)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device is IBanditDevice arms ? new BernoulliDeviceLanes(this, device, arms, count) : null;
    }

    /// <inheritdoc/>
    public override BanditLanes CreateBanditLanes(int count) => new BernoulliLanes(this, count, static (key, means) =>
    {
        for (int arm = 0; arm < means.Length; arm++)
            means[arm] = key.Uniform(step: 0, index: (uint)arm);
    });
}

/// <summary>Draws the means of one trial's arms, [A].</summary>
internal delegate void MeansDraw(RandomKey key, Span<float> means);

/// <summary>N trials of arms that pay 1 or 0, whatever their means are drawn from.</summary>
internal sealed class BernoulliLanes(BanditTask task, int count, MeansDraw drawMeans) : BanditLanes(task, count)
{
    protected override void DrawMeans(RandomKey key, Span<float> means) => drawMeans(key, means);

    protected override float Pay(RandomKey key, int arm, int pull, float mean) =>
        key.Uniform(step: (uint)pull, index: (uint)arm) < mean ? 1 : 0;
}
