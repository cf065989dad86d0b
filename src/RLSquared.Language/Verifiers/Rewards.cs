namespace RLSquared.Language.Verifiers;

/// <summary>
/// Reward functions that read the text alone. Each takes a completion and gives a number, or null where it cannot tell;
/// write your own as any <c>Func&lt;Completion, float?&gt;</c>.
/// </summary>
public static class Rewards
{
    const string Open = "<think>", Close = "</think>";

    /// <summary>
    /// 1 where the final number of the completion is that of a column, 0 where it is another or none; null where the
    /// column has no number. See <see cref="Numbers.FindAnswer"/>.
    /// </summary>
    /// <param name="column">The column with the answer.</param>
    public static Func<Completion, float?> NumberEquals(string column = "answer") => completion =>
        completion.Column(column) is { } wanted && (Numbers.Parse(wanted) ?? Numbers.FindAnswer(wanted)) is { } number
            ? Numbers.FindAnswer(WithoutThought(completion.Text)) == number ? 1 : 0 : null;

    /// <summary>
    /// 1 for one thought and an answer behind it, <c>&lt;think&gt;…&lt;/think&gt;…</c>, else 0. A prompt that ends in
    /// the opening tag has opened the thought already.
    /// </summary>
    public static float? ThinkFormat(Completion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        string text = completion.Text.Trim();
        if (completion.Prompt.TrimEnd().EndsWith(Open, StringComparison.Ordinal))
            text = Open + text;
        int close = text.IndexOf(Close, StringComparison.Ordinal);
        return text.StartsWith(Open, StringComparison.Ordinal) && close > 0
            && text.LastIndexOf(Open, StringComparison.Ordinal) == 0
            && text.LastIndexOf(Close, StringComparison.Ordinal) == close
            && !string.IsNullOrWhiteSpace(text[(close + Close.Length)..]) ? 1 : 0;
    }

    /// <summary>1 for up to <paramref name="wanted"/> tokens, falling evenly to 0 at <paramref name="most"/>.</summary>
    /// <param name="wanted">Tokens that cost nothing.</param>
    /// <param name="most">Tokens that are worth nothing; above <paramref name="wanted"/>.</param>
    public static Func<Completion, float?> Length(int wanted, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(most, wanted);
        return completion => Math.Clamp((most - completion.Tokens.Count) / (float)(most - wanted), 0, 1);
    }

    /// <summary>
    /// The share of word n-grams that were there before, times the penalty: 0 for a text that never repeats itself, the
    /// penalty at most for one that does nothing else. (Yeo et al. 2025.)
    /// </summary>
    /// <param name="n">Words of an n-gram: 3.</param>
    /// <param name="penalty">At most 0: −1.</param>
    public static Func<Completion, float?> Repetition(int n = 3, float penalty = -1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(penalty, 0);
        return completion =>
        {
            string[] words = completion.Text.ToLowerInvariant().Split(
                (char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            int count = words.Length - n + 1;
            if (count <= 0)
                return 0;
            HashSet<string> found = new(StringComparer.Ordinal);
            for (int i = 0; i < count; i++)
                found.Add(string.Join(' ', words.AsSpan(i, n)));
            return penalty * (1 - found.Count / (float)count);
        };
    }

    /// <summary>
    /// DAPO's soft punishment (Yu et al. 2025): 0 up to <paramref name="most"/> − <paramref name="window"/> tokens,
    /// falling evenly to −1 at the most, and −1 beyond.
    /// </summary>
    /// <param name="most">The most tokens: 20,480 in DAPO.</param>
    /// <param name="window">Where the fall begins before it: 4,096.</param>
    public static Func<Completion, float?> Overlong(int most, int window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, window);
        return completion => Math.Clamp((most - window - completion.Tokens.Count) / (float)window, -1, 0);
    }

    static string WithoutThought(string text)
    {
        int close = text.LastIndexOf(Close, StringComparison.Ordinal);
        return close < 0 ? text : text[(close + Close.Length)..];
    }
}
