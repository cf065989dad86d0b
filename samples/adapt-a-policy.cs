#:project ../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// Trains weights that adapt to a new goal in one gradient step, then takes that step in this program.
// dotnet run -c Release samples/adapt-a-policy.cs 4M

using System.Numerics;
using RLSquared.Algorithms;
using RLSquared.Deployment;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

var task = new PointGoals(new() { Episodes = 1, Horizon = 20 });
using var workers = new Workers(threads: 2);
using var maml = new Maml(task, MamlOptions.For(task), seed: 1, workers);
new Training(maml, Budget.Parse(args.Length > 0 ? args[0] : "4M")).Run();

// Your own world: the policy does not observe the goal, and infers it from the cost of each step.
var goal = new Vector2(0.4f, -0.3f);
using var agent = new AdaptiveActor(maml);
Console.WriteLine($"before: {Play(20):F2} a play");
agent.Adapt(episodes: 20);
Console.WriteLine($"after:  {Play(20):F2} a play");

double Play(int plays)
{
    (Vector2 place, double total, float[] push) = (Vector2.Zero, 0, new float[2]);
    for (int i = 0; i < plays * 20; i++)
    {
        place = i % 20 == 0 ? Vector2.Zero : place;
        agent.Act([place.X, place.Y], [], push);
        place += 0.1f * new Vector2(push[0], push[1]);
        float reward = -Vector2.Distance(place, goal);
        agent.Receive(reward, done: i % 20 == 19);
        total += reward;
    }
    return total / plays;
}
