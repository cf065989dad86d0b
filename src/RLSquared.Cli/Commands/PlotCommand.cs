using System.CommandLine;
using System.Text;
using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Cli.Films;
using RLSquared.Cli.Output;
using RLSquared.Files;
using RLSquared.Reproduction.Plots;
using RLSquared.Runs;
using RLSquared.Tasks.Goals;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 plot RUN …</c>: the learning curves of runs as one figure, over steps or time, with a band over seeds, the
/// opponents and the ceiling; <c>rl2 plot RUN --goal 1</c>: what a run has learned of one goal of a point maze.
/// </summary>
internal static class PlotCommand
{
    const string Steps = "steps", Time = "time";

    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string[]> runs = new("RUN")
        {
            Description = "the folders of runs, or of seeds; runs that differ by the seed alone make one curve",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string> figure = new("--figure")
        {
            Description = "which figure of metrics.jsonl, such as entropy",
            HelpName = "NAME",
            DefaultValueFactory = _ => "mean_return",
        };
        Option<string> over = Arguments.Choice("--over", "what the x axis is", Steps, Time);
        Option<string> band = Arguments.Choice("--band", "what the band over seeds shows", "error", "range", "none");
        Option<string> lines = Arguments.Choice(
            "--lines", "which scores of the evaluation are lines across the figure", "all", "ceiling", "none");
        Option<double> smooth = Arguments.Fraction(
            "--smooth", "0 to below 1: 0.9 averages about ten of a curve's 300 points, 0.99 a hundred");
        Option<string?> title = new("--title") { Description = "the title of the figure", HelpName = "TEXT" };
        Option<string> output = new("--output")
        {
            Description = "the file; it ends in .svg or .png",
            HelpName = "FILE",
            DefaultValueFactory = _ => "plot.svg",
        };
        Option<int> goal = Arguments.Number(
            "--goal", "draw what a run in point-maze has learned of this goal, from 1, instead of curves", 0, 0);
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("plot", "Draw the learning curves of runs as a figure")
        {
            runs, figure, over, band, lines, smooth, goal, title, output, json, quiet,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(output), ending = Path.GetExtension(path).ToLowerInvariant();
            if (ending is not (".svg" or ".png"))
                throw new OptionException("--output", $"a figure's name ends in .svg or .png, and '{path}' does not");
            if (parsed.GetValue(goal) > 0)
            {
                using TrainedRun trained = TrainedRun.Open(catalogues,
                    RunNames.Find(terminal, parsed.GetRequiredValue(runs)[0], single: true)!, "last", threads: 1);
                trained.Restore();
                MazeField field = Field(trained, parsed.GetValue(goal));
                RequireSvg(ending, path);
                WholeFile.Write(path, Encoding.UTF8.GetBytes(
                    field.ToSvg(parsed.GetValue(title) ?? $"{trained.Algorithm.Name}: {field.Task}")));
                if (parsed.GetValue(json))
                    JsonOutput.Write(terminal, writer => WriteJson(writer, path, field));
                else if (!parsed.GetValue(quiet))
                    terminal.Output.WriteLine($"{path}: {field.Task}, {Ending(field)}");
                return ExitCode.Done;
            }
            RunFolder[] folders = [.. SeedRuns.Expand(
                parsed.GetRequiredValue(runs).Select(name => RunNames.Find(terminal, name)!))
                .DistinctBy(Path.GetFullPath).Select(RunFolder.Open)];
            LinePlot plot = new RunPlot(folders)
            {
                Figure = parsed.GetRequiredValue(figure),
                OverTime = parsed.GetRequiredValue(over) == Time,
                Smoothing = parsed.GetValue(smooth),
                Spread = parsed.GetRequiredValue(band) switch
                {
                    "range" => Spread.Range,
                    "none" => Spread.None,
                    _ => Spread.Error,
                },
                HasOpponents = parsed.GetRequiredValue(lines) == "all",
                HasCeiling = parsed.GetRequiredValue(lines) != "none",
                Title = parsed.GetValue(title),
            }.ToPlot();
            if (ending == ".png")
                WholeFile.Write(path, stream => PngWriter.Write(stream, plot.ToPicture()));
            else
                WholeFile.Write(path, Encoding.UTF8.GetBytes(plot.ToSvg()));
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal, writer => WriteJson(writer, path, plot));
            else if (!parsed.GetValue(quiet))
            {
                string drawn = $"{Count(plot.Lines.Count, "curve")} of {Count(folders.Length, "run")}";
                terminal.Output.WriteLine($"{path}: {drawn}");
            }
            return ExitCode.Done;
        });
        return command;
    }

    static MazeField Field(TrainedRun trained, int goal)
    {
        if (trained is not { Problem: GoalProblem { Task: PointMaze maze }, Algorithm: IGoalPolicy learned })
        {
            throw new OptionException("--goal",
                $"--goal draws runs in point-maze alone, and this one is in {trained.Problem.Name}; leave it away");
        }
        return new MazeField(maze, learned, goal - 1, seed: 0);
    }

    static void RequireSvg(string ending, string path)
    {
        if (ending != ".svg")
            throw new OptionException("--output", $"the picture of a goal's name ends in .svg, and '{path}' does not");
    }

    static string Ending(MazeField field) =>
        field.Reached ? $"reached in {field.Way.Count - 1} steps" : $"not reached in {field.Way.Count - 1} steps";

    static void WriteJson(Utf8JsonWriter json, string path, MazeField field)
    {
        json.WriteString("file", path);
        json.WriteString("task", field.Task);
        json.WriteBoolean("reached", field.Reached);
        json.WriteNumber("steps", field.Way.Count - 1);
        json.WriteStartArray("subgoals");
        foreach ((float x, float y) in field.Subgoals)
        {
            json.WriteStartArray();
            json.WriteNumberValue(x);
            json.WriteNumberValue(y);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    static string Count(int number, string thing) => number == 1 ? $"1 {thing}" : $"{number} {thing}s";

    static void WriteJson(Utf8JsonWriter json, string path, LinePlot plot)
    {
        json.WriteString("file", path);
        json.WriteString("title", plot.Title);
        json.WriteString("x", plot.XTitle);
        json.WriteString("y", plot.YTitle);
        json.WriteStartArray("curves");
        foreach (PlotLine line in plot.Lines)
        {
            json.WriteStartObject();
            json.WriteString("name", line.Name);
            WriteNumbers("x", line.Points.Select(point => point.X));
            WriteNumbers("y", line.Points.Select(point => point.Y));
            if (line.Band is { } band)
            {
                WriteNumbers("low", band.Select(edge => edge.Low));
                WriteNumbers("high", band.Select(edge => edge.High));
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("lines");
        foreach (ReferenceLine line in plot.References)
        {
            json.WriteStartObject();
            json.WriteString("name", line.Name);
            json.WriteNumber("y", line.Y);
            json.WriteBoolean("isCeiling", line.IsCeiling);
            json.WriteEndObject();
        }
        json.WriteEndArray();

        void WriteNumbers(string name, IEnumerable<double> numbers)
        {
            json.WriteStartArray(name);
            foreach (double number in numbers)
                json.WriteNumberValue(number);
            json.WriteEndArray();
        }
    }
}
