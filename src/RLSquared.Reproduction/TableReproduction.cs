using System.Text;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Files;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Reproduction;

/// <summary>
/// Row by row: train each seed, play it and all opponents on the same fresh trials, and write what was found. All of it
/// is written as soon as it is known, so that an interrupted reproduction goes on where it was.
/// </summary>
internal sealed class TableReproduction(Watcher watcher, Catalogues catalogues, PaperTable table)
{
    /// <summary>The seed of the trials of every evaluation.</summary>
    const ulong evaluationSeed = 0;

    public int Seeds { get; init; } = 1;

    /// <summary>The first of them.</summary>
    public int FirstSeed { get; init; } = 1;

    /// <summary>Another budget than the recipes'.</summary>
    public Budget? Budget { get; init; }

    /// <summary>Fresh trials that every agent plays.</summary>
    public required int Instances { get; init; }

    public required string ResultsFolder { get; init; }

    public required string RunsFolder { get; init; }

    /// <summary>Whether results and runs that were made with other settings are replaced.</summary>
    public bool Force { get; init; }

    public int Threads { get; init; } = 1;

    public bool Quiet { get; init; }

    /// <summary>The results for programs.</summary>
    public string ResultsPath => Path.Combine(ResultsFolder, table.Name + ".json");

    /// <summary>The results for people.</summary>
    public string PagePath => Path.Combine(ResultsFolder, table.Name + ".md");

    /// <summary>Trains and plays what is not there yet.</summary>
    /// <returns>All results of the table; null when it was interrupted.</returns>
    /// <exception cref="OptionException">
    /// A result or a run is there that was made with other settings. It is found before anything is trained.
    /// </exception>
    public Results? Run(IReadOnlyList<Recipe> recipes)
    {
        Results results = Results.Read(ResultsPath, table);
        if (!Force && !File.Exists(ResultsPath) && File.Exists(PagePath))
        {
            throw new OptionException("--results",
                $"{PagePath} is there without {ResultsPath}; use --force to replace it, or name another folder");
        }
        var runs = new TableRuns(watcher, catalogues, table)
        {
            Folder = RunsFolder,
            Budget = Budget,
            Force = Force,
            Threads = Threads,
            Quiet = Quiet,
        };
        foreach (Recipe recipe in recipes)
        {
            TrainedResult trained = Begin(recipe, Begin(recipe, results), runs);
            foreach (ulong seed in Missing(trained))
                runs.Check(recipe, seed);
        }
        try
        {
            foreach (Recipe recipe in recipes)
            {
                if (!Reproduce(recipe, runs))
                    return null;
            }
        }
        catch (OperationCanceledException)
        {
            watcher.Messages.WriteLine("rl2: interrupted while playing; the same command goes on");
            return null;
        }
        results = Results.Read(ResultsPath, table);
        WritePage(results);
        return results;
    }

    bool Reproduce(Recipe recipe, TableRuns runs)
    {
        RowResult row = Begin(recipe, Results.Read(ResultsPath, table));
        TrainedResult trained = Begin(recipe, row, runs);
        var options = new EvaluationOptions
        {
            Instances = Instances,
            TuningInstances = Math.Min(Instances, new EvaluationOptions().TuningInstances),
            Seed = evaluationSeed,
            Threads = Threads,
        };
        foreach (ulong seed in Missing(trained))
        {
            if (runs.Train(recipe, seed) is not { } run)
                return false;
            row = PlayOpponents(Begin(recipe, Results.Read(ResultsPath, table)), recipe, options);
            SeedResult played = Play(recipe, seed, run, options, runs);
            // What another process has found of this row meanwhile, other seeds or variants, stays.
            row = Begin(recipe, Results.Read(ResultsPath, table)) with
            {
                Opponents = row.Opponents,
                Ceiling = row.Ceiling,
            };
            trained = Begin(recipe, row, runs).With(played, AimOf(row), row.Ceiling?.Mean);
            row = row.With(trained, table);
            Save(row);
        }
        return true;
    }

    RowResult PlayOpponents(RowResult row, Recipe recipe, EvaluationOptions options)
    {
        TaskDistribution task = Task(recipe);
        foreach ((AgentEntry entry, IReadOnlyList<Assignment> variant) in TableOpponents.For(task))
        {
            if (row.Opponents.Any(known => TableOpponents.IsOf(known, entry, variant)))
                continue;
            Announce($"{row.Row}: {entry.Name} plays {Instances:N0} fresh trials …");
            OpponentResult played = TableOpponents.Play(
                entry, variant, further => Task(recipe, further), options, table, RowOf(row.Row), watcher.Interrupted);
            row = row with { Opponents = [.. row.Opponents, played] };
            Save(row);
        }
        if (row.Ceiling is null)
        {
            AgentScore[] scores = [.. row.Opponents.Select(
                played => new AgentScore(played.Name, [], played.Score, ReadOnlyMemory<double>.Empty))];
            Ceiling? ceiling = Evaluator.FindCeiling(task, scores, options, progress: null, watcher.Interrupted);
            row = row with
            {
                Ceiling = ceiling is null ? null : new CeilingResult(ceiling.Name, ceiling.IsBound,
                    ceiling.Score.Mean / table.Unit(task), ceiling.Score.StandardError / table.Unit(task)),
            };
        }
        return row;
    }

