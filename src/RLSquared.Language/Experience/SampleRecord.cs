using System.Text.Json;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Experience;

/// <summary>
/// Some completions of a generation batch as a run keeps them: prompt, reward and its parts, and for each token
/// its text, log-probability and advantage.
/// <code>
/// "groups": 32, "solved": ["12+35=", …], "unsolved": ["12+34="],
/// "samples": [{"prompt": "12+35=", "finished": true, "length": 3, "group": 7, "reward": 1, "parts": {"exact": 1},
///   "tokens": ["4", "7", "&lt;end&gt;"], "logProbabilities": [-0.9, -0.1, 0], "advantages": [0.5, 0.5, 0.5]}]
/// </code>
/// </summary>
static class SampleRecord
{
    const int MostGroups = 2, MostOfAGroup = 4, MostTokens = 256, LongestPrompt = 500, MostPrompts = 64;

    /// <summary>Writes the properties of an object.</summary>
    /// <param name="json">Within an object.</param>
    /// <param name="completions">A generation batch with rewards and advantages, group by group.</param>
    /// <param name="tokenizer">For the texts of tokens.</param>
    /// <returns>Whether there were any; if not, nothing was written.</returns>
    public static bool Write(Utf8JsonWriter json, IReadOnlyList<Completion> completions, Tokenizer tokenizer)
    {
        if (completions.Count == 0)
            return false;
        IGrouping<long, Completion>[] groups = [.. completions.GroupBy(one => one.GroupId)];
        json.WriteNumber("groups", groups.Length);
        // Of which prompts a completion was worth something, and of which none: over a run, which never are solved.
        WritePrompts("solved", groups.Where(group => group.Any(one => one.Reward > 0)));
        WritePrompts("unsolved", groups.Where(group => group.All(one => one.Reward is not > 0)));
        json.WriteStartArray("samples");
        foreach (Completion one in groups.Take(MostGroups).SelectMany(group => group.Take(MostOfAGroup)))
            Write(json, one, tokenizer);
        json.WriteEndArray();
        return true;

        void WritePrompts(string name, IEnumerable<IGrouping<long, Completion>> of)
        {
            json.WriteStartArray(name);
            foreach (string prompt in of.Select(group => PromptOf(group.First(), tokenizer)).Distinct()
                .Take(MostPrompts))
                json.WriteStringValue(prompt);
            json.WriteEndArray();
        }
    }

    static string PromptOf(Completion one, Tokenizer tokenizer)
    {
        string text = one.Prompt.Length > 0 ? one.Prompt : tokenizer.Decode([.. one.PromptTokens]);
        // No half of a pair of surrogates at the cut.
        return text.Length <= LongestPrompt ? text
            : text[..(char.IsHighSurrogate(text[LongestPrompt - 1]) ? LongestPrompt - 1 : LongestPrompt)] + "…";
    }

    static void Write(Utf8JsonWriter json, Completion one, Tokenizer tokenizer)
    {
        int T = Math.Min(MostTokens, one.Tokens.Count);
        json.WriteStartObject();
        json.WriteString("prompt", PromptOf(one, tokenizer));
        json.WriteBoolean("finished", one.IsFinished);
        json.WriteNumber("group", one.GroupId);
        json.WriteNumber("length", one.Tokens.Count);
        WriteNumber("reward", one.Reward);
        json.WriteStartObject("parts");
        foreach ((string name, float? value) in one.RewardParts)
            WriteNumber(name, value);
        json.WriteEndObject();
        json.WriteStartArray("tokens");
        StreamedText text = tokenizer.Stream(continues: true);
        for (int t = 0; t < T; t++)
            json.WriteStringValue(text.Append(one.Tokens[t]));
        json.WriteEndArray();
        json.WriteStartArray("logProbabilities");
        for (int t = 0; t < T; t++)
            json.WriteNumberValue(Math.Round((double)one.LogProbs[t], 3));
        json.WriteEndArray();
        json.WriteStartArray("advantages");
        for (int t = 0; t < Math.Min(T, one.Advantages.Count); t++)
            json.WriteNumberValue(Math.Round((double)one.Advantages[t], 4));
        json.WriteEndArray();
        json.WriteEndObject();

        void WriteNumber(string name, float? value)
        {
            if (value is { } known && float.IsFinite(known))
                json.WriteNumber(name, known);
            else
                json.WriteNull(name);
        }
    }
}
