using RLSquared.Reproduction.Plots;
using RLSquared.Runs;

namespace RLSquared.Reproduction;

/// <summary>A run's learning curve: the mean return of training trials over environment steps.</summary>
/// <param name="Steps">Steps since training began, rising.</param>
/// <param name="Returns">The mean return up to there since the point before.</param>
internal sealed record Curve(IReadOnlyList<long> Steps, IReadOnlyList<double> Returns)
{
    /// <summary>The curve of a run's <c>metrics.jsonl</c>.</summary>
    /// <exception cref="InvalidDataException">A line is not that of an iteration.</exception>
    public static Curve Read(string path)
    {
        MetricTable table = MetricTable.Read(path);
        if (table.Rows == 0)
            throw new InvalidDataException($"{path} has no line of an iteration");
        ReadOnlySpan<double> steps = table["steps"], returns = table["mean_return"];
        List<(double X, double Y)> points = [];
        for (int row = 0; row < table.Rows; row++)
            points.Add((steps[row], returns[row]));
        (double X, double Y)[] thin = SeedCurves.Thin(points);
        return new Curve([.. thin.Select(point => (long)point.X)], [.. thin.Select(point => Math.Round(point.Y, 4))]);
    }

    /// <summary>The plot of a row: each variant's mean curve and band over seeds, opponents and ceiling.</summary>
    public static LinePlot Plot(PaperTable table, RowResult row)
    {
        // Scores of trials that are played with other options than those of training are none to compare with.
        TableRow known = table.Rows.First(one => one.Id == row.Row);
        bool comparable = known.Evaluation == known.Training;
        List<ReferenceLine> references =
        [
            .. row.Opponents
                .Where(opponent => comparable && row.Ceiling?.Mean != opponent.Mean)    // else it is the ceiling
                .Select(opponent => Reference(NameOf(opponent), opponent.Mean, isCeiling: false)),
        ];
        if (comparable && row.Ceiling is { } ceiling)
            references.Add(Reference(ceiling.Name, ceiling.Mean, isCeiling: true));
        return new LinePlot
        {
            Title = $"{table.Title}, {row.Label}",
            XTitle = "environment steps of training",
            YTitle = "mean return of a trial",
            Lines = [.. row.Trained.Where(trained => trained.Seeds.Count > 0).Select(Line)],
            References = references,
        };
    }

    static string NameOf(OpponentResult opponent) =>
        opponent.Options.TryGetValue("prior-mean", out string? mean) ? $"{opponent.Name}, prior {mean}" : opponent.Name;

    static ReferenceLine Reference(string name, double mean, bool isCeiling) =>
        new(FormattableString.Invariant($"{name} {mean:F2}"), mean, isCeiling);

    static PlotLine Line(TrainedResult trained)
    {
        (double X, double Y)[][] curves = [.. trained.Seeds.Select(seed => seed.Curve).Select(curve =>
            curve.Steps.Zip(curve.Returns, (step, mean) => ((double)step, mean)).ToArray())];
        string seeds = curves.Length == 1 ? "" : $", mean of {curves.Length} seeds, band: lowest to highest";
        return SeedCurves.Join($"rl2 ({trained.Variant}) while training{seeds}", curves, Spread.Range);
    }
}
