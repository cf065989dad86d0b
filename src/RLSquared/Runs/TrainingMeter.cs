using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using RLSquared.Algorithms;

namespace RLSquared.Runs;

/// <summary>
/// The figures of a training as open metrics: the <see cref="Meter"/> named <c>RLSquared</c>, which OpenTelemetry,
/// <c>dotnet-counters monitor --counters RLSquared</c> and every <see cref="MeterListener"/> can read. Without a
/// listener it costs next to nothing. docs/metrics.md lists the instruments with their units.
/// </summary>
internal sealed class TrainingMeter
{
    static readonly Meter meter = new("RLSquared",
        typeof(TrainingMeter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion);

    static readonly Counter<long> steps = meter.CreateCounter<long>(
        "rlsquared.environment.steps", "{step}", "Environment steps taken");

    static readonly Counter<long> iterations = meter.CreateCounter<long>(
        "rlsquared.training.iterations", "{iteration}", "Iterations done");

    static readonly Gauge<double> meanReturn = meter.CreateGauge<double>(
        "rlsquared.training.return", "{reward}", "Mean total reward of the last iteration's trials");

    static readonly Gauge<double> throughput = meter.CreateGauge<double>(
        "rlsquared.training.throughput", "{step}/s", "Environment steps per second of this session");

    static readonly Gauge<double> progress = meter.CreateGauge<double>(
        "rlsquared.training.progress", "1", "Share of the budget that is spent");

    static readonly Histogram<double> rollout = meter.CreateHistogram<double>(
        "rlsquared.rollout.duration", "s", "Time that an iteration spent playing");

    static readonly Histogram<double> update = meter.CreateHistogram<double>(
        "rlsquared.update.duration", "s", "Time that an iteration spent learning");

    readonly Dictionary<string, Gauge<double>> figures = [];
    readonly TagList tags;
    long stepsBefore;

    /// <summary>Begins to count.</summary>
    /// <param name="algorithm">Who learns; its steps so far are not counted again.</param>
    /// <param name="folder">Tells the task and the run, or null.</param>
    public TrainingMeter(IAlgorithm algorithm, RunFolder? folder)
    {
        stepsBefore = algorithm.Steps;
        tags.Add("rlsquared.algorithm", algorithm.Name);
        if (folder is not null)
        {
            tags.Add("rlsquared.task", folder.Configuration.Task);
            tags.Add("rlsquared.run", Path.GetFileName(Path.TrimEndingDirectorySeparator(folder.Path)));
        }
    }

    /// <summary>Tells the listeners of one iteration.</summary>
    public void Record(in TrainingStatus status)
    {
        IterationReport report = status.Report;
        steps.Add(report.Steps - stepsBefore, tags);
        stepsBefore = report.Steps;
        iterations.Add(1, tags);
        meanReturn.Record(report.MeanReturn, tags);
        throughput.Record(status.StepsPerSecond, tags);
        progress.Record(status.Progress, tags);
        rollout.Record(report.RolloutSeconds, tags);
        update.Record(report.UpdateSeconds, tags);
        foreach ((string name, double value) in report.Figures)
        {
            if (!figures.TryGetValue(name, out Gauge<double>? figure))
                figures[name] = figure = meter.CreateGauge<double>("rlsquared.figure." + name);
            figure.Record(value, tags);
        }
    }
}
