using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Reproduction;

/// <summary>The hand-designed agents of a row.</summary>
internal static class TableOpponents
{
    /// <summary>
    /// Most draws from a posterior that one agent may cost in an evaluation: minutes, not hours. Only optimistic
    /// Thompson sampling comes near: pulls × arms × samples for each trial.
    /// </summary>
    const long mostDraws = 5_000_000_000;

    /// <summary>
    /// The agents that play a task, each under all of its variants, but for the exact optimum, which is the ceiling.
    /// </summary>
    public static IEnumerable<(AgentEntry Entry, IReadOnlyList<Assignment> Variant)> For(TaskDistribution task) =>
        AgentCatalogue.For(task)
            .Where(entry => entry.Name != "bayes-optimal")
            .SelectMany(entry => entry.Variants(task), (entry, variant) => (entry, variant));

    /// <summary>Whether a recorded figure is that of an agent under a variant.</summary>
    public static bool IsOf(OpponentResult played, AgentEntry entry, IReadOnlyList<Assignment> variant) =>
        played.Name == entry.Name && variant.All(setting =>
            played.Options.TryGetValue(setting.Key, out string? value) && value == setting.Value);

    /// <summary>
    /// Tunes an agent on trials that are not reported, and plays it on those that are; <c>with</c> makes the row's task
    /// with further options.
    /// </summary>
    public static OpponentResult Play(
        AgentEntry entry, IReadOnlyList<Assignment> variant, Func<string, TaskDistribution> with,
        EvaluationOptions options, PaperTable table, TableRow row, CancellationToken cancellation)
    {
        TaskDistribution task = with("");
        Agent agent = Tuning.Tune(entry, task, options, variant, cancellation);
        int instances = InstancesFor(agent, task, options.Instances);
        Judged played = Judging.Judge(
            table, row, new Contestant(agent, with, options with { Instances = instances }), cancellation);
        return new OpponentResult
        {
            Name = agent.Name,
            Options = RunConfiguration.Options(agent.SettingsFor(task)),
            Instances = instances,
            Mean = played.Score.Mean,
            StandardError = played.Score.StandardError,
            Navigation = played.Navigation,
            Figures = played.Figures,
        };
    }

    /// <summary>How many of the trials an agent plays: all, or the first so many where it is slow.</summary>
    internal static int InstancesFor(Agent agent, TaskDistribution task, int instances)
    {
        if (agent is not OptimisticThompson { Samples: var samples })
            return instances;
        long draws = (long)task.TrialLength * task.Actions * samples;
        return (int)Math.Min(instances, Math.Max(1, mostDraws / draws));
    }
}
