using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.Policies;

/// <summary>
/// A trained policy as an agent. Where it is recurrent, its learning of a task happens in its hidden state alone.
/// </summary>
/// <param name="name">The name in tables, such as <c>rl2</c>.</param>
/// <param name="policy">The policy; its weights are shared, not copied.</param>
/// <param name="greedy">
/// Whether the likeliest action is taken instead of a sampled one. The paper samples, and so do all reported figures
/// unless they say otherwise.
/// </param>
public sealed class PolicyAgent(string name, Policy policy, bool greedy = false) : Agent
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <summary>What it plays with.</summary>
    public Policy Policy => policy;

    /// <summary>The episodes that it was trained to explore in (E-RL²); 0 where all episodes count.</summary>
    internal int Explores { get; init; }

    /// <inheritdoc/>
    internal override int EpisodesToExplore(int episodes) => Math.Min(Explores, episodes);

    /// <summary>The same policy, which takes the likeliest action each time.</summary>
    internal PolicyAgent Greedily() => new($"{name} (greedy)", policy, greedy: true) { Explores = Explores };

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (task.Action != policy.Action)
        {
            throw new NotSupportedException(
                $"this policy was trained for {policy.Action}, but {task.Name} has {task.Action}");
        }
        if (task.Observation != policy.Observation)
        {
            throw new NotSupportedException(
                $"this policy was trained to see {policy.Observation}, but {task.Name} shows {task.Observation}");
        }
        return new PolicyPlayer(policy, lanes, greedy, task.TrialLength);
    }
}
