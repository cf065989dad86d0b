using RLSquared.Language.Experience;

namespace RLSquared.Language.Algorithms;

/// <summary>The parts of a play's rewards, step by step, [T] each.</summary>
/// <param name="Environment">r_env.</param>
/// <param name="Progress">r_p = β (p_{t+1} − p_t); 0 for the last step.</param>
/// <param name="Align">r_align = −α |p̃_t − p_t|.</param>
/// <param name="Format">r_format.</param>
sealed record ReProRewards(double[] Environment, double[] Progress, double[] Align, double[] Format)
{
    /// <summary>r_t = r_env + r_p + r_align + r_format, [T].</summary>
    public double[] Sum => [.. Environment.Select((env, t) => env + Progress[t] + Align[t] + Format[t])];
}

/// <summary>
/// RePro's composite reward. The look back gives p_t, the progress before action t as a share; the reply of step t had
/// its own estimate p̃_t. Progress is a potential, so its differences add up to p_T − p_1 and no loop gains by them.
/// Where the look back is not in its form there are no labels: no progress, no gap, and the last step is charged.
/// </summary>
static class ReProCredit
{
    /// <summary>The rewards of a play.</summary>
    /// <param name="play">With its look back.</param>
    /// <param name="labels">p_t in hundredths, [T]; null where the look back is not in its form.</param>
    /// <param name="options">The weights.</param>
    public static ReProRewards Of(AgentPlay play, IReadOnlyList<int>? labels, ReProOptions options)
    {
        int T = play.Turns.Count;
        double[] environment = [.. play.Turns.Select(turn => (double)turn.Reward)];
        double[] progress = new double[T], align = new double[T], format = new double[T];
        for (int t = 0; t < T; t++)
        {
            if (play.Turns[t].Progress is not { } estimate)
                format[t] -= options.FormatWeight;
            else if (labels is not null)
                align[t] = -options.AlignWeight * Math.Abs(estimate - labels[t]) / 100;
            if (labels is not null && t + 1 < T)
                progress[t] = options.ProgressWeight * (labels[t + 1] - labels[t]) / 100;
        }
        if (labels is null && T > 0)
            format[T - 1] -= options.FormatWeight;
        return new ReProRewards(environment, progress, align, format);
    }

    /// <summary>
    /// The advantage of each play's look back, [plays]; 0 where nothing is learnt from it.
    /// </summary>
    /// <param name="plays">Group by group.</param>
    /// <param name="labels">Of each play; null where its look back is not in its form.</param>
    /// <param name="options">What looks back learn from.</param>
    public static float[] OfReflections(
        IReadOnlyList<AgentPlay> plays, IReadOnlyList<int[]?> labels, ReProOptions options)
    {
        switch (options.Reflection)
        {
            case ReflectionTraining.Imitate:
                return [.. plays.Select((play, i) => play.IsSolved && labels[i] is not null
                    ? options.ReflectionWeight : 0)];
            case ReflectionTraining.Reinforce:
                AgentStep[] looks = [.. plays.Select((play, i) => new AgentStep(
                    play.Group, play.Trajectory, "", labels[i] is null ? 0 : 1, 0, 0))];
                return [.. AgentAdvantages.OfEpisodes(looks, options.Agent.Baseline, GroupStatistics.Plays)
                    .Select(advantage => (float)advantage)];
            default:
                return new float[plays.Count];
        }
    }

    /// <summary>
    /// Intermediate discrimination: the mean of the last progress of plays that were solved, less that of those that
    /// were not, in hundredths. A play counts by the estimate of its last step that has one; NaN where one kind is
    /// missing.
    /// </summary>
    public static double Discrimination(IEnumerable<AgentPlay> plays)
    {
        double[] solved = Last(true), failed = Last(false);
        return solved.Length == 0 || failed.Length == 0 ? double.NaN : solved.Average() - failed.Average();

        double[] Last(bool isSolved) => [.. plays.Where(play => play.IsSolved == isSolved)
            .Select(play => play.Turns.LastOrDefault(turn => turn.Progress is not null)?.Progress)
            .OfType<int>().Select(one => (double)one)];
    }
}
