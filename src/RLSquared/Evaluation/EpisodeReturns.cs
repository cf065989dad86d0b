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
        int[] episodes = new int[N];
        using var game = new Game(task, agent, N);
        for (int first = 0; first < trials; first += N)
        {
            Array.Clear(episodes);
            game.Begin(seed, Evaluator.FirstTrial + (ulong)first);
            while (game.Decide())
            {
                game.Step();
                Add(game, first, episodes, returns);
            }
        }
        return returns;
    }

    // What one step brought.
    static void Add(Game game, int first, int[] episodes, List<double[]> returns)
    {
        int trials = returns[0].Length;
        for (int lane = 0; lane < episodes.Length; lane++)
        {
            // The last block may have more lanes than there are trials left; what these play does not count.
            if (first + lane < trials && game.Rewards[lane] != 0)
            {
                while (returns.Count <= episodes[lane])
                    returns.Add(new double[trials]);
                returns[episodes[lane]][first + lane] += game.Rewards[lane];
            }
            episodes[lane] += (game.Endings[lane] & Endings.EpisodeEnded) != 0 ? 1 : 0;
        }
    }
}
