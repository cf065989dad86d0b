using System.Text.Json;
using RLSquared.Cli.Plots;

namespace RLSquared.Cli.Reproduction;

/// <summary>A run's learning curve: the mean return of training trials over environment steps.</summary>
/// <param name="Steps">Steps since training began, rising.</param>
/// <param name="Returns">The mean return up to there since the point before.</param>
internal sealed record Curve(IReadOnlyList<long> Steps, IReadOnlyList<double> Returns)
{
    /// <summary>The points that a curve keeps at most; more iterations than that are averaged in groups.</summary>
    public const int MostPoints = 300;

    /// <summary>The curve of a run's <c>metrics.jsonl</c>.</summary>
    /// <exception cref="InvalidDataException">A line is not that of an iteration.</exception>
    public static Curve Read(string path)
    {
        List<long> steps = [];
        List<double> returns = [];
        foreach (string line in File.ReadLines(path))
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                steps.Add(json.RootElement.GetProperty("steps").GetInt64());
                returns.Add(json.RootElement.GetProperty("mean_return").GetDouble());
            }
            catch (Exception failure) when (
                failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new InvalidDataException(
                    $"line {steps.Count + 1} of {path} is not the line of an iteration", failure);
            }
        }
        return steps.Count > 0 ? Thin(steps, returns)
            : throw new InvalidDataException($"{path} has no line of an iteration");
    }

    /// <summary>The curve with neighbours averaged in groups of one size, or two that differ by one.</summary>
    internal static Curve Thin(List<long> steps, List<double> returns)
    {
        int points = Math.Min(steps.Count, MostPoints);
        long[] thinSteps = new long[points];
        double[] thinReturns = new double[points];
        for (int i = 0; i < points; i++)
        {
            int first = (int)((long)steps.Count * i / points), end = (int)((long)steps.Count * (i + 1) / points);
            thinSteps[i] = steps[end - 1];
            thinReturns[i] = Math.Round(returns[first..end].Average(), 4);
        }
        return new Curve(thinSteps, thinReturns);
    }

    /// <summary>The return at a step, on the straight line between two points; the nearest end's outside.</summary>
    public double At(double step)
    {
        int after = 0;
        while (after < Steps.Count && Steps[after] < step)
            after++;
        if (after == 0 || after == Steps.Count)
            return Returns[Math.Min(after, Steps.Count - 1)];
        double share = (step - Steps[after - 1]) / (Steps[after] - Steps[after - 1]);
        return Returns[after - 1] + share * (Returns[after] - Returns[after - 1]);
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
        Curve[] curves = [.. trained.Seeds.Select(seed => seed.Curve)];
        Curve shortest = curves.MinBy(curve => curve.Steps[^1])!;
        double[][] values = [.. shortest.Steps.Select(step => curves.Select(curve => curve.At(step)).ToArray())];
        string seeds = curves.Length == 1 ? "" : $", mean of {curves.Length} seeds, band: lowest to highest";
        return new PlotLine(
            $"rl2 ({trained.Variant}) while training{seeds}",
            [.. shortest.Steps.Zip(values, (step, all) => ((double)step, all.Average()))],
            curves.Length == 1 ? null : [.. values.Select(all => (all.Min(), all.Max()))]);
    }
}
