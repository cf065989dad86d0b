using RLSquared.Language.Files;

namespace RLSquared.Language.Data;

/// <summary>
/// A word problem of GSM8K (Cobbe et al. 2021): a question and a worked answer whose last line is <c>#### 42</c>.
/// </summary>
/// <param name="Question">The question.</param>
/// <param name="Solution">The worked answer without its last line and without the notes of its calculator.</param>
/// <param name="Answer">The number behind <c>####</c>, as it is written.</param>
public sealed record Gsm8kProblem(string Question, string Solution, string Answer)
{
    const string Mark = "####";

    /// <summary>Reads problems one by one from <c>train.jsonl</c> or <c>test.jsonl</c>.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A line is wrong; the message says which, and which field.</exception>
    public static IEnumerable<Gsm8kProblem> Read(string path) => JsonLines.Read(path, Problem);

    /// <summary>Reads problems from a stream, which stays open.</summary>
    /// <param name="stream">UTF-8.</param>
    /// <param name="source">What messages call it.</param>
    public static IEnumerable<Gsm8kProblem> Read(Stream stream, string source) =>
        JsonLines.Read(stream, source, Problem);

    static Gsm8kProblem Problem(JsonField line)
    {
        JsonField answer = line.Get("answer");
        string text = answer.Text();
        int mark = text.LastIndexOf(Mark, StringComparison.Ordinal);
        string number = mark < 0 ? "" : text[(mark + Mark.Length)..].Trim();
        if (Verifiers.Numbers.Parse(number) is null)
            throw answer.Wrong($"does not end in '{Mark}' and a number");
        return new Gsm8kProblem(line.Get("question").Text(), WithoutNotes(text[..mark]).TrimEnd(), number);
    }

    // 48/2 = <<48/2=24>>24 → 48/2 = 24
    static string WithoutNotes(string text)
    {
        var plain = new System.Text.StringBuilder(text.Length);
        int at = 0;
        while (true)
        {
            int open = text.IndexOf("<<", at, StringComparison.Ordinal);
            int close = open < 0 ? -1 : text.IndexOf(">>", open, StringComparison.Ordinal);
            if (close < 0)
                return plain.Append(text, at, text.Length - at).ToString();
            plain.Append(text, at, open - at);
            at = close + 2;
        }
    }
}
