using RLSquared.Tasks;

namespace RLSquared.Evaluation;

/// <summary>
/// How the episodes of a trial went in which something was to be found: the figures of the paper's Table 3.
/// </summary>
/// <param name="Episodes">One entry for each episode of a trial, the first first.</param>
/// <param name="Improved">
/// The share of trials whose second episode took no more steps than the first. An episode without success took more
/// than any other, so a trial without success in the second is not among them. Null for trials of one episode.
/// </param>
public sealed record NavigationFigures(IReadOnlyList<EpisodeFigures> Episodes, Estimate? Improved)
{
    /// <summary>The figures of some trials.</summary>
    /// <param name="episodes">Episodes of a trial, E.</param>
    /// <param name="steps">
    /// The steps of each episode, [trials, E]; negative where the episode was cut without success.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A trial has no episode.</exception>
    public static NavigationFigures Of(int episodes, ReadOnlySpan<int> steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, 1);
        int trials = steps.Length / episodes;
        var figures = new EpisodeFigures[episodes];
        double[] lengths = new double[trials], found = new double[trials], improved = new double[trials];
        for (int e = 0; e < episodes; e++)
        {
            var successes = new List<double>(trials);
            for (int i = 0; i < trials; i++)
            {
                int taken = steps[i * episodes + e];
                (lengths[i], found[i]) = (Math.Abs(taken), taken > 0 ? 1 : 0);
                if (taken > 0)
                    successes.Add(taken);
            }
            figures[e] = new EpisodeFigures(
                Estimate.Of(found), successes.Count > 0 ? Estimate.Of([.. successes]) : null, Estimate.Of(lengths));
        }
        for (int i = 0; i < trials && episodes > 1; i++)
        {
            (int first, int second) = (steps[i * episodes], steps[i * episodes + 1]);
            improved[i] = second > 0 && (first < 0 || second <= first) ? 1 : 0;
        }
        return new NavigationFigures(figures, episodes > 1 ? Estimate.Of(improved) : null);
    }
}

/// <summary>The first, second, … episode of many trials.</summary>
/// <param name="Success">The share in which the target was found.</param>
/// <param name="StepsOfSuccesses">The steps of those; null where there are none.</param>
/// <param name="Steps">The steps of all, those cut without success among them.</param>
public sealed record EpisodeFigures(Estimate Success, Estimate? StepsOfSuccesses, Estimate Steps);

/// <summary>Counts the steps of each episode while trials are played.</summary>
sealed class EpisodeCounter(int episodes, int lanes)
{
    readonly int[] steps = new int[lanes * episodes];       // [N, E], negative without success
    readonly int[] episode = new int[lanes], taken = new int[lanes];

    /// <summary>Steps by trial and episode, [N, E].</summary>
    public ReadOnlySpan<int> Steps => steps;

    public void Begin()
    {
        Array.Clear(steps);
        Array.Clear(episode);
        Array.Clear(taken);
    }

    public void Add(ReadOnlySpan<Endings> endings)
    {
        for (int lane = 0; lane < lanes; lane++)
        {
            if (episode[lane] == episodes)
                continue;
            taken[lane]++;
            if ((endings[lane] & Endings.EpisodeEnded) == 0)
                continue;
            bool found = (endings[lane] & Endings.Terminated) != 0;
            steps[lane * episodes + episode[lane]++] = found ? taken[lane] : -taken[lane];
            taken[lane] = 0;
        }
    }
}
