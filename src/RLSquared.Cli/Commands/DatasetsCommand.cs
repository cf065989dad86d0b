using System.CommandLine;
using System.Diagnostics;
using System.Text;
using RLSquared.Cli.Output;
using RLSquared.Datasets;
using RLSquared.Files;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 datasets make TASK</c>, <c>describe FILE</c> and <c>convert FROM TO</c>: recorded trajectories as files.
/// </summary>
internal static class DatasetsCommand
{
    const string Make = "make", Describe = "describe", Convert = "convert";

    // What is held at once while a file is read or made: some hundred megabytes at most.
    const int MostRowsAtOnce = 1 << 20, MostNumbersAtOnce = 1 << 26;

    public static Command Create(Terminal terminal)
    {
        Argument<string> action = new("ACTION") { Description = $"{Make}, {Describe} or {Convert}" };
        Argument<string[]> what = new("WHAT")
        {
            Description = $"{Make}: a goal task ({string.Join(", ", GoalTaskCatalogue.Entries.Names)}); " +
                $"{Describe}: a file; {Convert}: a file and the name of the new one",
            Arity = new ArgumentArity(1, 2),
        };
        Option<string?> task = new("--task") { Description = "the goal task that a file must fit", HelpName = "TASK" };
        Option<string[]> set = Arguments.Set();
        Option<string> data = new("--data")
        {
            Description = "the kind of data, such as navigate or stitch; by default the task's usual one",
            HelpName = "KIND",
            DefaultValueFactory = _ => "",
        };
        Option<int> trajectories = Arguments.Number("--trajectories", "how many; 0 for the published number", 0, 0);
        Option<int> rows = Arguments.Number("--rows", "rows of each; 0 for the published length", 0, 0);
        Option<ulong> first = Arguments.Number<ulong>("--first", "the number of the first trajectory", 0, 0);
        Option<bool> validation = new("--validation")
        {
            Description = "also write a tenth as many further trajectories to FILE-val",
        };
        Option<string?> output = new("--output")
        {
            Description = $"the file; it ends in {GoalDatasetFile.Endings}",
            HelpName = "FILE",
        };
        Option<string?> picture = new("--picture")
        {
            Description = "an .svg file for a picture of where the trajectories went (point-maze)",
            HelpName = "FILE.svg",
        };
        Option<ulong> seed = Arguments.Seed("of the trajectories");
        Option<int> threads = Arguments.Threads();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("datasets", "Make, describe and convert recorded trajectories for goal tasks")
        {
            action, what, task, set, data, trajectories, rows, first, validation, output, picture, seed, threads, json,
            quiet,
        };
        command.Subcommands.Add(LongTraceDataCommand.Create(terminal));
        command.SetAction(parsed =>
        {
            string[] names = parsed.GetRequiredValue(what);
            string verb = parsed.GetRequiredValue(action);
            GoalTask? given = verb == Make || parsed.GetValue(task) is not null
                ? GoalTaskCatalogue.Create(
                    verb == Make ? names[0] : parsed.GetValue(task)!, Arguments.Assignments(parsed, set))
                : null;
            if (given is null && parsed.GetValue(set) is { Length: > 0 })
                throw new OptionException("--set", "--set needs --task, whose options it sets");
            RequireNames(verb, names);
            DatasetReport report;
            switch (verb)
            {
                case Make:
                    int rowsEach = parsed.GetValue(rows);
                    var options = new GoalDataOptions
                    {
                        Kind = parsed.GetRequiredValue(data),
                        Trajectories = parsed.GetValue(trajectories),
                        Rows = rowsEach,
                        Seed = parsed.GetValue(seed),
                        FirstTrajectory = parsed.GetValue(first),
                    };
                    report = MakeFile(
                        given!, options, parsed.GetValue(output), parsed.GetValue(validation),
                        parsed.GetValue(threads));
                    break;
                case Describe:
                    report = Look(names[0], given);
                    break;
                default:
                    GoalDatasetFile.Write(names[1], () => Parts(names[0], given), given is PointMaze);
                    report = Look(names[1], given);
                    break;
            }
            if (parsed.GetValue(picture) is { } svg)
                WritePicture(svg, report);
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal, report.Write);
            else if (!parsed.GetValue(quiet) || verb == Describe)
                report.Write(terminal.Output);
            return ExitCode.Done;
        });
        return command;
    }

    static void RequireNames(string verb, string[] names)
    {
        string[] verbs = [Make, Describe, Convert];
        if (!verbs.Contains(verb))
        {
            throw new OptionException("ACTION",
                $"rl2 datasets cannot '{verb}'{Suggestions.Ask(verb, verbs)}; it can {Make}, {Describe} and {Convert}");
        }
        int wanted = verb == Convert ? 2 : 1;
        if (names.Length != wanted)
        {
            throw new OptionException("WHAT", verb == Convert
                ? "convert needs two files: the one that is there, and the new one"
                : $"{verb} needs one {(verb == Make ? "task" : "file")}, but there are {names.Length} names");
        }
        if (verb == Convert && Path.GetFullPath(names[0]) == Path.GetFullPath(names[1]))
            throw new OptionException("WHAT", "convert needs another name for the new file");
    }

    static DatasetReport MakeFile(
        GoalTask task, GoalDataOptions options, string? output, bool validation, int threads)
    {
        GoalDataKind kind = task.KindOf(options);
        options = options with
        {
            Trajectories = options.Trajectories > 0 ? options.Trajectories : kind.Trajectories,
            Rows = options.Rows > 0 ? options.Rows : kind.Rows,
        };
        string path = output ?? $"{task.Name}-{kind.Name}.npz";
        using var workers = new Workers(threads);
        long start = Stopwatch.GetTimestamp();
        GoalDatasetFile.Write(path, Maker(task, options, workers), task is PointMaze);
        if (validation)
        {
            var further = options with
            {
                FirstTrajectory = options.FirstTrajectory + (ulong)options.Trajectories,
                Trajectories = Math.Max(1, options.Trajectories / 10),
            };
            string beside = Path.Combine(Path.GetDirectoryName(path) ?? "",
                $"{Path.GetFileNameWithoutExtension(path)}-val{Path.GetExtension(path)}");
            GoalDatasetFile.Write(beside, Maker(task, further, workers), task is PointMaze);
        }
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return Look(path, task) with { Kind = kind.Name, Seconds = seconds };
    }

    // A set that fits into memory is made once, a larger one in parts and anew for each array of the file.
    static Func<IEnumerable<GoalDataset>> Maker(GoalTask task, GoalDataOptions options, Workers workers)
    {
        long width = task.Observation.Width + task.GoalWidth + task.Action.Numbers + task.Action.Choices;
        int atOnce = (int)Math.Clamp(MostNumbersAtOnce / (width * options.Rows), 1, options.Trajectories);
        if (atOnce < options.Trajectories)
            return () => Made(task, options, atOnce, workers);
        GoalDataset[] whole = [task.MakeData(options, workers)];
        return () => whole;
    }

    static IEnumerable<GoalDataset> Made(GoalTask task, GoalDataOptions options, int atOnce, Workers workers)
    {
        for (int made = 0; made < options.Trajectories; made += atOnce)
        {
            yield return task.MakeData(options with
            {
                FirstTrajectory = options.FirstTrajectory + (ulong)made,
                Trajectories = Math.Min(atOnce, options.Trajectories - made),
            }, workers);
        }
    }

    static IEnumerable<GoalDataset> Parts(string path, GoalTask? task)
    {
        using GoalDatasetReader reader = GoalDatasetFile.Open(path, task?.Observation, task?.Action);
        while (reader.ReadNext(MostRowsAtOnce) is { } part)
            yield return part;
    }

    static DatasetReport Look(string path, GoalTask? task) =>
        DatasetReport.Of(path, task, task?.Observation, task?.Action);

    static void WritePicture(string path, DatasetReport report)
    {
        if (!Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase))
            throw new OptionException("--picture", $"a picture's name ends in .svg, and '{path}' does not");
        if (report.Coverage is not { } coverage)
        {
            throw new OptionException(
                "--picture", "there is a picture of point-maze alone; name it by --task point-maze");
        }
        WholeFile.Write(path, Encoding.UTF8.GetBytes(coverage.ToSvg(Path.GetFileName(report.Path))));
    }
}
