using System.Globalization;
using System.Text;
using System.Text.Json;
using RLSquared.Language.Generation;

namespace RLSquared.Cli.Serving;

/// <summary>Writes what a request is answered with, in the form of OpenAI's interface.</summary>
internal sealed class CompletionOutput(
    ServedModel model, CompletionRequest request, string id, long created, int version)
{
    /// <summary>The whole answer.</summary>
    public void WriteWhole(Utf8JsonWriter json, IReadOnlyList<GeneratedSequence> all)
    {
        json.WriteStartObject();
        WriteHead(json, request.IsChat ? "chat.completion" : "text_completion");
        json.WriteStartArray("choices");
        for (int choice = 0; choice < all.Count; choice++)
        {
            GeneratedSequence one = all[choice];
            json.WriteStartObject();
            json.WriteNumber("index", choice);
            if (request.IsChat)
            {
                json.WriteStartObject("message");
                json.WriteString("role", "assistant");
                json.WriteString("content", one.Text);
                json.WriteNull("refusal");
                json.WriteEndObject();
            }
            else
            {
                json.WriteString("text", Echo(choice) + one.Text);
            }
            WriteLogProbabilities(json, one.Tokens, one.LogProbabilities, Echo(choice).Length);
            json.WriteString("finish_reason", ReasonOf(one));
            WriteIds(json, one.Prompt, one.Tokens);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteUsage(json, all);
        json.WriteEndObject();
    }

    /// <summary>The first part of a choice of a stream, which holds no token yet.</summary>
    public void WriteFirst(Utf8JsonWriter json, int choice)
    {
        BeginPart(json, choice);
        if (request.IsChat)
        {
            json.WriteStartObject("delta");
            json.WriteString("role", "assistant");
            json.WriteString("content", "");
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("text", Echo(choice));
        }
        json.WriteNull("logprobs");
        json.WriteNull("finish_reason");
        EndPart(json);
    }

    /// <summary>A part of a choice of a stream.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="choice">Which choice.</param>
    /// <param name="text">The text that is known now.</param>
    /// <param name="token">The token, or null at the end.</param>
    /// <param name="logProbability">log μ of the token.</param>
    /// <param name="offset">Letters of the text before.</param>
    /// <param name="ended">The whole completion, at its end.</param>
    public void WritePart(Utf8JsonWriter json, int choice, string text, int? token, float logProbability, int offset,
        GeneratedSequence? ended)
    {
        BeginPart(json, choice);
        if (!request.IsChat)
        {
            json.WriteString("text", text);
        }
        else
        {
            json.WriteStartObject("delta");
            if (text.Length > 0 || ended is null)
                json.WriteString("content", text);
            json.WriteEndObject();
        }
        if (token is { } drawn)
            WriteLogProbabilities(json, [drawn], [logProbability], offset);
        else
            json.WriteNull("logprobs");
        if (ended is null)
            json.WriteNull("finish_reason");
        else
            json.WriteString("finish_reason", ReasonOf(ended));
        if (token is { } one && request.TokenIds)
        {
            json.WriteStartArray("token_ids");
            json.WriteNumberValue(one);
            json.WriteEndArray();
        }
        EndPart(json);
    }

    /// <summary>The last part of a stream whose client asked for the count of tokens.</summary>
    public void WriteUsagePart(Utf8JsonWriter json, IReadOnlyList<GeneratedSequence> all)
    {
        json.WriteStartObject();
        WriteHead(json, request.IsChat ? "chat.completion.chunk" : "text_completion");
        json.WriteStartArray("choices");
        json.WriteEndArray();
        WriteUsage(json, all);
        json.WriteEndObject();
    }

    /// <summary>The prompt of a choice as text, where it was asked for.</summary>
    public string Echo(int choice) => !request.Echoes ? ""
        : model.Tokenizer.Decode(request.Prompts[choice / request.Choices], skipSpecial: true);

    void WriteHead(Utf8JsonWriter json, string kind)
    {
        json.WriteString("id", id);
        json.WriteString("object", kind);
        json.WriteNumber("created", created);
        json.WriteString("model", model.Name);
        json.WriteString("system_fingerprint", string.Create(CultureInfo.InvariantCulture, $"weights-{version}"));
    }

    void BeginPart(Utf8JsonWriter json, int choice)
    {
        json.WriteStartObject();
        WriteHead(json, request.IsChat ? "chat.completion.chunk" : "text_completion");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", choice);
    }

    static void EndPart(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    void WriteLogProbabilities(
        Utf8JsonWriter json, IReadOnlyList<int> tokens, IReadOnlyList<float> logProbabilities, int offset)
    {
        if (!request.LogProbabilities)
        {
            json.WriteNull("logprobs");
            return;
        }
        json.WriteStartObject("logprobs");
        if (request.IsChat)
        {
            json.WriteStartArray("content");
            for (int i = 0; i < tokens.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("token", NameOf(tokens[i]));
                json.WriteNumber("logprob", logProbabilities[i]);
                json.WriteStartArray("bytes");
                foreach (byte one in model.Tokenizer.TokenBytes(tokens[i]))
                    json.WriteNumberValue(one);
                json.WriteEndArray();
                json.WriteStartArray("top_logprobs");
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteNull("refusal");
        }
        else
        {
            json.WriteStartArray("tokens");
            foreach (int token in tokens)
                json.WriteStringValue(NameOf(token));
            json.WriteEndArray();
            json.WriteStartArray("token_logprobs");
            foreach (float one in logProbabilities)
                json.WriteNumberValue(one);
            json.WriteEndArray();
            json.WriteNull("top_logprobs");
            json.WriteStartArray("text_offset");
            foreach (int token in tokens)
            {
                json.WriteNumberValue(offset);
                offset += model.Tokenizer.IsSpecial(token) ? 0
                    : Encoding.UTF8.GetCharCount(model.Tokenizer.TokenBytes(token));
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    void WriteIds(Utf8JsonWriter json, IReadOnlyList<int> prompt, IReadOnlyList<int> tokens)
    {
        if (!request.TokenIds)
            return;
        json.WriteStartArray("prompt_token_ids");
        foreach (int token in prompt)
            json.WriteNumberValue(token);
        json.WriteEndArray();
        json.WriteStartArray("token_ids");
        foreach (int token in tokens)
            json.WriteNumberValue(token);
        json.WriteEndArray();
    }

    void WriteUsage(Utf8JsonWriter json, IReadOnlyList<GeneratedSequence> all)
    {
        int prompt = request.Prompts.Sum(one => one.Length), drawn = all.Sum(one => one.Tokens.Count);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", prompt);
        json.WriteNumber("completion_tokens", drawn);
        json.WriteNumber("total_tokens", prompt + drawn);
        json.WriteEndObject();
    }

    string NameOf(int token) => request.TokensAsIds
        ? string.Create(CultureInfo.InvariantCulture, $"token_id:{token}")
        : model.Tokenizer.IsSpecial(token) ? model.Tokenizer.TokenText(token)
        : Encoding.UTF8.GetString(model.Tokenizer.TokenBytes(token));

    static string ReasonOf(GeneratedSequence one) => one.IsFinished ? "stop" : "length";
}
