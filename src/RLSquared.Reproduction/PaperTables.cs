using System.Globalization;
using RLSquared.Evaluation;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Reproduction;

/// <summary>One row of a paper's table.</summary>
/// <param name="Source">The paper and the table.</param>
/// <param name="Row">The row's label.</param>
/// <param name="Instances">The instances over which the paper averaged.</param>
/// <param name="Scores">The paper's figure by the name of the agent here; <c>rl2</c> is the trained one.</param>
internal sealed record PaperRow(string Source, string Row, int Instances, IReadOnlyList<PaperScore> Scores)
{
    /// <summary>How a figure is written, as a number's format.</summary>
    public string Format { get; init; } = "F1";

    /// <summary>Whether tables show the paper's other agents too.</summary>
    public bool ShowsAll { get; init; }

    /// <summary>The paper's figure for an agent; null where the paper has none.</summary>
    public double? this[string agent] => Scores.FirstOrDefault(score => score.Agent == agent)?.Mean;
}

/// <summary>One figure of a paper.</summary>
/// <param name="Agent">The name of the agent here.</param>
/// <param name="Mean">The paper's figure.</param>
internal sealed record PaperScore(string Agent, double Mean);

/// <summary>
/// A row of Table 3 of Duan et al. 2016, in ViZDoom: not the mazes of this library, so that only the form can be
/// compared. The best of its runs; lengths over successful episodes only.
/// </summary>
/// <param name="Size">The size of the mazes.</param>
/// <param name="Steps">The mean length of the first, second, … episode, with its standard error.</param>
/// <param name="Success">The share of successes of the first, second, … episode.</param>
/// <param name="Improved">The share of trials whose second episode was no longer than the first.</param>
internal sealed record PaperNavigation(
    string Size, IReadOnlyList<Estimate> Steps, IReadOnlyList<double> Success, double Improved);

/// <summary>
/// Tables 1 and 2 of Duan et al. 2016, 'RL²: Fast reinforcement learning via slow reinforcement learning': total
/// reward, mean of 1,000 instances. By simulation, the standard error of the figures for bandits is near 0.06 with 10
/// pulls, between 0.27 and 0.50 with 100 and between 0.67 and 2.3 with 500; for processes near 0.8 with 10 episodes and
/// 1.8, 3.7, 5.4 and 7.2 with 25, 50, 75 and 100. The paper tuned its opponents on the instances that it reports.
/// Besides, the point mazes of OGBench (Park et al. 2025).
/// </summary>
internal static class PaperTables
{
    static readonly string[] banditColumns =
        ["random", "gittins", "thompson", "optimistic-thompson", "ucb1", "epsilon-greedy", "greedy", "rl2"];

    static readonly (int Pulls, int Arms, double[] Means)[] banditRows =
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

    static readonly string[] mdpColumns =
        ["random", "psrl", "opsrl", "ucrl2", "beb", "epsilon-greedy", "greedy", "rl2"];

    static readonly (int Episodes, double[] Means)[] mdpRows =
    [
        (10, [100.1, 138.1, 144.1, 146.6, 150.2, 132.8, 134.8, 156.2]),
        (25, [250.2, 408.8, 425.2, 424.1, 427.8, 377.3, 368.8, 445.7]),
        (50, [499.7, 904.4, 930.7, 918.9, 917.8, 823.3, 769.3, 936.1]),
        (75, [749.9, 1417.1, 1449.2, 1427.6, 1422.6, 1293.9, 1172.9, 1428.8]),
        (100, [999.4, 1939.5, 1973.9, 1942.1, 1935.1, 1778.2, 1578.5, 1913.7]),
    ];

    /// <summary>All rows of Table 1.</summary>
    public static IReadOnlyList<PaperRow> Bandits { get; } = [.. banditRows.Select(row => Row(
        "Duan et al. 2016, Table 1", $"n = {row.Pulls}, k = {row.Arms}", banditColumns, row.Means))];

