using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RLSquared.Cli.Output;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 check TASK</c>: tries a task out with random actions, for its author. <c>rl2 train</c> does the same,
/// shorter, before it trains on a task of your own.
/// </summary>
internal static class CheckCommand
{
    // What a check before a training may cost at most; the whole check finds what happens later in a trial.
    const int stepsBeforeTraining = 1000;

    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> task = Arguments.Task();
        Option<string[]> set = Arguments.Set();
        Option<string?> assembly = Arguments.Assembly();
        Option<ulong> seed = Arguments.Seed("of the trials and of the actions");
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("check", "Check your own task with random actions")
        {
            task, set, assembly, seed, json, quiet,
        };
        command.SetAction(parsed =>
        {
            TaskEntry entry = catalogues.With(parsed.GetValue(assembly)).Tasks.Find(parsed.GetRequiredValue(task));
            if (entry.NeedsPeer)
            {
                throw new OptionException("TASK", $"the task {entry.Name} is played by another process, which is not " +
                    "tried out; a training refuses what it sends amiss");
            }
            TaskDistribution made = entry.Create(Arguments.Assignments(parsed, set));
            TaskReport report = TaskCheck.Run(made, new() { Seed = parsed.GetValue(seed) }, entry);
            AgentScore? random = report.Error is null ? PlayAtRandom(made, parsed.GetValue(seed)) : null;
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal, writer => WriteJson(writer, made, report, random));
            else
                WriteText(terminal.Output, made, report, random);
            if (report.Error is not { } error)
                return ExitCode.Done;
            terminal.Error.WriteLine($"rl2: {Message(entry, error)}");
            return ExitCode.Failed;
        });
        return command;
    }

    // The trials of an evaluation of the agent random with the same seed: the two say the same.
    static AgentScore PlayAtRandom(TaskDistribution task, ulong seed)
    {
        const int mostTrials = 1000, mostSteps = 1_000_000;
        var options = new EvaluationOptions
        {
            Seed = seed,
            Instances = Math.Clamp(mostSteps / task.TrialLength, 20, mostTrials),
        };
        return Evaluator.Run(task, [new RandomAgent()], options).Agents[0];
    }

    /// <summary>Tries a task out before it is trained on.</summary>
    /// <exception cref="InvalidDataException">It is broken; the message says how.</exception>
    public static void Require(Terminal terminal, TaskEntry entry, TaskDistribution task, bool quiet)
    {
        TaskReport report = TaskCheck.Run(task, new() { MaxSteps = stepsBeforeTraining }, entry);
        if (report.Error is { } error)
        {
            throw new InvalidDataException(
                $"{Message(entry, error)} (rl2 check tries it out, --unchecked trains all the same)", error.Failure);
        }
        foreach (TaskFinding warning in report.Warnings.Where(_ => !quiet))
            terminal.Error.WriteLine($"warning: {warning.Message}");
    }

    static string Message(TaskEntry entry, TaskFinding error)
    {
        string where = error.Failure is { } failure && OwnAssembly.Blame(failure) is { } blame ? $": {blame}" : "";
        return $"the task {entry.Name} is broken: {error.Message}{where}";
    }

    static void WriteText(TextWriter output, TaskDistribution task, TaskReport report, AgentScore? random)
    {
        string settings = string.Concat(task.Settings.Select(setting => $", {setting.Key} {setting.Value}"));
        output.WriteLine($"{task.Name}{settings}");
        output.WriteLine($"  shows    {Shown(task.Observation)}");
        output.WriteLine($"  decides  {task.Action}{(task.Masks ? ", of which some are not allowed at times" : "")}");
        output.WriteLine($"  trials   of at most {task.TrialLength:N0} steps" +
            (task.TrialLength > report.Steps ? $", of which the first {report.Steps:N0} were tried" : ""));
        if (random is not null)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  random   return {random.Score} in {random.Totals.Length:N0} trials, rewards from " +
                $"{report.LowestReward:G4} to {report.HighestReward:G4} in the first {report.Trials}"));
            output.WriteLine($"  speed    {report.StepsPerSecond:N0} steps per second in one thread, without an agent");
        }
        foreach (TaskFinding warning in report.Warnings)
            output.WriteLine($"  warning  {warning.Message}");
        if (report.Error is null)
        {
            output.WriteLine("Well made: all that is seen is written and finite, trials end when they should,");
            output.WriteLine("are the same a second time, and do not depend on the trials beside them.");
        }
    }

    static string Shown(ObservationSpace space) => space.Kind switch
    {
        ObservationKind.Nothing => "nothing",
        ObservationKind.Discrete => $"one of {space.Size} states",
        ObservationKind.Vector => $"{space.Size} numbers",
        _ => $"an image of {space.Height} × {space.Across} pixels with {space.Channels} channels",
    };

    static void WriteJson(Utf8JsonWriter json, TaskDistribution task, TaskReport report, AgentScore? random)
    {
        json.WriteString("task", task.Name);
        json.WriteStartObject("options");
        foreach (Assignment setting in task.Settings)
            json.WriteString(setting.Key, setting.Value);
        json.WriteEndObject();
        json.WriteString("shows", Shown(task.Observation));
        json.WriteString("decides", task.Action.ToString());
        json.WriteNumber("trialLength", task.TrialLength);
        json.WriteNumber("meanReturn", random?.Score.Mean ?? report.MeanReturn);
        json.WriteNumber("stepsPerSecond", Math.Round(report.StepsPerSecond));
        json.WriteString("error", report.Error?.Message);
        json.WriteStartArray("warnings");
        foreach (TaskFinding warning in report.Warnings)
            json.WriteStringValue(warning.Message);
        json.WriteEndArray();
    }
}
