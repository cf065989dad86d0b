using System.CommandLine;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Runs;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 resume RUN</c>: goes on from the last checkpoint to the end of the budget. The run ends with the same bits as
/// one that was never interrupted. A run without a checkpoint begins again from its seed.
/// </summary>
internal static class ResumeCommand
{
    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> run = Arguments.Run();
        Option<string> checkpoint = Arguments.Checkpoint();
        Option<string?> budget = new("--budget")
        {
            Description = "another budget for the whole run, such as 120s; the part already spent counts",
        };
        Option<int?> threads = new("--threads") { Description = "threads; by default as when the run began" };
        Option<string?> assembly = Arguments.Assembly();
        Option<string?> cluster = Arguments.Cluster(), secret = Arguments.Secret(), tls = Arguments.Tls();
        Option<string?> device = Arguments.Device("that of the run, or another by name");
        Option<int?> instances = Arguments.Instances();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("resume", "Continue an interrupted run")
        {
            run, checkpoint, budget, threads, device, assembly, cluster, secret, tls, instances, json, quiet,
        };
        command.SetAction(parsed =>
        {
            string path = RunNames.Find(terminal, parsed.GetRequiredValue(run))!;
            Catalogues known = catalogues.With(parsed.GetValue(assembly));
            SessionOptions options = SessionOptions.Of(parsed, instances, json, quiet) with
            {
                Budget = parsed.GetValue(budget) is { } another ? Budget.Parse(another) : null,
            };
            if (SeedRuns.IsFolder(path))
            {
                ClusterSession.Require(parsed, cluster, task: null, isAlone: false);
                if (parsed.GetRequiredValue(checkpoint) != "last")
                {
                    throw new OptionException("--checkpoint", $"the seeds of {path} go on from their last " +
                        "checkpoints; leave --checkpoint away, or name the folder of one seed");
                }
                using RunLock held = RunLock.Take(path);
                return new SeedSession(terminal, known, path, options with
                {
                    TensorBoard = SeedRuns.In(path).Any(seed => TensorBoardLog.FilesIn(seed).Count > 0),
                })
                {
                    Threads = parsed.GetValue(threads),
                    Device = parsed.GetValue(device),
                }.Run();
            }
            using TrainedRun trained = TrainedRun.OpenToResume(
                known, path, parsed.GetRequiredValue(checkpoint), parsed.GetValue(threads), parsed.GetValue(device));
            ClusterSession.Require(parsed, cluster, trained.TaskEntry, isAlone: true);
            using IDisposable? shared = ClusterSession.Start(terminal, parsed, (cluster, secret, tls),
                trained.Algorithm, trained.Folder.Configuration, parsed.GetValue(quiet));
            ClusterSession.Show(shared, trained.Folder);
            if (trained.Start is null && !parsed.GetValue(quiet))
            {
                terminal.Error.WriteLine(
                    $"{trained.Folder.Path} has no checkpoint yet, so it begins again from its seed");
            }
            Peers.Announce(terminal, parsed.GetValue(quiet), trained.TaskEntry, trained.Problem.Settings);
            return new Session(terminal, trained.Problem, trained.Algorithm, trained.Folder, options)
                .Run(trained.Start);
        });
        return command;
    }
}
