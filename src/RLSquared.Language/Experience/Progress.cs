using System.Globalization;
using RLSquared.Language.Environments;

namespace RLSquared.Language.Experience;

/// <summary>How far a play has come, in hundredths, before each of its actions.</summary>
static class Progress
{
    /// <summary>
    /// From an oracle's distances d_t to the goal: p_t = 100 · (d_1 − d_t)/(d_1 − 1), cut to 0…100, so that it is 0 at
    /// first and 100 before an optimal last action. Where the goal can no longer be reached the last estimate is
    /// halved. A play that was solved ends with 100, and no other does.
    /// </summary>
    /// <param name="distances">d_t, [T]; null where there is no way.</param>
    /// <param name="isSolved">Whether the play was solved.</param>
    /// <returns>p_t, [T].</returns>
    public static int[] OfDistances(IReadOnlyList<int?> distances, bool isSolved)
    {
        int[] progress = new int[distances.Count];
        double all = Math.Max(1, ((distances.Count > 0 ? distances[0] : null) ?? 1) - 1), last = 0;
        for (int t = 0; t < progress.Length; t++)
        {
            last = distances[t] is { } d && distances[0] is { } first
                ? Math.Clamp(100 * (first - d) / all, 0, 100) : last / 2;
            progress[t] = (int)Math.Round(last);
        }
        if (progress.Length > 0)
            progress[^1] = isSolved ? 100 : Math.Min(progress[^1], 99);
        return progress;
    }

    /// <summary>A look back's text: the numbers with spaces between.</summary>
    public static string Write(IEnumerable<int> progress) =>
        string.Join(' ', progress.Select(one => one.ToString(CultureInfo.InvariantCulture)));

    /// <summary>
    /// Reads a look back. It has one number from 0 to 100 for each step; the first is at most the cap where there are
    /// more; the last is 100 if and only if the play was solved.
    /// </summary>
    /// <param name="text">What was written, with its end.</param>
    /// <param name="steps">T.</param>
    /// <param name="isSolved">Whether the play was solved.</param>
    /// <param name="firstCap">The most of the first one.</param>
    /// <returns>p_t, [T]; null where it is not in that form.</returns>
    public static int[]? Read(string text, int steps, bool isSolved, int firstCap)
    {
        if (!text.EndsWith(AgentTags.ReflectEnd, StringComparison.Ordinal))
            return null;
        int?[] numbers = [.. text[..^AgentTags.ReflectEnd.Length].Split(' ')
            .Select(one => AgentPrompts.ReadProgress(one))];
        return numbers.Length == steps && numbers.All(one => one is not null)
            && (steps == 1 || numbers[0] <= firstCap)
            && numbers[^1] == 100 == isSolved ? [.. numbers.Select(one => one!.Value)] : null;
    }
}
