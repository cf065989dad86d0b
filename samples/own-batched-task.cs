#:project ../src/RLSquared/RLSquared.csproj
#:property PublishAot=false

using RLSquared;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

var task = new GuessFast(new() { Numbers = 20 });
TaskReport report = TaskCheck.Run(task);
Console.WriteLine(report.Error?.Message ?? $"{report.StepsPerSecond:N0} steps per second in one thread");

using var workers = new Workers(threads: 2);
using var rl2 = new Rl2(task, Rl2Options.For(task), seed: 1, workers);
new Training(rl2, Budget.Parse(args.Length > 0 ? args[0] : "20s")).Run();
AgentScore score = Evaluator.Run(task, [rl2.Agent], new()).Agents[0];
Console.WriteLine($"{score.Name,-10} {score.Score.Mean:F2} ± {score.Score.StandardError:F2}");

/// <summary>Options for <c>--set numbers=100</c>.</summary>
public sealed record GuessOptions
{
    public int Numbers { get; init => field = Require.Within("numbers", value, 2, 1000); } = 10;

    public static OptionTable<GuessOptions> Table { get; } = new OptionTable<GuessOptions>("the task guess-fast", new())
        .Integer("numbers", "numbers to guess from", o => o.Numbers, (o, value) => o with { Numbers = value });
}

/// <summary>The game of own-task.cs for one episode of twelve guesses, all lanes in one loop.</summary>
public sealed class GuessFast(GuessOptions options) : TaskDistribution
{
    public static TaskEntry Entry { get; } = TaskEntry.Of(
        "guess-fast", "guess a number, told higher or lower", GuessOptions.Table, options => new GuessFast(options));

    public override string Name => "guess-fast";
    public override IReadOnlyList<Assignment> Settings => GuessOptions.Table.Show(options);
    public override ObservationSpace Observation => ObservationSpace.Discrete(3);
    public override ActionSpace Action => options.Numbers;
    public override int TrialLength => 12;
    public override Lanes CreateLanes(int count) => new GuessLanes(count, options.Numbers);
}

/// <summary>N games in lock-step.</summary>
sealed class GuessLanes(int count, int numbers) : Lanes
{
    readonly int[] secrets = new int[count];
    readonly bool[] over = new bool[count];
    int step;

    public override int Count => count;

    public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        step = 0;
        for (int lane = 0; lane < count; lane++)
        {
            float u = new RandomKey(seed, RandomPurpose.Task, firstTrial + (ulong)lane).Uniform(step: 0);
            (secrets[lane], over[lane], observations[lane]) = ((int)(u * numbers), false, 0);
        }
    }

    public override void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        step++;
        for (int lane = 0; lane < count; lane++)
        {
            int sign = over[lane] ? 0 : Math.Sign(secrets[lane] - actions[lane]);
            observations[lane] = sign > 0 ? 1 : sign < 0 ? 2 : 0;
            (rewards[lane], endings[lane]) = over[lane] ? (0, Endings.TrialEnded)
                : sign == 0 ? (1, Endings.Terminated | Endings.TrialEnded)
                : (-0.1f, step == 12 ? Endings.Truncated | Endings.TrialEnded : Endings.None);
            over[lane] |= endings[lane] != Endings.None;
        }
    }
}
