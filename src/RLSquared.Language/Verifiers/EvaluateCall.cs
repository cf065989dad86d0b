using System.Text.Json;
using System.Text.RegularExpressions;
using RLSquared.Language.Files;
using RLSquared.Language.Verifiers.Judges;

namespace RLSquared.Language.Verifiers;

/// <summary>What <see cref="EvaluateCall"/> answers.</summary>
/// <param name="Outcome">r_o: 1 for a right answer, 0 for a wrong one, and 0 where it does not count.</param>
/// <param name="Rubric">r_b, or F_2 for LongRLVR; 0 where it does not count.</param>
/// <param name="Reward">What both come to. It is not yet scaled by the group, and not yet gated by the outcome.</param>
public readonly record struct EvaluateReply(float Outcome, float Rubric, float Reward);

/// <summary>
/// The call <c>/evaluate</c> of LongTraceRL's reward server (Lin et al. 2026), so that a training elsewhere can be paid
/// by this library. The request is
/// <code>
///   {"label": "…", "response": "…" or "history": [{"role", "content", "reasoning_content"}],
///    "extra_reward_info": {"question", "rubrics", "rubric_reward_ratio", "dataset_name",
///                          "rubric_use_reasoning_content", "rubric_use_content"}}
/// </code>
/// and the reward is (1 − η)·r_o + η·r_b, or LongRLVR's for the data set <c>longrlvr</c>, whose rubrics are numbers of
/// chunks. Whoever trains scales r_b by its group and gates it afterwards, as <see cref="Algorithms.LongTraceRl"/>
/// does.
/// </summary>
public static partial class EvaluateCall
{
    const string EndOfThought = "</think>", LongRlvr = "longrlvr";

    /// <summary>Answers a request.</summary>
    /// <param name="request">JSON in UTF-8, of any length.</param>
    /// <param name="judge">
    /// Who says whether the answer is right; null for the rule that the label is within the answer, both normalised.
    /// </param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidDataException">The request is wrong; the message says which field.</exception>
    /// <exception cref="IOException">The judge gave no verdict.</exception>
    public static async Task<EvaluateReply> Answer(
        ReadOnlyMemory<byte> request, IJudge? judge = null, CancellationToken cancellation = default)
    {
        Question asked = JsonField.Read(request, "the request", Read);
        if (asked.Content.Length == 0 && asked.Thought.Length == 0)
            return default;
        float outcome = asked.Ratio < 1 ? await Outcome(asked, judge, cancellation).ConfigureAwait(false) : 0;
        float rubric = asked.Ratio > 0 ? Rubric(asked) : 0;
        return new EvaluateReply(outcome, rubric, asked.IsLongRlvr
            ? TraceRewards.LongRlvr(outcome, rubric, asked.Ratio)
            : TraceRewards.Mix(outcome, rubric, asked.Ratio, RubricSign.Both));
    }

    static async Task<float> Outcome(Question asked, IJudge? judge, CancellationToken cancellation)
    {
        if (asked.Content.Length == 0)
            return 0;
        if (judge is null)
            return TraceRewards.Rubric([asked.Label], asked.Content);
        IReadOnlyList<int?> scores = await judge.Score(
            [new JudgeQuestion(JudgedPart.Trace, asked.Problem, asked.Label, asked.Content)], cancellation)
            .ConfigureAwait(false);
        return scores[0] is { } score ? score >= IJudge.Approval ? 1 : 0
            : throw new IOException("the judge gave no verdict; ask again");
    }

    static float Rubric(Question asked)
    {
        string text = (asked.UsesThought ? asked.Thought : "") + "\n\n" + (asked.UsesContent ? asked.All : "");
        if (asked.Rubrics.Length == 0)
            return 0;
        if (!asked.IsLongRlvr)
            return TraceRewards.Rubric(asked.Rubrics, text);
        string named = Useful().Matches(text) is { Count: > 0 } lists ? lists[^1].Groups[1].Value : "";
        return TraceRewards.FBeta(
            [.. Chunk().Matches(named).Select(chunk => chunk.Groups[1].Value.TrimStart('0').PadLeft(1, '0'))],
            asked.Rubrics);
    }

    // ---- the request ----

    static Question Read(JsonField request)
    {
        JsonField info = request.Get("extra_reward_info");
        float ratio = (float)info.Get("rubric_reward_ratio").Number(0, 1);
        bool isLongRlvr = info.Find("dataset_name")?.Text() == LongRlvr;
        string[] rubrics = info.Find("rubrics") is not { } list ? [] : [.. list.Items().Select(rubric =>
            isLongRlvr && rubric.Kind == JsonValueKind.Number ? $"{rubric.Whole(0, int.MaxValue)}" : rubric.Text())];
        JsonField label = request.Get("label");
        var question = new Question(
            label.Kind == JsonValueKind.Number ? label.Element.GetRawText() : label.Text(),
            info.Find("question")?.Text() ?? "", rubrics, ratio, isLongRlvr,
            info.Find("rubric_use_reasoning_content")?.Flag() ?? false,
            info.Find("rubric_use_content")?.Flag() ?? true);
        if (request.Find("history") is { } history)
            return OfHistory(question, history);
        string response = (request.Find("response") ?? throw request.Wrong("lacks 'response' and 'history'")).Text();
        int end = response.IndexOf(EndOfThought, StringComparison.Ordinal);
        string content = end < 0 ? response : response[(end + EndOfThought.Length)..].Trim();
        return question with
        {
            Content = content,
            All = content,
            Thought = end < 0 ? "" : response[..end].Replace("<think>", "", StringComparison.Ordinal).Trim(),
        };
    }

    // The last turn is the answer; a rubric may name what stands in any turn of the model.
    static Question OfHistory(Question question, JsonField history)
    {
        string answer = "";
        List<string> thoughts = [], contents = [];
        foreach (JsonField turn in history.Items())
        {
            bool isModel = turn.Get("role").Text() == "assistant";
            answer = isModel ? turn.Find("content")?.Text() ?? "" : "";
            if (isModel && turn.Find("reasoning_content") is { } thought)
                thoughts.Add(thought.Text());
            if (isModel)
                contents.Add(answer);
        }
        // Without an answer at the end there is no reward, whatever was said before.
        return answer.Length == 0 ? question : question with
        {
            Content = answer[(answer.LastIndexOf(EndOfThought, StringComparison.Ordinal) is >= 0 and var end
                ? end + EndOfThought.Length : 0)..].Trim(),
            All = string.Join("\n\n", contents),
            Thought = string.Join("\n\n", thoughts),
        };
    }

    sealed record Question(
        string Label, string Problem, string[] Rubrics, float Ratio, bool IsLongRlvr, bool UsesThought,
        bool UsesContent)
    {
        public string Content { get; init; } = "";       // the answer
        public string All { get; init; } = "";           // what all turns say
        public string Thought { get; init; } = "";
    }

    [GeneratedRegex("<useful_chunks>(.*?)</useful_chunks>",
        RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Useful();

    [GeneratedRegex(@"<CHUNK[_\s]?(\d+)>", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Chunk();
}
