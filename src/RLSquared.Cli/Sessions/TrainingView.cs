using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using RLSquared.Algorithms;
using RLSquared.Cli.Output;
using RLSquared.Runs;
using RLSquared.Tasks;
using Spectre.Console;

namespace RLSquared.Cli.Sessions;

/// <summary>
/// The progress of a training on standard error: a table that is redrawn where there is a screen, else one line now and
/// then.
/// </summary>
internal abstract class TrainingView
{
    readonly long started = Stopwatch.GetTimestamp();
    double returnSum, returnSquares, rolloutSeconds, updateSeconds;     // since the figures were last shown
    double? evaluated;                                      // by the last evaluation while training
    int iterations;
    double shownAt = double.NegativeInfinity;
    double firstProgress;                                   // of this session
    string unit = "steps", score = "return";                // what the algorithm counts, and what it goes by

    /// <summary>The view that fits the terminal.</summary>
    /// <param name="terminal">Where it is shown.</param>
    /// <param name="quiet">Whether to show nothing.</param>
    /// <param name="problem">What is learned.</param>
    /// <param name="algorithm">Who learns.</param>
    /// <param name="progress">The share of the budget that earlier sessions have spent.</param>
    public static TrainingView For(
        Terminal terminal, bool quiet, Problem problem, IAlgorithm algorithm, double progress)
    {
        if (quiet)
            return new NoView();
        var ceiling = new StrongBox<double?>();
        if ((problem as TaskDistribution)?.Ceiling?.Value is { } most)
        {
            // It may take a second or two, and the training does not wait for it.
            new Thread(() => ceiling.Value = most())
            {
                IsBackground = true,
                Priority = ThreadPriority.Lowest,
            }.Start();
        }
        TrainingView view = terminal.ErrorIsScreen ? new TableView(terminal, ceiling) : new LineView(terminal, ceiling);
        (view.unit, view.score, view.firstProgress) = (algorithm.Unit, algorithm.Score, progress);
        return view;
    }

    /// <summary>Runs the training and shows what it says.</summary>
    public virtual TrainingOutcome Show(Func<Action<TrainingStatus>, TrainingOutcome> train) => train(Observe);

    /// <summary>What the algorithm counts, such as steps.</summary>
    protected string Unit => unit;

    /// <summary>What it goes by, such as return.</summary>
    protected string Score => score;

    /// <summary>Seconds between two updates.</summary>
    protected abstract double Interval { get; }

    protected abstract void Draw(Figures figures);

    void Observe(TrainingStatus status)
    {
        returnSum += status.Report.MeanReturn;
        returnSquares += status.Report.MeanReturn * status.Report.MeanReturn;
        foreach ((string name, double value) in status.Report.Figures)
            evaluated = name == TrainingEvaluation.Sampled ? value : evaluated;
        rolloutSeconds += status.Report.RolloutSeconds;
        updateSeconds += status.Report.UpdateSeconds;
        iterations++;
        double now = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (now - shownAt < Interval && status.Progress < 1)
            return;
        double left = status.Progress > firstProgress
            ? now * (1 - status.Progress) / (status.Progress - firstProgress) : 0;
        double mean = returnSum / iterations;
        double? error = iterations < 2 ? null
            : Math.Sqrt(Math.Max(0, returnSquares / iterations - mean * mean) / (iterations - 1));
        Draw(new Figures(status, mean, error, evaluated, rolloutSeconds / (rolloutSeconds + updateSeconds), left));
        (returnSum, returnSquares, rolloutSeconds, updateSeconds, iterations, shownAt) = (0, 0, 0, 0, 0, now);
    }