    /// <summary>All rows of Table 2: ten states, five actions, episodes of ten steps.</summary>
    public static IReadOnlyList<PaperRow> Mdps { get; } = [.. mdpRows.Select(row => Row(
        "Duan et al. 2016, Table 2", $"n = {row.Episodes}", mdpColumns, row.Means))];

    static readonly string[] goalColumns = ["gcbc", "gcivl", "gciql", "qrl", "crl", "hiql"];

    // Success in percent, mean of 8 seeds.
    static readonly (string Size, string Data, double[] Percent)[] goalRows =
    [
        ("medium", "navigate", [9, 63, 53, 82, 29, 79]),
        ("large", "navigate", [29, 45, 34, 86, 39, 58]),
        ("giant", "navigate", [1, 0, 0, 68, 27, 46]),
        ("medium", "stitch", [23, 70, 21, 80, 0, 74]),
        ("large", "stitch", [7, 12, 31, 84, 0, 13]),
        ("giant", "stitch", [0, 0, 0, 50, 0, 0]),
    ];

    /// <summary>Point mazes of OGBench: the rows of its baselines after a million updates each.</summary>
    public static IReadOnlyList<PaperRow> PointMazes { get; } = [.. goalRows.Select(row => new PaperRow(
        "OGBench (Park et al. 2025), mean of 8 seeds", $"pointmaze-{row.Size}-{row.Data}", 2000,
        [.. goalColumns.Select((agent, column) => new PaperScore(agent, row.Percent[column] / 100))])
    {
        Format = "F2",
        ShowsAll = true,
    })];

    /// <summary>The paper's row of a task; null where it has none.</summary>
    public static PaperRow? Find(TaskDistribution task) => Find(task.Name, task.Settings);

    /// <summary>The paper's row of a task with these options; null where it has none.</summary>
    public static PaperRow? Find(string task, IReadOnlyList<Assignment> settings) => task switch
    {
        "bandits" => At(Bandits, Array.FindIndex(
            banditRows, row => row.Pulls == Whole(settings, "pulls") && row.Arms == Whole(settings, "arms"))),
        "mdps" when Whole(settings, "states") == 10 && Whole(settings, "actions") == 5
            && Whole(settings, "horizon") == 10 => At(Mdps, Array.FindIndex(
                mdpRows, row => row.Episodes == Whole(settings, "episodes"))),
        "point-maze" => At(PointMazes, Array.FindIndex(
            goalRows, row => row.Size == Text(settings, "size") && row.Data == Text(settings, "data"))),
        _ => null,
    };

    /// <summary>Both columns of Table 3: five episodes in small and in large mazes.</summary>
    public static IReadOnlyList<PaperNavigation> Navigation { get; } =
    [
        new("small", [new(52.4, 1.3), new(39.1, 0.9), new(42.6, 1.0), new(43.5, 1.1), new(43.9, 1.1)],
            [0.993, 0.996, 0.997, 0.994, 0.996], 0.917),
        new("large", [new(180.1, 6.0), new(151.8, 5.9), new(169.3, 6.3), new(162.3, 6.4), new(169.3, 6.5)],
            [0.971, 0.967, 0.958, 0.956, 0.961], 0.714),
    ];

    /// <summary>The paper's figures for mazes of a task's size; null for other tasks.</summary>
    public static PaperNavigation? FindNavigation(string task, IReadOnlyList<Assignment> settings) =>
        task != "mazes" ? null : Navigation.FirstOrDefault(column => column.Size == Text(settings, "size"));

    static string? Text(IReadOnlyList<Assignment> settings, string option) =>
        settings.FirstOrDefault(setting => setting.Key == option).Value;

    static int Whole(IReadOnlyList<Assignment> settings, string option) =>
        int.TryParse(Text(settings, option), CultureInfo.InvariantCulture, out int value) ? value : 0;

    static PaperRow Row(string source, string row, string[] columns, double[] means) => new(
        source, row, 1000, [.. columns.Select((agent, column) => new PaperScore(agent, means[column]))]);

    static PaperRow? At(IReadOnlyList<PaperRow> rows, int index) => index < 0 ? null : rows[index];
}
