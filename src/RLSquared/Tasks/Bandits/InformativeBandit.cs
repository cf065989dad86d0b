using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="InformativeBandit"/>.</summary>
public sealed record InformativeBanditOptions
{
    /// <summary>The pulls of a trial; at least 1. From two on it pays to ask first. The paper has 5.</summary>
    public int Pulls { get; init => field = Require.AtLeast("pulls", value, 1); } = 5;

    /// <summary>The options by name.</summary>
    public static OptionTable<InformativeBanditOptions> Table { get; } =
        new OptionTable<InformativeBanditOptions>("the task informative-bandit", new())
            .Integer("pulls", "pulls of a trial",
                options => options.Pulls, (_, value) => new() { Pulls = value },
                low: "1: asking is of no use", high: "asking pays ever more");
}

/// <summary>
/// Eleven arms without noise (Wang et al. 2016, §3.1.2): one of the first ten, the target, pays 5 and the other nine
/// pay 1; the eleventh pays a tenth of the target's number, 0.1 to 1, less than any other arm, but tells where the
/// target is. A learner that goes for the next reward alone never pulls it: on the first pull it brings 0.55 on
/// average, an arm chosen blindly (9·1 + 5)/10 = 1.4.
/// <para>As a <see cref="BanditTask"/> it has players that keep a mean for each arm as well. What they start from is
/// one imagined pull that brought 1.4; the scale of their bonuses is the deviation of an arm over trials, 1.2. Agents
/// that assume rewards of 1 or 0 or with normal noise do not play it.</para>
/// </summary>
public sealed class InformativeBandit(InformativeBanditOptions options) : BanditTask
{
    /// <summary>The arm that tells, counted from 0; those before it are the ordinary ones.</summary>
    public const int InformativeArm = 10;

    const float targetPays = 5, otherPays = 1, indexPays = 0.1f;

    /// <summary>The default: five pulls.</summary>
    public InformativeBandit() : this(new InformativeBanditOptions()) { }

    /// <summary>The pulls.</summary>
    public InformativeBanditOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "informative-bandit";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => InformativeBanditOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ActionSpace Action => InformativeArm + 1;

    /// <inheritdoc/>
    public override int Pulls => Options.Pulls;

    /// <inheritdoc/>
    public override double PriorPulls => 1;

    /// <inheritdoc/>
    public override double PriorReward => 1.4;

    /// <inheritdoc/>
    public override double RewardScale => 1.2;                          // √(0.1 · 0.9) · (5 − 1)

    /// <summary>
    /// The expected total of the best way to play T pulls: 1.4 for T = 1, else 0.55 + 5·(T − 1), which is 20.55 for
    /// five pulls.
    /// <para>Why asking comes first when T ≥ 2: against pulling the target all the time, asking costs 5 − 0.55 = 4.45
    /// and then nothing. An agent that begins with an ordinary arm misses with probability 0.9, which costs 4, and then
    /// either asks, which costs at least 5 − 1, or tries a second arm and misses with probability 8/9: together
    /// at least 0.9·(4 + 4·8/9) = 6.8.</para>
    /// </summary>
    public double OptimalValue => Pulls == 1 ? 1.4 : 0.55 + targetPays * (Pulls - 1.0);

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents =>
        [.. base.Opponents, .. AgentCatalogue.Named("bayes-optimal")];

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling => TaskCeiling.Computed("Bayes-optimal, exact", () => OptimalValue);

    /// <inheritdoc/>
    public override BanditLanes CreateBanditLanes(int count) => new InformativeLanes(this, count);

    /// <summary>The target, 0 … 9, from what the informative arm paid.</summary>
    internal static int TargetOf(double reward) =>
        Math.Clamp((int)Math.Round(reward / indexPays) - 1, 0, InformativeArm - 1);

    sealed class InformativeLanes(InformativeBandit task, int count) : BanditLanes(task, count)
    {
        protected override void DrawMeans(RandomKey key, Span<float> means)
        {
            RandomSequence random = key.Sequence(step: 0);
            int target = random.NextInt(InformativeArm);
            means.Fill(otherPays);
            means[target] = targetPays;
            means[InformativeArm] = indexPays * (target + 1);
        }

        protected override float Pay(RandomKey key, int arm, int pull, float mean) => mean;
    }
}
