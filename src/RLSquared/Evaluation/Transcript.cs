using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.Evaluation;

/// <summary>
/// What an agent saw and did in N trials of T steps, for whoever wants to know how it plays and not only how well.
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
        Lanes lanes = task.CreateLanes(N);
        Player player = agent.CreatePlayer(task, N);
        try
        {
            float[] observations = new float[N * width], rewards = new float[N];
            int[] previous = new int[N];
            var endings = new Endings[N];
            Array.Fill(endings, Tasks.Endings.Terminated);
            lanes.Begin(seed, Evaluator.FirstTrial, observations);
            player.Begin(seed, Evaluator.FirstTrial);
            for (int t = 0; t < transcript.T; t++)
            {
                observations.CopyTo(transcript.Observations, t * N * width);
                Span<int> actions = transcript.Actions.AsSpan(t * N, N);
                player.Act(new Percept
                {
                    Step = t,
                    Observations = observations,
                    PreviousActions = previous,
                    PreviousRewards = rewards,
                    PreviousEndings = endings,
                }, actions);
                lanes.Step(actions, observations, rewards, endings);
                NonFiniteException.ThrowIfAny(rewards, "reward", t);
                NonFiniteException.ThrowIfAny(observations, "observation", t, width);
                actions.CopyTo(previous);
                rewards.CopyTo(transcript.Rewards, t * N);
                endings.CopyTo(transcript.Endings, t * N);
                if (lanes.KnowsRegrets)
                    lanes.Regrets(transcript.Regrets.AsSpan(t * N, N));
            }
        }
        finally
        {
            (player as IDisposable)?.Dispose();
        }
        return transcript;
    }
}
