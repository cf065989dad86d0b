using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using RLSquared.Cli.Dashboard;
using RLSquared.Cli.Output;
using RLSquared.Runs;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 dashboard [FOLDER]</c>: a page in the browser with all runs below a folder, alive while they train. It serves
/// until Ctrl+C, which is its regular end: exit code 0.
/// </summary>
internal static class DashboardCommand
{
    /// <summary>The port of the page when the user names none.</summary>
    public const int StandardPort = 6200;

    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string?> folder = new("FOLDER")
        {
            Description = $"the folder of your runs, or one run; {terminal.RunsFolder} when none is named",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<int> port = Arguments.Number("--port", "the page's port; 0 for any that is free", StandardPort, 0);
        Option<bool> open = new("--open") { Description = "open the page in the browser" };
        Option<string?> assembly = Arguments.Assembly();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("dashboard", "Show all runs in the browser, live while they train")
        {
            folder, port, open, assembly, json, quiet,
        };
        command.SetAction(parsed =>
        {
            string path = Folder(parsed.GetValue(folder), terminal.RunsFolder);
            int number = parsed.GetValue(port);
            if (number > ushort.MaxValue)
                throw new OptionException("--port", $"--port must be from 0 to {ushort.MaxValue}, but is {number}");
            terminal.CatchInterrupts();
            using DashboardServer server = DashboardServer.Start(
                path, number, catalogues.With(parsed.GetValue(assembly)));
            int runs = server.Watch.Read(all => all.Count);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(terminal, writer =>
                {
                    writer.WriteString("address", server.Address.ToString());
                    writer.WriteString("folder", path);
                    writer.WriteNumber("runs", runs);
                });
            }
            else
            {
                terminal.Output.WriteLine(server.Address);
            }
            terminal.Output.Flush();
            if (!parsed.GetValue(quiet))
            {
                terminal.Error.WriteLine(
                    $"{(runs == 1 ? "1 run" : $"{runs:N0} runs")} in {path}; open the page above; Ctrl+C ends it");
            }
            if (parsed.GetValue(open))
                Open(server.Address, terminal);
            terminal.Interrupted.WaitHandle.WaitOne();
            return ExitCode.Done;
        });
        return command;
    }

    // The usual folder may come with the first run; one that was named must be there.
    static string Folder(string? named, string standard)
    {
        if (named is null)
            return standard;
        if (File.Exists(named))
            throw new OptionException("FOLDER", $"{named} is a file; name the folder of your runs, or of one run");
        return Directory.Exists(named) ? Path.TrimEndingDirectorySeparator(named) : throw new OptionException(
            "FOLDER", $"there is no folder {named}; name the folder of your runs, or train one: rl2 train bandits");
    }

    static void Open(Uri address, Terminal terminal)
    {
        try
        {
            Process.Start(new ProcessStartInfo(address.ToString()) { UseShellExecute = true })?.Dispose();
        }
        catch (Exception failure) when (failure is Win32Exception or PlatformNotSupportedException)
        {
            terminal.Error.WriteLine($"rl2: no browser could be opened; open {address} yourself");
        }
    }
}
