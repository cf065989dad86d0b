namespace RLSquared.Language.Algorithms;

/// <summary>A step of a play as credit is given to it.</summary>
/// <param name="Group">Plays that are compared share it.</param>
/// <param name="Play">Steps of one play share it.</param>
/// <param name="Anchor">Steps of a group that began in the same state share it.</param>
/// <param name="Total">What the whole play brought.</param>
/// <param name="Return">What followed from the step on, discounted.</param>
/// <param name="Penalty">What the step is charged for an invalid action.</param>
readonly record struct AgentStep(
    long Group, long Play, string Anchor, double Total, double Return, double Penalty);

/// <summary>
/// The advantages of GiGPO (Feng et al. 2025, 'Group-in-Group Policy Optimization for LLM Agent Training'):
/// <code>
///   A = A^E + ω · A^S
///   A^E = (R(τ) − mean)/F      over the plays of a group
///   A^S = (R_t − mean)/F       over the steps of a group that began in the same state
/// </code>
/// F is the standard deviation with n − 1 below, plus 1e-6, or 1. A step that is alone in its state has A^S = 0.
/// </summary>
static class AgentAdvantages
{
    /// <summary>What is added to a standard deviation before it divides, as in verl-agent.</summary>
    public const double DeviationFloor = 1e-6;

    /// <summary>R_t = Σ_{k ≥ t} γ^{k − t} r_k.</summary>
    /// <param name="rewards">r_t, [T].</param>
    /// <param name="gamma">γ.</param>
    /// <returns>R_t, [T].</returns>
    public static double[] Returns(IReadOnlyList<double> rewards, double gamma)
    {
        double[] returns = new double[rewards.Count];
        double next = 0;
        for (int t = returns.Length - 1; t >= 0; t--)
            returns[t] = next = rewards[t] + gamma * next;
        return returns;
    }

    /// <summary>A^E + ω · A^S of each step, [steps].</summary>
    public static float[] Of(IReadOnlyList<AgentStep> steps, AgentOptions options)
    {
        double[] episode = OfEpisodes(steps, options.Baseline, options.Statistics);
        double[] step = options.StepWeight > 0 ? OfSteps(steps, options.Baseline) : new double[steps.Count];
        return [.. episode.Zip(step, (e, s) => (float)(e + options.StepWeight * s))];
    }

    /// <summary>
    /// A^E, [steps]. A step's score is its play's total less its own penalty, and mean and deviation are over the
    /// scores of all steps or over the totals of plays. A play is compared with the others by their totals. A group of
    /// one play has nothing to be compared with: 0.
    /// </summary>
    public static double[] OfEpisodes(
        IReadOnlyList<AgentStep> steps, AgentBaseline baseline, GroupStatistics statistics)
    {
        double[] advantages = new double[steps.Count];
        foreach (int[] group in Grouped(steps, step => (step.Group, "")))
        {
            double[] totals = [.. group.DistinctBy(i => steps[i].Play).Select(i => steps[i].Total)];
            if (totals.Length < 2)
                continue;
            if (baseline == AgentBaseline.Others)
            {
                double sum = totals.Sum();
                foreach (int i in group)
                {
                    advantages[i] = steps[i].Total - steps[i].Penalty
                        - (sum - steps[i].Total) / (totals.Length - 1);
                }
                continue;
            }
            (double mean, double scale) = Scale(baseline, statistics == GroupStatistics.Plays ? totals
                : [.. group.Select(i => steps[i].Total - steps[i].Penalty)]);
            foreach (int i in group)
                advantages[i] = (steps[i].Total - steps[i].Penalty - mean) * scale;
        }
        return advantages;
    }

    /// <summary>A^S, [steps]. A step's score is its return less its penalty.</summary>
    public static double[] OfSteps(IReadOnlyList<AgentStep> steps, AgentBaseline baseline)
    {
        double[] advantages = new double[steps.Count];
        foreach (int[] state in Grouped(steps, step => (step.Group, step.Anchor)))
        {
            double[] scores = [.. state.Select(i => steps[i].Return - steps[i].Penalty)];
            if (scores.Length < 2)
                continue;
            (double mean, double scale) = Scale(baseline, scores);
            double others = baseline == AgentBaseline.Others ? scores.Length / (scores.Length - 1.0) : 1;
            for (int i = 0; i < state.Length; i++)
                advantages[state[i]] = (scores[i] - mean) * scale * others;
        }
        return advantages;
    }

    // Numbers of steps with the same key, in the order in which the keys first occur.
    static IEnumerable<int[]> Grouped(IReadOnlyList<AgentStep> steps, Func<AgentStep, (long, string)> key) =>
        Enumerable.Range(0, steps.Count).GroupBy(i => key(steps[i])).Select(group => group.ToArray());

    static (double Mean, double Scale) Scale(AgentBaseline baseline, double[] values)
    {
        double mean = values.Average();
        if (baseline != AgentBaseline.Deviations)
            return (mean, 1);
        double squares = values.Sum(value => (value - mean) * (value - mean));
        return (mean, 1 / (Math.Sqrt(squares / (values.Length - 1)) + DeviationFloor));
    }
}
