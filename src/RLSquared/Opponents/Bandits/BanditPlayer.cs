using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// What every bandit agent remembers of N trials: for each arm how often it was pulled and what it brought, on top of
/// what the prior is worth. For a Bernoulli arm with prior Beta(1, 1) the posterior is Beta(a, b) with a =
/// <see cref="Reward"/> and b = <see cref="Weight"/> − <see cref="Reward"/>; for a Gaussian arm it is normal with mean
/// <see cref="Mean"/> and variance σ² / <see cref="Weight"/>.
/// </summary>
internal abstract class BanditPlayer : Player
{
    readonly BanditTask task;
    readonly int lanes;
    readonly double[] reward;       // [N, A]
    readonly double[] weight;       // [N, A]
    ulong seed, firstTrial;

    protected BanditPlayer(BanditTask task, int lanes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lanes, 1);
        (this.task, this.lanes) = (task, lanes);
        reward = new double[lanes * task.Actions];
        weight = new double[lanes * task.Actions];
    }

    /// <summary>The arms, A.</summary>
    protected int Arms => task.Actions;

    /// <summary>Lanes, N.</summary>
    protected int Lanes => lanes;

    /// <summary>What an arm has brought, the prior's imagined reward included.</summary>
    protected double Reward(int lane, int arm) => reward[lane * Arms + arm];

    /// <summary>How often an arm was pulled, the prior's imagined pulls included.</summary>
    protected double Weight(int lane, int arm) => weight[lane * Arms + arm];

    /// <summary>The posterior mean of an arm.</summary>
    protected double Mean(int lane, int arm) => Reward(lane, arm) / Weight(lane, arm);

    /// <summary>The arm with the highest posterior mean, the first of equals.</summary>
    protected int BestMean(int lane)
    {
        int best = 0;
        for (int arm = 1; arm < Arms; arm++)
        {
            if (Mean(lane, arm) > Mean(lane, best))
                best = arm;
        }
        return best;
    }

    /// <summary>How often an arm that pays 1 or 0 paid 1.</summary>
    protected int Successes(int lane, int arm) => (int)(Reward(lane, arm) - task.PriorReward);

    /// <summary>How often an arm that pays 1 or 0 paid 0.</summary>
    protected int Failures(int lane, int arm) =>
        (int)(Weight(lane, arm) - task.PriorPulls) - Successes(lane, arm);

    /// <summary>The place of what the agent itself draws in a lane's trial.</summary>
    protected RandomKey Key(int lane) => new(seed, RandomPurpose.Agent, firstTrial + (ulong)lane);

    public sealed override void Begin(ulong seed, ulong firstTrial)
    {
        (this.seed, this.firstTrial) = (seed, firstTrial);
        Array.Fill(reward, task.PriorReward);
        Array.Fill(weight, task.PriorPulls);
    }

    public sealed override void Act(in Percept percept, ActionSpan actions)
    {
        for (int lane = 0; lane < lanes; lane++)
        {
            if (percept.Step > 0)
            {
                int place = lane * Arms + percept.PreviousActions[lane];
                reward[place] += percept.PreviousRewards[lane];
                weight[place]++;
            }
            actions[lane] = Choose(lane, percept.Step);
        }
    }

    /// <summary>The arm to pull.</summary>
    /// <param name="lane">Which trial.</param>
    /// <param name="step">The pulls done so far in this trial.</param>
    protected abstract int Choose(int lane, int step);

    /// <summary>The task as a bandit.</summary>
    /// <exception cref="NotSupportedException">It is none.</exception>
    public static BanditTask RequireBandit(Agent agent, TaskDistribution task) => task as BanditTask
        ?? throw new NotSupportedException(
            $"the agent {agent.Name} plays bandits only, and the task {task.Name} is not a bandit");

    /// <summary>The task as a bandit whose arms pay 1 or 0.</summary>
    /// <exception cref="NotSupportedException">It is none.</exception>
    public static BanditTask RequireBernoulli(Agent agent, TaskDistribution task) =>
        task is BernoulliBandits or DependentBandits ? (BanditTask)task : throw new NotSupportedException(
            $"the agent {agent.Name} plays bandits whose arms pay 1 or 0 only, and the task {task.Name} is none");
}

/// <summary>
/// A bandit player that gives each arm a number and pulls the arm with the highest, the first of equals.
/// </summary>
internal abstract class IndexPlayer(BanditTask task, int lanes) : BanditPlayer(task, lanes)
{
    protected sealed override int Choose(int lane, int step)
    {
        int best = 0;
        double highest = Index(lane, 0, step);
        for (int arm = 1; arm < Arms; arm++)
        {
            double index = Index(lane, arm, step);
            if (index > highest)
                (best, highest) = (arm, index);
        }
        return best;
    }

    /// <summary>What speaks for an arm.</summary>
    protected abstract double Index(int lane, int arm, int step);
}
