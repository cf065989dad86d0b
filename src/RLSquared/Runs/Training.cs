using System.Diagnostics;
using RLSquared.Algorithms;
using RLSquared.Pipelines;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Runs;

/// <summary>How a training stands after an iteration.</summary>
/// <param name="Report">What the iteration did.</param>
/// <param name="Seconds">Seconds spent training, over all sessions.</param>
/// <param name="Progress">The share of the budget that is spent, 0 to 1.</param>
/// <param name="StepsPerSecond">Environment steps per second in this session.</param>
public readonly record struct TrainingStatus(
    IterationReport Report, double Seconds, double Progress, double StepsPerSecond);

/// <summary>How a training ended.</summary>
/// <param name="Status">How it stands.</param>
/// <param name="Interrupted">Whether it was interrupted before its budget was spent.</param>
/// <param name="CheckpointPath">The last checkpoint, or null without a run folder.</param>
public sealed record TrainingOutcome(TrainingStatus Status, bool Interrupted, string? CheckpointPath)
{
    /// <summary>
    /// Whether it ended before its budget was spent because an evaluation came to what was asked for
    /// (<see cref="TrainingEvaluation.StopAt"/>).
    /// </summary>
    public bool HasReachedGoal { get; init; }
}

/// <summary>A training that had to stop; the message says why and where the last good checkpoint is.</summary>
/// <param name="message">What went wrong.</param>
/// <param name="cause">The failure itself.</param>
public sealed class TrainingException(string message, Exception cause) : Exception(message, cause);

/// <summary>
/// The loop around an algorithm: iterate until the budget is spent, log each one, write a checkpoint now and then.
/// <code>
/// using var workers = new Workers(2);
/// using var rl2 = new Rl2(new BernoulliBandits(), new Rl2Options(), seed: 1, workers);
/// new Training(rl2, Budget.Parse("60s")).Run();
/// </code>
/// </summary>
/// <param name="algorithm">What is iterated; not owned.</param>
/// <param name="budget">How long.</param>
public sealed class Training(IAlgorithm algorithm, Budget budget)
{
    double secondsBefore;                   // spent by earlier sessions
    double bestReturn = double.NegativeInfinity;
    CheckpointWindow window;                // the iterations since the last regular checkpoint
    CheckpointWindow unjudged;              // the iterations since the last judgement, where it comes by itself
    string? lastCheckpoint;

    /// <summary>Where figures and checkpoints go; null to keep nothing.</summary>
    public RunFolder? Folder { get; init; }

    /// <summary>A checkpoint to go on from; null to begin.</summary>
    public Checkpoint? From { get; init; }

    /// <summary>
    /// How often a checkpoint is written, in steps or time. Short: little is lost when the machine fails; long: little
    /// time is spent writing. One is written at the end in any case.
    /// </summary>
    public Budget CheckpointEvery { get; init; } = Budget.OfTime(TimeSpan.FromSeconds(60));

    /// <summary>
    /// How often the mean return of the iterations since the last time is compared with the best so far, whose weights
    /// are kept (<see cref="RunFolder.BestCheckpointPath"/>); null for each regular checkpoint. With an
    /// <see cref="Evaluation"/> that one decides.
    /// </summary>
    public Interval? JudgeEvery { get; init; }

    /// <summary>
    /// Evaluations while it trains; null for none. The weights of the best one are kept, and its figures stand in the
    /// log of the iteration after which it was played.
    /// </summary>
    public TrainingEvaluation? Evaluation { get; init; }

    /// <summary>
    /// Whether the figures are also written as a TensorBoard event file in the <see cref="Folder"/>. Costs half a
    /// kilobyte and a few microseconds for each iteration, and histograms of all parameters for each checkpoint.
    /// </summary>
    public bool TensorBoard { get; init; } = true;

    /// <summary>Is told of each iteration.</summary>
    public Action<TrainingStatus>? Observer { get; init; }

