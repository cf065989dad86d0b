using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// Plays exactly as well as anyone can who knows the prior: maximises the expected sum of the trial's rewards over all
/// ways of playing, by dynamic programming over what can be known about all arms together. Only small problems can be
/// solved (<see cref="BayesOptimalPlan.CanSolve"/>): ten pulls of any number of arms, a hundred pulls of two arms.
/// <para>Two dependent arms, p₁ = 1 − p₂, are different and easy: a pull of either arm teaches the same, so the arm
/// that is likelier to pay is the best to pull, at any length. So is the informative bandit, for the reason that
/// <see cref="InformativeBandit.OptimalValue"/> gives.</para>
/// <para>Of equals the arm that was pulled more often is pulled, then the one that paid more often, then the
/// first.</para>
/// </summary>
public sealed class BayesOptimal : Agent
{
    /// <inheritdoc/>
    public override string Name => "bayes-optimal";

    /// <summary>Whether the exact solution of a task is known here.</summary>
    public static bool CanSolve(TaskDistribution task) => task switch
    {
        BernoulliBandits bandit => BayesOptimalPlan.CanSolve(bandit.Actions, bandit.Pulls),
        DependentBandits bandit => bandit.Pulls <= DependentOptimum.LongestTrial,
        InformativeBandit => true,
        _ => false,
    };

    /// <summary>The expected sum of a trial's rewards under optimal play: the ceiling for every agent.</summary>
    /// <exception cref="NotSupportedException">The task is too large or not a bandit that is solved here.</exception>
    public static double Value(TaskDistribution task) => task switch
    {
        DependentBandits bandit => DependentOptimum.Value(bandit),
        InformativeBandit bandit => bandit.OptimalValue,
        _ => BayesOptimalPlan.For(Solvable(task)).Value,
    };

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) => task switch
    {
        DependentBandits bandit => new DependentPlayer(bandit, lanes),
        InformativeBandit bandit => new InformedPlayer(bandit, lanes),
        _ => new PlanPlayer(BayesOptimalPlan.For(Solvable(task)), (BanditTask)task, lanes),
    };

    static BernoulliBandits Solvable(TaskDistribution task)
    {
        if (task is not BernoulliBandits bandit)
        {
            throw new NotSupportedException(
                "the agent bayes-optimal plays bandits, dependent-bandits and informative-bandit only, " +
                $"not the task {task.Name}");
        }
        return CanSolve(task) ? bandit : throw new NotSupportedException(
            $"the exact optimum of {bandit.Actions} arms and {bandit.Pulls} pulls has too many states " +
            $"(above {BayesOptimalPlan.MostStates:N0}); the agent finite-horizon-gittins comes very near to it");
    }

    sealed class PlanPlayer(BayesOptimalPlan plan, BanditTask task, int lanes) : BanditPlayer(task, lanes)
    {
        readonly int[] records = new int[task.Actions];

        protected override int Choose(int lane, int step)
        {
            for (int arm = 0; arm < Arms; arm++)
                records[arm] = BayesOptimalPlan.Record(Successes(lane, arm), Failures(lane, arm));
            return Array.IndexOf(records, plan.Choose(records));
        }
    }

    sealed class DependentPlayer(DependentBandits task, int lanes) : BanditPlayer(task, lanes)
    {
        // A success of one arm and a failure of the other are the same evidence.
        protected override int Choose(int lane, int step)
        {
            int forFirst = Successes(lane, 0) + Failures(lane, 1), forSecond = Successes(lane, 1) + Failures(lane, 0);
            return forFirst >= forSecond ? 0 : 1;
        }
    }

    // Asks first and pulls the target ever after; with one pull asking is of no use.
    sealed class InformedPlayer(InformativeBandit task, int lanes) : BanditPlayer(task, lanes)
    {
        protected override int Choose(int lane, int step) => step switch
        {
            0 => task.Pulls == 1 ? 0 : InformativeBandit.InformativeArm,
            _ => InformativeBandit.TargetOf(
                Reward(lane, InformativeBandit.InformativeArm) - task.PriorReward),
        };
    }
}
