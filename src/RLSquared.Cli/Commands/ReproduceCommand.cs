using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Evaluation;
using RLSquared.Reproduction;
using RLSquared.Runs;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 reproduce TABLE</c>: trains and plays the rows of a table of the paper and writes the page of results. The
/// same command goes on where it was interrupted.
/// </summary>
internal static class ReproduceCommand
{
    public static Command Create(Terminal terminal, Catalogues catalogues, IReadOnlyList<PaperTable> moreTables)
    {
        Argument<string> table = new("TABLE")
        {
            Description = $"one of {string.Join(", ", Recipes.Tables.Names)}",
        };
        Option<string[]> row = Names("--row", "rows by name, such as n10-k5; all if not given");
        Option<string[]> variant = Names("--variant", "kinds of networks; the plain one if not given");
        Option<int> seeds = Arguments.Number("--seeds", "trainings of each row, with the seeds 1, 2, …", 1, 1);
        Option<int> firstSeed = Arguments.Number("--first-seed", "the first of these seeds", 1, 1);
        Option<string?> budget = new("--budget")
        {
            Description = "another budget than the recipe's for each training: steps such as 20M, or a time",
        };
        Option<int?> instances = new("--instances")
        {
            Description = "fresh trials that every agent plays; by default a number for each table",
            HelpName = "number",
        };
        Option<string> results = Folder("--results", "where the page goes", Path.Combine("docs", "results"));
        Option<string> runs = Folder("--runs", "where the runs go", Path.Combine(terminal.RunsFolder, "reproduce"));
        Option<bool> force = new("--force")
        {
            Description = "replace results and runs that were made with other settings",
        };
        Option<int> threads = Arguments.Threads();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("reproduce", "Train and play the rows of the paper's tables, and write the page")
        {
            table, row, variant, seeds, firstSeed, budget, instances, results, runs, force, threads, json, quiet,
        };
        command.SetAction(parsed =>
        {
            PaperTable chosen = Recipes.Tables.With(moreTables).Find(parsed.GetRequiredValue(table), "TABLE");
            IReadOnlyList<Recipe> recipes = Recipes.Choose(
                chosen, parsed.GetValue(row) ?? [], parsed.GetValue(variant) ?? []);
            int trials = parsed.GetValue(instances) ?? chosen.Instances;
            if (trials < 1)
                throw new OptionException("--instances", $"--instances must be 1 or more, but is {trials}");
            terminal.CatchInterrupts();
            var reproduction = new TableReproduction(Watcher(terminal, parsed.GetValue(quiet)), catalogues, chosen)
            {
                Seeds = parsed.GetValue(seeds),
                FirstSeed = parsed.GetValue(firstSeed),
                Budget = parsed.GetValue(budget) is { } other ? Budget.Parse(other) : null,
                Instances = trials,
                ResultsFolder = parsed.GetRequiredValue(results),
                RunsFolder = parsed.GetRequiredValue(runs),
                Force = parsed.GetValue(force),
                Threads = parsed.GetValue(threads),
                Quiet = parsed.GetValue(quiet),
            };
            if (reproduction.Run(recipes) is not { } found)
                return ExitCode.Interrupted;
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal, writer => WriteJson(writer, found, recipes, reproduction));
            else
                WriteSummary(terminal.Output, chosen, found, recipes, reproduction);
            return ExitCode.Done;
        });
        return command;
    }

    static Watcher Watcher(Terminal terminal, bool quiet) => new(
        terminal.Error,
        (task, algorithm, folder, from) =>
            new Session(terminal, task, algorithm, folder, new SessionOptions { Quiet = quiet }).Train(from),
        terminal.Interrupted);

    static void WriteSummary(
        TextWriter output, PaperTable table, Results found, IReadOnlyList<Recipe> recipes, TableReproduction files)
    {
        foreach (Recipe recipe in recipes)
        {
            (RowResult row, TrainedResult trained) = Of(found, recipe);
            string paper = row.Paper is { } known && known.Means.TryGetValue("rl2", out double mean)
                ? FormattableString.Invariant($"; {mean:F1} in the paper") : "";
            string ceiling = row.Ceiling is { } most ? FormattableString.Invariant($"; ceiling {most.Mean:F3}") : "";
            string aim = AimText(table.Rows.First(one => one.Id == recipe.Row).Aim, trained);
            var score = new Estimate(trained.Median!.Value, trained.MedianSeed.StandardError);
            output.WriteLine($"{row.Row} ({recipe.Variant}): {score}{paper}{ceiling}{aim}");
        }
        output.WriteLine();
        output.WriteLine($"the page: {files.PagePath}");
    }

    /// <summary>The aim, as a score or else in words, and whether it is reached; empty where there is none.</summary>
    internal static string AimText(Aim aim, TrainedResult trained)
    {
        if (trained.ReachesAim is not { } reaches)
            return "";
        string target = trained.Aim?.ToString("F3", CultureInfo.InvariantCulture) ?? aim.Text;
        return $"; aim {target} {(reaches ? "reached" : "not reached")}";
    }

    static void WriteJson(
        Utf8JsonWriter json, Results found, IReadOnlyList<Recipe> recipes, TableReproduction files)
    {
        json.WriteString("table", found.Table);
        json.WriteString("page", files.PagePath);
        json.WriteString("results", files.ResultsPath);
        json.WriteStartArray("rows");
        foreach (Recipe recipe in recipes)
        {
            (RowResult row, TrainedResult trained) = Of(found, recipe);
            json.WriteStartObject();
            json.WriteString("row", row.Row);
            json.WriteString("variant", trained.Variant);
            json.WriteNumber("seeds", trained.Seeds.Count);
            json.WriteNumber("median", trained.Median!.Value);
            json.WriteNumber("best", trained.Best!.Value);
            json.WriteNumber("standardError", trained.MedianSeed.StandardError);
            WriteNumber("ceiling", row.Ceiling?.Mean);
            WriteNumber("aim", trained.Aim);
            if (trained.ReachesAim is { } reached)
                json.WriteBoolean("reachesAim", reached);
            else
                json.WriteNull("reachesAim");
            json.WriteEndObject();
        }
        json.WriteEndArray();

        void WriteNumber(string name, double? number)
        {
            if (number is { } value)
                json.WriteNumber(name, value);
            else
                json.WriteNull(name);
        }
    }

    static (RowResult Row, TrainedResult Trained) Of(Results found, Recipe recipe)
    {
        RowResult row = found.Find(recipe.Row)!;
        return (row, row.Find(recipe.Variant)!);
    }

    static Option<string[]> Names(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "NAME …",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    static Option<string> Folder(string name, string description, string standard) => new(name)
    {
        Description = description,
        HelpName = "DIR",
        DefaultValueFactory = _ => standard,
    };
}