    /// <summary>Trains until the budget is spent or <paramref name="interrupt"/> asks for the end.</summary>
    /// <exception cref="TrainingException">
    /// A number was not finite, the task showed what cannot be, or a game in another process failed.
    /// </exception>
    /// <exception cref="IOException">The run folder cannot be written, or another process trains it.</exception>
    /// <exception cref="InvalidDataException">The checkpoint does not fit.</exception>
    public TrainingOutcome Run(CancellationToken interrupt = default)
    {
        DebugBuild.WarnOnce();
        using RunLock? held = Folder is { IsHeld: false } ? Folder.Hold() : null;
        int iteration = 0;
        if (From is { } start)
        {
            start.Restore(algorithm, Folder?.Options() ?? []);
            (iteration, secondsBefore) = (start.Facts.Iteration, start.Facts.Seconds);
            (bestReturn, window, unjudged) = (start.Facts.BestReturn, start.Facts.Window, start.Facts.Unjudged);
            lastCheckpoint = start.Path;
        }
        using MetricLog? log = Folder is null ? null : MetricLog.Open(Folder.MetricsPath, iteration);
        using SampleLog? samples = Folder is not null && algorithm is ISampledAlgorithm
            ? SampleLog.Open(Folder.SamplesPath, iteration) : null;
        using TensorBoardLog? events = OpenTensorBoard();
        var meter = new TrainingMeter(algorithm, Folder);
        var clock = Stopwatch.StartNew();
        long firstSteps = algorithm.Steps, lastSteps = firstSteps;
        double checkpointSeconds = 0;
        TrainingStatus status = new(
            new IterationReport(iteration, firstSteps, 0, 0, 0, []), secondsBefore,
            budget.Progress(firstSteps, secondsBefore), 0);

        bool interrupted = false;
        while (status.Progress < 1 && !interrupted && !HasReachedGoal)
        {
            TrainingStatus before = status;
            IterationReport report = Iterate(status.Progress);
            double session = clock.Elapsed.TotalSeconds, seconds = secondsBefore + session;
            double speed = (report.Steps - firstSteps) / session;
            status = new TrainingStatus(report, seconds, budget.Progress(report.Steps, seconds), speed);
            double? evaluated = null;
            if (Evaluation is { } evaluation && IsDue(evaluation.Every, before, status))
            {
                IReadOnlyList<(string Name, double Value)> played = evaluation.Play(algorithm);
                evaluated = played[0].Value;
                report = report with { Figures = [.. report.Figures, .. played] };
                status = status with { Report = report };
            }
            // The last one always, for it says that the budget is spent.
            if (MetricLog.IsLogged(report.Iteration) || status.Progress >= 1 || evaluated is not null)
            {
                log?.Write(report, seconds);
                events?.Write(status);
            }
            samples?.Write(report, (ISampledAlgorithm)algorithm);
            meter.Record(status);
            window = new(window.Iterations + 1, window.Steps + report.Steps - lastSteps,
                window.ReturnSum + report.MeanReturn);
            unjudged = new(unjudged.Iterations + 1, unjudged.Steps + report.Steps - lastSteps,
                unjudged.ReturnSum + report.MeanReturn);
            lastSteps = report.Steps;
            Observer?.Invoke(status);
            interrupted = interrupt.IsCancellationRequested;
            if (evaluated is { } mean)
                Judge(mean, status);
            else if (Evaluation is null && JudgeEvery is { } interval && IsDue(interval, before, status))
                Judge(unjudged.ReturnSum / unjudged.Iterations, status);
            if (CheckpointEvery.Progress(window.Steps, session - checkpointSeconds) >= 1 || status.Progress >= 1)
            {
                CloseWindow(log, events, status);
                checkpointSeconds = session;
            }
        }
        // An interrupt comes at any time, so its checkpoint leaves the window open: the run goes on as if nothing was.
        if (window.Iterations > 0 && status.Report.Iteration > iteration)
            WriteCheckpoint(log, events, status, best: false);
        else
            Folder?.RemoveRemains();        // a process that was killed after its last checkpoint did not come to it
        return new TrainingOutcome(status, Interrupted: status.Progress < 1 && !HasReachedGoal, lastCheckpoint)
        {
            HasReachedGoal = HasReachedGoal,
        };
    }

    bool HasReachedGoal => Evaluation?.StopAt is { } goal && bestReturn >= goal;

