using System.Text.Json;
using System.Text.Json.Nodes;

namespace RLSquared.Language.Tests.Templates;

/// <summary>Conversations as templates meet them, from a seed.</summary>
static class Conversations
{
    static readonly string[] texts =
    [
        "Hello!", "", " ", "  two  spaces  ", "\n\nlines\n\n", "é 日本語 👩‍👩‍👧 \u0301", "<|im_end|>",
        "a <think>b</think>\n\nc",
        "<think>\nhm\n</think>\n\nanswer", "</think>x", "<think>open", "{{ 7 * 7 }} {% if %}",
        "\"quoted\" 'single' \\ /",
        "tab\there\r\nand", "<tool_response>\nok\n</tool_response>", "<tool_response>half", "a & b < c > d", "٣٤ ½",
        "\u0000\u001f\u2028",
    ];

    static readonly string[] tools =
    [
        """
        {"type": "function", "function": {"name": "add", "description": "Adds “two” numbers",
        "parameters": {"type": "object", "properties": {"a": {"type": "number", "default": 1.0},
        "b": {"type": "number", "maximum": 1e-7}}, "required": ["a", "b"]}}}
        """,
        """
        {"type": "function", "function": {"name": "wetter", "description": "Größe <b>&</b> 'x'",
        "parameters": {"type": "object", "properties": {}, "strict": true, "nothing": null, "n": -12,
        "x": 12345678.5, "list": [[], {}, [1, [2]]]}}}
        """,
    ];

    /// <summary>So many conversations.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The same seed gives the same.</param>
    /// <param name="withBlanks">Whether texts may begin and end with blanks and have control characters.</param>
    public static JsonObject[] Make(int count, int seed, bool withBlanks = true)
    {
        var random = new Random(seed);
        string[] pool = [.. texts.Where(text => withBlanks || (text == text.Trim() && !text.Contains('\u001F')))];
        return [.. Enumerable.Range(0, count).Select(_ => One(random, pool))];
    }

    static JsonObject One(Random random, string[] texts)
    {
        var messages = new JsonArray();
        if (random.Next(2) == 0)
            messages.Add(Message("system", Text()));
        for (int turns = random.Next(1, 5); turns > 0; turns--)
        {
            messages.Add(Message("user", Text()));
            if (turns == 1 && random.Next(2) == 0)
                break;
            JsonObject answer = Message("assistant", Text());
            if (random.Next(4) == 0)
                answer["reasoning_content"] = random.Next(4) == 0 ? null : Text();
            if (random.Next(3) == 0)
            {
                answer["tool_calls"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Call())]);
                messages.Add(answer);
                for (int results = random.Next(1, 3); results > 0; results--)
                    messages.Add(Message("tool", Text()));
                messages.Add(Message("assistant", Text()));
                continue;
            }
            messages.Add(answer);
        }
        var variables = new JsonObject
        {
            ["messages"] = messages,
            ["add_generation_prompt"] = random.Next(2) == 0,
            ["bos_token"] = "<|begin_of_text|>",
            ["eos_token"] = "<|eot_id|>",
        };
        if (random.Next(2) == 0)
            variables["tools"] = new JsonArray([.. tools.Take(random.Next(1, 3)).Select(one => JsonNode.Parse(one))]);
        if (random.Next(2) == 0)
            variables["enable_thinking"] = random.Next(2) == 0;
        return variables;

        string Text() => texts[random.Next(texts.Length)] + (random.Next(3) == 0 ? texts[random.Next(
            texts.Length)] : "");

        JsonNode Call()
        {
            JsonNode arguments = random.Next(3) == 0 ? "{\"a\": 1}" : new JsonObject
            {
                ["a"] = 1.5,
                ["ü"] = Text(),
                ["c"] = null
            };
            var call = new JsonObject { ["name"] = "add", ["arguments"] = arguments };
            return random.Next(2) == 0 ? call : new JsonObject { ["type"] = "function", ["function"] = call };
        }
    }

    static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    public static string Case(string template, JsonNode variables) =>
        JsonSerializer.Serialize(new JsonObject { ["template"] = template, ["variables"] = variables.DeepClone() });
}
