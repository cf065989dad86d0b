using System.Collections.Concurrent;
using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Evaluation;

/// <summary>
/// Chooses the parameters of the hand-designed agents by playing every value of a grid on trials that are never
/// reported: their numbers start at <see cref="FirstTrial"/>. The RL² paper tuned on the trials it reports, which
/// flatters its opponents a little. The best mean wins, of equals the first.
/// </summary>
public static class Tuning
{
    /// <summary>The number of the first trial used for tuning, far from those of training and of evaluation.</summary>
    public const ulong FirstTrial = 1UL << 49;

    static readonly ConcurrentDictionary<string, Lazy<Agent>> tuned = new();

    /// <summary>
    /// Every agent that can play a task in each of its variants, tuned where it has parameters: the opponents of the
    /// table. The exact optimum is left out, because it is the ceiling.
    /// </summary>
    /// <param name="task">What they will play.</param>
    /// <param name="options">Seed, threads, and on how many trials to tune.</param>
    /// <param name="cancellation">Stops between blocks of trials.</param>
    /// <exception cref="OperationCanceledException">The tuning was stopped.</exception>
    public static IReadOnlyList<Agent> Opponents(
        TaskDistribution task, EvaluationOptions options, CancellationToken cancellation = default) =>
        [.. AgentCatalogue.For(task)
            .Where(entry => entry.Name != "bayes-optimal")
            .SelectMany(entry => entry.Variants(task), (entry, variant) => (entry, variant))
            .Select(opponent => Tune(opponent.entry, task, options, opponent.variant, cancellation))];

    /// <summary>
    /// The agent with the values of its grid that do best on <see cref="EvaluationOptions.TuningInstances"/> trials;
    /// found once per process for each task, seed and number of trials.
    /// </summary>
    /// <exception cref="NotSupportedException">The agent cannot play this task.</exception>
    public static Agent Tune(
        AgentEntry entry, TaskDistribution task, EvaluationOptions options, CancellationToken cancellation = default) =>
        Tune(entry, task, options, [], cancellation);

    /// <summary>The same with some settings fixed: those of a variant.</summary>
    /// <inheritdoc cref="Tune(AgentEntry, TaskDistribution, EvaluationOptions, CancellationToken)" path="/exception"/>
    public static Agent Tune(
        AgentEntry entry, TaskDistribution task, EvaluationOptions options, IReadOnlyList<Assignment> variant,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(variant);
        if (entry.Grid.Count <= 1)
            return AgentCatalogue.CreateFor(entry.Name, task, variant);
        string taskKey = $"{task.Name} {string.Join(' ', task.Settings)}";
        string key =
            $"{entry.Name} {string.Join(' ', variant)}|{taskKey}|{options.Seed}|{options.TuningInstances}";
        Lazy<Agent> search = tuned.GetOrAdd(key, _ => new(() => Search(entry, task, options, variant, cancellation)));
        try
        {
            return search.Value;
        }
        catch
        {
            tuned.TryRemove(KeyValuePair.Create(key, search));        // a search that was stopped may be started again
            throw;
        }
    }

    static Agent Search(
        AgentEntry entry, TaskDistribution task, EvaluationOptions options, IReadOnlyList<Assignment> variant,
        CancellationToken cancellation)
    {
        Agent? best = null;
        double highest = double.NegativeInfinity;
        foreach (Assignment setting in entry.Grid)
        {
            Agent agent = AgentCatalogue.CreateFor(entry.Name, task, [.. variant, setting]);
            AgentScore score =
                Evaluator.Score(task, agent, options.TuningInstances, FirstTrial, options, null, cancellation);
            double mean = score.Score.Mean;
            if (mean > highest)
                (best, highest) = (agent, mean);
        }
        return best!;
    }
}
