using System.Globalization;
using System.Text;
using RLSquared.Evaluation;

namespace RLSquared.Reproduction;

/// <summary>The results of a table that has a judge of its own, as a page for people.</summary>
internal static class FiguresPage
{
    /// <summary>The page in Markdown.</summary>
    public static string Write(PaperTable table, Results results, string about)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # {table.Title}

            {about}

            Written by `rl2 reproduce {table.Name}`; the same figures for programs are in
            [`{table.Name}.json`]({table.Name}.json). All agents of a row play the same fresh trials; trained agents
            sample their actions. Figures are means ± standard errors. A trained agent's score is the median over its
            seeds, of an even number the middle between two with the standard error of the lower; beside it stands the
            mean over seeds with its standard error.

            """);
        foreach (RowResult row in results.Rows)
        {
            string options = string.Join(", ", row.Options.Select(option => $"{option.Key} {option.Value}"));
            page.Append(CultureInfo.InvariantCulture,
                $"\n## {row.Label}\n\nTask {row.Task}: {options}; {row.Instances:N0} trials of seed {row.Seed}.\n\n");
            WriteScores(page, table, row);
            WriteFigures(page, row);
            if (ResultsPage.HasCurve(table, row))
            {
                string plot = ResultsPage.PlotName(table, row.Row);
                page.Append(CultureInfo.InvariantCulture, $"\n![Learning curve, {row.Label}]({plot})\n");
            }
            ResultsPage.WriteTrainings(page, table, row);
        }
        return page.ToString();
    }

    static void WriteScores(StringBuilder page, PaperTable table, RowResult row)
    {
        Aim aim = table.Rows.First(known => known.Id == row.Row).Aim;
        page.Append(CultureInfo.InvariantCulture, $"Aim: {aim.Text}.\n\n");
        ResultsPage.AppendRow(page, "agent", "", "score", "mean over seeds", "steps", "seeds", "seeds at the aim");
        ResultsPage.AppendRow(page, "---", "---", "---", "---", "---", "---", "---");
        foreach (TrainedResult trained in row.Trained.Where(trained => trained.Seeds.Count > 0))
        {
            string reach = trained.Aim is not { } least ? ""
                : string.Create(CultureInfo.InvariantCulture, $"{trained.Seeds.Count(seed => seed.Mean >= least)}");
            ResultsPage.AppendRow(page, NameOf(trained),
                table.Variants.First(variant => variant.Name == trained.Variant).Description,
                $"**{ResultsPage.Median(trained)}**", OverSeeds(trained), trained.Budget, $"{trained.Seeds.Count}",
                reach);
        }
        foreach (OpponentResult opponent in row.Opponents)
        {
            ResultsPage.AppendRow(
                page, opponent.Name + ResultsPage.Settings(opponent), "by hand", $"{opponent.Score}", "", "", "", "");
        }
        if (row.Ceiling is { } ceiling)
            ResultsPage.AppendRow(page, "ceiling", ceiling.Name, ResultsPage.Ceiling(ceiling), "", "", "", "");
    }

    static string OverSeeds(TrainedResult trained) =>
        trained.Seeds.Count < 2 ? "" : $"{Estimate.Of([.. trained.Seeds.Select(seed => seed.Mean)])}";

    // All else that was found, seed by seed.
    static void WriteFigures(StringBuilder page, RowResult row)
    {
        List<(string Name, string Seed, Estimate Score, IReadOnlyDictionary<string, Estimate> Figures)> found = [];
        foreach (TrainedResult trained in row.Trained)
        {
            foreach (SeedResult seed in trained.Seeds.Where(seed => seed.Figures is not null))
                found.Add((NameOf(trained), $"{seed.Seed}", seed.Score, seed.Figures!));
        }
        foreach (OpponentResult opponent in row.Opponents.Where(opponent => opponent.Figures is not null))
            found.Add((opponent.Name, "", opponent.Score, opponent.Figures!));
        if (found.Count == 0)
            return;
        string[] names = [.. found.SelectMany(one => one.Figures.Keys).Distinct(StringComparer.Ordinal)];
        page.Append('\n');
        ResultsPage.AppendRow(page, ["agent", "seed", "score", .. names]);
        ResultsPage.AppendRow(page, [.. Enumerable.Repeat("---", names.Length + 3)]);
        foreach ((string name, string seed, Estimate score, IReadOnlyDictionary<string, Estimate> figures) in found)
        {
            ResultsPage.AppendRow(page, [name, seed, Short(score),
                .. names.Select(of => figures.TryGetValue(of, out Estimate figure) ? Short(figure) : "")]);
        }
    }

    static string NameOf(TrainedResult trained) => trained.Variant == trained.Algorithm
        ? $"`{trained.Algorithm}`" : $"`{trained.Algorithm}` ({trained.Variant})";

    static string Short(Estimate figure) => figure.StandardError == 0
        ? figure.Mean.ToString("0.##", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{figure.Mean:F2} ± {figure.StandardError:F2}");
}
