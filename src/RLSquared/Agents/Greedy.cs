using RLSquared.Tasks;

namespace RLSquared.Agents;

/// <summary>
/// Pulls the arm with the highest posterior mean, <c>(s + 1)/(m + 2)</c> for s successes in m pulls of an arm that pays
/// 1 or 0, and never explores on purpose. The prior makes an arm that was never tried worth more than one that failed,
/// so it does try others. Of equals the first arm is pulled.
/// </summary>
public sealed class Greedy : Agent
{
    /// <inheritdoc/>
    public override string Name => "greedy";

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) =>
        new GreedyPlayer(BanditPlayer.RequireBandit(this, task), lanes);

    sealed class GreedyPlayer(BanditTask task, int lanes) : BanditPlayer(task, lanes)
    {
        protected override int Choose(int lane, int step) => BestMean(lane);
    }
}
