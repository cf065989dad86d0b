using System.Text.Json;
using RLSquared.Language.Files;
using RLSquared.Language.Templates;

namespace RLSquared.Language.Data;

/// <summary>What a model is asked, and what the rewards know of it.</summary>
/// <param name="Prompt">The text of the prompt; empty where there are messages.</param>
public sealed record PromptExample(string Prompt)
{
    /// <summary>The conversation so far, where the prompt is one.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; init; } = [];

    /// <summary>The wanted completion, where the data has one.</summary>
    public string? Completion { get; init; }

    /// <summary>All other columns of the line, such as <c>answer</c>: rewards see them.</summary>
    public IReadOnlyDictionary<string, JsonElement> Columns { get; init; } = new Dictionary<string, JsonElement>();
}

/// <summary>
/// Data sets with a JSON object a line:
/// <list type="bullet">
/// <item><c>{"prompt": "…", "completion": "…"}</c>, or with <c>prompt</c> alone;</item>
/// <item><c>{"prompt": [{"role": …, "content": …}], "completion": [{…}]}</c>;</item>
/// <item><c>{"messages": [{"role": …, "content": …}, …]}</c>, whose assistant turns are what is learnt.</item>
/// </list>
/// </summary>
public static class Examples
{
    const int MostMessages = 100_000;

    /// <summary>Reads examples one by one.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A line is wrong; the message says which, and which field.</exception>
    public static IEnumerable<PromptExample> Read(string path) => JsonLines.Read(path, Example);

    /// <summary>Reads examples from a stream, which stays open.</summary>
    /// <param name="stream">UTF-8.</param>
    /// <param name="source">What messages call it.</param>
    public static IEnumerable<PromptExample> Read(Stream stream, string source) =>
        JsonLines.Read(stream, source, Example);

    static PromptExample Example(JsonField line)
    {
        bool isChat = line.Find("messages") is not null;
        JsonField prompt = isChat ? line.Get("messages") : line.Get("prompt");
        bool isText = prompt.Kind == JsonValueKind.String;
        if (isChat && isText)
            throw prompt.Wrong("is not a list of messages");
        JsonField? completion = isChat ? null : line.Find("completion");
        List<ChatMessage> messages = isText ? [] : Messages(prompt);
        string? wanted = completion is not { } given ? null
            : given.Kind == JsonValueKind.String ? given.Text() : Messages(given) is [{ Content: { } text }] ? text
            : throw given.Wrong("is neither a text nor one message with a text");
        return new PromptExample(isText ? prompt.Text() : "")
        {
            Messages = messages,
            Completion = wanted,
            Columns = line.Members().Where(member => member.Name is not ("prompt" or "completion" or "messages"))
                .ToDictionary(
                    member => member.Name, member => member.Value.Element.Clone(), StringComparer.Ordinal),
        };
    }

    static List<ChatMessage> Messages(JsonField list)
    {
        List<ChatMessage> messages = [];
        foreach (JsonField one in list.Items())
        {
            if (messages.Count == MostMessages)
                throw list.Wrong($"has more than {MostMessages} messages");
            JsonField? content = one.Find("content");
            bool isText = content is { Kind: JsonValueKind.String };
            messages.Add(new ChatMessage(one.Get("role").Text(), isText ? content!.Value.Text() : null)
            {
                More = one.Members().Where(member => member.Name != "role" && !(member.Name == "content" && isText)
                        && member.Value.Kind != JsonValueKind.Null)
                    .ToDictionary(
                        member => member.Name, member => member.Value.Element.Clone(), StringComparer.Ordinal),
            });
        }
        return messages.Count > 0 ? messages : throw list.Wrong("has no messages");
    }
}
