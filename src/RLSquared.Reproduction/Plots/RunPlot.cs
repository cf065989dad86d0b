using System.Globalization;
using RLSquared.Runs;

namespace RLSquared.Reproduction.Plots;

/// <summary>
/// Runs as curves in one plot. Runs whose configurations differ by the seed alone make one curve, their mean with a
/// band; others are curves of their own, named by what tells them apart. Opponents and ceiling are lines across it.
/// </summary>
/// <param name="runs">The runs.</param>
internal sealed class RunPlot(IReadOnlyList<RunFolder> runs)
{
    const string MeanReturn = "mean_return";

    /// <summary>Which figure of the log is drawn.</summary>
    public string Figure { get; init; } = MeanReturn;

    /// <summary>Whether the x axis is the time of training, not the steps, or what else the algorithm counts.</summary>
    public bool OverTime { get; init; }

    /// <summary>See <see cref="SeedCurves.Smooth"/>.</summary>
    public double Smoothing { get; init; }

    public Spread Spread { get; init; }

    /// <summary>Whether the opponents of the evaluation are lines across the plot of the mean return.</summary>
    public bool HasOpponents { get; init; } = true;

    /// <summary>Whether the ceiling is one.</summary>
    public bool HasCeiling { get; init; } = true;

    /// <summary>What stands above; null for the task's name and options.</summary>
    public string? Title { get; init; }

    /// <summary>The plot.</summary>
    /// <exception cref="OptionException">
    /// No such figure, or more configurations than colours; the message says what would be right.
    /// </exception>
    /// <exception cref="InvalidDataException">A run has no iteration yet, or a damaged log.</exception>
    public LinePlot ToPlot()
    {
        // A seed that was trained twice is one seed: the newest run of it counts.
        RunFolder[][] groups = [.. runs.GroupBy(run => string.Join('\n', Facts(run.Configuration)))
            .Select(group => group.GroupBy(run => run.Configuration.Seed).Select(Newest).ToArray())];
        if (groups.Length > CurveColours.Light.Length)
        {
            throw new OptionException("RUN", $"these are {groups.Length} different configurations, " +
                $"and {CurveColours.Light.Length} curves can be told apart; name fewer runs");
        }
        (double X, double Y)[][][] curves = [.. groups.Select(group => group.Select(Read).ToArray())];
        (double unit, string xTitle) = XUnit(curves.SelectMany(group => group).Max(curve => curve[^1].X));
        string[] names = Names([.. groups.Select(group => group[0])]);
        return new LinePlot
        {
            Title = Title ?? DefaultTitle(),
            XTitle = xTitle,
            XTick = OverTime ? x => x.ToString("0.##", CultureInfo.InvariantCulture) : Ticks.Count,
            YTitle = Figure == MeanReturn ? "mean return of a trial" : Figure.Replace('_', ' '),
            Lines = [.. curves.Select((group, i) => SeedCurves.Join(
                names[i] + SpreadName(group.Length),
                [.. group.Select(curve => curve.Select(point => (point.X / unit, point.Y)).ToArray())], Spread))],
            References = Figure == MeanReturn ? References() : [],
        };
    }

    static RunFolder Newest(IEnumerable<RunFolder> runs) => runs.OrderBy(run =>
        File.GetLastWriteTimeUtc(Path.Combine(run.Path, "config.json"))).ThenBy(run => run.Path).Last();

    (double X, double Y)[] Read(RunFolder run)
    {
        string axis = OverTime ? "seconds" : "steps";
        MetricTable? table = File.Exists(run.MetricsPath) ? MetricTable.Read(run.MetricsPath, [axis, Figure]) : null;
        if (table is null || table.Rows == 0)
            throw new InvalidDataException($"{run.Path} has no figures yet: not one iteration was done");
        ReadOnlySpan<double> x = table[axis], y = table[Figure];
        List<(double X, double Y)> points = [];
        for (int row = 0; row < table.Rows; row++)
        {
            if (double.IsFinite(x[row]) && double.IsFinite(y[row]))
                points.Add((x[row], y[row]));
        }
        if (points.Count == 0)
            throw new InvalidDataException($"{run.MetricsPath} has no number to draw for '{Figure}'");
        return SeedCurves.Smooth(SeedCurves.Thin(points), Smoothing);
    }

