using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Reproduction;

/// <summary>Judges who plays a row of a table.</summary>
/// <param name="row">The row.</param>
/// <param name="who">Who plays.</param>
internal delegate Judged Judge(TableRow row, Contestant who);

/// <summary>Who is judged.</summary>
/// <param name="Agent">As an agent.</param>
/// <param name="With">Makes what it plays, with further options as text for <c>--set</c>.</param>
/// <param name="Options">How many trials, which, and on how many threads.</param>
internal sealed record Contestant(Agent Agent, Func<string, TaskDistribution> With, EvaluationOptions Options)
{
    /// <summary>What it plays.</summary>
    public TaskDistribution Task { get; } = With("");

    /// <summary>The algorithm that learned it; null for an agent that was made by hand.</summary>
    public IAgentAlgorithm? Learned { get; init; }

    /// <summary>The algorithm's options.</summary>
    public IEnumerable<Assignment> Settings { get; init; } = [];
}

/// <summary>What was found about who plays.</summary>
/// <param name="Score">What it is compared by.</param>
/// <param name="Figures">What else was found, by name; null where nothing was.</param>
/// <param name="Navigation">How its episodes went, where something is searched and no judge says more.</param>
internal sealed record Judged(
    Estimate Score, IReadOnlyDictionary<string, Estimate>? Figures = null, NavigationFigures? Navigation = null);

/// <summary>The table's own judge, or the total reward of a trial.</summary>
internal static class Judging
{
    /// <summary>Judges who plays a row.</summary>
    /// <exception cref="OperationCanceledException">The evaluation was stopped.</exception>
    public static Judged Judge(PaperTable table, TableRow row, Contestant who, CancellationToken cancellation)
    {
        if (table.Judge is { } judge)
        {
            cancellation.ThrowIfCancellationRequested();
            return judge(row, who);
        }
        AgentScore played = Evaluator.Score(who.Task, who.Agent, who.Options.Instances, Evaluator.FirstTrial,
            who.Options, progress: null, cancellation);
        return new Judged(played.Score, Navigation: played.Navigation);
    }
}
