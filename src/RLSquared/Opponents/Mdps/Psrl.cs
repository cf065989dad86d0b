using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// Posterior sampling for reinforcement learning: before each episode draws one process from the posterior and plays
/// what is best in it to the episode's end: Thompson sampling for whole episodes (Strens 2000; Osband, Russo and Van
/// Roy 2013).
/// </summary>
public sealed class Psrl : Agent
{
    /// <summary><see cref="Greedy.PriorMean"/>.</summary>
    public double PriorMean { get; init => field = MdpPrior.Check(value); } = TabularMdps.PriorMean;

    /// <inheritdoc/>
    public override string Name => "psrl";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<Psrl> Table { get; } = MdpPrior.AddTo(
        new OptionTable<Psrl>("the agent psrl", new()),
        agent => agent.PriorMean, (_, value) => new Psrl { PriorMean = value });

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) =>
        new PosteriorSampler(MdpPlayer.RequireMdps(this, task), lanes, PriorMean, samples: 1);
}
