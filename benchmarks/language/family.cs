#:project ../../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false

// RLOO, RAFT, REINFORCE, PPO and GRPO on the same small sums: from the same warm start of each seed, with the same
// number of samples and options, but for what makes each algorithm. Appends one JSON object for each run to a file.
// dotnet run -c Release benchmarks/language/family.cs runs.jsonl [algorithms] [seeds] [tokens] [step size]

using System.Globalization;
using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Prompts;
using RLSquared.Tensors;

const int instances = 300, points = 10;
string[] names = args.Length > 1 ? args[1].Split(',') : ["rloo", "raft", "reinforce", "ppo", "grpo"];
int[] seeds = args.Length > 2 ? [.. args[2].Split(',').Select(int.Parse)] : [1, 2, 3];
long tokens = args.Length > 3 ? long.Parse(args[3], CultureInfo.InvariantCulture) : 200_000;
var task = new ArithmeticTask(new ArithmeticOptions { Smallest = 0, Largest = 19 });
float rate = args.Length > 4 ? float.Parse(args[4], CultureInfo.InvariantCulture) : 3e-4f;
using var workers = new Workers(threads: Environment.ProcessorCount);
foreach (int seed in seeds)
{
    foreach (string name in names)
    {
        var suggested = RlooOptions.Table.Apply(task.SuggestedOptions(name));
        RlooOptions options = RlooFamily.All.First(one => one.Name == name).Change(suggested with
        {
            Layers = 2,
            Hidden = 64,
            Batch = 128,
            GroupSize = 4,
            WarmStartReward = 0.2f,
            LearningRate = rate,
            LearningRateSchedule = new(RLSquared.Tensors.Optimisers.ScheduleKind.Constant),
        });
        using var learner = new Rloo(task, options, (ulong)seed, workers, name);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        IterationReport report = learner.Iterate(0);
        while (report.Figures.Any(figure => figure.Name.StartsWith("warm_start", StringComparison.Ordinal)))
            report = learner.Iterate(0);
        double began = report.MeanReturn;
        long first = learner.Steps;
        // The mean drawn reward of each tenth of the tokens.
        double[] sums = new double[points];
        int[] counts = new int[points];
        for (; learner.Steps - first < tokens; report = learner.Iterate(0))
        {
            int point = (int)Math.Min(points - 1, points * (learner.Steps - first) / tokens);
            (sums[point], counts[point]) = (sums[point] + report.MeanReturn, counts[point] + 1);
        }
        EvaluationResult found = learner.Evaluate(
            new EvaluationOptions { Instances = instances, Threads = workers.Threads }, CancellationToken.None);
        Estimate exact = found.Agents[0].Score;
        string line = JsonSerializer.Serialize(new
        {
            algorithm = name,
            seed,
            rate = Math.Round(rate, 7),
            tokens,
            began = Math.Round(began, 3),
            curve = sums.Zip(counts, (sum, count) => Math.Round(sum / Math.Max(1, count), 3)),
            exact = Math.Round(exact.Mean, 4),
            standardError = Math.Round(exact.StandardError, 4),
            seconds = Math.Round(clock.Elapsed.TotalSeconds),
        });
        File.AppendAllText(args[0], line + "\n");
        Console.WriteLine(line);
    }
}