    (double Unit, string Title) XUnit(double most) => !OverTime ? (1, $"{Counted()} of training") : most switch
    {
        < 300 => (1, "seconds of training"),
        < 3 * 3600 => (60, "minutes of training"),
        _ => (3600, "hours of training"),
    };

    // 'environment steps', or what else the algorithms count.
    string Counted() => string.Join(
        " or ", runs.Select(run => run.Configuration.Unit ?? "environment steps").Distinct());

    string SpreadName(int seeds) => seeds == 1 ? "" : $", mean of {seeds} seeds" + Spread switch
    {
        Spread.Error => " ± standard error",
        Spread.Range => ", lowest to highest",
        _ => "",
    };

    /// <summary>What a run was told, but for the seed and what results do not depend on.</summary>
    public static IReadOnlyList<(string Key, string Value)> Facts(RunConfiguration told) =>
    [
        ("task", told.Task), .. told.TaskOptions.Select(option => (option.Key, option.Value)),
        ("algorithm", told.Algorithm), .. told.AlgorithmOptions.Select(option => (option.Key, option.Value)),
        ("budget", told.Budget), ("from", told.From ?? "fresh weights"),
    ];

    // Of each configuration what tells it from the others. Options that not all of them have follow from a task or an
    // algorithm, which then is named.
    static string[] Names(RunFolder[] configurations)
    {
        Dictionary<string, string>[] facts = [.. configurations.Select(run => Facts(run.Configuration)
            .DistinctBy(fact => fact.Key).ToDictionary(fact => fact.Key, fact => fact.Value))];
        string[] apart = [.. facts[0].Keys.Where(key =>
            facts.All(other => other.ContainsKey(key)) && facts.Any(other => other[key] != facts[0][key]))];
        return [.. configurations.Select((run, i) => facts.Length == 1 ? facts[0]["algorithm"]
            : apart.Length == 0 ? Path.GetFileName(Path.TrimEndingDirectorySeparator(run.Path))
            : string.Join(", ", apart.Select(key =>
                key is "task" or "algorithm" ? facts[i][key] : $"{key} {facts[i][key]}")))];
    }

    bool IsOneTask => runs.Select(run => run.Configuration).All(told => told.Task == runs[0].Configuration.Task
        && told.TaskOptions.OrderBy(option => option.Key)
            .SequenceEqual(runs[0].Configuration.TaskOptions.OrderBy(option => option.Key)));

    string DefaultTitle()
    {
        string[] tasks = [.. runs.Select(run => run.Configuration.Task).Distinct()];
        if (!IsOneTask)
            return string.Join(", ", tasks);
        const int mostLetters = 90;                             // that fit above a plot
        string options = string.Join(
            ", ", runs[0].Configuration.TaskOptions.Select(option => $"{option.Key} {option.Value}"));
        string whole = $"{tasks[0]}: {options}";
        return options.Length > 0 && whole.Length <= mostLetters ? whole : tasks[0];
    }

    // Scores of the evaluation with the most trials; on several tasks there is nothing to compare with.
    List<ReferenceLine> References()
    {
        RecordedEvaluation? best = !IsOneTask ? null : runs
            .Select(run => RecordedEvaluation.Read(run.EvaluationPath, run.Configuration.Algorithm))
            .MaxBy(evaluation => evaluation?.Instances);
        if (best is null)
            return [];
        List<ReferenceLine> lines = [.. best.Opponents
            .Where(opponent => HasOpponents && opponent.Mean != best.Ceiling?.Mean)    // else it is the ceiling
            .Select(opponent => Line(opponent, isCeiling: false))];
        if (HasCeiling && best.Ceiling is { } ceiling)
            lines.Add(Line(ceiling, isCeiling: true));
        return lines;

        static ReferenceLine Line(RecordedScore score, bool isCeiling) =>
            new(FormattableString.Invariant($"{score.Name} {score.Mean:F2}"), score.Mean, isCeiling);
    }
}
