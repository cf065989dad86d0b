using System.Text.RegularExpressions;

namespace RLSquared.Language.Verifiers.Judges;

/// <summary>
/// A judge without a model: it looks for the checkpoints of the reference in the text.
/// <list type="bullet">
/// <item>A step scores 5 if it contains a checkpoint, and 1 if not.</item>
/// <item>A trace or a prefix scores 1 + 4·found/all, rounded, and 5 only with all of them.</item>
/// </list>
/// Spaces do not count. A checkpoint is not found within a longer word or number: <c>7+5=2</c> is not in
/// <c>17+5=22</c>.
/// </summary>
public sealed partial class CheckpointJudge : IJudge
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
        string[] text = Parts(question.Text);
        int found = question.Checkpoints.Count(checkpoint => Contains(text, Parts(checkpoint)));
        if (question.Part == JudgedPart.Step)
            return found > 0 ? IJudge.Best : IJudge.Worst;
        int steps = IJudge.Best - IJudge.Worst;
        return found == all ? IJudge.Best
            : IJudge.Worst + Math.Min(steps - 1, (int)Math.Round((double)steps * found / all));
    }

    static bool Contains(string[] text, string[] checkpoint)
    {
        for (int at = 0; checkpoint.Length > 0 && at + checkpoint.Length <= text.Length; at++)
        {
            if (text.AsSpan(at, checkpoint.Length).SequenceEqual(checkpoint))
                return true;
        }
        return false;
    }

    // Numbers, words and signs, without the spaces between them. 1,024 and 1024 are the same number.
    static string[] Parts(string text) => [.. Part().Matches(text).Select(part => char.IsDigit(part.Value[0])
        ? part.Value.Replace(",", "", StringComparison.Ordinal) : part.Value)];

    [GeneratedRegex(@"\d+(?:[.,]\d+)*|\p{L}+|\S", RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
