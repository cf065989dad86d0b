using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Tasks;

namespace RLSquared.Reproduction;

/// <summary>
/// Judges by the episodes of a trial: the first ones explore and do not count, the score is the mean return of one of
/// the others (Stadie et al. 2018, the paper's evaluation). Besides, what was gained by exploring, and in Krazy World
/// the paper's three heuristics.
/// </summary>
internal static class EpisodeJudge
{
    const int MostLanes = 250;

    /// <summary>The names of the figures.</summary>
    internal const string First = "first episode", Explore = "exploring", Gap = "gain over the first",
        Found = "found", Kinds = "kinds of tiles seen", Deaths = "deaths per episode";

    /// <summary>Plays the trials of an evaluation.</summary>
    public static Judged Judge(TableRow row, Contestant who)
    {
        int trials = who.Options.Instances, k = who.Task.Episodes, p = row.Explore;
        var returns = new double[k][];
        for (int e = 0; e < k; e++)
            returns[e] = new double[trials];
        double[] found = new double[trials], kinds = new double[trials], deaths = new double[trials];
        int N = Math.Min(MostLanes, trials);
        int[] episode = new int[N];
        using var game = new Game(who.Task, who.Agent, N);
        var krazy = game.Lanes as KrazyLanes;
        for (int first = 0; first < trials; first += N)
        {
            // The last block may have more lanes than there are trials left; what these play does not count.
            int counted = Math.Min(N, trials - first);
            Array.Clear(episode);
            game.Begin(who.Options.Seed, Evaluator.FirstTrial + (ulong)first);
            while (game.Decide())
            {
                game.Step();
                for (int lane = 0; lane < counted; lane++)
                {
                    if (episode[lane] == k)
                        continue;
                    returns[episode[lane]][first + lane] += game.Rewards[lane];
                    if ((game.Endings[lane] & Endings.EpisodeEnded) == 0)
                        continue;
                    bool isFound = episode[lane] >= p && (game.Endings[lane] & Endings.Terminated) != 0;
                    found[first + lane] += isFound ? 1.0 / (k - p) : 0;
                    if (++episode[lane] == p && krazy is not null)
                        kinds[first + lane] = krazy.VisitedShare(lane);
                    if (episode[lane] == k && krazy is not null)
                        deaths[first + lane] = (double)krazy.Deaths(lane) / k;
                }
            }
        }
        double[] Mean(int from, int until) =>
            [.. Enumerable.Range(0, trials).Select(i => returns[from..until].Average(of => of[i]))];
        double[] exploit = Mean(p, k);
        var figures = new Dictionary<string, Estimate>(StringComparer.Ordinal)
        {
            [First] = Estimate.Of(returns[0]),
            [Explore] = Estimate.Of(Mean(0, p)),
            [Gap] = Estimate.Of([.. exploit.Zip(returns[0], (after, before) => after - before)]),
        };
        if (who.Task.GoalEpisodes > 0)
            figures[Found] = Estimate.Of(found);
        if (krazy is not null)
            (figures[Kinds], figures[Deaths]) = (Estimate.Of(kinds), Estimate.Of(deaths));
        return new Judged(Estimate.Of(exploit), figures);
    }
}
