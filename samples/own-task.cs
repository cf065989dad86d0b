#:project ../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

using var workers = new Workers(threads: 2);
using var rl2 = new Rl2(Guess.Task, Rl2Options.For(Guess.Task), seed: 1, workers);

new Training(rl2, Budget.Parse(args.Length > 0 ? args[0] : "20s")).Run();

var played = Evaluator.Run(Guess.Task, [rl2.Agent, new RandomAgent()], new() { Instances = 10_000 });
foreach (AgentScore agent in played.Agents)
    Console.WriteLine($"{agent.Name,-10} {agent.Score.Mean:F2} ± {agent.Score.StandardError:F2}");

/// <summary>
/// Guess a number from 0 to 9: each wrong guess costs 0.1 and is answered by 'higher' or 'lower', the right one brings
/// 1 and ends the episode. The number stays for the three episodes of a trial, so that it is worth remembering.
/// </summary>
public sealed class Guess : SingleEnvironment
{
    public static TaskDistribution Task { get; } = TaskDistribution.FromEnvironment(
        "guess", ObservationSpace.Discrete(3), actions: 10, episodes: 3, maxStepsPerEpisode: 10, () => new Guess());

    int number;

    public override void BeginTrial(ref RandomSequence random) => number = random.NextInt(10);

    public override void Reset(ref RandomSequence random, Span<float> observation) => observation[0] = 0;

    public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
    {
        observation[0] = number > action[0] ? 1 : number < action[0] ? 2 : 0;
        return number == action[0] ? new StepResult(1, Terminated: true) : new StepResult(-0.1f);
    }
}
