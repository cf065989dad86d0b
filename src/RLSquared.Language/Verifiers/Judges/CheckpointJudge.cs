namespace RLSquared.Language.Verifiers.Judges;

/// <summary>
/// A judge without a model: it looks for the checkpoints of the reference in the text.
/// <list type="bullet">
/// <item>A step scores 5 if it contains a checkpoint, and 1 if not.</item>
/// <item>A trace or a prefix scores 1 + 4·found/all, rounded, and 5 only with all of them.</item>
/// </list>
/// Spaces do not count. A checkpoint that begins or ends in a letter or digit is not found within a longer word or
/// number: <c>7+5=2</c> is not in <c>17+5=22</c>.
/// </summary>
public sealed class CheckpointJudge : IJudge
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<int?>> Score(
        IReadOnlyList<JudgeQuestion> questions, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        return Task.FromResult<IReadOnlyList<int?>>([.. questions.Select(Score)]);
    }

    /// <summary>The score of one text. Without a reference it is 3: nothing speaks for or against it.</summary>
    /// <exception cref="InvalidDataException">There is a reference and no checkpoint.</exception>
    public static int? Score(JudgeQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        int all = question.Checkpoints.Count;
        if (all == 0)
        {
            return question.Reference.Length == 0 ? (IJudge.Worst + IJudge.Best) / 2 : throw new InvalidDataException(
                $"the problem '{Files.JsonField.Excerpt(question.Problem, 60)}' has no checkpoints; give its line a " +
                "list of texts as \"checkpoints\", or take another judge");
        }
        string text = Bare(question.Text);
        int found = question.Checkpoints.Count(checkpoint => Contains(text, Bare(checkpoint)));
        if (question.Part == JudgedPart.Step)
            return found > 0 ? IJudge.Best : IJudge.Worst;
        int steps = IJudge.Best - IJudge.Worst;
        return found == all ? IJudge.Best
            : IJudge.Worst + Math.Min(steps - 1, (int)Math.Round((double)steps * found / all));
    }

    static bool Contains(string text, string checkpoint)
    {
        for (int at = 0; checkpoint.Length > 0; at++)
        {
            at = text.IndexOf(checkpoint, at, StringComparison.Ordinal);
            if (at < 0)
                return false;
            int end = at + checkpoint.Length;
            bool begins = at == 0 || !IsWord(text[at - 1]) || !IsWord(checkpoint[0]);
            bool ends = end == text.Length || !IsWord(text[end]) || !IsWord(checkpoint[^1]);
            if (begins && ends)
                return true;
        }
        return false;
    }

    static bool IsWord(char one) => char.IsLetterOrDigit(one);

    static string Bare(string text) => string.Concat(text.Where(one => !char.IsWhiteSpace(one)));
}
