namespace RLSquared.Language.Objectives;

/// <summary>
/// How much better a completion was than others of the same prompt. Rewards come prompt by prompt, as [prompts · G]:
/// the G completions of a prompt are neighbours, its group. A completion without a score has the reward NaN:
/// it counts for no baseline, and its advantage is 0, so that it gives no gradient.
/// </summary>
public static class GroupAdvantages
{
    /// <summary>What is added to a standard deviation before it divides: <c>1e-4</c>, as in TRL.</summary>
    public const float DeviationFloor = 1e-4f;

    /// <summary>
    /// RLOO's (Kool et al. 2019; Ahmadian et al. 2024): A_i = R_i − mean of the other scored rewards of the group. The
    /// baseline does not depend on completion i, so the gradient has no bias. It is G/(G − 1) · (R_i − group mean).
    /// A completion that is alone with a score has nothing to be compared with: 0.
    /// </summary>
    /// <param name="rewards">R, [prompts · G]; NaN where there is none.</param>
    /// <param name="groupSize">G, at least 2.</param>
    /// <param name="advantages">Receives A, [prompts · G].</param>
    /// <exception cref="ArgumentException">G is below 2, or the lengths do not fit.</exception>
    public static void LeaveOneOut(ReadOnlySpan<float> rewards, int groupSize, Span<float> advantages)
    {
        RequireGroups(rewards, groupSize, advantages);
        for (int start = 0; start < rewards.Length; start += groupSize)
        {
            ReadOnlySpan<float> group = rewards.Slice(start, groupSize);
            (int count, double sum) = Sum(group);
            for (int i = 0; i < groupSize; i++)
            {
                advantages[start + i] = count < 2 || float.IsNaN(group[i]) ? 0
                    : (float)(group[i] - (sum - group[i]) / (count - 1));
            }
        }
    }

    /// <summary>
    /// Dr. GRPO's (Liu et al. 2025): A_i = R_i − mean of the group. Smaller than RLOO's by (G − 1)/G, else the same.
    /// </summary>
    /// <param name="rewards">R, [prompts · G]; NaN where there is none.</param>
    /// <param name="groupSize">G, at least 2.</param>
    /// <param name="advantages">Receives A, [prompts · G].</param>
    /// <exception cref="ArgumentException">G is below 2, or the lengths do not fit.</exception>
    public static void Centred(ReadOnlySpan<float> rewards, int groupSize, Span<float> advantages) =>
        Centre(rewards, groupSize, advantages, divides: false);

    /// <summary>
    /// GRPO's (Shao et al. 2024): A_i = (R_i − mean)/(deviation + 1e-4), both over the group; the deviation is the
    /// sample's, with n − 1 below. It weighs prompts by how easy they are: those that nearly always succeed or fail
    /// count more.
    /// </summary>
    /// <param name="rewards">R, [prompts · G]; NaN where there is none.</param>
    /// <param name="groupSize">G, at least 2.</param>
    /// <param name="advantages">Receives A, [prompts · G].</param>
    /// <exception cref="ArgumentException">G is below 2, or the lengths do not fit.</exception>
    public static void Standardised(ReadOnlySpan<float> rewards, int groupSize, Span<float> advantages) =>
        Centre(rewards, groupSize, advantages, divides: true);

    /// <summary>
    /// Over the whole batch: (A_i − mean)/(deviation + 1e-4), without those that are NaN, which become 0. After
    /// <see cref="LeaveOneOut"/> it is TRL's <c>normalize_advantages</c>; on raw rewards it is REINFORCE++ (Hu 2025).
    /// </summary>
    /// <param name="advantages">A, [B]; is changed in place.</param>
    public static void StandardiseBatch(Span<float> advantages)
    {
        (int count, double sum) = Sum(advantages);
        double mean = count > 0 ? sum / count : 0, deviation = Deviation(advantages, mean, count);
        for (int i = 0; i < advantages.Length; i++)
        {
            advantages[i] = float.IsNaN(advantages[i]) ? 0
                : (float)((advantages[i] - mean) / (deviation + DeviationFloor));
        }
    }

    /// <summary>
    /// Which groups teach something: those with two scores that differ. DAPO samples others anew instead of these
    /// (Yu et al. 2025).
    /// </summary>
    /// <param name="rewards">R, [prompts · G]; NaN where there is none.</param>
    /// <param name="groupSize">G, at least 2.</param>
    /// <param name="teaches">Receives an answer for each group, [prompts].</param>
    /// <returns>How many do not.</returns>
    /// <exception cref="ArgumentException">G is below 2, or the lengths do not fit.</exception>
    public static int FindVaried(ReadOnlySpan<float> rewards, int groupSize, Span<bool> teaches)
    {
        RequireGroups(rewards, groupSize, rewards);
        if (teaches.Length != rewards.Length / groupSize)
        {
            throw new ArgumentException(
                $"{rewards.Length / groupSize} groups need as many answers, not {teaches.Length}");
        }
        int without = 0;
        for (int group = 0; group < teaches.Length; group++)
        {
            (float least, float most) = (float.PositiveInfinity, float.NegativeInfinity);
            foreach (float reward in rewards.Slice(group * groupSize, groupSize))
            {
                if (!float.IsNaN(reward))
                    (least, most) = (Math.Min(least, reward), Math.Max(most, reward));
            }
            teaches[group] = most > least;
            without += teaches[group] ? 0 : 1;
        }
        return without;
    }

    static void Centre(ReadOnlySpan<float> rewards, int groupSize, Span<float> advantages, bool divides)
    {
        RequireGroups(rewards, groupSize, advantages);
        for (int start = 0; start < rewards.Length; start += groupSize)
        {
            ReadOnlySpan<float> group = rewards.Slice(start, groupSize);
            (int count, double sum) = Sum(group);
            double mean = count > 0 ? sum / count : 0;
            double scale = divides ? 1 / (Deviation(group, mean, count) + DeviationFloor) : 1;
            for (int i = 0; i < groupSize; i++)
                advantages[start + i] = count < 2 || float.IsNaN(group[i]) ? 0 : (float)((group[i] - mean) * scale);
        }
    }

    static (int Count, double Sum) Sum(ReadOnlySpan<float> values)
    {
        (int count, double sum) = (0, 0.0);
        foreach (float value in values)
        {
            if (!float.IsNaN(value))
                (count, sum) = (count + 1, sum + value);
        }
        return (count, sum);
    }

    static double Deviation(ReadOnlySpan<float> values, double mean, int count)
    {
        double squares = 0;
        foreach (float value in values)
            squares += float.IsNaN(value) ? 0 : (value - mean) * (value - mean);
        return count > 1 ? Math.Sqrt(squares / (count - 1)) : 0;
    }

    static void RequireGroups(ReadOnlySpan<float> rewards, int groupSize, ReadOnlySpan<float> advantages)
    {
        if (groupSize < 2)
            throw new ArgumentException($"a group has at least 2 completions to be compared, not {groupSize}");
        if (rewards.Length % groupSize != 0 || advantages.Length != rewards.Length)
        {
            throw new ArgumentException(
                $"{rewards.Length} rewards and {advantages.Length} advantages are no groups of {groupSize} each");
        }
    }
}
