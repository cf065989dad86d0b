using System.Globalization;
using System.Text;
using RLSquared.Evaluation;

namespace RLSquared.Reproduction;

/// <summary>The results of a table as a page for people.</summary>
internal static class ResultsPage
{
    /// <summary>The page in Markdown.</summary>
    public static string Write(PaperTable table, Results results)
    {
        if (table.About is { } about)
            return FiguresPage.Write(table, results, about);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # {table.Title}

            Written by `rl2 reproduce {table.Name}`; the same figures for programs are in
            [`{table.Name}.json`]({table.Name}.json). All agents of a row play the same fresh trials, which no training
            and no tuning met; trained agents sample their actions. Figures are mean total rewards ± standard error. A
            trained agent's is the median over its seeds (of an even number the middle between two, with the standard
            error of the lower), and an aim counts as reached when the median reaches it. The paper's figures are means
            over its own instances. Agents that learn are shown apart by network and by teaching.

            """);
        foreach (Variant variant in table.Variants)
        {
            if (results.Rows.Any(row => row.Find(variant.Name)?.Seeds.Count > 0))
                WriteSummary(page, table, results, variant);
        }
        foreach (RowResult row in results.Rows)
            WriteRow(page, table, row);
        return page.ToString();
    }

    static void WriteSummary(StringBuilder page, PaperTable table, Results results, Variant variant)
    {
        string apart = variant.IsPlain ? "" : " (shown apart)";
        page.Append(CultureInfo.InvariantCulture, $"\n## {Capital(variant.Name)}: {variant.Description}{apart}\n\n");
        AppendRow(page, "row", "RL² here", "RL² in the paper", "best in the paper", "ceiling", "aim", "reached");
        AppendRow(page, "---", "---", "---", "---", "---", "---", "---");
        foreach (RowResult row in results.Rows)
        {
            if (row.Find(variant.Name) is not { Seeds.Count: > 0 } trained)
                continue;
            Aim aim = table.Rows.First(known => known.Id == row.Row).Aim;
            string target = aim.Mean is null && trained.Aim is { } value ? $"{Number(value)} ({aim.Text})" : aim.Text;
            AppendRow(page, row.Label, $"**{Median(trained)}**", PaperFigure(row, "rl2"), BestInPaper(row),
                row.Ceiling is { } ceiling ? Ceiling(ceiling) : "", target, trained.ReachesAim switch
                {
                    true => "yes",
                    false => "no",
                    null => "",
                });
        }
    }

    static void WriteRow(StringBuilder page, PaperTable table, RowResult row)
    {
        string options = string.Join(", ", row.Options.Select(option => $"{option.Key} {option.Value}"));
        page.Append(CultureInfo.InvariantCulture,
            $"\n## {row.Label}\n\nTask {row.Task}: {options}; {row.Instances:N0} trials of seed {row.Seed}.\n");
        if (HasCurve(table, row))
        {
            string plot = PlotName(table, row.Row);
            page.Append(CultureInfo.InvariantCulture, $"\n![Learning curve, {row.Label}]({plot})\n");
        }

        page.Append('\n');
        AppendRow(page, "agent", "mean ± standard error", "trials", "the paper's");
        AppendRow(page, "---", "---", "---", "---");
        List<(double Mean, string[] Cells)> lines =
        [
            .. row.Trained.Where(trained => trained.Seeds.Count > 0).Select(trained => (trained.Median!.Value, new[]
            {
                $"**rl2** ({trained.Variant})", $"**{Median(trained)}**", Whole(row.Instances),
                IsPlain(table, trained) ? PaperFigure(row, "rl2") : "",
            })),
            .. row.Opponents.Select(opponent => (opponent.Mean, new[]
            {
                opponent.Name + Settings(opponent), $"{opponent.Score}", Whole(opponent.Instances),
                PaperFigure(row, opponent),
            })),
        ];
        foreach ((_, string[] cells) in lines.OrderByDescending(line => line.Mean))
            AppendRow(page, cells);
        if (row.Ceiling is { } ceiling)
            AppendRow(page, $"ceiling: {ceiling.Name}", Ceiling(ceiling), "", "");
        if (row.Opponents.Any(opponent => opponent.Instances < row.Instances))
            page.Append("\nAn agent with fewer trials is slow: it played the first of the same trials.\n");

        if (row.Opponents.Any(HasPrior))
        {
            page.Append("\nThe true mean of the prior of rewards is 1. The paper's columns were most likely made " +
                "with 0, so its figures stand beside that; those of ucrl2, beb and epsilon-greedy had a prior of " +
                "almost no weight and can hardly be compared.\n");
        }
        WriteNavigation(page, row);
        WriteTrainings(page, table, row);
    }

    /// <summary>How each agent was trained, and with which command.</summary>
    public static void WriteTrainings(StringBuilder page, PaperTable table, RowResult row)
    {
        foreach (TrainedResult trained in row.Trained.Where(trained => trained.Seeds.Count > 0))
            WriteSeeds(page, trained, IsOfAnotherRow(table, row, trained));
    }

    // How episodes went, where something is searched: the figures of the paper's Table 3.
    static void WriteNavigation(StringBuilder page, RowResult row)
    {
        List<(string Name, NavigationFigures Figures)> agents = [];
        foreach (TrainedResult trained in row.Trained.Where(trained => trained.Seeds.Count > 0))
        {
            if (trained.MedianSeed.Navigation is { } figures)
                agents.Add(($"**rl2** ({trained.Variant})", figures));
        }
        agents.AddRange(row.Opponents.Where(opponent => opponent.Navigation is not null)
            .Select(opponent => (opponent.Name, opponent.Navigation!)));
        if (agents.Count == 0)
            return;
        string[] numbers =
            [.. Enumerable.Range(1, agents[0].Figures.Episodes.Count).Select(number => $"episode {number}")];
        page.Append('\n');
        AppendRow(page, ["agent", "", .. numbers, "improved"]);
        AppendRow(page, ["---", "---", .. numbers.Select(_ => "---"), "---"]);
        foreach ((string name, NavigationFigures figures) in agents)
        {
            AppendRow(page, [name, "found",
                .. figures.Episodes.Select(episode => EpisodeText.Percent(episode.Success.Mean)),
                figures.Improved is { } improved ? EpisodeText.Percent(improved.Mean) : ""]);
            AppendRow(page, ["", "steps, where found",
                .. figures.Episodes.Select(episode => EpisodeText.Steps(episode.StepsOfSuccesses)), ""]);
            AppendRow(page, ["", "steps, all",
                .. figures.Episodes.Select(episode => EpisodeText.Steps(episode.Steps)), ""]);
        }
        if (PaperTables.Navigation.FirstOrDefault(known => known.Size == row.Row) is not { } paper)
            return;
        int known = Math.Min(numbers.Length, paper.Steps.Count);
        AppendRow(page, ["the paper's, in ViZDoom", "found",
            .. paper.Success.Take(known).Select(EpisodeText.Percent), EpisodeText.Percent(paper.Improved)]);
        AppendRow(page, ["", "steps, where found",
            .. paper.Steps.Take(known).Select(steps => EpisodeText.Steps(steps)), ""]);
        page.Append("\nImproved: the second episode took no more steps than the first. The paper's mazes are others, " +
            "so its figures can be compared in form alone.\n");
    }

    // An agent of another row was trained there, and so was its curve.
    static void WriteSeeds(StringBuilder page, TrainedResult trained, bool isOther)
    {
        string how = isOther ? $"\nThe {trained.Variant} agent of row {trained.From}, not trained further; "
            : $"\nTrained as {trained.Variant} for {trained.Budget}" +
                (trained.From is { } row ? $", starting from the weights of {row}; " : "; ");
        page.Append(how);
        page.Append(CultureInfo.InvariantCulture,
            $"median {Number(trained.Median!.Value)}, best {Number(trained.Best!.Value)}:\n\n");
        AppendRow(page, "seed", "mean ± standard error", "steps", "time", "on");
        AppendRow(page, "---", "---", "---", "---", "---");
        foreach (SeedResult seed in trained.Seeds)
        {
            string steps = seed.Steps.ToString("N0", CultureInfo.InvariantCulture);
            AppendRow(page, $"{seed.Seed}", $"{seed.Score}", steps, Time(seed.Seconds),
                $"{seed.Machine.Processor}, {seed.Threads} threads");
        }
        page.Append("\n```\n");
        foreach (SeedResult seed in trained.Seeds)
            page.Append(seed.Command).Append('\n');
        page.Append("```\n");
    }

    /// <summary>Whether anything was trained on a row.</summary>
    public static bool HasCurve(PaperTable table, RowResult row) =>
        row.Trained.Any(trained => trained.Seeds.Count > 0 && !IsOfAnotherRow(table, row, trained));

    static bool IsOfAnotherRow(PaperTable table, RowResult row, TrainedResult trained) =>
        table.Recipes.FirstOrDefault(recipe => recipe.Row == row.Row && recipe.Variant == trained.Variant)
            is { Budget: null };

    /// <summary>The file of a row's learning curve.</summary>
    public static string PlotName(PaperTable table, string row) => $"{table.Name}-{row}.svg";

    static bool IsPlain(PaperTable table, TrainedResult trained) =>
        table.Variants.FirstOrDefault(variant => variant.Name == trained.Variant)?.IsPlain ?? true;

    internal static string Median(TrainedResult trained) => string.Create(CultureInfo.InvariantCulture,
        $"{trained.Median:F3} ± {trained.MedianSeed.StandardError:F3}");

    internal static string Settings(OpponentResult opponent) => opponent.Options.Count == 0 ? ""
        : $" ({string.Join(", ", opponent.Options.Select(option => $"{option.Key} {option.Value}"))})";

    internal static string Ceiling(CeilingResult ceiling) => ceiling.StandardError == 0
        ? Number(ceiling.Mean) : $"{new Estimate(ceiling.Mean, ceiling.StandardError)}";

    static bool HasPrior(OpponentResult opponent) => opponent.Options.ContainsKey("prior-mean");

    static string PaperFigure(RowResult row, OpponentResult opponent) =>
        HasPrior(opponent) && opponent.Options["prior-mean"] != "0" ? "" : PaperFigure(row, opponent.Name);

    static string PaperFigure(RowResult row, string agent) =>
        row.Paper is { } paper && paper.Means.TryGetValue(agent, out double mean)
            ? mean.ToString("F1", CultureInfo.InvariantCulture) : "";

    static string BestInPaper(RowResult row)
    {
        if (row.Paper is not { Means.Count: > 0 } paper)
            return "";
        double best = paper.Means.Values.Max();
        string names = string.Join(", ", paper.Means.Where(pair => pair.Value == best).Select(pair => pair.Key));
        return string.Create(CultureInfo.InvariantCulture, $"{best:F1} ({names})");
    }

    static string Time(double seconds) => seconds < 90
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:F0} s")
        : seconds < 5400 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F1} min")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:F1} h");

    internal static void AppendRow(StringBuilder page, params string[] cells) =>
        page.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    internal static string Whole(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