    SeedResult Play(
        Recipe recipe, ulong seed, string run, EvaluationOptions options, TableRuns runs)
    {
        Announce($"{recipe.Row}: {recipe.Algorithm} ({recipe.Variant}), seed {seed}, plays {Instances:N0} trials …");
        using TrainedRun trained = TrainedRun.Open(catalogues, run, "last", Threads);
        trained.Restore();
        var who = new Contestant(trained.Agent, further => Task(recipe, further), options)
        {
            Learned = trained.Algorithm as IAgentAlgorithm,
            Settings = trained.Folder.Configuration.AlgorithmAssignments(),
        };
        Judged played = Judging.Judge(table, RowOf(recipe.Row), who, watcher.Interrupted);
        return new SeedResult
        {
            Seed = seed,
            Mean = played.Score.Mean,
            StandardError = played.Score.StandardError,
            Navigation = played.Navigation,
            Figures = played.Figures,
            Steps = trained.Checkpoint.Facts.Steps,
            Seconds = Math.Round(trained.Checkpoint.Facts.Seconds, 1),
            Threads = trained.Folder.Configuration.Threads,
            Command = runs.Command(recipe, seed),
            Machine = trained.Folder.ReadMachine() ?? Machine.Current(),
            Curve = Curve.Read(trained.Folder.MetricsPath),
        };
    }

    IEnumerable<ulong> Missing(TrainedResult trained) =>
        Enumerable.Range(FirstSeed, Seeds).Select(seed => (ulong)seed).Except(trained.Seeds.Select(one => one.Seed));

    /// <summary>The row as it is recorded, when it was played on the same trials; else an empty one.</summary>
    RowResult Begin(Recipe recipe, Results results)
    {
        TableRow row = RowOf(recipe.Row);
        TaskDistribution task = Task(recipe);
        var empty = new RowResult
        {
            Row = row.Id,
            Label = row.Label,
            Task = task.Name,
            Options = RunConfiguration.Options(task.Settings),
            Instances = Instances,
            Seed = evaluationSeed,
            Paper = PaperResult.Of(PaperTables.Find(task)),
        };
        if (results.Find(row.Id) is not { } known)
            return empty;
        string? how = known.Task != empty.Task ? $"the task {known.Task}, not {empty.Task}"
            : known.Instances != empty.Instances
                ? FormattableString.Invariant($"{known.Instances:N0} trials, not {empty.Instances:N0}")
            : known.Seed != empty.Seed ? $"trials of seed {known.Seed}, not {empty.Seed}"
            : Differences.OfOptions(known.Options, empty.Options, catalogues.Tasks.Find(empty.Task).Options);
        return how is null ? known with { Label = empty.Label, Paper = empty.Paper } : Replaced(row.Id, how, empty);
    }

    /// <summary>What is recorded of a recipe, when it was carried out with the same settings; else nothing.</summary>
    TrainedResult Begin(Recipe recipe, RowResult row, TableRuns runs)
    {
        RunConfiguration configuration = runs.Configuration(recipe, seed: 1);
        var empty = new TrainedResult
        {
            Variant = recipe.Variant,
            Algorithm = configuration.Algorithm,
            Preset = configuration.Preset,
            Options = configuration.AlgorithmOptions,
            Budget = configuration.Budget,
            From = recipe.From,
        };
        if (row.Find(recipe.Variant) is not { } known)
            return empty;
        string? how = known.Algorithm != empty.Algorithm ? $"{known.Algorithm}, not {empty.Algorithm}"
            : known.From != empty.From ? $"weights of {known.From ?? "no row"}, not of {empty.From ?? "no row"}"
            : Differences.OfBudgets(known.Budget, empty.Budget)
                ?? Differences.OfOptions(
                    known.Options, empty.Options, catalogues.Algorithms.Find(recipe.Algorithm).Options);
        return how is null ? known : Replaced($"{row.Row} ({recipe.Variant})", how, empty);
    }

    T Replaced<T>(string what, string how, T empty) => Force ? empty : throw new OptionException("--results",
        $"{ResultsPath} has {what} with {how}; use --force to replace it, or name another folder with --results");

    TableRow RowOf(string id) => table.Rows.First(known => known.Id == id);

    Aim AimOf(RowResult row) => RowOf(row.Row).Aim;

    TaskDistribution Task(Recipe recipe, string further = "")
    {
        string[] words = $"{RowOf(recipe.Row).Evaluation} {further}".Split(
            ' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return catalogues.Tasks.Find(table.TaskOf(recipe.Row)).Create(Assignment.ParseAll(words));
    }

    // Read again, so that another reproduction of other rows into the same file loses nothing.
    void Save(RowResult row)
    {
        Results results = Results.Read(ResultsPath, table).With(row, table);
        Directory.CreateDirectory(ResultsFolder);
        WholeFile.Write(ResultsPath, results.ToJson());
        WritePage(results);
    }

    void WritePage(Results results)
    {
        foreach (RowResult row in results.Rows.Where(row => ResultsPage.HasCurve(table, row)))
        {
            WholeFile.Write(Path.Combine(ResultsFolder, ResultsPage.PlotName(table, row.Row)),
                Encoding.UTF8.GetBytes(Curve.Plot(table, row).ToSvg()));
        }
        WholeFile.Write(PagePath, Encoding.UTF8.GetBytes(ResultsPage.Write(table, results)));
    }

    void Announce(FormattableString text)
    {
        if (!Quiet)
            watcher.Messages.WriteLine(FormattableString.Invariant(text));
    }
}
