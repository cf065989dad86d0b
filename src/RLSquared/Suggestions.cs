namespace RLSquared;

/// <summary>'Did you mean …?': the nearest of the names that exist.</summary>
public static class Suggestions
{
    /// <summary>
    /// The candidate with the smallest edit distance to <paramref name="given"/> (insertions, deletions, substitutions
    /// and swaps of neighbours count 1 each; case does not count), the first of equals; null when none is near enough
    /// to be a slip of the fingers.
    /// </summary>
    public static string? Nearest(string given, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(given);
        ArgumentNullException.ThrowIfNull(candidates);
        string? nearest = null;
        int smallest = Math.Max(2, given.Length / 2) + 1;
        foreach (string candidate in candidates)
        {
            // No text is nearer than the difference of the lengths, so that one as long as a file costs nothing.
            if (Math.Abs(given.Length - candidate.Length) >= Math.Min(smallest, candidate.Length))
                continue;
            int distance = Distance(given.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < smallest && distance < candidate.Length)
                (nearest, smallest) = (candidate, distance);
        }
        return nearest;
    }

    /// <summary>'; did you mean 'arms'?', or nothing when no candidate is near.</summary>
    public static string Ask(string given, IEnumerable<string> candidates) =>
        Nearest(given, candidates) is { } nearest ? $"; did you mean '{nearest}'?" : "";

    // d[i, j]: the edits that turn the first i letters of a into the first j of b (optimal string alignment).
    internal static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int substitution = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(substitution, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
