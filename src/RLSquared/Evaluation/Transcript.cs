using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.Evaluation;

/// <summary>
/// The observations and actions of an agent in N trials of T steps: how it plays, and not only how well.
/// Arrays are time first: step t of trial n stands at t · N + n.
/// </summary>
public sealed class Transcript
{
    Transcript(int steps, int trials, int width)
    {
        (T, N, Width) = (steps, trials, width);
        Observations = new float[checked(T * N * width)];
        Actions = new int[T * N];
        Rewards = new float[T * N];
        Regrets = new float[T * N];
        Endings = new Endings[T * N];
    }

    /// <summary>Steps of a trial.</summary>
    public int T { get; }

    /// <summary>Trials.</summary>
    public int N { get; }

    /// <summary>Floats of an observation.</summary>
    public int Width { get; }

    /// <summary>What was seen before each action, [T, N, Width].</summary>
    public float[] Observations { get; }

    /// <summary>The actions, [T, N].</summary>
    public int[] Actions { get; }

    /// <summary>What they brought, [T, N].</summary>
    public float[] Rewards { get; }

    /// <summary>What they cost (<see cref="Lanes.Regrets"/>), [T, N]; zeros where the task cannot say.</summary>
    public float[] Regrets { get; }

    /// <summary>What ended with them, [T, N].</summary>
    public Endings[] Endings { get; }

    /// <summary>The mean over trials of the sum of a trial's regrets.</summary>
    public double MeanRegret => Regrets.Sum(regret => (double)regret) / N;

    /// <summary>The mean over trials of the sum of a trial's rewards.</summary>
    public double MeanReturn => Rewards.Sum(reward => (double)reward) / N;

    /// <summary>
    /// Plays the first trials of an evaluation (<see cref="Evaluator.FirstTrial"/>) and writes all down.
    /// </summary>
    /// <param name="task">What is played.</param>
    /// <param name="agent">Who plays.</param>
    /// <param name="trials">N, at least 1.</param>
    /// <param name="seed">The seed of the trials.</param>
    /// <exception cref="NotSupportedException">The agent cannot play this task.</exception>
    /// <exception cref="NonFiniteException">A reward was a NaN or an infinity.</exception>
    public static Transcript Of(TaskDistribution task, Agent agent, int trials, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(agent);
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        if (!task.Action.IsDiscrete || task.Masks)
            throw new NotSupportedException($"a transcript is of one choice at each step, not of {task.Action}");
        int N = trials, width = task.Observation.Width;
        var transcript = new Transcript(task.TrialLength, N, width);
        using var game = new Game(task, agent, N);
        game.Begin(seed, Evaluator.FirstTrial);
        while (game.Decide())
        {
            int at = game.Steps * N;
            game.Observations.CopyTo(transcript.Observations.AsSpan(at * width));
            game.Actions.Choices.CopyTo(transcript.Actions.AsSpan(at));
            game.Step();
            game.Rewards.CopyTo(transcript.Rewards.AsSpan(at));
            game.Endings.CopyTo(transcript.Endings.AsSpan(at));
            if (game.Lanes.KnowsRegrets)
                game.Lanes.Regrets(transcript.Regrets.AsSpan(at, N));
        }
        return transcript;
    }
}
