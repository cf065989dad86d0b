using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// Does what is best if its best guess is true, and never explores on purpose.
/// <para>On a bandit it pulls the arm with the highest posterior mean, <c>(s + 1)/(m + 2)</c> for s successes in m
/// pulls of an arm that pays 1 or 0. The prior makes an arm that was never tried worth more than one that failed, so it
/// does try others. Of equals it takes the first.</para>
/// <para>On <see cref="TabularMdps"/> it plans each episode on the posterior mean of the process. Of equals it takes
/// any.</para>
/// </summary>
public sealed class Greedy : Agent
{
    /// <summary>
    /// On <see cref="TabularMdps"/> the prior mean of every mean reward; the task's own is 1. Low: stays with what it
    /// knows; high: tries what it does not know.
    /// </summary>
    public double PriorMean { get; init => field = MdpPrior.Check(value); } = TabularMdps.PriorMean;

    /// <inheritdoc/>
    public override string Name => "greedy";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> SettingsFor(TaskDistribution task) =>
        MdpPrior.SettingsFor(task, Settings);

    /// <summary>The options by name.</summary>
    public static OptionTable<Greedy> Table { get; } = MdpPrior.AddTo(
        new OptionTable<Greedy>("the agent greedy", new()),
        agent => agent.PriorMean, (_, value) => new Greedy { PriorMean = value });

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) => task is TabularMdps mdps
        ? new PosteriorMeanPlanner(mdps, lanes, PriorMean)
        : new GreedyPlayer(MdpPrior.RequireBandit(this, task, PriorMean), lanes);

    sealed class GreedyPlayer(BanditTask task, int lanes) : BanditPlayer(task, lanes)
    {
        protected override int Choose(int lane, int step) => BestMean(lane);
    }
}
