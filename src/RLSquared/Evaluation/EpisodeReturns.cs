using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.Evaluation;

/// <summary>
/// What each episode of a trial brought: whether an agent learns from one episode to the next. The trials are the first
/// ones of an evaluation with the same seed (<see cref="Evaluator"/>).
/// </summary>
public static class EpisodeReturns
{
    const int Block = 250;

    /// <summary>Plays trials and adds up the rewards of each episode.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="agent">Who plays.</param>
    /// <param name="trials">How many trials, at least 1.</param>
    /// <param name="seed">The seed of the trials.</param>
    /// <returns>
    /// [episodes][trials]: as many episodes as the trial with the most has; 0 where a trial was over before.
    /// </returns>
    /// <exception cref="NotSupportedException">The agent cannot play this task.</exception>
    /// <exception cref="NonFiniteException">A reward was a NaN or an infinity.</exception>
    public static IReadOnlyList<double[]> Of(TaskDistribution task, Agent agent, int trials, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(agent);
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        int N = Math.Min(Block, trials);
        List<double[]> returns = [new double[trials]];
        Lanes lanes = task.CreateLanes(N);
        Player player = agent.CreatePlayer(task, N);
        try
        {
            for (int first = 0; first < trials; first += N)
                Play(task, lanes, player, seed, first, returns);
        }
        finally
        {
            (player as IDisposable)?.Dispose();
        }
        return returns;
    }

    static void Play(
        TaskDistribution task, Lanes lanes, Player player, ulong seed, int first, List<double[]> returns)
    {
        int N = lanes.Count, trials = returns[0].Length;
        float[] observations = new float[N * task.Observation.Width], rewards = new float[N];
        ActionBuffer previous = new(task.Action, N), actions = new(task.Action, N);
        bool[] allowed = new bool[task.Masks ? N * task.Actions : 0];
        int[] episodes = new int[N];
        var endings = new Endings[N];
        Array.Fill(endings, Endings.Terminated);
        lanes.Begin(seed, Evaluator.FirstTrial + (ulong)first, observations);
        player.Begin(seed, Evaluator.FirstTrial + (ulong)first);
        bool goesOn = true;
        for (int t = 0; t < task.TrialLength && goesOn; t++)
        {
            if (task.Masks)
                ActionMasks.Ask(task, lanes, endings, allowed, t);
            player.Act(new Percept
            {
                Step = t,
                Observations = observations,
                PreviousActions = previous.Span,
                PreviousRewards = rewards,
                PreviousEndings = endings,
                Allowed = allowed,
            }, actions.Span);
            lanes.Step(actions.Span, observations, rewards, endings);
            NonFiniteException.ThrowIfAny(rewards, "reward", t);
            goesOn = false;
            for (int lane = 0; lane < N; lane++)
            {
                // The last block may have more lanes than there are trials left; what these play does not count.
                if (first + lane < trials && rewards[lane] != 0)
                {
                    while (returns.Count <= episodes[lane])
                        returns.Add(new double[trials]);
                    returns[episodes[lane]][first + lane] += rewards[lane];
                }
                episodes[lane] += (endings[lane] & Endings.EpisodeEnded) != 0 ? 1 : 0;
                goesOn |= (endings[lane] & Endings.TrialEnded) == 0;
            }
            (previous, actions) = (actions, previous);
        }
    }
}
