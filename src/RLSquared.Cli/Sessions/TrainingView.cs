using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using RLSquared.Cli.Output;
using RLSquared.Opponents;
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
    double returnSum, rolloutSeconds, updateSeconds;        // since the figures were last shown
    int iterations;
    double shownAt = double.NegativeInfinity;
    double firstProgress;                                   // of this session

    /// <summary>The view that fits the terminal.</summary>
    /// <param name="terminal">Where it is shown.</param>
    /// <param name="quiet">Whether to show nothing.</param>
    /// <param name="task">What is learned.</param>
    /// <param name="progress">The share of the budget that earlier sessions have spent.</param>
    public static TrainingView For(Terminal terminal, bool quiet, TaskDistribution task, double progress)
    {
        if (quiet)
            return new NoView();
        var ceiling = new StrongBox<double?>();
        if (BayesOptimal.CanSolve(task))
        {
            // It may take a second or two, and the training does not wait for it.
            new Thread(() => ceiling.Value = BayesOptimal.Value(task))
            {
                IsBackground = true,
                Priority = ThreadPriority.Lowest,
            }.Start();
        }
        TrainingView view = terminal.ErrorIsScreen ? new TableView(terminal, ceiling) : new LineView(terminal, ceiling);
        view.firstProgress = progress;
        return view;
    }

    /// <summary>Runs the training and shows what it says.</summary>
    public virtual TrainingOutcome Show(Func<Action<TrainingStatus>, TrainingOutcome> train) => train(Observe);

    /// <summary>Seconds between two updates.</summary>
    protected abstract double Interval { get; }

    protected abstract void Draw(Figures figures);

    void Observe(TrainingStatus status)
    {
        returnSum += status.Report.MeanReturn;
        rolloutSeconds += status.Report.RolloutSeconds;
        updateSeconds += status.Report.UpdateSeconds;
        iterations++;
        double now = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (now - shownAt < Interval && status.Progress < 1)
            return;
        double left = status.Progress > firstProgress
            ? now * (1 - status.Progress) / (status.Progress - firstProgress) : 0;
        Draw(new Figures(status, returnSum / iterations, rolloutSeconds / (rolloutSeconds + updateSeconds), left));
        (returnSum, rolloutSeconds, updateSeconds, iterations, shownAt) = (0, 0, 0, 0, now);
    }

    /// <summary>What is shown: the status, and means since the last time.</summary>
    protected readonly record struct Figures(
        TrainingStatus Status, double MeanReturn, double RolloutShare, double SecondsLeft)
    {
        public string Steps => Status.Report.Steps.ToString("N0", CultureInfo.InvariantCulture);
        public string Speed => Status.StepsPerSecond.ToString("N0", CultureInfo.InvariantCulture);
        public string Return => MeanReturn.ToString("F3", CultureInfo.InvariantCulture);
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
            string most = ceiling.Value is { } c
                ? string.Create(CultureInfo.InvariantCulture, $" of at most {c:F3}") : "";
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{figures.Status.Progress,4:P0}  {figures.Steps} steps  {figures.Speed} steps/s  " +
                $"return {figures.Return}{most}  {figures.Split}  {figures.Left} left"));
        }
    }

    sealed class TableView(Terminal terminal, StrongBox<double?> ceiling) : TrainingView
    {
        const int barWidth = 30;
        LiveDisplayContext? display;

        protected override double Interval => 0.25;

        public override TrainingOutcome Show(Func<Action<TrainingStatus>, TrainingOutcome> train)
        {
            IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(terminal.Error),
                Ansi = AnsiSupport.Yes,
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
            string bar = $"[green]{new string('━', full)}[/][grey]{new string('━', barWidth - full)}[/]";
            string most = ceiling.Value is { } c
                ? string.Create(CultureInfo.InvariantCulture, $" [grey]of at most {c:F3}[/]") : "";
            grid.AddRow("progress", $"{bar} {figures.Status.Progress.ToString("P0", CultureInfo.InvariantCulture)}");
            grid.AddRow("time left", figures.Left);
            grid.AddRow("steps", $"{figures.Steps} [grey]in {figures.Status.Report.Iteration} iterations[/]");
            grid.AddRow("steps/s", figures.Speed);
            grid.AddRow("mean return", $"[bold]{figures.Return}[/]{most}");
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
