#:project ../../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// Speed of ppo on cartpole and of maml on point-goals: what benchmarks/pytorch/ppo_cartpole.py and maml_step.py do in
// PyTorch. One JSON object on standard output. benchmarks/pytorch/exploration_compare.py runs them in turns.
// dotnet run -c Release benchmarks/exploration/speed.cs ppo|maml [THREADS [REPEATS]]
//
// Before anything is counted it runs for some seconds, until the compiler has optimised all of it: PyTorch's kernels
// were compiled before, and a training lasts longer than that.

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RLSquared.Algorithms;
using RLSquared.Tasks;
using RLSquared.Tensors;

string which = args.Length > 0 ? args[0] : "ppo";
int threads = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
int repeats = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 3;
using var workers = new Workers(threads);
object result = which switch
{
    "ppo" => Ppo(),
    "maml" => Maml(),
    _ => throw new ArgumentException($"there is no '{which}'; name ppo or maml"),
};
Console.WriteLine(JsonSerializer.Serialize(
    result, new JsonSerializerOptions { TypeInfoResolver = new DefaultJsonTypeInfoResolver() }));

// Each repeat is a training from its first weights, as the episodes of a policy that has learned are longer.
object Ppo()
{
    const int iterations = 20;
    var task = new CartPole();
    PpoOptions options = PpoOptions.For(task) with { Lanes = 64, Window = 64, Epochs = 4, Minibatches = 8 };
    double Rate()
    {
        using var ppo = new Ppo(task, options, seed: 1, workers);
        for (int i = 0; i < 3; i++)
            ppo.Iterate(0);
        long start = Stopwatch.GetTimestamp(), steps = ppo.Steps;
        for (int i = 0; i < iterations; i++)
            ppo.Iterate(0);
        return (ppo.Steps - steps) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
    WarmUp(Rate);
    double[] rates = [.. Enumerable.Range(0, repeats).Select(_ => Rate())];
    return new
    {
        name = $"ppo/cartpole-N{options.Lanes}-T{options.Window}",
        program = "RLSquared",
        threads,
        unit = "steps/s",
        value = Math.Round(Median(rates)),
        best = Math.Round(rates.Max()),
        rates = rates.Select(rate => Math.Round(rate)),
    };
}

object Maml()
{
    const int iterations = 5;
    var task = new PointGoals(new() { Episodes = 1, Horizon = 100 });
    var options = new MamlOptions { Tasks = 20, Plays = 20 };
    var playing = new List<double>();
    var learning = new List<double>();
    double Seconds()
    {
        using var maml = new Maml(task, options, seed: 1, workers);
        maml.Iterate(0);
        double rollout = 0, update = 0;
        for (int i = 0; i < iterations; i++)
        {
            IterationReport report = maml.Iterate(0);
            (rollout, update) = (rollout + report.RolloutSeconds, update + report.UpdateSeconds);
        }
        playing.Add(rollout / iterations);
        learning.Add(update / iterations);
        return (rollout + update) / iterations;
    }
    WarmUp(Seconds);
    playing.Clear();
    learning.Clear();
    double[] seconds = [.. Enumerable.Range(0, repeats).Select(_ => Seconds())];
    return new
    {
        name = $"maml/point-goals-B{options.Tasks}-K{options.Plays}-T{task.Horizon}",
        program = "RLSquared",
        threads,
        unit = "s",
        value = Math.Round(Median(seconds), 4),
        best = Math.Round(seconds.Min(), 4),
        seconds = seconds.Select(one => Math.Round(one, 4)),
        split = new Dictionary<string, double>
        {
            ["play, judge and adapt"] = Math.Round(Median([.. playing]), 4),
            ["learn"] = Math.Round(Median([.. learning]), 4),
        },
    };
}

void WarmUp(Func<double> work)
{
    for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(6);)
        work();
}

double Median(double[] values)
{
    double[] sorted = [.. values.Order()];
    return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
