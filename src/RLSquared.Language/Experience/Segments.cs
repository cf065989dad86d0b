namespace RLSquared.Language.Experience;

/// <summary>Cuts a completion into steps at a delimiter.</summary>
static class Segments
{
    const int Window = 10;                                   // tokens in which a delimiter is looked for

    /// <summary>
    /// The step of each token. A step ends with the token that completes a delimiter, and the last one with the
    /// completion. Tokens behind the last delimiter that are no text, such as the end token, belong to the step before.
    /// </summary>
    /// <param name="tokens">Ids of the completion, [T].</param>
    /// <param name="delimiter">Some text.</param>
    /// <param name="decode">Ids to text, without special tokens.</param>
    /// <returns>From 0 and without gaps, [T].</returns>
    public static int[] Of(IReadOnlyList<int> tokens, string delimiter, Func<int[], string> decode)
    {
        ArgumentException.ThrowIfNullOrEmpty(delimiter);
        int window = Math.Max(Window, delimiter.Length);
        int[] segments = new int[tokens.Count];
        int segment = 0, start = 0;
        for (int t = 0; t < segments.Length; t++)
        {
            segments[t] = segment;
            int first = Math.Max(start, t + 1 - window);
            if (decode([.. tokens.Skip(first).Take(t + 1 - first)]).Contains(delimiter, StringComparison.Ordinal))
                (segment, start) = (segment + 1, t + 1);
        }
        if (start > 0 && start < segments.Length && string.IsNullOrWhiteSpace(decode([.. tokens.Skip(start)])))
            segments.AsSpan(start).Fill(segment - 1);
        return segments;
    }

    /// <summary>How many steps there are.</summary>
    public static int Count(int[] segments) => segments.Length == 0 ? 0 : segments[^1] + 1;

    /// <summary>The tokens of steps.</summary>
    /// <param name="tokens">Ids of the completion, [T].</param>
    /// <param name="segments">The step of each, [T].</param>
    /// <param name="first">The first step.</param>
    /// <param name="last">The last step.</param>
    public static int[] Tokens(IReadOnlyList<int> tokens, int[] segments, int first, int last) =>
        [.. tokens.Where((_, t) => segments[t] >= first && segments[t] <= last)];
}
