using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Agents;

/// <summary>
/// Explores blindly: with probability ε pulls an arm at random, else the arm with the highest posterior mean like
/// <see cref="Greedy"/>, the first of equals.
/// </summary>
public sealed class EpsilonGreedy : Agent
{
    /// <summary>
    /// The share of pulls at random, ε; from 0 to 1. Low: exploits, 0 is greedy; high: explores for ever, 1 is random.
    /// </summary>
    public double Epsilon { get; init => field = Require.Within("epsilon", value, 0, 1); } = 0.1;

    /// <inheritdoc/>
    public override string Name => "epsilon-greedy";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<EpsilonGreedy> Table { get; } =
        new OptionTable<EpsilonGreedy>("the agent epsilon-greedy", new())
            .Number("epsilon", "share of pulls at random, ε",
                agent => agent.Epsilon, (_, value) => new EpsilonGreedy { Epsilon = value },
                low: "exploits; 0 is greedy", high: "explores for ever; 1 is random");

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) =>
        new EpsilonGreedyPlayer(Epsilon, BanditPlayer.RequireBandit(this, task), lanes);

    sealed class EpsilonGreedyPlayer(double epsilon, BanditTask task, int lanes) : BanditPlayer(task, lanes)
    {
        protected override int Choose(int lane, int step)
        {
            RandomSequence random = Key(lane).Sequence((uint)step);
            return random.NextUniform() < epsilon ? random.NextInt(Arms) : BestMean(lane);
        }
    }
}