    /// <summary>What is shown: the status, and means since the last time.</summary>
    protected readonly record struct Figures(TrainingStatus Status, double MeanReturn, double? Error,
        double? Evaluated, double RolloutShare, double SecondsLeft)
    {
        public string Steps => Status.Report.Steps.ToString("N0", CultureInfo.InvariantCulture);
        public string Speed => Status.StepsPerSecond.ToString("N0", CultureInfo.InvariantCulture);
        // The standard error says why a mean of trials may be above what is possible on average.
        public string Return => string.Create(CultureInfo.InvariantCulture, $"{MeanReturn:F3}") + (Error is { } error
            ? string.Create(CultureInfo.InvariantCulture, $" ± {error:F3}") : "");

        public static string Most(double? ceiling) => ceiling is { } most
            ? string.Create(CultureInfo.InvariantCulture, $" of at most {most:F3} on average") : "";

        public string Evaluation => Evaluated is { } mean
            ? string.Create(CultureInfo.InvariantCulture, $"{mean:F3}") : "";
        public string Left => TimeSpan.FromSeconds(Math.Min(Math.Ceiling(SecondsLeft), 1e9)).ToString("c");
        public string Split => string.Create(
            CultureInfo.InvariantCulture, $"{RolloutShare:P0} rollout, {1 - RolloutShare:P0} update");
    }

    sealed class NoView : TrainingView
    {
        protected override double Interval => double.PositiveInfinity;

        protected override void Draw(Figures figures) { }
    }

    sealed class LineView(Terminal terminal, StrongBox<double?> ceiling) : TrainingView
    {
        protected override double Interval => 10;

        protected override void Draw(Figures figures)
        {
            string evaluation = figures.Evaluated is null ? "" : $"  evaluation {figures.Evaluation}";
            string line = string.Create(CultureInfo.InvariantCulture,
                $"{figures.Status.Progress,4:P0}  {figures.Steps} {Unit}  {figures.Speed} {Unit}/s  " +
                $"{Score} {figures.Return}{Figures.Most(ceiling.Value)}{evaluation}");
            string rest = $"  {figures.Split}  {figures.Left} left";
            terminal.Error.WriteLine(line.Length + rest.Length <= terminal.Width + 60 ? line + rest : line);
        }
    }

    sealed class TableView(Terminal terminal, StrongBox<double?> ceiling) : TrainingView
    {
        readonly int barWidth = Math.Clamp(terminal.Width - 24, 4, 30);
        LiveDisplayContext? display;

        protected override double Interval => 0.25;

        public override TrainingOutcome Show(Func<Action<TrainingStatus>, TrainingOutcome> train)
        {
            IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(terminal.Error),
                Ansi = AnsiSupport.Yes,
                ColorSystem = terminal.Colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.Yes,
            });
            console.Profile.Width = terminal.Width;
            TrainingOutcome? outcome = null;
            console.Live(new Text("…")).Start(context =>
            {
                display = context;
                outcome = base.Show(train);
            });
            return outcome!;
        }

        protected override void Draw(Figures figures)
        {
            Grid grid = new Grid().AddColumn().AddColumn();
            int full = (int)Math.Round(barWidth * figures.Status.Progress);
            char rest = terminal.Colours ? '━' : '·';
            string bar = $"[green]{new string('━', full)}[/][grey]{new string(rest, barWidth - full)}[/]";
            string most = $"[grey]{Figures.Most(ceiling.Value)}[/]";
            grid.AddRow("progress", $"{bar} {figures.Status.Progress.ToString("P0", CultureInfo.InvariantCulture)}");
            grid.AddRow("time left", figures.Left);
            grid.AddRow(Unit, $"{figures.Steps} [grey]in {figures.Status.Report.Iteration} iterations[/]");
            grid.AddRow($"{Unit}/s", figures.Speed);
            grid.AddRow($"mean {Score}", $"[bold]{figures.Return}[/]{most}");
            if (figures.Evaluated is not null)
                grid.AddRow("evaluation", figures.Evaluation);
            grid.AddRow("time", figures.Split);
            foreach ((string name, double value) in figures.Status.Report.Figures)
            {
                string text = value.ToString("G4", CultureInfo.InvariantCulture);
                grid.AddRow($"[grey]{Markup.Escape(name)}[/]", $"[grey]{text}[/]");
            }
            display!.UpdateTarget(grid);
        }
    }
}
