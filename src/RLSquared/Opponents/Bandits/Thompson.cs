using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// Thompson sampling: imagines means for all arms by one draw from the posterior and pulls the arm that would then be
/// the best. An arm is thus pulled as often as it is believed to be the best one (Thompson 1933; Chapelle and Li 2011).
/// <code>
/// arms that pay 1 or 0:   pᵢ ~ Beta(sᵢ + 1, fᵢ + 1)
/// Gaussian arms:          μᵢ ~ Normal(posterior mean, σ² / (n₀ + mᵢ)),  the prior N(μ₀, τ²) is worth n₀ = σ²/τ² pulls
/// dependent arms:         p₁ from its posterior, p₂ = 1 − p₁
/// </code>
/// Of restless arms it believes that they are dependent, which is true, and that they stand still, which is not.
/// </summary>
public sealed class Thompson : Agent
{
    /// <inheritdoc/>
    public override string Name => "thompson";

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) => task switch
    {
        BernoulliBandits bandit => new BernoulliPlayer(bandit, lanes),
        GaussianBandits bandit => new GaussianPlayer(bandit, lanes),
        DependentBandits bandit => new DependentPlayer(bandit, bandit.Options.Variant, lanes),
        RestlessBandit bandit => new DependentPlayer(bandit, DependentVariant.Uniform, lanes),
        _ => throw new NotSupportedException(
            "the agent thompson plays bandits, gaussian-bandits, dependent-bandits and restless-bandit only, " +
            $"not the task {task.Name}"),
    };

    sealed class BernoulliPlayer(BanditTask task, int lanes) : BanditPlayer(task, lanes)
    {
        protected override int Choose(int lane, int step)
        {
            RandomSequence random = Key(lane).Sequence((uint)step);
            int best = 0;
            double highest = double.NegativeInfinity;
            for (int arm = 0; arm < Arms; arm++)
            {
                double a = Reward(lane, arm), p = random.NextBeta(a, Weight(lane, arm) - a);
                if (p > highest)
                    (best, highest) = (arm, p);
            }
            return best;
        }
    }

    sealed class GaussianPlayer(GaussianBandits task, int lanes) : BanditPlayer(task, lanes)
    {
        readonly double sigma = task.Options.RewardDeviation;

        protected override int Choose(int lane, int step)
        {
            RandomSequence random = Key(lane).Sequence((uint)step);
            int best = 0;
            double highest = double.NegativeInfinity;
            for (int arm = 0; arm < Arms; arm++)
            {
                double mean = Mean(lane, arm) + sigma / Math.Sqrt(Weight(lane, arm)) * random.NextNormal();
                if (mean > highest)
                    (best, highest) = (arm, mean);
            }
            return best;
        }
    }

    sealed class DependentPlayer(BanditTask task, DependentVariant variant, int lanes) : BanditPlayer(task, lanes)
    {
        protected override int Choose(int lane, int step)
        {
            // A success of one arm and a failure of the other are the same evidence.
            int forFirst = Successes(lane, 0) + Failures(lane, 1), forSecond = Successes(lane, 1) + Failures(lane, 0);
            RandomSequence random = Key(lane).Sequence((uint)step);
            if (variant == DependentVariant.Uniform)
                return random.NextBeta(forFirst + 1, forSecond + 1) >= 0.5 ? 0 : 1;
            double high = DependentBandits.HighMean(variant);
            double odds = Math.Pow(high / (1 - high), forFirst - forSecond);     // that p₁ is the high one
            return random.NextUniform() * (1 + 1 / odds) < 1 ? 0 : 1;
        }
    }
}
