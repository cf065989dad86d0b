using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using RLSquared.Cli.Commands;
using RLSquared.Cli.Datasets;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Datasets;
using RLSquared.Language;
using RLSquared.MuJoCo;
using RLSquared.Pipelines;
using RLSquared.Reproduction;
using RLSquared.Runs;

namespace RLSquared.Cli;

/// <summary>
/// The <c>rl2</c> command: finds the verb, runs it, and turns every failure into one sentence and an exit code.
/// <para>To add a verb: 1. one file under <c>Commands/</c> with its options and what it does; 2. one line in
/// <see cref="Run(string[], Terminal, Catalogues, PaperTable[])"/>; 3. a smoke test under
/// <c>tests/RLSquared.Cli.Tests</c>.</para>
/// </summary>
internal static class Cli
{
    /// <summary>Runs a command against the given writers.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        using var terminal = new Terminal(output, error);
        return Run(args, terminal);
    }

    /// <summary>Runs a command.</summary>
    public static int Run(string[] args, Terminal terminal) => Run(args, terminal, new Catalogues(
        [.. MuJoCoCatalogue.Tasks, .. LanguageCatalogue.Tasks], LanguageCatalogue.Algorithms, Cards.Devices));

    /// <summary>Runs a command that knows more tasks, algorithms and tables than the library's.</summary>
    public static int Run(
        string[] args, Terminal terminal, Catalogues catalogues, params PaperTable[] moreTables)
    {
        GoalDatasetFile.Add(ParquetDatasetWriter.Format);
        var root = new RootCommand(
            "Reinforcement learning in which the agent that you train is itself a learner.\n" +
            "Start with: rl2 train bandits")
        {
            TrainCommand.Create(terminal, catalogues),
            ResumeCommand.Create(terminal, catalogues),
            EvaluateCommand.Create(terminal, catalogues),
            ReproduceCommand.Create(terminal, catalogues, moreTables),
            PlayCommand.Create(terminal, catalogues),
            GenerateCommand.Create(terminal, catalogues),
            ChatCommand.Create(terminal, catalogues),
            CheckCommand.Create(terminal, catalogues),
            DashboardCommand.Create(terminal, catalogues),
            RunsCommand.Create(terminal),
            PlotCommand.Create(terminal, catalogues),
            ExportCommand.Create(terminal, catalogues),
            DatasetsCommand.Create(terminal),
            ServeCommand.Create(terminal, catalogues),
            RewardsCommand.Create(terminal),
            HostCommand.Create(terminal, catalogues),
            ClusterCommand.Create(terminal, catalogues),
            ListCommand.Create(terminal, catalogues),
            BenchmarkCommand.Create(terminal),
            PlanCommand.Create(terminal, catalogues),
            DoctorCommand.Create(terminal),
        };
        if (args.Length == 0)
            args = ["--help"];
        ParseResult parsed = root.Parse(args);
        if (parsed.Action is ParseErrorAction)
            return Fail(ExitCode.WrongUsage, Explain(parsed, root), null);
        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = terminal.Output,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception failure) when (failure is OptionException or NotSupportedException)
        {
            return Fail(ExitCode.WrongUsage, failure.Message, failure);
        }
        catch (OperationCanceledException failure)
        {
            return Fail(ExitCode.Interrupted, "interrupted", failure);
        }
        catch (Exception failure) when (
            failure is TrainingException or NonFiniteException or InvalidDataException or IOException
            or UnauthorizedAccessException or PipelineException)
        {
            return Fail(ExitCode.Failed, failure.Message, failure);
        }
        catch (Exception failure) when (OwnAssembly.Blame(failure) is { } blame)
        {
            return Fail(ExitCode.Failed, $"{blame} (RL2_DEBUG=1 shows the whole way there)", failure);
        }
        catch (Exception failure)
        {
            return Fail(ExitCode.Failed,
                $"an error within rl2 itself: {failure.Message} (RL2_DEBUG=1 shows where; please report it)", failure);
        }

        int Fail(int code, string message, Exception? failure)
        {
            terminal.Error.WriteLine($"rl2: {message}");
            if (terminal.Debug && failure is not null)
                terminal.Error.WriteLine(failure);
            return code;
        }
    }

    // The parser's own sentences name types of .NET and make no suggestions.
    static string Explain(ParseResult parsed, RootCommand root)
    {
        Command command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is [string unknown, ..])
        {
            bool isOption = unknown.StartsWith('-');
            if (command == root && !isOption)
            {
                string[] verbs = [.. root.Subcommands.Select(verb => verb.Name)];
                string known = $"; there are {string.Join(", ", verbs)}";
                return $"there is no command '{unknown}'{Hint(unknown, verbs, known)}";
            }
            string of = Call(command);
            string[] names = [.. command.Options.Select(option => option.Name)];
            return isOption
                ? $"{of} has no option '{unknown}'{Hint(unknown, names, $"; see {of} --help")}"
                : $"{of} does not know what to do with '{unknown}'; see {of} --help";
        }
        ParseError error = parsed.Errors[0];
        OptionResult? empty = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        if (empty is { Tokens.Count: 0, Option: { } option })
            return $"{option.Name} needs a value{(option.HelpName is { } help ? $": {option.Name} {help}" : "")}";
        if (error.SymbolResult is ArgumentResult { Tokens.Count: 0, Argument: { } argument })
            return $"{Call(command)} needs {argument.Name}; see {Call(command)} --help";
        if (error.SymbolResult is CommandResult { Command: { } group } && group == root)
            return "say what to do, such as rl2 train bandits; see rl2 --help";
        if (error.SymbolResult is CommandResult && command.Subcommands.Count > 0)
        {
            return $"say what {Call(command)} is to do: " +
                string.Join(", ", command.Subcommands.Select(verb => verb.Name));
        }
        return error.Message.TrimEnd('.');
    }

    // The words that call a command, such as 'rl2 cluster join'.
    static string Call(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent
        ? $"{Call(parent)} {command.Name}" : "rl2";

    static string Hint(string given, string[] names, string otherwise) =>
        Suggestions.Nearest(given, names) is { } nearest ? $"; did you mean '{nearest}'?" : otherwise;
}
