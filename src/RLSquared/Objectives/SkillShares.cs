namespace RLSquared.Objectives;

/// <summary>Shares tasks out among skills, so that no skill is pulled to the mean of all tasks.</summary>
static class SkillShares
{
    /// <summary>
    /// How much each skill's steps weigh on each task: K · pᵇ / Σ pᵇ, with p = u · c, u the share of the task's steps
    /// in which the skill was in charge and c = 1 / (K ū), from 1/4 to 4, ū its mean over tasks. A skill that all
    /// masters like alike is left to the tasks that like it best.
    /// </summary>
    /// <param name="used">u, [tasks][K].</param>
    /// <param name="balance">b; with 0 all weights are 1.</param>
    public static double[][] Of(double[][] used, float balance)
    {
        int K = used[0].Length;
        if (balance == 0)
            return [.. used.Select(_ => Enumerable.Repeat(1.0, K).ToArray())];
        double[] means = [.. Enumerable.Range(0, K).Select(k => used.Average(shares => shares[k]))];
        return [.. used.Select(shares =>
        {
            double[] liking = [.. shares.Select((share, k) =>
                share == 0 ? 0 : Math.Pow(share * Math.Clamp(1 / (K * means[k]), 0.25, 4), balance))];
            return liking.Select(one => K * one / Math.Max(liking.Sum(), double.Epsilon)).ToArray();
        })];
    }
}
