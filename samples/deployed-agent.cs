#:project ../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// A program that uses a trained agent: which of several offers does this group of visitors like best?
//
//   rl2 train bandits --set arms=5 pulls=50 --budget 60s --run runs/offers
//   dotnet run -c Release samples/deployed-agent.cs runs/offers
//
// The program does not need the training task: it passes the reward of the last offer (1 or 0) and gets the next offer.
// Each group of visitors is one trial with its own tastes, which the agent learns within fifty visitors.

using RLSquared.Agents;
using RLSquared.Deployment;

string run = args.Length > 0 ? args[0] : "runs/offers";
if (!Directory.Exists(run) && !File.Exists(run))
{
    Console.Error.WriteLine($"There is no run {run}. Train it first: the command is at the top of this file.");
    return 1;
}
using Actor agent = Agent.Load(run);
int offers = agent.Spaces.Action.Size, visitors = agent.Spaces.TrialLength;
var random = new Random(1);
double accepted = 0, atRandom = 0, best = 0;
const int groups = 1000;

for (int group = 0; group < groups; group++)
{
    double[] chances = [.. Enumerable.Range(0, offers).Select(_ => random.NextDouble())];
    agent.BeginTrial();
    float reward = 0;
    for (int visitor = 0; visitor < visitors; visitor++)
    {
        int offer = agent.Act(reward, done: true);          // each visitor is an episode of one step
        reward = random.NextDouble() < chances[offer] ? 1 : 0;
        accepted += reward;
    }
    atRandom += chances.Average() * visitors;
    best += chances.Max() * visitors;
}

Console.WriteLine($"accepted by the visitors of a group, on average of {groups} groups of {visitors}:");
Console.WriteLine($"  offers at random               {atRandom / groups,6:F2}");
Console.WriteLine($"  the agent                      {accepted / groups,6:F2}");
Console.WriteLine($"  the best offer, if it is known {best / groups,6:F2}");
return 0;
