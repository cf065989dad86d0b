using System.CommandLine;
using RLSquared.Agents;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Evaluation;
using RLSquared.Policies;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 evaluate RUN</c> plays a trained agent beside its opponents; <c>rl2 evaluate --agent NAME --task T</c> plays
/// hand-designed agents without any run. All play the same trials with the same rewards.
/// </summary>
internal sealed class EvaluateCommand
{
    const string All = "all", None = "none";

    readonly Terminal terminal;
    readonly Catalogues catalogues;
    readonly Argument<string?> run = new("RUN")
    {
        Description = "the folder of a run, last for the newest; none to play hand-designed agents only",
        Arity = ArgumentArity.ZeroOrOne,
    };
    readonly Option<string[]> agent = new("--agent")
    {
        Description = "hand-designed agents by name, all or none; see rl2 list",
        HelpName = "NAME …",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };
    readonly Option<string?> task = new("--task")
    {
        Description = "the task to play, if there is no run",
        HelpName = "TASK",
    };
    readonly Option<string[]> set = Arguments.Set();
    readonly Option<string?> assembly = Arguments.Assembly();
    readonly Option<string> checkpoint = Arguments.Checkpoint();
    readonly Option<bool> greedy = new("--greedy")
    {
        Description = "also evaluate the trained agent with its likeliest actions instead of sampled ones",
    };
    readonly Option<int?> instances = Arguments.Instances();
    readonly Option<ulong> seed = Arguments.Seed("of the trials");
    readonly Option<int> threads = Arguments.Threads();
    readonly Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();

