using System.Globalization;
using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Reproduction;

/// <summary>
/// The runs behind a table, one folder for each row, variant and seed. A run that is there is not trained again: when
/// it is finished it is taken as it is, else it goes on from its last checkpoint.
/// </summary>
internal sealed class TableRuns(Watcher watcher, Catalogues catalogues, PaperTable table)
{
    /// <summary>The folder above the runs of all tables.</summary>
    public required string Folder { get; init; }

    /// <summary>Another budget than the recipes'.</summary>
    public Budget? Budget { get; init; }

    /// <summary>Whether a run that was trained with other settings is deleted.</summary>
    public bool Force { get; init; }

    public int Threads { get; init; } = 1;

    public bool Quiet { get; init; }

    /// <summary>The run's folder: <c>table1/n10-k5-gru-1</c>.</summary>
    public string PathOf(Recipe recipe, ulong seed)
    {
        Recipe own = Training(recipe);
        return Path.Combine(
            Folder, table.Name, string.Create(CultureInfo.InvariantCulture, $"{own.Row}-{own.Variant}-{seed}"));
    }

    /// <summary>What a run of a recipe is told, but for the checkpoint that it begins from.</summary>
    public RunConfiguration Configuration(Recipe recipe, ulong seed) => Configure(Training(recipe), seed).Configuration;

    /// <summary>The command that trains a recipe without this verb.</summary>
    public string Command(Recipe recipe, ulong seed)
    {
        Recipe own = Training(recipe);
        string algorithm = own.Algorithm == "rl2" ? "" : $" --algorithm {own.Algorithm}";
        string preset = own.Preset == "default" ? "" : $" --preset {own.Preset}";
        string set = string.Join(' ', Words(own));
        string from = own.From is null ? "" : $" --from {PathOf(Source(own), seed)}";
        string budget = Configuration(own, seed).Budget;
        return $"rl2 train {table.TaskOf(own.Row)}{algorithm}{preset}{(set.Length > 0 ? $" --set {set}" : "")} " +
            $"--budget {budget} --seed {seed}{from} --run {PathOf(own, seed)}";
    }

    /// <summary>Refuses a run that is there and was trained with other settings.</summary>
    /// <exception cref="OptionException">There is one, and the user did not allow deleting it.</exception>
    public void Check(Recipe recipe, ulong seed) => Check(Training(recipe), seed, anyBudget: recipe.Budget is null);

    /// <summary>Trains a recipe to the end of its budget, and first the row that it begins from.</summary>
    /// <returns>The run's folder; null when it was interrupted.</returns>
    public string? Train(Recipe recipe, ulong seed) => Train(Training(recipe), seed, anyBudget: recipe.Budget is null);

    string? Train(Recipe recipe, ulong seed, bool anyBudget)
    {
        string path = PathOf(recipe, seed);
        RunFolder? existing = Existing(recipe, seed);
        if (existing is not null && Difference(existing, recipe, seed, anyBudget) is null
            && existing.CheckpointPaths.Count > 0)
        {
            using RunLock held = existing.Hold();
            using TrainedRun trained = TrainedRun.Open(catalogues, path, "last", Threads);
            Budget whole = Runs.Budget.Parse(existing.Configuration.Budget);
            if (whole.Progress(trained.Checkpoint.Facts.Steps, trained.Checkpoint.Facts.Seconds) >= 1)
                return path;
            return Finish(recipe, trained.Task, trained.Algorithm, existing, trained.Checkpoint);
        }

        Checkpoint? start = null;
        if (recipe.From is not null)
        {
            if (Train(Source(recipe), seed, anyBudget: true) is not { } source)
                return null;
            start = RunFolder.Open(source).ReadLastCheckpoint();
        }
        (Problem problem, AlgorithmEntry entry, RunConfiguration configuration) = Configure(recipe, seed);
        configuration = configuration with { From = start?.Path };
        using var workers = new Workers(Threads);
        using IAlgorithm algorithm = entry.Create(
            problem, configuration.AlgorithmAssignments(), configuration.Seed, workers);
        start?.RestoreWeights(algorithm, configuration.Options());
        // What is deleted has other settings and --force was given, or it never came to a checkpoint.
        RunFolder folder = RunFolder.Begin(
            path, configuration.CountedBy(algorithm), Command(recipe, seed), force: existing is not null);
        using RunLock begun = folder.Hold();
        return Finish(recipe, problem, algorithm, folder, from: null);
    }

