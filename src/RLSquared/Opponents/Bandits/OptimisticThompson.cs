using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// Optimistic Thompson sampling as the RL² authors ran it: draws N joint samples of all arms' means from the posterior,
/// keeps the one with the highest joint posterior density, and pulls its best arm. Despite its name it is
/// mode-seeking: the more samples, the nearer to the posterior's mode. One sample is <see cref="Thompson"/>.
/// </summary>
public sealed class OptimisticThompson : Agent
{
    /// <summary>
    /// The joint samples per pull, N; at least 1. Low: explores, 1 is Thompson sampling; high: exploits, and costs time
    /// in proportion.
    /// </summary>
    public int Samples { get; init => field = Require.AtLeast("samples", value, 1); } = 10;

    /// <inheritdoc/>
    public override string Name => "optimistic-thompson";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<OptimisticThompson> Table { get; } =
        new OptionTable<OptimisticThompson>("the agent optimistic-thompson", new())
            .Integer("samples", "joint posterior samples per pull, N",
                agent => agent.Samples, (_, value) => new OptimisticThompson { Samples = value },
                low: "explores; 1 is Thompson sampling", high: "exploits, and costs time");

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) => task switch
    {
        BernoulliBandits bandit => new BernoulliPlayer(Samples, bandit, lanes),
        GaussianBandits bandit => new GaussianPlayer(Samples, bandit, lanes),
        _ => throw new NotSupportedException(
            $"the agent optimistic-thompson plays bandits and gaussian-bandits only, not the task {task.Name}"),
    };

    sealed class BernoulliPlayer(int samples, BanditTask task, int lanes) : BanditPlayer(task, lanes)
    {
        protected override int Choose(int lane, int step)
        {
            RandomSequence random = Key(lane).Sequence((uint)step);
            int choice = 0;
            double densest = double.NegativeInfinity;
            for (int sample = 0; sample < samples; sample++)
            {
                int best = 0;
                double highest = double.NegativeInfinity, logDensity = 0;        // less what all samples share
                for (int arm = 0; arm < Arms; arm++)
                {
                    double a = Reward(lane, arm), b = Weight(lane, arm) - a, p = random.NextBeta(a, b);
                    if (a > 1)
                        logDensity += (a - 1) * Math.Log(p);
                    if (b > 1)
                        logDensity += (b - 1) * Math.Log(1 - p);
                    if (p > highest)
                        (best, highest) = (arm, p);
                }
                if (logDensity > densest)
                    (choice, densest) = (best, logDensity);
            }
            return choice;
        }
    }

    sealed class GaussianPlayer(int samples, GaussianBandits task, int lanes) : BanditPlayer(task, lanes)
    {
        readonly double sigma = task.Options.RewardDeviation;

        protected override int Choose(int lane, int step)
        {
            RandomSequence random = Key(lane).Sequence((uint)step);
            int choice = 0;
            double densest = double.NegativeInfinity;
            for (int sample = 0; sample < samples; sample++)
            {
                int best = 0;
                double highest = double.NegativeInfinity, logDensity = 0;        // less what all samples share
                for (int arm = 0; arm < Arms; arm++)
                {
                    double z = random.NextNormal(), mean = Mean(lane, arm) + sigma / Math.Sqrt(Weight(lane, arm)) * z;
                    logDensity -= 0.5 * z * z;
                    if (mean > highest)
                        (best, highest) = (arm, mean);
                }
                if (logDensity > densest)
                    (choice, densest) = (best, logDensity);
            }
            return choice;
        }
    }
}
