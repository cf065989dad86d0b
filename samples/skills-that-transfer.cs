#:project ../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

// Learns skills on easy tasks, then a course on which a policy from scratch never finds the goal.
// dotnet run -c Release samples/skills-that-transfer.cs 6M

using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

var budget = Budget.Parse(args.Length > 0 ? args[0] : "6M");
var practice = new SparseCourse(new() { Stage = CourseStage.Practice, Horizon = 100 });
var course = new SparseCourse();
using var workers = new Workers(threads: 2);

// Each practice task rewards another direction: each skill learns to move in one of them.
using var skills = new Mlsh(practice, MlshOptions.For(practice), seed: 1, workers);
new Training(skills, budget).Run();

// The skills stay as they are (joint: 0), and a new master learns when to use which.
using var transfer = new Mlsh(course, MlshOptions.For(course) with { Joint = 0, Groups = 1 }, seed: 1, workers);
transfer.Parameters.CopyFrom(skills.Parameters);
new Training(transfer, budget).Run();

using var scratch = new Ppo(course, PpoOptions.For(course), seed: 1, workers);
new Training(scratch, budget).Run();

EvaluationResult result = Evaluator.Run(course, [transfer.Agent, scratch.Agent], new() { Instances = 200 });
foreach (AgentScore agent in result.Agents)
    Console.WriteLine($"{agent.Name,-10} {agent.Score.Mean:F1} ± {agent.Score.StandardError:F1} steps at the goal");
