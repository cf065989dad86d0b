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
internal static class EvaluateCommand
{
    const string All = "all", None = "none";

    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string?> run = new("RUN")
        {
            Description = "the folder of a run, last for the newest; none to play hand-designed agents only",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string[]> agent = new("--agent")
        {
            Description = "hand-designed agents by name, all or none; see rl2 list",
            HelpName = "NAME …",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> task = new("--task")
        {
            Description = "the task to play, if there is no run",
            HelpName = "TASK",
        };
        Option<string[]> set = Arguments.Set();
        Option<string?> assembly = Arguments.Assembly();
        Option<string> checkpoint = Arguments.Checkpoint();
        Option<int?> instances = Arguments.Instances();
        Option<ulong> seed = Arguments.Seed("of the trials");
        Option<int> threads = Arguments.Threads();
        Option<bool> greedy = new("--greedy")
        {
            Description = "the trained agent also takes its likeliest action each time, beside sampled ones",
        };
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("evaluate", "Play agents on the same fresh trials and compare them")
        {
            run, agent, task, set, assembly, checkpoint, greedy, instances, seed, threads, json, quiet,
        };
        command.SetAction(parsed =>
        {
            terminal.CatchInterrupts();
            EvaluationOptions OptionsFor(Problem problem) => EvaluationOptions.Of(
                problem, parsed.GetValue(instances), parsed.GetValue(seed), parsed.GetValue(threads));
            string[] names = parsed.GetValue(agent) is { Length: > 0 } given ? given : [All];
            Assignment[] assignments = Arguments.Assignments(parsed, set);
            Catalogues known = catalogues.With(parsed.GetValue(assembly));
            string? named = RunNames.Find(terminal, parsed.GetValue(run));
            if (named is { } folder && SeedRuns.IsFolder(folder))
            {
                if (parsed.GetValue(greedy))
                    throw new OptionException("--greedy", "--greedy is for one run; name the folder of one seed");
                RefuseTask(parsed.GetValue(task));
                using SeedEvaluation seeds = SeedEvaluation.Open(
                    known, folder, parsed.GetRequiredValue(checkpoint));
                terminal.Warn(seeds.Runs[0].AssemblyChange);
                return EvaluateSeeds(
                    seeds, seeds.Problem is TaskDistribution ? seeds.Runs[0].TaskWith(assignments) : null);
            }
            using TrainedRun? trained = named is { } path
                ? OpenRun(known, path, parsed.GetRequiredValue(checkpoint), parsed.GetValue(task))
                : null;
            terminal.Warn(trained?.AssemblyChange);
            if (trained is null && parsed.GetValue(agent) is not { Length: > 0 })
                throw new OptionException(
                    "--agent", "say what to evaluate: rl2 evaluate RUN, or --agent NAME --task TASK");

            if (trained is { Problem: not TaskDistribution })
                return EvaluateJudged(trained);
            TaskDistribution played;
            if (trained is not null)
            {
                played = trained.TaskWith(assignments);
                Peers.Announce(terminal, parsed.GetValue(quiet), trained.TaskEntry, played.Settings);
                assignments = [];
            }
            else
            {
                string name = parsed.GetValue(task) ?? throw new OptionException(
                    "--task", "say what the agents play: --task TASK; see rl2 list");
                TaskEntry entry = known.Tasks.Find(name);
                OptionTable[] tables = [entry.Options, .. NamedAgents(names).Select(known => known.Options)];
                IReadOnlyList<Assignment> settings = OptionTable.Divide(assignments, tables)[0];
                Peers.Announce(terminal, parsed.GetValue(quiet), entry, settings);
                played = entry.Create(settings);
                assignments = [.. assignments.Where(assignment => !entry.Options.Contains(assignment.Key))];
            }
            using IDisposable? connections = trained is null ? played as IDisposable : null;
            EvaluationOptions options = OptionsFor(played);
            if (!parsed.GetValue(quiet))
                terminal.Error.WriteLine($"playing {options.Instances:N0} fresh trials …");
            List<Agent> agents = trained is null ? [] : [trained.Agent, .. trained.Parts];
            if (parsed.GetValue(greedy))
            {
                agents.Add(agents is [PolicyAgent recurrent, ..] ? recurrent.Greedily() : throw new OptionException(
                    "--greedy", "only a trained network can take its likeliest action; name its run"));
            }
            agents.AddRange(Opponents(names, played, assignments, options, terminal.Interrupted));
            EvaluationResult result = Evaluator.Run(played, agents, options, cancellation: terminal.Interrupted);
            (IReadOnlyList<Estimate> Means, int Trials) episodes = trained is null ? ([], 0)
                : EpisodeOutput.Play(played, trained.Agent, options.Instances, options.Seed);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(terminal, writer =>
                {
                    EvaluationOutput.WriteJson(writer, result);
                    EpisodeOutput.WriteJson(writer, episodes);
                });
            }
            else
            {
                EvaluationOutput.WriteTable(terminal.Output, result, trained?.Agent.Name);
                EpisodeOutput.Write(terminal.Output, trained?.Agent.Name ?? "", episodes);
            }
            if (trained is not null && played == trained.Task && IsOfTheRun(trained)
                && names.Contains(All) && !parsed.GetValue(greedy))
            {
                EvaluationOutput.WriteFile(
                    trained.Folder, trained.Checkpoint.Path, trained.Checkpoint.Facts.Steps, result);
            }
            return ExitCode.Done;

            // A problem that no agent plays step by step: its algorithm judges itself.
            int EvaluateJudged(TrainedRun trained)
            {
                RefuseForJudged(trained.Problem);
                EvaluationOptions options = OptionsFor(trained.Problem);
                if (!parsed.GetValue(quiet))
                    terminal.Error.WriteLine($"trying {options.Instances:N0} fresh ones …");
                EvaluationResult judged = trained.Algorithm.Evaluate(options, terminal.Interrupted);
                if (parsed.GetValue(json))
                    JsonOutput.Write(terminal, writer => EvaluationOutput.WriteJson(writer, judged));
                else
                    EvaluationOutput.WriteTable(terminal.Output, judged, judged.Agents[0].Name);
                if (IsOfTheRun(trained))
                {
                    EvaluationOutput.WriteFile(
                        trained.Folder, trained.Checkpoint.Path, trained.Checkpoint.Facts.Steps, judged);
                }
                return ExitCode.Done;
            }

            void RefuseForJudged(Problem problem)
            {
                string? refused = parsed.GetValue(greedy) ? "--greedy" : assignments.Length > 0 ? "--set"
                    : parsed.GetValue(agent) is { Length: > 0 } ? "--agent" : null;
                if (refused is not null)
                {
                    throw new OptionException(refused,
                        $"{problem.Name} is {problem.Kind}, and evaluated without {refused}; leave it away");
                }
            }

            int EvaluateSeeds(SeedEvaluation seeds, TaskDistribution? played)
            {
                EvaluationOptions options = OptionsFor(seeds.Problem);
                if (!parsed.GetValue(quiet))
                    terminal.Error.WriteLine($"playing {options.Instances:N0} fresh trials …");
                if (played is null)
                {
                    RefuseForJudged(seeds.Problem);
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
        });
        return command;
    }

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
