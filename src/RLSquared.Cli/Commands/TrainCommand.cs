using System.CommandLine;
using RLSquared.Algorithms;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Runs;
using RLSquared.Tasks;

namespace RLSquared.Cli.Commands;

/// <summary><c>rl2 train TASK</c>: begins a run, trains, and shows the result beside all opponents.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> task = Arguments.Task();
        Option<string> algorithm = new("--algorithm")
        {
            Description = "who learns; see rl2 list",
            DefaultValueFactory = _ => catalogues.Algorithms.Count > 0 ? catalogues.Algorithms[0].Name : "rl2",
        };
        Option<string> preset = new("--preset")
        {
            Description = "the options that --set starts from: default, or paper for the paper's",
            DefaultValueFactory = _ => "default",
        };
        Option<string[]> set = Arguments.Set();
        Option<ulong> seed = Arguments.Seed("of everything random; the same seed gives the same bits");
        Option<int> seeds = Arguments.Number(
            "--seeds", "runs with this and the next seeds, one after another, and their mean at the end", 1, 1);
        Option<int> threads = Arguments.Threads();
        Option<string> budget = new("--budget")
        {
            Description = "how long: a time such as 60s, 25min, 1h, or steps such as 20M",
            DefaultValueFactory = _ => "60s",
        };
        Option<string> every = new("--checkpoint-every")
        {
            Description = "how often a checkpoint is written: a time or steps",
            DefaultValueFactory = _ => "60s",
        };
        Option<string?> run = new("--run")
        {
            Description = "the run's folder",
            HelpName = "DIR",
        };
        Option<bool> force = new("--force") { Description = "delete the run that is in this folder already" };
        Option<string?> from = new("--from")
        {
            Description = "begin with the weights that another run has learned: its folder, or one of its checkpoints",
            HelpName = "RUN|FILE",
        };
        Option<string?> assembly = Arguments.Assembly();
        Option<bool> uncheckedTask = new("--unchecked")
        {
            Description = "do not try a task of your own out before it is trained on; see rl2 check",
        };
        Option<bool> noTensorBoard = new("--no-tensorboard") { Description = "write no event files for TensorBoard" };
        Option<int> instances = Arguments.Instances(10_000);
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("train", "Train an agent and show it beside all opponents")
        {
            task, algorithm, preset, set, seed, seeds, threads, budget, every, from, run, force, assembly,
            uncheckedTask, noTensorBoard, instances, json, quiet,
        };
        command.SetAction(parsed =>
        {
            Catalogues known = catalogues.With(parsed.GetValue(assembly));
            TaskEntry taskEntry = known.Tasks.Find(parsed.GetRequiredValue(task));
            AlgorithmEntry algorithmEntry = known.Algorithms.Find(parsed.GetRequiredValue(algorithm));
            Checkpoint? start = parsed.GetValue(from) is { } other ? TrainedRun.ReadStart(other) : null;
            if (taskEntry.NeedsPeer && parsed.GetValue(seeds) > 1)
            {
                throw new OptionException("--seeds", $"the task {taskEntry.Name} is played by another process, " +
                    "which leaves when a run ends; train one seed at a time");
            }
            (TaskDistribution distribution, RunConfiguration configuration) = TrainedRun.Configure(
                taskEntry, algorithmEntry, parsed.GetRequiredValue(preset), Arguments.Assignments(parsed, set),
                settings => Peers.Announce(terminal, parsed.GetValue(quiet), taskEntry, settings));
            using var connections = distribution as IDisposable;
            if (known.IsOwn(taskEntry) && !parsed.GetValue(uncheckedTask))
                CheckCommand.Require(terminal, taskEntry, distribution, parsed.GetValue(quiet));
            configuration = configuration with
            {
                Seed = parsed.GetValue(seed),
                Threads = parsed.GetValue(threads),
                Budget = Budget.Parse(parsed.GetRequiredValue(budget)).ToString(),
                CheckpointEvery = Budget.Parse(parsed.GetRequiredValue(every)).ToString(),
                From = start?.Path,
                Assembly = known.Own?.File,
            };

            string? path = parsed.GetValue(run);
            if (parsed.GetValue(seeds) is > 1 and int count)
            {
                // Once before the folders are made, so that options that do not go together leave nothing behind.
                Learner.Begin(known, configuration).Dispose();
                path ??= SeedRuns.NewPath(terminal.RunsFolder, configuration, DateTime.UtcNow);
                SeedRuns.Create(path, configuration, count, CommandLine(parsed), parsed.GetValue(force));
                return new SeedSession(terminal, known, path)
                {
                    TensorBoard = !parsed.GetValue(noTensorBoard),
                    Json = parsed.GetValue(json),
                    Quiet = parsed.GetValue(quiet),
                    Instances = parsed.GetValue(instances),
                }.Run();
            }
            // Before the folder, as above, and with the games that have connected.
            using Learner learner = Learner.Begin(known, configuration, task: distribution);
            path ??= RunFolder.NewPath(terminal.RunsFolder, configuration, DateTime.UtcNow);
            RunFolder folder = RunFolder.Create(path, configuration, CommandLine(parsed), parsed.GetValue(force));
            return new Session(terminal, learner.Task, learner.Algorithm, folder)
            {
                TensorBoard = !parsed.GetValue(noTensorBoard),
                Json = parsed.GetValue(json),
                Quiet = parsed.GetValue(quiet),
                Instances = Peers.Instances(parsed, instances, learner.Task),
            }.Run(from: null);
        });
        return command;
    }

    static string CommandLine(ParseResult parsed) => "rl2 " + string.Join(
        ' ', parsed.Tokens.Select(token => token.Value.Contains(' ', StringComparison.Ordinal)
            ? $"'{token.Value}'" : token.Value));
}
