using System.CommandLine;
using RLSquared.Algorithms;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Cli.Commands;

/// <summary><c>rl2 train TASK</c>: begins a run, trains, and shows the result beside all opponents.</summary>
internal sealed class TrainCommand
{
    const string StandardBudget = "60s";

    readonly Terminal terminal;
    readonly Catalogues catalogues;
    readonly Argument<string?> task = new("TASK")
    {
        Description = "the task to train on; see rl2 list",
        Arity = ArgumentArity.ZeroOrOne,
    };
    readonly Option<string?> algorithm = new("--algorithm")
    {
        Description = "the algorithm; by default the one that rl2 list shows for the task",
        HelpName = "NAME",
    };
    readonly Option<string> preset = new("--preset")
    {
        Description = "the set of options that --set changes; rl2 list NAME shows those of an algorithm",
        DefaultValueFactory = _ => "default",
    };
    readonly Option<string[]> set = Arguments.Set();
    readonly Option<ulong> seed = Arguments.Seed("seed of all random numbers; the same seed gives the same bits");
    readonly Option<int> seeds = Arguments.Number(
        "--seeds", "runs with this and the next seeds, one after another, and their mean at the end", 1, 1);
    readonly Option<int> threads = Arguments.Threads();
    readonly Option<string?> device = Arguments.Device("cpu, or gpu, gpu-tf32, gpu-bf16 for rl2, e-rl2 and rl2-trpo");
    readonly Option<string> budget = new("--budget")
    {
        Description = "how long: a time such as 60s, 25min, 1h, or environment steps such as 20M, tokens of language " +
            "models; rl2 list says what a task needs",
        DefaultValueFactory = _ => StandardBudget,
    };
    readonly Option<string> every = new("--checkpoint-every")
    {
        Description = "how often a checkpoint is written: a time or steps",
        DefaultValueFactory = _ => "60s",
    };
    readonly Option<string?> evaluateEvery = new("--evaluate-every")
    {
        Description = "evaluate while training: after each share of the budget such as 5%, or a time or steps; " +
            "the checkpoint of the best evaluation is kept as best",
        HelpName = "5%",
    };
    readonly Option<double?> stopAt = new("--stop-at")
    {
        Description = "stop before the budget is spent once such an evaluation reaches this mean return",
        HelpName = "number",
    };
    readonly Option<string?> config = new("--config")
    {
        Description = "a JSON file with the keys of a run's config.json; options on the command line override it",
        HelpName = "FILE",
    };
    readonly Option<string?> from = new("--from")
    {
        Description = "start from the weights of another run: its folder, or one of its checkpoints",
        HelpName = "RUN|FILE|last",
    };
    readonly Option<string?> run = new("--run") { Description = "the run's folder", HelpName = "DIR" };
    readonly Option<bool> force = new("--force") { Description = "delete the run that is in this folder already" };
    readonly Option<string?> assembly = Arguments.Assembly();
    readonly Option<bool> uncheckedTask = new("--unchecked")
    {
        Description = "skip the check of your own task before training; see rl2 check",
    };
    readonly Option<bool> noTensorBoard = new("--no-tensorboard")
    {
        Description = "write no event files for TensorBoard",
    };
    readonly Option<string?> cluster = Arguments.Cluster(), secret = Arguments.Secret(), tls = Arguments.Tls();
    readonly Option<int?> instances = Arguments.Instances();
    readonly Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();

