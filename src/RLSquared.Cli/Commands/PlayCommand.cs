using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RLSquared.Agents;
using RLSquared.Cli.Films;
using RLSquared.Evaluation;
using RLSquared.Tasks;
using RLSquared.Tasks.Mazes;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 play RUN</c>: one trial, step by step, with what the agent believes that it is doing: its action
/// probabilities beside the true arms.
/// </summary>
internal static class PlayCommand
{
    public static Command Create(Terminal terminal, Catalogue catalogue)
    {
        Argument<string> run = Arguments.Run();
        Option<string> checkpoint = Arguments.Checkpoint();
        Option<ulong> seed = Arguments.Seed("of the trial");
        Option<int> trial = Arguments.Number("--trial", "which trial of the seed", 1, 1);
        Option<int> delay = Arguments.Number("--delay", "milliseconds between two steps on a screen", 250, 0);
        Option<string[]> set = new("--set")
        {
            Description = "options of the task that keep what is seen and done, such as --set split=test",
            HelpName = "key=value …",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> film = new("--film")
        {
            Description = "write a trial in a maze as a film (.gif) or as a strip of pictures (.png)",
            HelpName = "FILE",
        };
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("play", "Watch a trained agent learn in one trial")
        {
            run, checkpoint, seed, trial, set, delay, film, json, quiet,
        };
        command.SetAction(parsed =>
        {
            using TrainedRun trained = TrainedRun.Open(
                catalogue, parsed.GetRequiredValue(run), parsed.GetRequiredValue(checkpoint), threads: 1);
            trained.Restore();
            TaskDistribution task = trained.TaskWith(catalogue, Arguments.Assignments(parsed, set));
            Peers.Announce(terminal, parsed.GetValue(quiet), catalogue.FindTask(task.Name), task.Settings);
            var played = new PlayedTrial(
                task, trained.Algorithm.Agent, parsed.GetValue(seed), parsed.GetValue(trial));
            if (parsed.GetValue(json))
            {
                List<PlayedStep> steps = [.. played.Steps()];
                JsonOutput.Write(terminal, writer => WriteJson(writer, played, steps));
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
        });
        return command;
    }

    static void Watch(Terminal terminal, PlayedTrial trial, TimeSpan pause)
    {
        TextWriter output = terminal.Output;
        var view = new TrialView(trial, terminal.Width);
        output.WriteLine($"{trial.Agent.Name} plays trial {trial.Number} of seed {trial.Seed}: " +
            string.Join(", ", trial.Task.Settings.Select(setting => $"{setting.Key} {setting.Value}")));
        output.WriteLine(
            !trial.Task.Action.IsDiscrete ? "in each line the options that it chooses and the numbers that it decides"
            : trial.IsBandit ? "in each column how likely it is to pull that arm; [in brackets] the arm that it pulls"
            : "in each column how likely it is to take that action; [in brackets] the action that it takes");
        output.WriteLine();
        foreach (string line in view.Header())
            output.WriteLine(line);
        double total = 0;
        foreach (PlayedStep step in trial.Steps())
        {
            output.WriteLine(view.Line(step));
            output.Flush();
            total = step.Total;
            Thread.Sleep(pause);
        }
        output.WriteLine();
        string best = trial.BestTotal is not { } most ? "" : string.Create(CultureInfo.InvariantCulture,
            $"; the best arm {(trial.IsRestless ? "of each pull" : "alone")} would bring {most:F2} on average");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"total reward {total:G6}{best}"));
    }

