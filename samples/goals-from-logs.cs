#:project ../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// Learns to reach goals from the logs of your own machine: a CSV or .npz file (rl2 datasets convert reads Parquet) with
// the columns trajectory, observation_0, action_0, … (actions from −1 to 1). Without a file it simulates a tank.
// Run it: dotnet run -c Release samples/goals-from-logs.cs 2000 logs.csv

using RLSquared.Algorithms;
using RLSquared.Datasets;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

GoalProblem problem = new(GoalDatasetFile.Read(args.Length > 1 ? args[1] : LogTank()));
var options = TransitiveRlOptions.Table.Apply(
    TransitiveRlOptions.Small(problem), [new("discount", "0.95"), new("hidden", "64"), new("extraction", "awr"),
        new("behaviour", "1")]);
using Workers workers = new(Environment.ProcessorCount);
using TransitiveRl learner = new(problem, options, seed: 1, workers);
while (learner.Steps < (args.Length > 0 ? int.Parse(args[0]) : 2000))
    learner.Iterate(progress: 0);
ActionBuffer action = new(problem.Task.Action, lanes: 1);
foreach (float goal in (float[])[0.2f, 0.8f])
{
    learner.Act(observation: [0.5f], goal: [goal], action.Span);        // as many numbers as your file has
    Console.WriteLine(FormattableString.Invariant($"level 0.5, wanted {goal}: valve {action.Numbers[0]:+0.00;-0.00}"));
}

static string LogTank()
{
    string file = Path.Combine(Path.GetTempPath(), "rl2-tank.csv");
    (Random random, float level, float valve) = (new Random(1), 0.5f, 0);
    File.WriteAllLines(file, ["trajectory,observation_0,action_0", .. Enumerable.Range(0, 20_000).Select(t =>
    {
        (float shown, valve) = (level, Math.Clamp(0.9f * valve + 0.5f * (2 * random.NextSingle() - 1), -1, 1));
        level = Math.Clamp(level + 0.04f * valve, 0, 1);
        return FormattableString.Invariant($"{t / 200},{shown},{valve}");
    })]);
    return file;
}
