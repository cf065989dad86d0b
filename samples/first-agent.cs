#:project ../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

var task = new BernoulliBandits(new BernoulliBanditsOptions { Arms = 5, Pulls = 10 });
using var workers = new Workers(threads: 2);
using var rl2 = new Rl2(task, new Rl2Options { Network = new() { Hidden = 32 } }, seed: 1, workers);

new Training(rl2, Budget.Parse(args.Length > 0 ? args[0] : "10s")).Run();

var played = Evaluator.Run(task, [rl2.Agent, .. Tuning.Opponents(task, new())], new() { Instances = 10_000 });
foreach (AgentScore agent in played.Agents)
    Console.WriteLine($"{agent.Name,-25} {agent.Score.Mean:F2} ± {agent.Score.StandardError:F2}");
