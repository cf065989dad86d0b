using System.Text.Json;
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

    /// <summary>The results of the calculator's notes, in order: what a solution has to establish.</summary>
    public IReadOnlyList<string> Results { get; init; } = [];

    /// <summary>
    /// A prompt for <see cref="Prompts.PromptList"/>: the question, with the columns <c>answer</c>, <c>reference</c>
    /// and <c>checkpoints</c> (each result once, and the answer), and the worked answer as what is wanted.
    /// </summary>
    public PromptExample ToExample() => new(Question)
    {
        Completion = $"{Solution}\n{Mark} {Answer}",
        Columns = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["answer"] = JsonElement.Parse(Quoted(Answer)),
            ["reference"] = JsonElement.Parse(Quoted($"{Solution}\n{Mark} {Answer}")),
            ["checkpoints"] = JsonElement.Parse(
                $"[{string.Join(',', Results.Append(Answer).Distinct().Select(Quoted))}]"),
        },
    };

    static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

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
        List<string> results = [];
        string solution = WithoutNotes(text[..mark], results).TrimEnd();
        return new Gsm8kProblem(line.Get("question").Text(), solution, number) { Results = results };
    }

    // 48/2 = <<48/2=24>>24 → 48/2 = 24, and the result 24
    static string WithoutNotes(string text, List<string> results)
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
            int equals = text.LastIndexOf('=', close, close - open);
            if (equals >= 0)
                results.Add(text[(equals + 1)..close].Trim());
            at = close + 2;
        }
    }
}
