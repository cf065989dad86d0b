using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Agents;

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

    /// <summary>What each arm of a lane has brought, the prior's imagined reward included, [A].</summary>
    protected ReadOnlySpan<double> Reward(int lane) => reward.AsSpan(lane * Arms, Arms);

    /// <summary>How often each arm of a lane was pulled, the prior's imagined pulls included, [A].</summary>
    protected ReadOnlySpan<double> Weight(int lane) => weight.AsSpan(lane * Arms, Arms);

    /// <summary>The posterior mean of one arm.</summary>
    protected double Mean(int lane, int arm) => reward[lane * Arms + arm] / weight[lane * Arms + arm];

    /// <summary>The place of what the agent itself draws in a lane's trial.</summary>
    protected RandomKey Key(int lane) => new(seed, RandomPurpose.Agent, firstTrial + (ulong)lane);

    public sealed override void Begin(ulong seed, ulong firstTrial)
    {
        (this.seed, this.firstTrial) = (seed, firstTrial);
        Array.Fill(reward, task.PriorReward);
        Array.Fill(weight, task.PriorPulls);
    }

    public sealed override void Act(in Percept percept, Span<int> actions)
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

    /// <summary>The arm with the highest posterior mean, the first of equals.</summary>
    protected int Greedy(int lane)
    {
        int best = 0;
        double highest = Mean(lane, 0);
        for (int arm = 1; arm < Arms; arm++)
        {
            double mean = Mean(lane, arm);
            if (mean > highest)
                (best, highest) = (arm, mean);
        }
        return best;
    }

    /// <summary>The task as a bandit.</summary>
    /// <exception cref="NotSupportedException">It is none.</exception>
    public static BanditTask RequireBandit(Agent agent, TaskDistribution task) => task as BanditTask
        ?? throw new NotSupportedException(
            $"the agent {agent.Name} plays bandits only, and the task {task.Name} is not a bandit");

    /// <summary>The task as a bandit whose arms pay 1 or 0.</summary>
    /// <exception cref="NotSupportedException">It is none.</exception>
    public static BanditTask RequireBernoulli(Agent agent, TaskDistribution task) =>
        task is BernoulliBandits ? (BanditTask)task
        : throw new NotSupportedException(
            $"the agent {agent.Name} plays bandits whose arms pay 1 or 0 only, and the task {task.Name} is none");
}
