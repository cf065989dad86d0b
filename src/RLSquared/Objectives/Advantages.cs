using RLSquared.Tasks;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Objectives;

/// <summary>
/// Estimates of how much better an action was than the policy's average. Arrays are time first, [T, N]. Ends of
/// episodes need no branch: they are in the discounts, discount_t = γ·(1 − terminated_t), so that a termination cuts
/// the return and a truncation does not.
/// </summary>
public static class Advantages
{
    /// <summary>
    /// Generalised advantage estimation (Schulman et al. 2016):
    /// δ_t = r_t + discount_t·V_{t+1} − V_t,   Â_t = δ_t + λ·discount_t·Â_{t+1}.
    /// λ = 0 trusts the values alone (low variance, biased), λ = 1 the rewards alone (no bias, high variance).
    /// </summary>
    /// <param name="N">Lanes.</param>
    /// <param name="rewards">r_t, [T, N].</param>
    /// <param name="discounts">γ, or 0 where nothing follows, [T, N].</param>
    /// <param name="values">V_t, [T, N].</param>
    /// <param name="lastValues">V_T, [N]; empty where nothing follows the last step.</param>
    /// <param name="lambda">λ ∈ [0, 1].</param>
    /// <param name="advantages">Receives Â_t, [T, N].</param>
    public static void Gae(
        int N, ReadOnlySpan<float> rewards, ReadOnlySpan<float> discounts, ReadOnlySpan<float> values,
        ReadOnlySpan<float> lastValues, float lambda, Span<float> advantages)
    {
        RequireSameLength(rewards, discounts, nameof(discounts));
        RequireSameLength(rewards, values, nameof(values));
        RequireSameLength(rewards, advantages, nameof(advantages));
        if ((lastValues.Length != N && !lastValues.IsEmpty) || rewards.Length % N != 0)
            throw new ArgumentException($"{N} lanes need {N} last values and a multiple of {N} rewards");

        for (int i = rewards.Length - 1; i >= 0; i--)
        {
            bool last = i + N >= rewards.Length;
            float next = !last ? values[i + N] : lastValues.IsEmpty ? 0 : lastValues[i % N];
            float delta = rewards[i] + discounts[i] * next - values[i];
            advantages[i] = last ? delta : delta + lambda * discounts[i] * advantages[i + N];
        }
    }

    /// <summary>
    /// Generalised advantage estimation over windows of steps in which ordinary episodes begin and end:
    /// <code>
    ///   δ_t = r_t + γ·(1 − terminated_t)·V′_t − V_t,     Â_t = δ_t + γ·λ·(1 − ended_t)·Â_{t+1}
    /// </code>
    /// Nothing follows a termination. An episode that a limit of time cut goes on unwatched, so the value of what would
    /// have followed still counts; but its advantages do not reach into the next episode. V′_t is the value of the
    /// state that really followed step t: that at the cut, and not that of the next episode's beginning.
    /// </summary>
    /// <param name="N">Lanes.</param>
    /// <param name="rewards">r_t, [T, N].</param>
    /// <param name="endings">
    /// What ended with each step, [T, N]. A lane whose trial was over before has <see cref="Endings.TrialEnded"/>
    /// alone, and advantages of 0.
    /// </param>
    /// <param name="values">V_t, [T, N].</param>
    /// <param name="nextValues">V′_t, [T, N]; not read where an episode terminated.</param>
    /// <param name="discount">γ ∈ [0, 1].</param>
    /// <param name="lambda">λ ∈ [0, 1].</param>
    /// <param name="advantages">Receives Â_t, [T, N].</param>
    public static void GaeOfEpisodes(
        int N, ReadOnlySpan<float> rewards, ReadOnlySpan<Endings> endings, ReadOnlySpan<float> values,
        ReadOnlySpan<float> nextValues, float discount, float lambda, Span<float> advantages)
    {
        RequireSameLength(rewards, values, nameof(values));
        RequireSameLength(rewards, nextValues, nameof(nextValues));
        RequireSameLength(rewards, advantages, nameof(advantages));
        if (endings.Length != rewards.Length || rewards.Length % N != 0)
            throw new ArgumentException($"{N} lanes need a multiple of {N} rewards, and as many endings");

        for (int i = rewards.Length - 1; i >= 0; i--)
        {
            bool terminated = (endings[i] & Endings.Terminated) != 0;
            bool ended = (endings[i] & (Endings.EpisodeEnded | Endings.TrialEnded)) != 0;
            if (ended && (endings[i] & Endings.EpisodeEnded) == 0)
            {
                advantages[i] = 0;                                  // the trial was over: padding
                continue;
            }
            float delta = rewards[i] + (terminated ? 0 : discount * nextValues[i]) - values[i];
            advantages[i] = ended || i + N >= rewards.Length ? delta
                : delta + discount * lambda * advantages[i + N];
        }
    }

    /// <summary>
    /// Shifts and scales to mean 0 and deviation 1 over the active elements; inactive ones become 0. Advantages that
    /// hardly vary are noise, and stay as small as they are: scaled to 1 they would move a policy at full speed in
    /// directions that mean nothing, most of all where a task is solved.
    /// </summary>
    /// <param name="advantages">Is changed in place.</param>
    /// <param name="active">1 for what counts, 0 for padding; of the same length.</param>
    /// <param name="least">
    /// The deviation from which on advantages are scaled to 1; lesser ones are divided by it. See
    /// <see cref="LeastDeviation"/>.
    /// </param>
    public static void Standardise(Span<float> advantages, ReadOnlySpan<float> active, double least = 0)
    {
        RequireSameLength(active, advantages, nameof(advantages));
        double count = 0, sum = 0, squares = 0;
        for (int i = 0; i < advantages.Length; i++)
        {
            count += active[i];
            sum += active[i] * (double)advantages[i];
        }
        double mean = count > 0 ? sum / count : 0;
        for (int i = 0; i < advantages.Length; i++)
            squares += active[i] * (advantages[i] - mean) * (advantages[i] - mean);
        double scale = 1 / Math.Max(Math.Sqrt(squares / Math.Max(1, count)) + 1e-8, least);
        for (int i = 0; i < advantages.Length; i++)
            advantages[i] = active[i] * (float)((advantages[i] - mean) * scale);
    }

    /// <summary>The share of the returns' deviation below which a deviation of advantages is noise.</summary>
    public const double Negligible = 1e-4;

    /// <summary>
    /// The least deviation of advantages that means something: a small share of the deviation of the returns, from
    /// which values are fitted, and more than what rounding makes of numbers of their size.
    /// </summary>
    /// <param name="mean">The mean of the returns.</param>
    /// <param name="deviation">Their deviation.</param>
    public static double LeastDeviation(double mean, double deviation) =>
        Spread.AtLeastRounding(Negligible * deviation, mean);

    static void RequireSameLength(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string name)
    {
        if (actual.Length != expected.Length)
        {
            throw new ArgumentException(
                $"{name} has {actual.Length} elements; {expected.Length} are needed, one per reward");
        }
    }
}
