#:project ../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// A controller that adapts to an unknown drive: gain, friction and delay differ from trial to trial.
// dotnet run -c Release samples/adaptive-controller.cs 12M step-response.svg

using System.Text;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

const int trials = 2000;
var plants = new Plants();
using var workers = new Workers(threads: Environment.ProcessorCount);
using var rl2 = new Rl2(plants, Rl2Options.For(plants), seed: 1, workers);
new Training(rl2, Budget.Parse(args.Length > 0 ? args[0] : "60s")).Run();

Agent[] agents = [rl2.Agent, .. Tuning.Opponents(plants, new()).Where(agent => agent is not RandomAgent)];
var returns = agents.Select(agent => EpisodeReturns.Of(plants, agent, trials, seed: 1)).ToArray();
double[] tuned = Costs(Array.FindIndex(agents, agent => agent is Pid), 0..4);

Console.WriteLine($"cost per step on {trials:N0} unseen plants, mean ± standard error");
Console.WriteLine($"{"",-14}{"episode 1",-18}{"episodes 2 to 4",-18}{"worse than pid",-18}");
for (int i = 0; i < agents.Length; i++)
{
    double worse = Costs(i, 0..4).Zip(tuned).Count(pair => pair.First > pair.Second) / (double)trials;
    Console.WriteLine($"{agents[i].Name,-14}{Show(Costs(i, 0..1)),-18}{Show(Costs(i, 1..4)),-18}{worse:P1}");
}
if (args.Length > 1)
    File.WriteAllText(args[1], Draw(trial: 4));

// An agent's cost per step in some episodes of each trial.
double[] Costs(int agent, Range episodes) => [.. Enumerable.Range(0, trials).Select(
    trial => -returns[agent].Take(episodes).Average(episode => episode[trial]) / plants.Options.Horizon)];

static string Show(double[] values) => $"{Estimate.Of(values).Mean:F3} ± {Estimate.Of(values).StandardError:F3}";

// The set points and the measured speeds of one trial.
string Draw(ulong trial)
{
    string[] colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#999999", "#000000"];
    var svg = new StringBuilder("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 900 340'>")
        .Append("<rect width='900' height='340' fill='white'/>");
    for (int i = 0; i <= agents.Length; i++)
    {
        (string name, int number) = i < agents.Length ? (agents[i].Name, 1) : ("set point", 0);
        IEnumerable<string> points = Play(agents[i % agents.Length], trial)
            .Select((seen, t) => $"{20 + 4.5 * t},{170 - 95 * Math.Clamp(seen[number], -1.7, 1.7):F1}");
        svg.Append($"<polyline fill='none' stroke='{colours[i]}' points='{string.Join(' ', points)}'/>")
            .Append($"<text x='760' y='{40 + 24 * i}' fill='{colours[i]}'>{name}</text>");
    }
    return svg.Append("</svg>\n").ToString();
}

// The observations of one trial: set point and measured speed.
IEnumerable<float[]> Play(Agent agent, ulong trial)
{
    (Lanes lanes, Player player) = (plants.CreateLanes(1), agent.CreatePlayer(plants, 1));
    (float[] seen, float[] rewards, Endings[] endings) = (new float[2], new float[1], [Endings.Terminated]);
    var actions = new ActionBuffer(plants.Action, 1);
    lanes.Begin(1, Evaluator.FirstTrial + trial, seen);
    player.Begin(1, Evaluator.FirstTrial + trial);
    for (int t = 0; t < plants.TrialLength; t++)
    {
        yield return [.. seen];
        player.Act(new Percept
        {
            Step = t,
            Observations = seen,
            PreviousActions = actions.Span,
            PreviousRewards = rewards,
            PreviousEndings = endings,
        }, actions.Span);
        lanes.Step(actions.Span, seen, rewards, endings);
    }
}
