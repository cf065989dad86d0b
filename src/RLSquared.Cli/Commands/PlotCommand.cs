using System.CommandLine;
using System.Text;
using System.Text.Json;
using RLSquared.Cli.Output;
using RLSquared.Files;
using RLSquared.Reproduction.Plots;
using RLSquared.Runs;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 plot RUN …</c>: the learning curves of runs as one figure, over steps or time, with a band over seeds, the
/// opponents and the ceiling.
/// </summary>
internal static class PlotCommand
{
    const string Steps = "steps", Time = "time";

    public static Command Create(Terminal terminal)
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
        Option<string?> title = new("--title") { Description = "what stands above", HelpName = "TEXT" };
        Option<string> output = new("--output")
        {
            Description = "the file; it ends in .svg or .png",
            HelpName = "FILE",
            DefaultValueFactory = _ => "plot.svg",
        };
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("plot", "Draw the learning curves of runs as a figure")
        {
            runs, figure, over, band, lines, smooth, title, output, json, quiet,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(output), ending = Path.GetExtension(path).ToLowerInvariant();
            if (ending is not (".svg" or ".png"))
                throw new OptionException("--output", $"a figure's name ends in .svg or .png, and '{path}' does not");
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