    static void WriteJson(Utf8JsonWriter json, PlayedTrial trial, List<PlayedStep> steps)
    {
        json.WriteString("agent", trial.Agent.Name);
        json.WriteString("task", trial.Task.Name);
        json.WriteNumber("seed", trial.Seed);
        json.WriteNumber("trial", trial.Number);
        if (trial.Means.Length > 0)
            WriteNumbers("arms", trial.Means);
        json.WriteStartArray("steps");
        foreach (PlayedStep step in steps)
        {
            json.WriteStartObject();
            json.WriteNumber("step", step.Number);
            if (step.State is { } state)
                json.WriteNumber("state", state);
            if (trial.IsRestless)
                WriteNumbers("arms", step.Means);
            if (step.Probabilities.Length > 0)
                WriteNumbers("probabilities", step.Probabilities);
            if (trial.Task.Action.IsDiscrete)
            {
                json.WriteNumber("action", step.Action);
            }
            else
            {
                WriteNumbers("choices", [.. step.Choices.Select(choice => (float)choice)]);
                WriteNumbers("numbers", step.Numbers);
            }
            json.WriteNumber("reward", step.Reward);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("total", steps[^1].Total);

        void WriteNumbers(string name, float[] numbers)
        {
            json.WriteStartArray(name);
            foreach (float number in numbers)
                json.WriteNumberValue(number);
            json.WriteEndArray();
        }
    }
}

/// <summary>One step of a trial.</summary>
/// <param name="Number">1, 2, ….</param>
/// <param name="Probabilities">With what probabilities the agent chose, [A]; empty when it does not say.</param>
/// <param name="Choices">What it chose, [K]: 0, 1, … each.</param>
/// <param name="Numbers">The numbers that it decided, [C], from −1 to 1.</param>
/// <param name="Reward">What that brought.</param>
/// <param name="Total">What all steps have brought so far.</param>
/// <param name="State">The state in which it chose; null where the task shows no states.</param>
/// <param name="Means">The true means of a bandit's arms at this pull, [A]; empty for another task.</param>
/// <param name="Endings">What ended with it.</param>
internal sealed record PlayedStep(
    int Number, float[] Probabilities, int[] Choices, float[] Numbers, float Reward, double Total, int? State,
    float[] Means, Endings Endings)
{
    /// <summary>What it chose, where there is one choice and nothing else.</summary>
    public int Action => Choices[0];
}

/// <summary>One trial of one agent, the same as that trial of an evaluation.</summary>
internal sealed class PlayedTrial
{
    readonly Lanes lanes;
    readonly Player player;
    readonly ulong trial;
    readonly float[] observations;

    public PlayedTrial(TaskDistribution task, Agent agent, ulong seed, int number)
    {
        (Task, Agent, Seed, Number) = (task, agent, seed, number);
        trial = Evaluator.FirstTrial + (ulong)number - 1;
        lanes = task.CreateLanes(1);
        player = agent.CreatePlayer(task, 1);
        observations = new float[task.Observation.Width];
        lanes.Begin(seed, trial, observations);
        Means = IsRestless ? [] : TrueMeans();
        BestTotal = (lanes as BanditLanes)?.BestTotal(0);
    }

    public TaskDistribution Task { get; }

    public Agent Agent { get; }

    public ulong Seed { get; }

    public int Number { get; }

    public bool IsBandit => Task is BanditTask;

    /// <summary>Whether the task shows states.</summary>
    public bool HasStates => Task.Observation.Kind == ObservationKind.Discrete;

    /// <summary>Whether it is a bandit whose arms move.</summary>
    public bool IsRestless => Task is BanditTask { IsRestless: true };

    /// <summary>The true means of a bandit's arms, [A]; empty for another task and where they move.</summary>
    public float[] Means { get; }

    /// <summary>What the best arm of each pull brings on average; null for a task that is no bandit.</summary>
    public double? BestTotal { get; }

    /// <summary>The maze and where the agent is in it; null for another task.</summary>
    public MazeLanes? Maze => lanes as MazeLanes;

    /// <summary>What the agent sees at present.</summary>
    public ReadOnlySpan<float> View => observations;

    /// <summary>Plays the trial, one step at a time.</summary>
    public IEnumerable<PlayedStep> Steps()
    {
        ActionBuffer previous = new(Task.Action, 1), actions = new(Task.Action, 1);
        bool[] allowed = new bool[Task.Masks ? Task.Actions : 0];
        float[] rewards = new float[1];
        Endings[] endings = [Endings.Terminated];
        double total = 0;
        player.Begin(Seed, trial);
        for (int step = 0; step < Task.TrialLength && !endings[0].HasFlag(Endings.TrialEnded); step++)
        {
            if (Task.Masks)
            {
                Array.Fill(allowed, true);
                lanes.Allowed(allowed);
            }
            player.Act(new Percept
            {
                Step = step,
                Observations = observations,
                PreviousActions = previous.Span,
                PreviousRewards = rewards,
                PreviousEndings = endings,
                Allowed = allowed,
            }, actions.Span);
            float[] probabilities = player is RecurrentPlayer recurrent ? recurrent.ActionProbabilities.ToArray() : [];
            int? state = HasStates ? (int)observations[0] : null;
            float[] means = TrueMeans();
            lanes.Step(actions.Span, observations, rewards, endings);
            NonFiniteException.ThrowIfAny(rewards, "reward", step);
            NonFiniteException.ThrowIfAny(observations, "observation", step, Math.Max(1, observations.Length));
            total += rewards[0];
            yield return new PlayedStep(
                step + 1, probabilities, [.. actions.Choices], [.. actions.Numbers], rewards[0], total, state, means,
                endings[0]);
            (previous, actions) = (actions, previous);
        }
    }

    float[] TrueMeans() => lanes is BanditLanes bandit ? bandit.Means(0).ToArray() : [];
}
