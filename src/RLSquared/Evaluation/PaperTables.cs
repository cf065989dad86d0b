using RLSquared.Tasks;

namespace RLSquared.Evaluation;

/// <summary>One row of a paper's table.</summary>
/// <param name="Source">The paper and the table.</param>
/// <param name="Row">The row's label.</param>
/// <param name="Instances">The instances over which the paper averaged.</param>
/// <param name="Scores">The paper's figure by the name of the agent here; <c>rl2</c> is the trained one.</param>
public sealed record PaperRow(string Source, string Row, int Instances, IReadOnlyList<PaperScore> Scores)
{
    /// <summary>The paper's figure for an agent; null where the paper has none.</summary>
    public double? this[string agent] => Scores.FirstOrDefault(score => score.Agent == agent)?.Mean;
}

/// <summary>One figure of a paper.</summary>
/// <param name="Agent">The name of the agent here.</param>
/// <param name="Mean">The paper's figure.</param>
public sealed record PaperScore(string Agent, double Mean);

/// <summary>
/// Table 1 of Duan et al. 2016, «RL²: Fast reinforcement learning via slow reinforcement learning»: total reward, mean
/// of 1,000 instances. By simulation, the standard error of its figures is near 0.06 with 10 pulls, between 0.27 and
/// 0.50 with 100 and between 0.67 and 2.3 with 500. The paper tuned its opponents on the instances that it reports.
/// </summary>
public static class PaperTables
{
    static readonly string[] columns =
        ["random", "gittins", "thompson", "optimistic-thompson", "ucb1", "epsilon-greedy", "greedy", "rl2"];

    static readonly (int Pulls, int Arms, double[] Means)[] rows =
    [
        (10, 5, [5.0, 6.6, 5.7, 6.5, 6.7, 6.6, 6.6, 6.7]),
        (10, 10, [5.0, 6.6, 5.5, 6.2, 6.7, 6.6, 6.6, 6.7]),
        (10, 50, [5.1, 6.5, 5.2, 5.5, 6.6, 6.5, 6.5, 6.8]),
        (100, 5, [49.9, 78.3, 74.7, 77.9, 78.0, 75.4, 74.8, 78.7]),
        (100, 10, [49.9, 82.8, 76.7, 81.4, 82.4, 77.4, 77.1, 83.5]),
        (100, 50, [49.8, 85.2, 64.5, 67.7, 84.3, 78.3, 78.0, 84.9]),
        (500, 5, [249.8, 405.8, 402.0, 406.7, 405.8, 388.2, 380.6, 401.6]),
        (500, 10, [249.0, 437.8, 429.5, 438.9, 437.1, 408.0, 395.0, 432.5]),
        (500, 50, [249.6, 463.7, 427.2, 437.6, 457.6, 413.6, 402.8, 438.9]),
    ];

    /// <summary>All rows of the table.</summary>
    public static IReadOnlyList<PaperRow> Bandits { get; } = [.. rows.Select(row => new PaperRow(
        "Duan et al. 2016, Table 1", $"n = {row.Pulls}, k = {row.Arms}", 1000,
        [.. columns.Select((agent, column) => new PaperScore(agent, row.Means[column]))]))];

    /// <summary>The paper's row of a task; null where it has none.</summary>
    public static PaperRow? Find(TaskDistribution task)
    {
        if (task is not BernoulliBandits bandit)
            return null;
        int index = Array.FindIndex(rows, row => row.Pulls == bandit.Pulls && row.Arms == bandit.Actions);
        return index < 0 ? null : Bandits[index];
    }
}
