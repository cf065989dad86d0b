using System.CommandLine;
using RLSquared.Cli.Output;
using RLSquared.Cli.Serving;
using RLSquared.Language.Verifiers.Judges;
using RLSquared.Settings;
using RLSquared.Tensors;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 rewards</c>: LongTraceRL's reward server on this machine. It serves until Ctrl+C, which is its regular end.
/// </summary>
internal static class RewardsCommand
{
    const int StandardPort = 7248;

    public static Command Create(Terminal terminal)
    {
        Option<int> port = Arguments.Number(
            "--port", "the port; 0 for any that is free", StandardPort, 0, ushort.MaxValue);
        Option<string[]> set = new("--set")
        {
            Description = "options of a judge, such as --set judge=remote judge-url=http://127.0.0.1:8000/v1; " +
                "without one an answer is right that holds the label",
            HelpName = "key=value …",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        Option<int> seconds = Arguments.Number("--limit", "seconds that one request may take at most", 600, 1, 86_400);
        Option<int> threads = Arguments.Threads();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("rewards", "Serve LongTraceRL's rewards to trainings on this machine")
        {
            port, set, seconds, threads, json, quiet,
        };
        command.SetAction(parsed =>
        {
            terminal.CatchInterrupts();
            using var workers = new Workers(parsed.GetValue(threads));
            Assignment[] given = Arguments.Assignments(parsed, set);
            IJudge? judge = given.Length > 0 ? JudgeOptions.Table.Apply(given).Create(workers) : null;
            if (judge is CheckpointJudge)
            {
                throw new OptionException("judge", "judge=checkpoints has nothing to go by here; take remote, model " +
                    "or likelihood, or no judge at all");
            }
            try
            {
                using var server = new RewardServer(
                    judge, parsed.GetValue(port), TimeSpan.FromSeconds(parsed.GetValue(seconds)));
                Served.UntilInterrupted(terminal, server.Address, "rewards are given",
                    parsed.GetValue(json), parsed.GetValue(quiet));
            }
            finally
            {
                (judge as IDisposable)?.Dispose();
            }
            return ExitCode.Done;
        });
        return command;
    }
}
