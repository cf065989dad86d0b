using System.CommandLine;
using RLSquared.Algorithms;
using RLSquared.Cli.Output;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Pipelines;
using RLSquared.Language.Prompts;
using RLSquared.Pipelines;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 plan TASK</c>: measures how fast this machine generates and trains, and says which layout of a pipeline is
/// the fastest, what it gains over a conventional loop, and what no layout can gain.
/// </summary>
internal static class PlanCommand
{
    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string> task = Arguments.Task();
        Option<string> preset = new("--preset")
        {
            Description = "the options of pipeline-rl that --set starts from",
            DefaultValueFactory = _ => "default",
        };
        Option<string[]> set = Arguments.Set();
        Option<int> lag = Arguments.Number("--lag", "most updates that a token may lag behind", 8, 1, 100_000);
        Option<int> most = Arguments.Number("--most-in-flight", "most sequences of a generator to try", 256, 1, 65_536);
        Option<int> uniform = Arguments.Number("--uniform",
            "lengths from 1 to this, all alike, in place of what the model draws; 0 for those", 0, 0, 65_536);
        Option<int> milliseconds = Arguments.Number("--time", "milliseconds that each part is measured for", 500, 1);
        Option<int> check = Arguments.Number(
            "--check", "seconds for which pipeline and conventional loop are run, to compare; 0 for not", 0, 0, 3600);
        Option<bool> simulate = new("--simulate")
        {
            Description = "check with a trainer that only waits and learns nothing",
        };
        Option<ulong> seed = Arguments.Seed("of model, prompts and draws");
        Option<int> threads = Arguments.Threads();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("plan", "Plan generation and training at once for a task of language models")
        {
            task, preset, set, lag, most, uniform, milliseconds, check, simulate, seed, threads, json, quiet,
        };
        command.SetAction(parsed =>
        {
            terminal.CatchInterrupts();
            TaskEntry entry = catalogues.Tasks.Find(parsed.GetRequiredValue(task));
            AlgorithmEntry algorithm = catalogues.Algorithms.Find(PipelineRl.Algorithm);
            IReadOnlyList<Assignment>[] shares = OptionTable.Divide(
                Arguments.Assignments(parsed, set), entry.Options, algorithm.Options);
            Problem problem = entry.CreateProblem(shares[0]);
            using var owned = problem as IDisposable;
            PipelineRlOptions options = PipelineRlOptions.Table.Apply(
                algorithm.Merge(problem, parsed.GetRequiredValue(preset), shares[1]));
            var prompts = (PromptTask)problem;
            if (parsed.GetValue(uniform) is > 0 and int longest)
            {
                prompts = new UniformLengths(prompts, longest);
                options = options with { Learning = options.Learning with { LongestCompletion = longest } };
            }
            if (!parsed.GetValue(quiet))
                terminal.Error.WriteLine("measuring; other work on this machine spoils it");
            int[] candidates = [.. Candidates(parsed.GetValue(most))];
            int cores = parsed.GetValue(threads), mostLag = parsed.GetValue(lag);
            ulong drawn = parsed.GetValue(seed);
            PipelineRates rates = PipelineProbe.Measure(prompts, options, candidates, cores, drawn,
                TimeSpan.FromMilliseconds(parsed.GetValue(milliseconds)), terminal.Interrupted);
            PipelinePlan plan = rates.Model.Search(mostLag, candidates, shared: true)
                ?? throw new OptionException("--lag", $"no layout keeps the lag within {mostLag} updates, for a " +
                    $"generator with one sequence in flight has {rates.Model.Lag(1, 1)}; raise --lag or batch");
            var report = new PlanReport(rates, plan, mostLag, candidates);
            if (parsed.GetValue(check) is > 0 and int seconds)
            {
                report.Check(prompts, options, drawn, TimeSpan.FromSeconds(seconds), parsed.GetValue(simulate),
                    terminal.Interrupted);
            }
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal, report.Write);
            else
                report.Write(terminal.Output);
            return ExitCode.Done;
        });
        return command;
    }

    static IEnumerable<int> Candidates(int most)
    {
        for (int h = 1; h < most; h *= 2)
            yield return h;
        yield return most;
    }
}
