using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// Explores blindly: with probability ε acts at random, else like <see cref="Greedy"/>.
/// </summary>
public sealed class EpsilonGreedy : Agent
{
    /// <summary>
    /// The share of actions at random, ε; from 0 to 1. Low: exploits, 0 is greedy; high: explores for ever, 1 is
    /// random.
    /// </summary>
    public double Epsilon { get; init => field = Require.Within("epsilon", value, 0, 1); } = 0.1;

    /// <summary><see cref="Greedy.PriorMean"/>.</summary>
    public double PriorMean { get; init => field = MdpPrior.Check(value); } = TabularMdps.PriorMean;

    /// <inheritdoc/>
    public override string Name => "epsilon-greedy";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> SettingsFor(TaskDistribution task) =>
        MdpPrior.SettingsFor(task, Settings);

    /// <summary>The options by name.</summary>
    public static OptionTable<EpsilonGreedy> Table { get; } = MdpPrior.AddTo(
        new OptionTable<EpsilonGreedy>("the agent epsilon-greedy", new())
            .Number("epsilon", "share of actions at random, ε", agent => agent.Epsilon,
                (agent, value) => new EpsilonGreedy { Epsilon = value, PriorMean = agent.PriorMean },
                low: "exploits; 0 is greedy", high: "explores for ever; 1 is random"),
        agent => agent.PriorMean,
        (agent, value) => new EpsilonGreedy { Epsilon = agent.Epsilon, PriorMean = value });

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) => task is TabularMdps mdps
        ? new PosteriorMeanPlanner(mdps, lanes, PriorMean, epsilon: Epsilon)
        : new EpsilonGreedyPlayer(Epsilon, MdpPrior.RequireBandit(this, task, PriorMean), lanes);

    sealed class EpsilonGreedyPlayer(double epsilon, BanditTask task, int lanes) : BanditPlayer(task, lanes)
    {
        protected override int Choose(int lane, int step)
        {
            RandomSequence random = Key(lane).Sequence((uint)step);
            return random.NextUniform() < epsilon ? random.NextInt(Arms) : BestMean(lane);
        }
    }
}