    string? Finish(
        Recipe recipe, Problem problem, IAlgorithm algorithm, RunFolder folder, Checkpoint? from)
    {
        if (!Quiet)
            watcher.Messages.WriteLine($"{recipe.Row} ({recipe.Variant}){(from is null ? "" : " goes on")}:");
        TrainingOutcome outcome = watcher.Train(problem, algorithm, folder, from);
        if (!outcome.Interrupted)
            return folder.Path;
        watcher.Messages.WriteLine($"rl2: interrupted in {recipe.Row} after {outcome.Status.Report.Steps:N0} " +
            $"{algorithm.Unit}; the same command goes on");
        return null;
    }

    void Check(Recipe recipe, ulong seed, bool anyBudget)
    {
        if (!Force && Existing(recipe, seed) is { } folder && Difference(folder, recipe, seed, anyBudget) is { } how)
        {
            throw new OptionException("--runs", $"{folder.Path} was trained with {how}; " +
                "use --force to train it anew, or name another folder with --runs");
        }
        if (recipe.From is not null)
            Check(Source(recipe), seed, anyBudget: true);
    }

    // A recipe without a budget is not trained: its agent is that of the row that it names.
    Recipe Training(Recipe recipe) => recipe.Budget is null ? Training(Source(recipe)) : recipe;

    Recipe Source(Recipe recipe) =>
        table.Recipes.First(other => other.Row == recipe.From && other.Variant == recipe.Variant);

    RunFolder? Existing(Recipe recipe, ulong seed)
    {
        string path = PathOf(recipe, seed);
        return File.Exists(Path.Combine(path, "config.json")) ? RunFolder.Open(path) : null;
    }

    string[] Words(Recipe recipe)
    {
        string all = table.Rows.First(row => row.Id == recipe.Row).Training + " " + recipe.Settings;
        return all.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    (Problem Problem, AlgorithmEntry Algorithm, RunConfiguration Configuration) Configure(
        Recipe recipe, ulong seed)
    {
        AlgorithmEntry algorithm = catalogues.Algorithms.Find(recipe.Algorithm);
        (Problem problem, RunConfiguration configuration) = TrainedRun.Configure(
            catalogues.Tasks.Find(table.TaskOf(recipe.Row)), algorithm, recipe.Preset,
            Assignment.ParseAll(Words(recipe)));
        return (problem, algorithm, configuration with
        {
            Seed = seed,
            Threads = Threads,
            Budget = (Budget ?? Runs.Budget.Parse(recipe.Budget!)).ToString(),
        });
    }

    // How a run differs from what its recipe says; null where it does not.
    string? Difference(RunFolder folder, Recipe recipe, ulong seed, bool anyBudget)
    {
        (RunConfiguration there, RunConfiguration here) = (folder.Configuration, Configuration(recipe, seed));
        if (there.Task != here.Task || there.Algorithm != here.Algorithm)
            return $"{there.Algorithm} on {there.Task}, not {here.Algorithm} on {here.Task}";
        if (there.Seed != here.Seed)
            return $"seed {there.Seed}, not {here.Seed}";
        if (!anyBudget && Differences.OfBudgets(there.Budget, here.Budget) is { } budget)
            return budget;
        if ((there.From is null) != (recipe.From is null))
            return there.From is null ? $"fresh weights, not those of {recipe.From}" : $"the weights of {there.From}";
        return Differences.OfOptions(there.TaskOptions, here.TaskOptions, catalogues.Tasks.Find(there.Task).Options)
            ?? Differences.OfOptions(
                there.AlgorithmOptions, here.AlgorithmOptions, catalogues.Algorithms.Find(there.Algorithm).Options);
    }
}
