using RLSquared.Cli.Output;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Tasks;

namespace RLSquared.Cli.Sessions;

/// <summary>
/// What <c>train --seeds</c> and <c>resume</c> share: train the seeds of a folder one after another, each to the end of
/// the budget, then evaluate all of them on the same trials. A seed that is done is left alone, one that was
/// interrupted goes on from its last checkpoint.
/// </summary>
internal sealed class SeedSession(Terminal terminal, Catalogues catalogues, string folder, SessionOptions options)
{
    /// <summary>Threads, or null for those of the configuration.</summary>
    public int? Threads { get; init; }

    /// <summary>Another device than the configuration's, by name, or null.</summary>
    public string? Device { get; init; }

    /// <summary>Trains what is not done yet, and evaluates. The folder's lock must be held.</summary>
    /// <returns>The exit code.</returns>
    public int Run()
    {
        terminal.CatchInterrupts();
        SeedRuns.Complete(folder);
        foreach (string run in SeedRuns.In(folder))
        {
            RunFolder seed = RunFolder.Open(run);
            if (Train(seed) is { Interrupted: true } outcome)
            {
                terminal.Error.WriteLine($"rl2: interrupted in {Path.GetFileName(run)} after " +
                    $"{outcome.Status.Report.Steps:N0} {seed.Configuration.Counted}; " +
                    $"go on with: {terminal.Hint("resume", folder)}");
                return ExitCode.Interrupted;
            }
        }
        using SeedEvaluation evaluation = SeedEvaluation.Open(catalogues, folder, "last");
        RunConfiguration configuration = evaluation.Runs[0].Folder.Configuration;
        EvaluationOptions trials = EvaluationOptions.Of(
            evaluation.Problem, options.Instances, configuration.Seed, Threads ?? configuration.Threads);
        if (!options.Quiet)
            terminal.Error.WriteLine($"playing {trials.Instances:N0} fresh trials against every opponent …");
        if (evaluation.Problem is TaskDistribution task)
            evaluation.Play(task, Tuning.Opponents(task, trials, terminal.Interrupted), trials, terminal.Interrupted);
        else
            evaluation.Judge(trials, terminal.Interrupted);
        evaluation.WriteFiles();
        if (options.Json)
        {
            JsonOutput.Write(terminal, evaluation.WriteJson);
        }
        else
        {
            evaluation.WriteTable(terminal.Output);
            terminal.Output.WriteLine();
            terminal.Output.WriteLine($"the curves:         {terminal.Hint("plot", folder)}");
            if (evaluation.Problem is TaskDistribution)
            {
                terminal.Output.WriteLine(
                    $"watch a trial:      {terminal.Hint("play", evaluation.Runs[0].Folder.Path)}");
            }
            terminal.Output.WriteLine(
                $"claim a figure:     {terminal.Hint("evaluate", folder, "--instances", "100000")}");
        }
        return ExitCode.Done;
    }

    // Null where nothing is left to be done.
    TrainingOutcome? Train(RunFolder run)
    {
        using RunLock held = run.Hold();
        if (run.CheckpointPaths.Count == 0)
        {
            using Learner learner = Learner.Begin(catalogues, run.Configuration.On(Device), Threads, folder: run.Path);
            return SessionOf(learner, run).Train(from: null);
        }
        Checkpoint last = run.ReadLastCheckpoint();
        Budget whole = options.Budget ?? Budget.Parse(run.Configuration.Budget);
        if (whole.Progress(last.Facts.Steps, last.Facts.Seconds) >= 1)
            return null;
        using Learner resumed = Learner.Create(catalogues, run.Configuration.On(Device), Threads, folder: run.Path);
        return SessionOf(resumed, run).Train(last);
    }

    Session SessionOf(Learner learner, RunFolder run) =>
        new(terminal, learner.Problem, learner.Algorithm, run, options);
}