    EvaluateCommand(Terminal terminal, Catalogues catalogues) =>
        (this.terminal, this.catalogues) = (terminal, catalogues);

    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        var self = new EvaluateCommand(terminal, catalogues);
        var command = new Command("evaluate", "Play agents on the same fresh trials and compare them")
        {
            self.run, self.agent, self.task, self.set, self.assembly, self.checkpoint, self.greedy, self.instances,
            self.seed, self.threads, self.json, self.quiet,
        };
        command.SetAction(self.Run);
        return command;
    }

    int Run(ParseResult parsed)
    {
        terminal.CatchInterrupts();
        Catalogues known = catalogues.With(parsed.GetValue(assembly));
        string? named = RunNames.Find(terminal, parsed.GetValue(run));
        if (named is null)
            return PlayWithoutRun(parsed, known);
        if (SeedRuns.IsFolder(named))
            return EvaluateSeeds(parsed, known, named);
        using TrainedRun trained = OpenRun(
            known, named, parsed.GetRequiredValue(checkpoint), parsed.GetValue(task));
        terminal.Warn(trained.AssemblyChange);
        return trained.Problem is TaskDistribution ? PlayRun(parsed, trained) : EvaluateJudged(parsed, trained);
    }

    // A trained agent, beside its opponents.
    int PlayRun(ParseResult parsed, TrainedRun trained)
    {
        string[] names = NamesOf(parsed);
        TaskDistribution played = trained.TaskWith(Arguments.Assignments(parsed, set));
        Peers.Announce(terminal, parsed.GetValue(quiet), trained.TaskEntry, played.Settings);
        EvaluationOptions options = OptionsFor(parsed, played);
        Say(parsed, $"playing {options.Instances:N0} fresh trials …");
        List<Agent> agents = [trained.Agent, .. trained.Parts];
        if (parsed.GetValue(greedy))
            agents.Add(agents is [PolicyAgent recurrent, ..] ? recurrent.Greedily() : throw HasNoGreedyAction());
        agents.AddRange(Opponents(names, played, [], options, terminal.Interrupted));
        EvaluationResult result = Evaluator.Run(played, agents, options, cancellation: terminal.Interrupted);
        Write(parsed, result, trained.Agent.Name,
            EpisodeOutput.Play(played, trained.Agent, options.Instances, options.Seed));
        if (played == trained.Task && IsOfTheRun(trained) && names.Contains(All) && !parsed.GetValue(greedy))
            Keep(trained, result);
        return ExitCode.Done;
    }

    // Hand-designed agents alone.
    int PlayWithoutRun(ParseResult parsed, Catalogues known)
    {
        if (parsed.GetValue(agent) is not { Length: > 0 } names)
        {
            throw new OptionException(
                "--agent", "say what to evaluate: rl2 evaluate RUN, or --agent NAME --task TASK");
        }
        TaskEntry entry = known.Tasks.Find(parsed.GetValue(task) ?? throw new OptionException(
            "--task", "say what the agents play: --task TASK; see rl2 list"));
        Assignment[] assignments = Arguments.Assignments(parsed, set);
        OptionTable[] tables = [entry.Options, .. NamedAgents(names).Select(named => named.Options)];
        IReadOnlyList<Assignment> settings = OptionTable.Divide(assignments, tables)[0];
        Peers.Announce(terminal, parsed.GetValue(quiet), entry, settings);
        TaskDistribution played = entry.Create(settings);
        using var connections = played as IDisposable;
        assignments = [.. assignments.Where(assignment => !entry.Options.Contains(assignment.Key))];
        EvaluationOptions options = OptionsFor(parsed, played);
        Say(parsed, $"playing {options.Instances:N0} fresh trials …");
        if (parsed.GetValue(greedy))
            throw HasNoGreedyAction();
        Agent[] agents = [.. Opponents(names, played, assignments, options, terminal.Interrupted)];
        Write(parsed, Evaluator.Run(played, agents, options, cancellation: terminal.Interrupted), null, ([], 0));
        return ExitCode.Done;
    }

    // A problem that no agent plays step by step: its algorithm judges itself.
    int EvaluateJudged(ParseResult parsed, TrainedRun trained)
    {
        RefuseForJudged(parsed, trained.Problem);
        EvaluationOptions options = OptionsFor(parsed, trained.Problem);
        Say(parsed, $"trying {options.Instances:N0} fresh ones …");
        EvaluationResult judged = trained.Algorithm.Evaluate(options, terminal.Interrupted);
        if (parsed.GetValue(json))
            JsonOutput.Write(terminal, writer => EvaluationOutput.WriteJson(writer, judged));
        else
            EvaluationOutput.WriteTable(terminal.Output, judged, judged.Agents[0].Name);
        if (IsOfTheRun(trained))
            Keep(trained, judged);
        return ExitCode.Done;
    }

    // The runs of several seeds, each by itself, and their mean.
    int EvaluateSeeds(ParseResult parsed, Catalogues known, string folder)
    {
        if (parsed.GetValue(greedy))
            throw new OptionException("--greedy", "--greedy is for one run; name the folder of one seed");
        RefuseTask(parsed.GetValue(task));
        string[] names = NamesOf(parsed);
        using SeedEvaluation seeds = SeedEvaluation.Open(known, folder, parsed.GetRequiredValue(checkpoint));
        terminal.Warn(seeds.Runs[0].AssemblyChange);
        TaskDistribution? played = seeds.Problem is TaskDistribution
            ? seeds.Runs[0].TaskWith(Arguments.Assignments(parsed, set)) : null;
        EvaluationOptions options = OptionsFor(parsed, seeds.Problem);
        Say(parsed, $"playing {options.Instances:N0} fresh trials …");
        if (played is null)
        {
            RefuseForJudged(parsed, seeds.Problem);
            seeds.Judge(options, terminal.Interrupted);
        }
        else
        {
            seeds.Play(played, Opponents(names, played, [], options, terminal.Interrupted), options,
                terminal.Interrupted);
        }
        if (parsed.GetValue(json))
            JsonOutput.Write(terminal, seeds.WriteJson);
        else
            seeds.WriteTable(terminal.Output);
        if ((played is null || played == seeds.Problem) && names.Contains(All))
            seeds.WriteFiles();
        return ExitCode.Done;
    }

    void RefuseForJudged(ParseResult parsed, Problem problem)
    {
        string? refused = parsed.GetValue(greedy) ? "--greedy"
            : Arguments.Assignments(parsed, set).Length > 0 ? "--set"
            : parsed.GetValue(agent) is { Length: > 0 } ? "--agent" : null;
        if (refused is not null)
        {
            throw new OptionException(refused,
                $"{problem.Name} is {problem.Kind}, and evaluated without {refused}; leave it away");
        }
    }

    string[] NamesOf(ParseResult parsed) => parsed.GetValue(agent) is { Length: > 0 } given ? given : [All];

    EvaluationOptions OptionsFor(ParseResult parsed, Problem problem) => EvaluationOptions.Of(
        problem, parsed.GetValue(instances), parsed.GetValue(seed), parsed.GetValue(threads));

    void Say(ParseResult parsed, string text)
    {
        if (!parsed.GetValue(quiet))
            terminal.Error.WriteLine(text);
    }

    void Write(ParseResult parsed, EvaluationResult result, string? trained,
        (IReadOnlyList<Estimate> Means, int Trials) episodes)
    {
        if (!parsed.GetValue(json))
        {
            EvaluationOutput.WriteTable(terminal.Output, result, trained);
            EpisodeOutput.Write(terminal.Output, trained ?? "", episodes);
            return;
        }
        JsonOutput.Write(terminal, writer =>
        {
            EvaluationOutput.WriteJson(writer, result);
            EpisodeOutput.WriteJson(writer, episodes);
        });
    }

    static void Keep(TrainedRun trained, EvaluationResult result) => EvaluationOutput.WriteFile(
        trained.Folder, trained.Checkpoint.Path, trained.Checkpoint.Facts.Steps, result);

    static OptionException HasNoGreedyAction() =>
        new("--greedy", "only a trained network can take its likeliest action; name its run");

    // The run's own file tells of its own checkpoints on its own task, and of nothing else that was tried with it.
    static bool IsOfTheRun(TrainedRun trained) => Path.GetFullPath(trained.Checkpoint.Path).StartsWith(
            Path.GetFullPath(trained.Folder.CheckpointsPath) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    static TrainedRun OpenRun(
        Catalogues catalogues, string path, string checkpoint, string? task)
    {
        RefuseTask(task);
        TrainedRun trained = TrainedRun.Open(catalogues, path, checkpoint);
        try
        {
            trained.Restore();
            return trained;
        }
        catch
        {
            trained.Dispose();
            throw;
        }
    }

    static IEnumerable<AgentEntry> NamedAgents(string[] names) =>
        names.Where(name => name is not (All or None)).Select(AgentCatalogue.Find);

    static void RefuseTask(string? task)
    {
        if (task is not null)
        {
            throw new OptionException("--task",
                "a run is evaluated on the task that it was trained on; leave --task away");
        }
    }

    // An agent that was given options plays with these; the others are tuned, on trials that are not reported.
    static IEnumerable<Agent> Opponents(
        string[] names, TaskDistribution task, Assignment[] assignments, EvaluationOptions options,
        CancellationToken cancellation)
    {
        if (names.Contains(None))
            return [];
        if (names.Contains(All))
            return Tuning.Opponents(task, options, cancellation);
        return [.. NamedAgents(names).Select(entry =>
        {
            Assignment[] own = [.. assignments.Where(assignment => entry.Options.Contains(assignment.Key))];
            return own.Length > 0 ? AgentCatalogue.CreateFor(entry.Name, task, own)
                : Tuning.Tune(entry, task, options, cancellation);
        })];
    }
}
