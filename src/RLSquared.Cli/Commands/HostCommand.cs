using System.CommandLine;
using RLSquared.Cli.Output;
using RLSquared.Cli.Serving;
using RLSquared.Language.Environments;
using RLSquared.Runs;
using RLSquared.Tasks;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 host TASK</c>: an environment of a language agent behind OpenEnv's interface, on this machine. It serves
/// until Ctrl+C, which is its regular end.
/// </summary>
internal static class HostCommand
{
    const int StandardPort = 8001;

    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> task = new("TASK") { Description = "a task that a language agent plays, such as sokoban" };
        Option<string[]> set = Arguments.Set();
        Option<int> port = Arguments.Number(
            "--port", "the port; 0 for any that is free", StandardPort, 0, ushort.MaxValue);
        Option<int> most = Arguments.Number("--most", "environments at a time", 256, 1, 4096);
        Option<ulong> seed = Arguments.Seed("of the levels where a client names none");
        Option<string?> assembly = Arguments.Assembly();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("host", "Serve an environment to OpenEnv's clients on this machine")
        {
            task, set, port, most, seed, assembly, json, quiet,
        };
        command.SetAction(parsed =>
        {
            terminal.CatchInterrupts();
            TaskEntry entry = catalogues.With(parsed.GetValue(assembly)).Tasks.Find(parsed.GetRequiredValue(task));
            AgentTask played = entry.CreateProblem(Arguments.Assignments(parsed, set)) as AgentTask
                ?? throw new OptionException("TASK",
                    $"the task {entry.Name} is no environment of texts; sokoban, minesweeper, household and shop are");
            using var server = new EnvironmentServer(played, entry.Description, parsed.GetValue(port),
                parsed.GetValue(most), parsed.GetValue(seed));
            Served.UntilInterrupted(terminal, server.Address, $"{entry.Name} is played",
                parsed.GetValue(json), parsed.GetValue(quiet), ("task", entry.Name));
            return ExitCode.Done;
        });
        return command;
    }
}
