using RLSquared.Algorithms;
using RLSquared.Cli.Output;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Tasks;

namespace RLSquared.Cli.Sessions;

/// <summary>What <c>train</c> and <c>resume</c> share: train with a view of the progress, then evaluate.</summary>
internal sealed class Session(
    Terminal terminal, Problem problem, IAlgorithm algorithm, RunFolder folder, SessionOptions options)
{
    // Twenty candidates for the best checkpoint, however long the budget.
    const double JudgedShare = 0.05;

    /// <summary>Trains to the end of the budget.</summary>
    public TrainingOutcome Train(Checkpoint? from)
    {
        RunConfiguration configuration = folder.Configuration;
        Budget budget = options.Budget ?? Budget.Parse(configuration.Budget);
        double spent = from is null ? 0 : budget.Progress(from.Facts.Steps, from.Facts.Seconds);
        if (!options.Quiet)
        {
            terminal.Error.WriteLine($"{algorithm.Name} learns {problem.Name} for {budget}, " +
                $"seed {configuration.Seed}; the run is in {folder.Path}");
        }
        return TrainingView.For(terminal, options.Quiet, problem, algorithm, spent).Show(
            observer => new Training(algorithm, budget)
            {
                JudgeEvery = Interval.OfShare(JudgedShare),
                Evaluation = configuration.EvaluateEvery is not { } every ? null
                    : new TrainingEvaluation(Interval.Parse(every))
                    {
                        Seed = configuration.Seed,
                        Threads = configuration.Threads,
                        StopAt = options.Budget is null ? configuration.StopAt : null,
                    },
                Folder = folder,
                From = from,
                CheckpointEvery = Budget.Parse(configuration.CheckpointEvery),
                TensorBoard = from is null ? options.TensorBoard : TensorBoardLog.FilesIn(folder.Path).Count > 0,
                Observer = observer,
            }.Run(terminal.Interrupted));
    }

    /// <summary>Trains to the end of the budget and evaluates.</summary>
    /// <returns>The exit code.</returns>
    public int Run(Checkpoint? from)
    {
        terminal.CatchInterrupts();
        TrainingOutcome outcome = Train(from);
        if (outcome.Interrupted)
        {
            terminal.Error.WriteLine($"rl2: interrupted after {outcome.Status.Report.Steps:N0} {algorithm.Unit}; " +
                $"go on with: {terminal.Hint("resume", folder.Path)}");
            return ExitCode.Interrupted;
        }
        if (outcome.HasReachedGoal && !options.Quiet)
        {
            terminal.Error.WriteLine(FormattableString.Invariant(
                $"stopped after {outcome.Status.Report.Steps:N0} {algorithm.Unit}, for an evaluation came to ") +
                FormattableString.Invariant($"{folder.Configuration.StopAt}"));
        }

        EvaluationOptions trials = EvaluationOptions.Of(
            problem, options.Instances, folder.Configuration.Seed, folder.Configuration.Threads);
        if (!options.Quiet)
            terminal.Error.WriteLine($"playing {trials.Instances:N0} fresh trials against every opponent …");
        EvaluationResult result = algorithm.Evaluate(trials, terminal.Interrupted);
        EvaluationOutput.WriteFile(folder, outcome.CheckpointPath!, outcome.Status.Report.Steps, result);
        if (options.Json)
        {
            JsonOutput.Write(terminal, json =>
            {
                json.WriteString("run", folder.Path);
                json.WriteString("checkpoint", outcome.CheckpointPath);
                json.WriteNumber("steps", outcome.Status.Report.Steps);
                json.WriteNumber("seconds", Math.Round(outcome.Status.Seconds, 3));
                json.WriteStartObject("evaluation");
                EvaluationOutput.WriteJson(json, result);
                json.WriteEndObject();
            });
        }
        else
        {
            EvaluationOutput.WriteTable(terminal.Output, result, result.Agents[0].Name);
            if (algorithm is IAgentAlgorithm acting)
            {
                EpisodeOutput.Write(terminal.Output, acting.Agent.Name,
                    EpisodeOutput.Play(acting.Task, acting.Agent, trials.Instances, folder.Configuration.Seed));
            }
            terminal.Output.WriteLine();
            if (algorithm is IAgentAlgorithm)
                terminal.Output.WriteLine($"watch a trial:      {terminal.Hint("play", folder.Path)}");
            terminal.Output.WriteLine(
                $"claim a figure:     {terminal.Hint("evaluate", folder.Path, "--instances", "100000")}");
        }
        return ExitCode.Done;
    }
}
