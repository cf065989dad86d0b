using System.CommandLine;

namespace RLSquared.Cli.Commands;

/// <summary><c>rl2 doctor</c>: what this machine offers, and whether the library works on it.</summary>
internal static class PlayCommand
{
    public static Command Create(Terminal terminal, Catalogue catalogue)
    {
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("play", "Say what this machine offers and check that everything works") { json, quiet };
        command.SetAction(_ => ExitCode.Done);
        return command;
    }
}
