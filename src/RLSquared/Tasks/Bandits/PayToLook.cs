using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="PayToLook"/>.</summary>
public sealed record PayToLookOptions
{
    /// <summary>The pulls of a trial, each an episode, k; at least 2, since the first can at best tell.</summary>
    public int Pulls { get; init => field = Require.AtLeast("pulls", value, 2); } = 5;

    /// <summary>
    /// What the second arm costs in those trials in which it does not pay. Above k, looking at it costs more than it
    /// brings over the whole trial: whoever goes for the total must not look.
    /// </summary>
    public float Cost { get; init => field = Require.Above("cost", value, 0); } = 8;

    /// <summary>The options by name.</summary>
    public static OptionTable<PayToLookOptions> Table { get; } =
        new OptionTable<PayToLookOptions>("the task pay-to-look", new())
            .Integer("pulls", "pulls of a trial",
                options => options.Pulls, (options, value) => options with { Pulls = value },
                low: "what was found out is soon of no use", high: "looking pays ever more")
            .Number("cost", "what the second arm costs where it does not pay",
                options => options.Cost, (options, value) => options with { Cost = value },
                low: "at most the pulls: looking pays even in the total", high: "looking costs more than it brings");
}

/// <summary>
/// Two arms without noise. The first pays 0. The second pays 1 in half of the trials and costs 8 in the others, and
/// only who pulls it learns which. Looking thus costs (8 − 1)/2 = 3.5 on average and brings at most 4/2 = 2 later: the
/// best total is 0, without a look. But if the first pulls of a trial do not count, the best is to look in one of
/// them and then to earn 1 a pull in half of the trials.
/// <para>It tells a learner of exploration from one that explores only where that pays for itself: RL² stays with the
/// first arm, E-RL² looks (<see cref="Algorithms.ERl2"/>).</para>
/// </summary>
public sealed class PayToLook(PayToLookOptions options) : BanditTask
{
    const float prize = 1, share = 0.5f;

    /// <summary>The default: five pulls, and a cost of 8.</summary>
    public PayToLook() : this(new PayToLookOptions()) { }

    /// <summary>The pulls and the cost.</summary>
    public PayToLookOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "pay-to-look";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => PayToLookOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ActionSpace Action => 2;

    /// <inheritdoc/>
    public override int Pulls => Options.Pulls;

    /// <inheritdoc/>
    public override double PriorPulls => 1;

    /// <inheritdoc/>
    public override double PriorReward => 0;

    /// <inheritdoc/>
    public override double RewardScale => Options.Cost;

    /// <summary>The best expected total: of never looking, or of looking first.</summary>
    public double OptimalValue => Math.Max(0, share * (prize * Pulls - Options.Cost));

    /// <summary>
    /// The best expected sum of the pulls after the first p, of which nothing counts: half a prize each, having looked.
    /// </summary>
    /// <param name="explorePulls">p, at least 1.</param>
    public double OptimalExploitValue(int explorePulls) => share * prize * (Pulls - explorePulls);

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling => TaskCeiling.Computed("best play, exact", () => OptimalValue);

    /// <inheritdoc/>
    public override BanditLanes CreateBanditLanes(int count) => new PayToLookLanes(this, count);

    sealed class PayToLookLanes(PayToLook task, int count) : BanditLanes(task, count)
    {
        readonly float cost = task.Options.Cost;

        protected override void DrawMeans(RandomKey key, Span<float> means)
        {
            means[0] = 0;
            means[1] = key.Uniform(step: 0) < share ? prize : -cost;
        }

        protected override float Pay(RandomKey key, int arm, int pull, float mean) => mean;
    }
}
