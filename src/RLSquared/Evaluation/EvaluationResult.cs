using RLSquared.Settings;

namespace RLSquared.Evaluation;

/// <summary>What an evaluation found.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Settings">The task's options.</param>
/// <param name="Instances">The trials that every agent played.</param>
/// <param name="Seed">The seed of those trials.</param>
/// <param name="Agents">The agents in the order in which they were given.</param>
/// <param name="Ceiling">What no agent, or nearly none, can exceed; null where nothing is known.</param>
public sealed record EvaluationResult(
    string Task, IReadOnlyList<Assignment> Settings, int Instances, ulong Seed,
    IReadOnlyList<AgentScore> Agents, Ceiling? Ceiling);

/// <summary>How one agent did.</summary>
/// <param name="Name">The agent's name.</param>
/// <param name="Settings">The agent's options, as tuned or as given.</param>
/// <param name="Score">The sum of a trial's rewards: its mean over trials and the standard error.</param>
/// <param name="Totals">
/// The sum of each trial's rewards, [instances], in the order of trials. Trial i is the same for all agents, so
/// differences may be taken trial by trial.
/// </param>
public sealed record AgentScore(
    string Name, IReadOnlyList<Assignment> Settings, Estimate Score, ReadOnlyMemory<double> Totals)
{
    /// <summary>
    /// What else was found, by name: the success of each goal, say, or the share of prompts that one of eight tries
    /// answers.
    /// </summary>
    public IReadOnlyList<(string Name, Estimate Score)> Figures { get; init; } = [];

    /// <summary>How its episodes went; null for tasks in which nothing is searched.</summary>
    public NavigationFigures? Navigation { get; init; }

    /// <summary>
    /// By how much this agent beat another on the same trials. The trials' luck cancels, so this standard error is
    /// smaller than that of two separate means.
    /// </summary>
    /// <exception cref="ArgumentException">The two did not play the same number of trials.</exception>
    public Estimate Minus(AgentScore other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Totals.Length != other.Totals.Length)
        {
            throw new ArgumentException(
                $"{Name} played {Totals.Length} trials and {other.Name} {other.Totals.Length}; they must be the same",
                nameof(other));
        }
        ReadOnlySpan<double> mine = Totals.Span, theirs = other.Totals.Span;
        double[] differences = new double[mine.Length];
        for (int i = 0; i < differences.Length; i++)
            differences[i] = mine[i] - theirs[i];
        return Estimate.Of(differences);
    }
}

/// <summary>What no agent, or nearly none, can exceed.</summary>
/// <param name="Name">What it is, as it reads in a table: 'Bayes-optimal, exact'.</param>
/// <param name="IsBound">
/// Whether no agent can exceed it in expectation. The finite-horizon index is none: it is played on the same trials and
/// comes very near to the optimum, but is not proven to reach it.
/// </param>
/// <param name="Score">Its value; the standard error is 0 where it was computed and not played.</param>
public sealed record Ceiling(string Name, bool IsBound, Estimate Score);
