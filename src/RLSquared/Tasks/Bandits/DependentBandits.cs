using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Settings;

namespace RLSquared.Tasks;

/// <summary>How far apart the two arms of <see cref="DependentBandits"/> are.</summary>
public enum DependentVariant
{
    /// <summary>One arm pays with 0.9, the other with 0.1.</summary>
    Easy,
    /// <summary>One arm pays with 0.75, the other with 0.25.</summary>
    Medium,
    /// <summary>One arm pays with 0.6, the other with 0.4.</summary>
    Hard,
    /// <summary>One arm pays with p drawn uniformly from [0, 1], the other with 1 − p.</summary>
    Uniform,
}

/// <summary>Options of <see cref="DependentBandits"/>.</summary>
public sealed record DependentBanditsOptions
{
    /// <summary>How far apart the arms are; easy is learned within a few pulls, hard takes tens.</summary>
    public DependentVariant Variant
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw new OptionException(
            "variant", $"variant must be easy, medium, hard or uniform, but is number {(int)value}");
    } = DependentVariant.Uniform;

    /// <summary>The pulls of a trial; at least 1. The paper has 100.</summary>
    public int Pulls { get; init => field = Require.AtLeast("pulls", value, 1); } = 100;

    /// <summary>The options by name.</summary>
    public static OptionTable<DependentBanditsOptions> Table { get; } =
        new OptionTable<DependentBanditsOptions>("the task dependent-bandits", new())
            .Choice("variant", "how far apart the arms are",
                options => options.Variant, (options, value) => options with { Variant = value },
                ("easy", DependentVariant.Easy), ("medium", DependentVariant.Medium),
                ("hard", DependentVariant.Hard), ("uniform", DependentVariant.Uniform))
            .Integer("pulls", "pulls of a trial",
                options => options.Pulls, (options, value) => options with { Pulls = value },
                low: "little time to tell the arms apart", high: "more to gain by telling them apart");
}

/// <summary>
/// Two arms that pay 1 or 0 with p₁ = 1 − p₂, so that each pull of either arm teaches about both (Wang et al. 2016,
/// §3.1). A learner that takes the arms for independent ignores half of that.
/// </summary>
public sealed class DependentBandits(DependentBanditsOptions options) : BanditTask
{
    /// <summary>The default: uniform p₁, a hundred pulls.</summary>
    public DependentBandits() : this(new DependentBanditsOptions()) { }

    /// <summary>Variant and pulls.</summary>
    public DependentBanditsOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "dependent-bandits";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => DependentBanditsOptions.Table.Show(Options);

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
    public override IEnumerable<AgentEntry> Opponents =>
    [
        .. base.Opponents, .. AgentCatalogue.Named("thompson", "bayes-optimal"),
        .. Pulls <= DiscountedIndices.LongestTrial ? AgentCatalogue.Named("gittins") : [],
        .. Pulls <= FiniteHorizonIndices.LongestHorizon ? AgentCatalogue.Named("finite-horizon-gittins") : [],
    ];

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling =>
        TaskCeiling.Computed("Bayes-optimal, exact", () => BayesOptimal.Value(this));

    /// <inheritdoc/>
    public override BanditLanes CreateBanditLanes(int count)
    {
        DependentVariant variant = Options.Variant;
        return new BernoulliLanes(this, count, (key, means) =>
        {
            float u = key.Uniform(step: 0);
            float first = variant == DependentVariant.Uniform ? u : Pair(variant, firstIsHigh: u < 0.5f);
            (means[0], means[1]) = (first, 1 - first);
        });
    }

    /// <summary>The chance of the better arm in a variant that has only one.</summary>
    internal static double HighMean(DependentVariant variant) => variant switch
    {
        DependentVariant.Easy => 0.9,
        DependentVariant.Medium => 0.75,
        DependentVariant.Hard => 0.6,
        _ => throw new ArgumentOutOfRangeException(nameof(variant), variant, "this variant has many pairs of means"),
    };

    static float Pair(DependentVariant variant, bool firstIsHigh) =>
        (float)(firstIsHigh ? HighMean(variant) : 1 - HighMean(variant));
}
