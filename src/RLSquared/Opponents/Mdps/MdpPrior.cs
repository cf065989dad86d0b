using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// The option that all agents of <see cref="TabularMdps"/> share: the mean of their normal prior on mean rewards. The
/// task's own is 1, but the opponents in the RL² paper most likely believed in 0, so tables show both.
/// </summary>
internal static class MdpPrior
{
    const string Name = "prior-mean";

    /// <summary>The two priors that tables show on this task; on any other there is nothing to choose.</summary>
    public static IReadOnlyList<Assignment[]> Variants(TaskDistribution task) =>
        task is TabularMdps ? [[new(Name, "0")], [new(Name, "1")]] : [[]];

    /// <summary>The value when it is a number of sane size.</summary>
    public static double Check(double value) => Require.Within(Name, value, -1e6, 1e6);

    /// <summary>Adds the option to a table.</summary>
    public static OptionTable<TAgent> AddTo<TAgent>(
        OptionTable<TAgent> table, Func<TAgent, double> get, Func<TAgent, double, TAgent> set)
        where TAgent : class =>
        table.Number(Name, "mdps: mean reward believed in before any is seen; the true one is 1", get, set,
            low: "stays with what it knows", high: "tries what it does not know");

    /// <summary>The settings of an agent that plays bandits too, where it has no such option.</summary>
    public static IReadOnlyList<Assignment> SettingsFor(TaskDistribution task, IReadOnlyList<Assignment> settings) =>
        task is TabularMdps ? settings : [.. settings.Where(setting => setting.Key != Name)];

    /// <summary>The task as a bandit, whose prior is not to be chosen.</summary>
    /// <exception cref="NotSupportedException">It is none.</exception>
    /// <exception cref="OptionException">A prior was chosen.</exception>
    public static BanditTask RequireBandit(Agent agent, TaskDistribution task, double priorMean) =>
        task is not BanditTask bandit
            ? throw new NotSupportedException(
                $"the agent {agent.Name} plays bandits and mdps only, not the task {task.Name}")
            : priorMean == TabularMdps.PriorMean ? bandit : throw new OptionException(
                Name, $"{Name} is for mdps; on {task.Name} the agent {agent.Name} starts from the task's own prior");
}
