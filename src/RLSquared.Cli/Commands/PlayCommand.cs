using System.CommandLine;
using System.Globalization;
using RLSquared.Cli.Films;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Language.Algorithms;
using RLSquared.Runs;
using RLSquared.Tasks;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 play RUN</c>: one trial, step by step, with what the agent believes that it is doing: its action
/// probabilities beside the true arms. Of an agent that reads and writes it is the transcript.
/// </summary>
internal static class PlayCommand
{
    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> run = Arguments.Run();
        Option<string> checkpoint = Arguments.Checkpoint();
        Option<ulong> seed = Arguments.Seed("of the trial");
        Option<int> trial = Arguments.Number("--trial", "which trial of the seed", 1, 1);
        Option<int> delay = Arguments.Number("--delay", "milliseconds between two steps on a screen", 250, 0);
        Option<string[]> set = new("--set")
        {
            Description = "options of the task that keep observations and actions, such as --set split=test",
            HelpName = "key=value …",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> assembly = Arguments.Assembly();
        Option<string?> film = new("--film")
        {
            Description = "write a trial in a maze as a film (.gif) or as a strip of pictures (.png)",
            HelpName = "FILE",
        };
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("play", "Watch a trained agent learn in one trial")
        {
            run, checkpoint, seed, trial, set, assembly, delay, film, json, quiet,
        };
        command.SetAction(parsed =>
        {
            using TrainedRun trained = TrainedRun.Open(
                catalogues.With(parsed.GetValue(assembly)),
                RunNames.Find(terminal, parsed.GetRequiredValue(run), single: true)!,
                parsed.GetRequiredValue(checkpoint), threads: 1);
            terminal.Warn(trained.AssemblyChange);
            trained.Restore();
            if (trained.Algorithm is ITranscribed agent)
                return Show(agent);
            TaskDistribution task = trained.TaskWith(Arguments.Assignments(parsed, set));
            Peers.Announce(terminal, parsed.GetValue(quiet), trained.TaskEntry, task.Settings);
            using var played = new PlayedTrial(
                task, trained.Agent, parsed.GetValue(seed), parsed.GetValue(trial));
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(terminal, writer => TrialOutput.WriteJson(writer, played));
                return ExitCode.Done;
            }
            TimeSpan pause = terminal.OutputIsScreen
                ? TimeSpan.FromMilliseconds(parsed.GetValue(delay)) : TimeSpan.Zero;
            if (parsed.GetValue(film) is { } path)
            {
                MazePlay.Film(path, played, played.Maze ?? throw new OptionException(
                    "--film", $"only trials in mazes can be filmed, not {played.Task.Name}"));
                if (!parsed.GetValue(quiet))
                    terminal.Error.WriteLine($"the film is in {path}");
            }
            else if (played.Maze is { } maze)
            {
                MazePlay.Watch(terminal, played, maze, pause);
            }
            else
            {
                Watch(terminal, played, pause);
            }
            return ExitCode.Done;

            // An agent that reads and writes: what it read and what it wrote.
            int Show(ITranscribed agent)
            {
                string? refused = parsed.GetValue(film) is not null ? "--film"
                    : parsed.GetValue(set) is { Length: > 0 } ? "--set" : null;
                if (refused is not null)
                {
                    throw new OptionException(refused, $"{trained.Problem.Name} is {trained.Problem.Kind}, and " +
                        $"played without {refused}; leave it away");
                }
                (ulong first, int number) = (parsed.GetValue(seed), parsed.GetValue(trial));
                string transcript = agent.Transcript(first, number - 1);
                if (parsed.GetValue(json))
                {
                    JsonOutput.Write(terminal, writer =>
                    {
                        writer.WriteString("algorithm", trained.Algorithm.Name);
                        writer.WriteString("task", trained.Problem.Name);
                        writer.WriteNumber("seed", first);
                        writer.WriteNumber("trial", number);
                        writer.WriteString("transcript", transcript);
                    });
                }
                else
                {
                    terminal.Output.WriteLine($"{trained.Algorithm.Name} plays level {number} of seed {first} of " +
                        trained.Problem.Name);
                    terminal.Output.Write(transcript);
                }
                return ExitCode.Done;
            }
        });
        return command;
    }

    static void Watch(Terminal terminal, PlayedTrial trial, TimeSpan pause)
    {
        TextWriter output = terminal.Output;
        var view = new TrialView(trial, terminal.Width);
        string settings = string.Join(", ", trial.Task.Settings.Select(setting => $"{setting.Key} {setting.Value}"));
        output.WriteLine($"{trial.Agent.Name} plays trial {trial.Number} of seed {trial.Seed} of {trial.Task.Name}" +
            (settings.Length > 0 ? $": {settings}" : ""));
        ActionSpace space = trial.Task.Action;
        output.WriteLine(
            trial.IsBandit ? "in each column how likely it is to pull that arm; [in brackets] the arm that it pulls"
            : space.Choices > 0
                ? "in each column how likely it is to take that action; [in brackets] the action that it takes"
            : "at the end of each line the numbers that it decides, from −1 to 1");
        output.WriteLine();
        foreach (string line in view.Header())
            output.WriteLine(line);
        double total = 0, before = 0;
        int episode = 1, first = 1;
        foreach (PlayedStep step in trial.Steps())
        {
            output.WriteLine(view.Line(step));
            total = step.Total;
            // A pull of an arm is an episode of its own, which needs no line.
            if (!trial.IsBandit && (step.Endings & Endings.EpisodeEnded) != 0)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"── episode {episode} ended after " +
                    $"{step.Number - first + 1:N0} steps, return {total - before:G6}"));
                (episode, first, before) = (episode + 1, step.Number + 1, total);
            }
            output.Flush();
            Thread.Sleep(pause);
        }
        output.WriteLine();
        string best = trial.BestTotal is not { } most ? "" : string.Create(CultureInfo.InvariantCulture,
            $"; the best arm {(trial.IsRestless ? "of each pull" : "alone")} would bring {most:F2} on average");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"total reward {total:G6}{best}"));
    }
}
