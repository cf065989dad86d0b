using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RLSquared.Cli.Dashboard;
using RLSquared.Cli.Output;

namespace RLSquared.Cli.Commands;

/// <summary><c>rl2 runs [FOLDER]</c>: all runs below a folder, newest first, with how far they are.</summary>
internal static class RunsCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string?> folder = new("FOLDER")
        {
            Description = $"the folder of your runs; {terminal.RunsFolder} when none is named",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("runs", "List the runs below a folder, newest first") { folder, json, quiet };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(folder) ?? terminal.RunsFolder;
            if (parsed.GetValue(folder) is not null && !Directory.Exists(path))
                throw new OptionException("FOLDER", $"there is no folder {path}; name the folder of your runs");
            byte[][] summaries = new RunWatch(path).ReadAll(runs => runs.Select(run => run.Summary).ToArray());
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(terminal, writer =>
                {
                    writer.WriteString("folder", path);
                    writer.WriteStartArray("runs");
                    foreach (byte[] summary in summaries)
                        writer.WriteRawValue(summary);
                    writer.WriteEndArray();
                });
                return ExitCode.Done;
            }
            if (summaries.Length == 0)
            {
                if (!parsed.GetValue(quiet))
                {
                    terminal.Error.WriteLine(
                        $"there is no run below {path} yet; train one: {terminal.Hint("train", "bandits")}");
                }
                return ExitCode.Done;
            }
            WriteTable(terminal.Output, summaries);
            return ExitCode.Done;
        });
        return command;
    }

    static void WriteTable(TextWriter output, byte[][] summaries)
    {
        JsonElement[] runs = [.. summaries.Select(summary => JsonDocument.Parse(summary).RootElement)];
        string[] units = [.. runs.Select(run => run.GetProperty("unit").GetString()).OfType<string>().Distinct()];
        // One unit stands above its numbers; of several, each stands behind its own.
        string counted = units.Length == 1 ? units[0] : "trained";
        List<string[]> rows = [["run", "task", "algorithm", "seed", "state", counted, "return"]];
        foreach (JsonElement run in runs)
        {
            string state = Text(run, "state", "");
            string progress = state is "training" or "stopped" && run.GetProperty("progress") is
            { ValueKind: JsonValueKind.Number } share ? share.GetDouble().ToString(" P0", Invariant) : "";
            string steps = Text(run, "steps", "N0") + (units.Length > 1 ? UnitBehind(run) : "");
            rows.Add([Text(run, "id", ""), Text(run, "task", ""), Text(run, "algorithm", ""), Text(run, "seed", ""),
                state + progress, steps, Text(run, "return", "F3")]);
        }
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, column) => column is 3 or 5 or 6
                ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
        }
    }

    static string UnitBehind(JsonElement run) => run.GetProperty("unit").GetString() is { } unit
        && run.GetProperty("steps").ValueKind == JsonValueKind.Number ? $" {unit}" : "";

    static CultureInfo Invariant => CultureInfo.InvariantCulture;

    static string Text(JsonElement run, string name, string format) => run.GetProperty(name) switch
    {
        { ValueKind: JsonValueKind.Null } => "–",
        { ValueKind: JsonValueKind.Number } number when format.Length > 0 =>
            number.GetDouble().ToString(format, Invariant),
        var value => value.ToString(),
    };
}