    // It follows from how far the run had come alone, so that a run that was interrupted does the same as one that was
    // not. At the end it is always due.
    static bool IsDue(Interval interval, in TrainingStatus before, in TrainingStatus now) => now.Progress >= 1
        || interval.CountAt(now.Progress, now.Report.Steps, now.Seconds)
            > interval.CountAt(before.Progress, before.Report.Steps, before.Seconds);

    // The weights of the best mean return so far are kept.
    void Judge(double mean, in TrainingStatus status)
    {
        unjudged = default;
        if (mean <= bestReturn)
            return;
        bestReturn = mean;
        if (Folder is null)
            return;
        RequireFiniteState(status);
        Folder.WriteBest(algorithm, Facts(status));
    }

    CheckpointFacts Facts(in TrainingStatus status) =>
        new(status.Report.Iteration, status.Report.Steps, status.Seconds, bestReturn)
        {
            Window = window,
            Unjudged = JudgeEvery is null || Evaluation is not null ? default : unjudged,
        };

    TensorBoardLog? OpenTensorBoard()
    {
        if (Folder is null || !TensorBoard)
            return null;
        TensorBoardLog events = TensorBoardLog.Open(Folder.Path, algorithm.Steps);
        if (algorithm.Steps == 0)
        {
            events.Write("command", $"    {File.ReadAllText(Folder.CommandPath)}");
            events.Write("configuration", Folder.Configuration.ToMarkdown());
        }
        events.Write(algorithm.Steps, algorithm.Parameters);
        return events;
    }

    IterationReport Iterate(double progress)
    {
        try
        {
            IterationReport report = algorithm.Iterate(progress);
            RequireFinite("mean_return", report.MeanReturn, report);
            foreach ((string name, double value) in report.Figures)
                RequireFinite(name, value, report);
            NonFiniteException.ThrowIfWeights(algorithm.Parameters, report.Iteration - 1);
            return report;
        }
        catch (Exception failure) when (
            failure is NonFiniteException or NotFiniteNumberException or InvalidDataException or TaskException
                or PipelineException)
        {
            throw Stopped(failure);
        }
    }

    TrainingException Stopped(Exception failure)
    {
        string where = failure is NonFiniteException or InvalidDataException
            ? $"; {algorithm.Steps} steps of the run were done" : "";
        string good = lastCheckpoint is { } path ? $"the last good checkpoint is {path}" : "there is no checkpoint yet";
        return new TrainingException($"{failure.Message.TrimEnd('.')}{where}; {good}", failure);
    }

    static void RequireFinite(string name, double value, in IterationReport report)
    {
        if (!double.IsFinite(value))
        {
            throw new NotFiniteNumberException(
                $"{name} is {value} in iteration {report.Iteration}, at step {report.Steps}", value);
        }
    }

    // A regular checkpoint: the next one is counted from here on. Where nothing else judges the iterations, this does.
    void CloseWindow(MetricLog? log, TensorBoardLog? events, in TrainingStatus status)
    {
        double mean = window.ReturnSum / window.Iterations;
        window = default;
        bool best = JudgeEvery is null && Evaluation is null && mean > bestReturn;
        if (best)
            bestReturn = mean;
        WriteCheckpoint(log, events, status, best);
    }

    void WriteCheckpoint(MetricLog? log, TensorBoardLog? events, in TrainingStatus status, bool best)
    {
        if (Folder is null)
            return;
        RequireFiniteState(status);
        log?.Flush();                       // so that no checkpoint knows of an iteration that the log has not
        events?.Write(status.Report.Steps, algorithm.Parameters);
        events?.Flush();
        lastCheckpoint = Folder.WriteCheckpoint(algorithm, Facts(status), best);
    }

    // What cannot be gone on from is no good checkpoint.
    void RequireFiniteState(in TrainingStatus status)
    {
        try
        {
            foreach ((string name, Tensor tensor) in StateList.Of(algorithm).Tensors)
                NonFiniteException.ThrowIfAnyLearned(tensor.ToArray(), "state", name, status.Report.Iteration - 1);
        }
        catch (NonFiniteException failure)
        {
            throw Stopped(failure);
        }
    }
}
