using RLSquared.Language.Experience;

namespace RLSquared.Language.Algorithms;

/// <summary>The figures of plays.</summary>
static class AgentFigures
{
    /// <summary>The share of plays that were solved.</summary>
    public static double Success(IReadOnlyCollection<AgentPlay> plays) =>
        plays.Count == 0 ? 0 : plays.Count(play => play.IsSolved) / (double)plays.Count;

    /// <summary>
    /// <c>success</c>, <c>score</c>, <c>return</c> and <c>turns</c> of a play; the share of turns that are
    /// <c>invalid</c>; and the share whose state some other turn of their group has (<c>recurring</c>).
    /// </summary>
    public static IEnumerable<(string Name, double Value)> OfPlays(IReadOnlyCollection<AgentPlay> plays)
    {
        yield return ("success", Success(plays));
        yield return ("score", plays.Average(play => play.Environment.Score));
        yield return ("return", plays.Average(play => play.Return));
        yield return ("turns", plays.Average(play => play.Turns.Count));
        int turns = plays.Sum(play => play.Turns.Count);
        if (turns == 0)
            yield break;
        yield return ("invalid", plays.Sum(play => play.Turns.Count(turn => !turn.IsValid)) / (double)turns);
        yield return ("recurring", plays.SelectMany(play => play.Turns.Select(turn => (play.Group, turn.AnchorKey)))
            .GroupBy(state => state).Where(state => state.Count() > 1).Sum(state => state.Count()) / (double)turns);
    }
}
