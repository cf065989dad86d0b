using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// Bayesian exploration bonus: before each episode plans on the posterior mean of the process, with β / (1 + n) on top
/// of the mean reward of a pair that was visited n times (Kolter and Ng 2009). <see cref="Replanner"/> does the same
/// before each step.
/// </summary>
public sealed class Beb : Agent
{
    /// <summary>The bonus, β; at least 0. Low: exploits, 0 is greedy; high: visits everything first.</summary>
    public double Beta { get; init => field = Require.AtLeast("beta", value, 0); } = 1;

    /// <summary><see cref="Greedy.PriorMean"/>.</summary>
    public double PriorMean { get; init => field = MdpPrior.Check(value); } = TabularMdps.PriorMean;

    /// <inheritdoc/>
    public override string Name => "beb";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<Beb> Table { get; } = MdpPrior.AddTo(
        new OptionTable<Beb>("the agent beb", new())
            .Number("beta", "exploration bonus of a pair never visited, β",
                agent => agent.Beta, (agent, value) => new Beb { Beta = value, PriorMean = agent.PriorMean },
                low: "exploits; 0 is greedy", high: "visits everything first"),
        agent => agent.PriorMean, (agent, value) => new Beb { Beta = agent.Beta, PriorMean = value });

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) =>
        new PosteriorMeanPlanner(MdpPlayer.RequireMdps(this, task), lanes, PriorMean, bonus: Beta);
}
