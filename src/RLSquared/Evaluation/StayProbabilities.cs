using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.Evaluation;

/// <summary>
/// How often an agent repeats its first-stage choice of the two-step task, by what the last round brought and whether
/// its transition was common (Daw et al. 2011).
/// <code>
///                          rewarded           unrewarded
///                        common  rare       common  rare
/// model-free learner      high   high        low    low       only the reward counts
/// model-based learner     high   low         low    high      after a rare transition it speaks for the other
/// </code>
/// A cell that never occurred is not a number.
/// </summary>
/// <param name="RewardedCommon">P(stay | rewarded, common transition).</param>
/// <param name="RewardedRare">P(stay | rewarded, rare transition).</param>
/// <param name="UnrewardedCommon">P(stay | unrewarded, common transition).</param>
/// <param name="UnrewardedRare">P(stay | unrewarded, rare transition).</param>
public readonly record struct StayProbabilities(
    double RewardedCommon, double RewardedRare, double UnrewardedCommon, double UnrewardedRare)
{
    /// <summary>
    /// What a reward adds to staying, whatever the transition: above 0 for a model-free learner, near 0 for a
    /// model-based one.
    /// </summary>
    public double RewardEffect => (RewardedCommon + RewardedRare - UnrewardedCommon - UnrewardedRare) / 2;

    /// <summary>
    /// By how much more a reward adds after a common than after a rare transition: 0 for a model-free learner, above 0
    /// for a model-based one.
    /// </summary>
    public double Interaction => RewardedCommon - RewardedRare - (UnrewardedCommon - UnrewardedRare);

    /// <summary>Plays trials of the task and counts.</summary>
    /// <param name="task">The two-step task.</param>
    /// <param name="agent">Who plays.</param>
    /// <param name="trials">Trials, at least 1.</param>
    /// <param name="seed">The seed of the trials.</param>
    public static StayProbabilities Of(TwoStep task, Agent agent, int trials, ulong seed)
    {
        Transcript played = Transcript.Of(task, agent, trials, seed);
        return Count(played.N, played.Observations, played.Actions, played.Rewards);
    }

    /// <summary>Counts what was written down of N trials, each array [T, N] with two steps to a round.</summary>
    /// <param name="N">Trials.</param>
    /// <param name="observations">The states before each action.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="rewards">The rewards.</param>
    internal static StayProbabilities Count(
        int N, ReadOnlySpan<float> observations, ReadOnlySpan<int> actions, ReadOnlySpan<float> rewards)
    {
        Span<int> stayed = stackalloc int[4], all = stackalloc int[4];
        for (int first = 0; first + 2 * N < actions.Length; first += 2 * N)
        {
            for (int lane = first; lane < first + N; lane++)
            {
                int second = lane + N, next = second + N;
                bool common = (int)observations[second] == actions[lane] + 1;
                int cell = (rewards[second] > 0 ? 0 : 2) + (common ? 0 : 1);
                all[cell]++;
                stayed[cell] += actions[next] == actions[lane] ? 1 : 0;
            }
        }
        return new(Share(0, stayed, all), Share(1, stayed, all), Share(2, stayed, all), Share(3, stayed, all));

        static double Share(int cell, ReadOnlySpan<int> stayed, ReadOnlySpan<int> all) =>
            (double)stayed[cell] / all[cell];
    }
}
