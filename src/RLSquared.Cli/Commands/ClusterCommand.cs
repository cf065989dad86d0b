using System.CommandLine;
using System.Globalization;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Cluster;
using RLSquared.Runs;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 cluster join|status|drain ADDRESS</c>: lets this machine help a training that was begun with
/// <c>--cluster ADDRESS</c>, shows who helps, and sends a helper away.
/// </summary>
internal static class ClusterCommand
{
    public static Command Create(Terminal terminal, Catalogues catalogues) =>
        new("cluster", "Help a training in another process: rl2 train … --cluster ADDRESS")
        {
            Join(terminal, catalogues), Status(terminal), Drain(terminal),
        };

    static Command Join(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> address = Address();
        Option<string?> name = new("--name")
        {
            Description = "a name that no other worker has; by default from machine and process",
            HelpName = "NAME",
        };
        Option<string?> listen = new("--listen")
        {
            Description = "the IP address of this machine at which the training reaches it",
            HelpName = "IP",
        };
        Option<int> wait = Arguments.Number("--wait", "seconds to wait for a training", 60, 0, 1_000_000);
        Option<int> threads = Arguments.Threads();
        Option<string?> secret = Arguments.Secret(), tls = Arguments.Tls(), assembly = Arguments.Assembly();
        Option<bool> quiet = Arguments.Quiet();
        var command = new Command("join", "Compute shards for the training at this address, until Ctrl+C")
        {
            address, name, threads, wait, listen, secret, tls, assembly, quiet,
        };
        command.SetAction(parsed =>
        {
            terminal.CatchInterrupts();
            ClusterOptions options = ClusterSession.Options(parsed.GetRequiredValue(address), parsed.GetValue(secret),
                parsed.GetValue(tls), "ADDRESS");
            if (parsed.GetValue(listen) is { } own)
            {
                options = options with
                {
                    Listen = System.Net.IPAddress.TryParse(own, out System.Net.IPAddress? known) ? known
                        : throw new OptionException("--listen", $"--listen must be an IP address, but is '{own}'"),
                };
            }
            Catalogues all = catalogues.With(parsed.GetValue(assembly));
            string called = parsed.GetValue(name) ?? string.Create(
                CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}");
            var worker = new ClusterWorker(options, called, parsed.GetValue(threads),
                (configuration, workers) => ClusterSession.Create(all, configuration, workers))
            {
                Wait = TimeSpan.FromSeconds(parsed.GetValue(wait)),
                Log = parsed.GetValue(quiet) ? null : terminal.Error.WriteLine,
            };
            if (!parsed.GetValue(quiet))
            {
                terminal.Error.WriteLine(
                    $"worker '{called}' helps the training at {ClusterSession.Named(options)}; Ctrl+C ends it");
            }
            if (worker.Run(terminal.Interrupted))
                return ExitCode.Done;
            terminal.Error.WriteLine(
                $"rl2: no training at {ClusterSession.Named(options)} within {parsed.GetValue(wait)} seconds");
            return ExitCode.Failed;
        });
        return command;
    }

    static Command Status(Terminal terminal)
    {
        Argument<string> address = Address();
        Option<string?> secret = Arguments.Secret(), tls = Arguments.Tls();
        Option<bool> json = Arguments.Json();
        var command = new Command("status", "Show the workers of the training at this address")
        {
            address, secret, tls, json,
        };
        command.SetAction(parsed =>
        {
            ClusterQuestions questions = Ask(parsed, address, secret, tls);
            terminal.Output.WriteLine(parsed.GetValue(json) ? questions.StatusJson() : questions.StatusTable());
            return ExitCode.Done;
        });
        return command;
    }

    static Command Drain(Terminal terminal)
    {
        Argument<string> address = Address();
        Argument<string> name = new("NAME") { Description = "the worker's name; see rl2 cluster status" };
        Option<string?> secret = Arguments.Secret(), tls = Arguments.Tls();
        Option<bool> quiet = Arguments.Quiet();
        var command = new Command("drain", "Let a worker finish its work and leave")
        {
            address, name, secret, tls, quiet,
        };
        command.SetAction(parsed =>
        {
            string leaving = parsed.GetRequiredValue(name);
            Ask(parsed, address, secret, tls).Drain(leaving);
            if (!parsed.GetValue(quiet))
                terminal.Error.WriteLine($"worker '{leaving}' gets no more shards, and leaves when its last is done");
            return ExitCode.Done;
        });
        return command;
    }

    static ClusterQuestions Ask(
        ParseResult parsed, Argument<string> address, Option<string?> secret, Option<string?> tls) =>
        new(ClusterSession.Options(
            parsed.GetRequiredValue(address), parsed.GetValue(secret), parsed.GetValue(tls), "ADDRESS"));

    static Argument<string> Address() => new("ADDRESS")
    {
        Description = "what the training has after --cluster, such as 127.0.0.1:11111 or redis://127.0.0.1/NAME",
    };
}