    TrainCommand(Terminal terminal, Catalogues catalogues) =>
        (this.terminal, this.catalogues) = (terminal, catalogues);

    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        var self = new TrainCommand(terminal, catalogues);
        var command = new Command("train", "Train an agent and compare it with all opponents")
        {
            self.task, self.algorithm, self.preset, self.set, self.seed, self.seeds, self.threads, self.device,
            self.budget, self.every, self.evaluateEvery, self.stopAt, self.config, self.from, self.run, self.force,
            self.assembly, self.uncheckedTask, self.noTensorBoard, self.cluster, self.secret, self.tls,
            self.instances, self.json, self.quiet,
        };
        command.SetAction(self.Run);
        return command;
    }

    int Run(ParseResult parsed)
    {
        Catalogues known = catalogues.With(parsed.GetValue(assembly));
        ConfigFile? file = parsed.GetValue(config) is { } named ? ConfigFile.Read(named) : null;
        TaskEntry taskEntry = known.Tasks.Find(parsed.GetValue(task) ?? file?["task"] ?? throw new OptionException(
            "TASK", "rl2 train needs TASK; see rl2 train --help"));
        if (taskEntry.NeedsPeer && parsed.GetValue(seeds) > 1)
        {
            throw new OptionException("--seeds", $"the task {taskEntry.Name} is played by another process, " +
                "which leaves when a run ends; train one seed at a time");
        }
        ClusterSession.Require(parsed, cluster, taskEntry, isAlone: parsed.GetValue(seeds) == 1);
        (Problem problem, RunConfiguration configuration) = Configure(parsed, known, taskEntry, file);
        using var connections = problem as IDisposable;
        return parsed.GetValue(seeds) > 1
            ? TrainSeeds(parsed, known, configuration)
            : TrainOne(parsed, known, configuration, problem);
    }

    // What the command line says goes before what the file says, and both before what is usual.
    (Problem, RunConfiguration) Configure(ParseResult parsed, Catalogues known, TaskEntry taskEntry, ConfigFile? file)
    {
        string Text(Option<string> option, string key) => parsed.GetResult(option) is { Implicit: false }
            ? parsed.GetRequiredValue(option) : file?[key] ?? parsed.GetRequiredValue(option);
        T Number<T>(Option<T> option, string key) where T : struct, IParsable<T> =>
            parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option)
                : file?.Number<T>(key) ?? parsed.GetValue(option);
        AlgorithmEntry algorithmEntry = known.Algorithm(
            parsed.GetValue(algorithm) ?? file?["algorithm"] ?? known.AlgorithmFor(taskEntry), taskEntry);
        string? source = RunNames.Find(terminal, parsed.GetValue(from) ?? file?["from"], single: true);
        Checkpoint? start = source is null ? null : TrainedRun.ReadStart(source);
        (Problem problem, RunConfiguration configuration) = TrainedRun.Configure(
            taskEntry, algorithmEntry, Text(preset, "preset"),
            Merged(file?.Options ?? [], Arguments.Assignments(parsed, set)),
            settings => Peers.Announce(terminal, parsed.GetValue(quiet), taskEntry, settings));
        try
        {
            if (problem is TaskDistribution own && known.IsOwn(taskEntry) && !parsed.GetValue(uncheckedTask))
                CheckCommand.Require(terminal, taskEntry, own, parsed.GetValue(quiet));
            double? goal = parsed.GetValue(stopAt) ?? file?.Number<double>("stopAt");
            return (problem, configuration with
            {
                Seed = Number(seed, "seed"),
                Threads = Number(threads, "threads"),
                Device = DeviceName(known, parsed.GetValue(device) ?? file?["device"]),
                Budget = Budget.Parse(Text(budget, "budget")).ToString(),
                CheckpointEvery = Budget.Parse(Text(every, "checkpointEvery")).ToString(),
                EvaluateEvery = EvaluateEvery(
                    parsed.GetValue(evaluateEvery) ?? file?["evaluateEvery"], goal, taskEntry),
                StopAt = goal,
                From = start?.Path,
                Assembly = known.Own?.File,
            });
        }
        catch
        {
            (problem as IDisposable)?.Dispose();                        // the games that have connected
            throw;
        }
    }

    int TrainSeeds(ParseResult parsed, Catalogues known, RunConfiguration configuration)
    {
        // Once before the folders are made, so that options that do not go together leave nothing behind.
        using (Learner learner = Learner.Begin(known, configuration))
            configuration = Counted(parsed, learner, configuration);
        (string folder, RunLock held) = SeedRuns.Create(parsed.GetValue(run), terminal.RunsFolder, configuration,
            parsed.GetValue(seeds), CommandLine(parsed), parsed.GetValue(force));
        using (held)
        {
            return new SeedSession(terminal, known, folder, SessionOptionsOf(parsed)).Run();
        }
    }

    int TrainOne(ParseResult parsed, Catalogues known, RunConfiguration configuration, Problem problem)
    {
        // Before the folder, as above, and with the games that have connected.
        using Learner learner = Learner.Begin(known, configuration, problem: problem);
        configuration = Counted(parsed, learner, configuration);
        using IDisposable? shared = ClusterSession.Start(
            terminal, parsed, (cluster, secret, tls), learner.Algorithm, configuration, parsed.GetValue(quiet));
        RunFolder folder = parsed.GetValue(run) is { } path
            ? RunFolder.Begin(path, configuration, CommandLine(parsed), parsed.GetValue(force))
            : RunFolder.BeginBelow(terminal.RunsFolder, configuration, DateTime.UtcNow, CommandLine(parsed));
        using RunLock held = folder.Hold();
        ClusterSession.Show(shared, folder);
        return new Session(terminal, learner.Problem, learner.Algorithm, folder, SessionOptionsOf(parsed))
            .Run(from: null);
    }

    SessionOptions SessionOptionsOf(ParseResult parsed) => SessionOptions.Of(parsed, instances, json, quiet) with
    {
        TensorBoard = !parsed.GetValue(noTensorBoard),
    };

    // The processor has no name in a run's configuration.
    static string? DeviceName(Catalogues catalogues, string? given) =>
        given is null || catalogues.Devices.Find(given, "--device") is var entry && entry == DeviceEntry.Cpu
            ? null : entry.Name;

    // Later assignments go before earlier ones of the same option.
    static IEnumerable<Assignment> Merged(IEnumerable<Assignment> file, Assignment[] given) =>
        [.. file.Where(assignment => given.All(other => other.Key != assignment.Key)), .. given];

    // To stop at a return it has to be found out: twenty times, if the user does not say how often.
    static string? EvaluateEvery(string? asked, double? stopAt, TaskEntry task)
    {
        if (stopAt is { } goal && !double.IsFinite(goal))
            throw new OptionException("--stop-at", "--stop-at must be a finite number");
        string? every = asked ?? (stopAt is null ? null : "5%");
        if (every is not null && task.NeedsPeer)
        {
            throw new OptionException("--evaluate-every", $"the task {task.Name} is played by another process, which " +
                "is busy with the training; evaluate afterwards: rl2 evaluate");
        }
        return every is null ? null : Interval.Parse(every).ToString();
    }

    // What is counted is known now: the budget's unit.
    RunConfiguration Counted(ParseResult parsed, Learner learner, RunConfiguration configuration)
    {
        if (!parsed.GetValue(quiet))
            ExplainBudget(terminal, learner.TaskEntry, configuration.Budget, learner.Algorithm.Unit);
        return configuration.CountedBy(learner.Algorithm);
    }

    // What a bare number means, and what the task needs if the user has not said how long.
    static void ExplainBudget(Terminal terminal, TaskEntry task, string budget, string unit)
    {
        const long few = 1000;
        if (Budget.Parse(budget) is { Steps: < few and var steps } && char.IsAsciiDigit(budget[^1]))
        {
            string counted = unit == "steps" ? "environment steps" : unit;
            terminal.Error.WriteLine($"warning: a budget of {budget} is {steps:N0} {counted}; " +
                $"for a time write {budget}s or {budget}min, and for so few {unit} {budget}steps");
        }
        else if (budget == StandardBudget && task.Budget is { Minutes: > 1 } needed)
        {
            terminal.Error.WriteLine($"warning: {budget} only show that {task.Name} runs; {needed}");
        }
    }

    static string CommandLine(ParseResult parsed) => "rl2 " + string.Join(
        ' ', parsed.Tokens.Select(token => token.Value.Contains(' ', StringComparison.Ordinal)
            ? $"'{token.Value}'" : token.Value));
}
