using RLSquared.Policies;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>What an algorithm has learned of reaching goals, for pictures of it.</summary>
interface IGoalPolicy
{
    /// <summary>What its networks see.</summary>
    GoalInput Input { get; }

    /// <summary>
    /// How near goals are to states when it acts, [N, 1], in units of its own, the larger the nearer; from states
    /// [N, D] and goals [N, G]. Null where it learns no values.
    /// </summary>
    Func<Tensor, Tensor, Tensor>? Nearness { get; }

    /// <summary>The play of what was learned so far.</summary>
    /// <param name="lanes">The most lanes at once.</param>
    GoalAct Act(int lanes);
}
