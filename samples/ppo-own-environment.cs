#:project ../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

var task = TaskDistribution.FromEnvironment("lander", ObservationSpace.Vector(2), ActionSpace.Continuous(1),
    episodes: 1, maxStepsPerEpisode: 100, () => new Lander());
using var workers = new Workers(threads: 2);
using var ppo = new Ppo(task, PpoOptions.For(task), seed: 1, workers);

new Training(ppo, Budget.Parse(args.Length > 0 ? args[0] : "500k")).Run();

foreach (AgentScore agent in Evaluator.Run(task, [ppo.Agent, new RandomAgent()], new() { Instances = 1000 }).Agents)
    Console.WriteLine($"{agent.Name,-10} {agent.Score.Mean:F2} ± {agent.Score.StandardError:F2}");

/// <summary>Falls from 8 to 12 m, and must touch the ground slowly: the action is the engine's thrust.</summary>
sealed class Lander : SingleEnvironment
{
    double height, speed;

    public override void Reset(ref RandomSequence random, Span<float> observation) =>
        Observe(height = 8 + 4 * random.NextUniform(), speed = 0, observation);

    public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
    {
        speed += 0.1 * (4 * action.Numbers[0] - 2);
        Observe(height += 0.1 * speed, speed, observation);
        return new StepResult(height > 0 ? -0.05f : (float)(10 - 5 * Math.Abs(speed)), Terminated: height <= 0);
    }

    static void Observe(double height, double speed, Span<float> observation) =>
        (observation[0], observation[1]) = ((float)height, (float)speed);
}
