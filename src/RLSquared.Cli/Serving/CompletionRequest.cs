using System.Text.Json;
using RLSquared.Language.Generation;
using RLSquared.Language.Templates;

namespace RLSquared.Cli.Serving;

/// <summary>A request for completions, of a text or of a conversation, in the form of OpenAI's interface.</summary>
internal sealed record CompletionRequest
{
    const int MostChoices = 128, UsualTokens = 16;

    /// <summary>Whether it is of a conversation.</summary>
    public required bool IsChat { get; init; }

    /// <summary>The prompts, in order.</summary>
    public required IReadOnlyList<int[]> Prompts { get; init; }

    /// <summary>Completions of each prompt.</summary>
    public required int Choices { get; init; }

    /// <summary>How tokens are drawn.</summary>
    public required SamplingOptions Sampling { get; init; }

    /// <summary>Of the draws; null for one of the server's choice.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Whether tokens are sent as they come.</summary>
    public bool Streams { get; init; }

    /// <summary>Whether a stream ends with the count of tokens.</summary>
    public bool StreamsUsage { get; init; }

    /// <summary>Whether the text begins with the prompt.</summary>
    public bool Echoes { get; init; }

    /// <summary>Whether log-probabilities are wanted.</summary>
    public bool LogProbabilities { get; init; }

    /// <summary>Whether ids are wanted beside the text.</summary>
    public bool TokenIds { get; init; }

    /// <summary>Whether log-probabilities name tokens as <c>token_id:17</c> instead of by their text.</summary>
    public bool TokensAsIds { get; init; }

    /// <summary>Reads a request.</summary>
    /// <exception cref="ServingException">
    /// A field is missing, of the wrong type, or asks for what is not served.
    /// </exception>
    public static CompletionRequest Parse(JsonElement json, ServedModel model, bool isChat)
    {
        var fields = new RequestFields(json);
        if (fields.Text("model") is { } asked && asked != model.Name)
            throw new ServingException(404, $"there is no model '{asked}'; there is '{model.Name}'", "model");
        RefuseUnserved(fields);
        IReadOnlyList<int[]> prompts = isChat ? [Conversation(fields, model)] : Texts(fields, model);
        int choices = fields.Whole("n", 1, 1, MostChoices);
        if (fields.Whole("best_of", choices, 1, int.MaxValue) != choices)
            throw new ServingException(400, "best_of is not served; ask for n completions and choose", "best_of");
        if (prompts.Count * choices > MostChoices)
        {
            throw new ServingException(400,
                $"{prompts.Count} prompts with {choices} choices each are more than {MostChoices} completions", "n");
        }
        int longest = prompts.Max(prompt => prompt.Length), room = model.Context - longest;
        if (room < 1)
        {
            throw new ServingException(400, $"the prompt has {longest} tokens, and the context of the model is " +
                $"{model.Context} with the completion", isChat ? "messages" : "prompt");
        }
        string limit = fields.Find("max_completion_tokens") is null ? "max_tokens" : "max_completion_tokens";
        int? most = fields.Optional(limit, 1, int.MaxValue);
        if (most > room)
        {
            throw new ServingException(400, $"{limit} is {most}, and {room} tokens are left of the context of " +
                $"{model.Context} behind the prompt", limit);
        }
        return new CompletionRequest
        {
            IsChat = isChat,
            Prompts = prompts,
            Choices = choices,
            Seed = fields.Find("seed") is null ? null : (ulong)fields.Integer("seed", long.MinValue, long.MaxValue),
            Streams = fields.Flag("stream"),
            StreamsUsage = fields.Find("stream_options") is { } options
                && new RequestFields(options, "stream_options.").Flag("include_usage"),
            Echoes = !isChat && fields.Flag("echo"),
            LogProbabilities = isChat ? fields.Flag("logprobs") : fields.Find("logprobs") is not null,
            TokenIds = fields.Flag("return_token_ids"),
            TokensAsIds = fields.Flag("return_tokens_as_token_ids"),
            Sampling = new SamplingOptions
            {
                MaximumTokens = most ?? (isChat ? room : Math.Min(room, UsualTokens)),
                MinimumTokens = fields.Whole("min_tokens", 0, 0, int.MaxValue),
                Temperature = fields.Number("temperature", 1, 0, 100),
                TopP = fields.Number("top_p", 1, double.Epsilon, 1),
                // −1 stands for all, as in other servers.
                TopK = Math.Max(0, fields.Whole("top_k", 0, -1, int.MaxValue)),
                MinP = fields.Number("min_p", 0, 0, 1),
                RepetitionPenalty = fields.Number("repetition_penalty", 1, 0.01, 100),
                StopTexts = Stops(fields),
                StopTokens = fields.Flag("ignore_eos") ? []
                    : fields.Find("stop_token_ids") is { } ids ? [.. Ids(ids, "stop_token_ids", model)]
                    : model.EndTokens,
                KeepsStopText = fields.Flag("include_stop_str_in_output"),
            },
        };
    }

    // What would change the answer and is not there is refused by name; what changes nothing is let pass.
    static void RefuseUnserved(RequestFields fields)
    {
        foreach (string name in (string[])["frequency_penalty", "presence_penalty"])
        {
            if (fields.Number(name, 0, double.MinValue, double.MaxValue) != 0)
                throw new ServingException(400, $"{name} is not served; use repetition_penalty", name);
        }
        foreach (string name in (string[])["logit_bias", "suffix", "functions", "prompt_logprobs"])
        {
            if (fields.Find(name) is { } value && value.ValueKind != JsonValueKind.False
                && !(value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any()))
                throw new ServingException(400, $"{name} is not served; leave it away", name);
        }
        if (fields.Find("response_format") is { } format
            && new RequestFields(format).Text("type") is not (null or "text"))
            throw new ServingException(400, "response_format is served as text only", "response_format");
        if (fields.Find("tool_choice") is { } choice
            && !(choice.ValueKind == JsonValueKind.String && choice.GetString() is "auto" or "none"))
            throw new ServingException(400, "tool_choice is served as auto or none only", "tool_choice");
        if (fields.Whole("top_logprobs", 0, 0, 20) > 0)
        {
            throw new ServingException(400,
                "top_logprobs is not served; logprobs gives those of the tokens that were drawn", "top_logprobs");
        }
    }

    static int[] Conversation(RequestFields fields, ServedModel model)
    {
        ChatTemplate template = model.Template ?? throw new ServingException(400,
            $"{model.Name} has no chat template; ask /v1/completions");
        JsonElement messages = fields.Find("messages") is { ValueKind: JsonValueKind.Array } array
            && array.GetArrayLength() > 0 ? array : throw new ServingException(400,
                "messages must be a list of at least one {\"role\": …, \"content\": …}", "messages");
        List<ChatMessage> conversation = [];
        foreach (JsonElement one in messages.EnumerateArray())
        {
            var message = new RequestFields(one, "messages.");
            string role = message.Text("role")
                ?? throw new ServingException(400, "each message needs a role", "messages");
            conversation.Add(new ChatMessage(role, Content(message)) { More = More(one) });
        }
        try
        {
            string text = template.Render(conversation, new ChatOptions
            {
                Tools = fields.Find("tools"),
                Variables = Variables(fields),
            }).Text;
            return model.Tokenizer.Encode(text, addTemplate: false);
        }
        catch (TemplateException failure)
        {
            throw new ServingException(400, $"the chat template refuses the messages: {failure.Message}", "messages");
        }
    }

    // A text, or a list of parts of which each is a text.
    static string? Content(RequestFields message) => message.Find("content") switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(part =>
            new RequestFields(part, "content.").Text("text")
                ?? throw new ServingException(400, "only parts of type text are served", "messages"))),
        _ => throw new ServingException(400, "content must be a text or a list of parts", "messages"),
    };

    static Dictionary<string, JsonElement> More(JsonElement message)
    {
        Dictionary<string, JsonElement> more = [];
        foreach (JsonProperty property in message.EnumerateObject())
        {
            if (property.Name is not ("role" or "content") && property.Value.ValueKind != JsonValueKind.Null)
                more[property.Name] = property.Value;
        }
        return more;
    }

    static Dictionary<string, JsonElement>? Variables(RequestFields fields) =>
        fields.Find("chat_template_kwargs") is not { } given ? null
            : given.ValueKind != JsonValueKind.Object ? throw new ServingException(400,
                "chat_template_kwargs must be an object", "chat_template_kwargs")
            : given.EnumerateObject().ToDictionary(property => property.Name, property => property.Value);

    // A text, some texts, ids, or some lists of ids.
    static IReadOnlyList<int[]> Texts(RequestFields fields, ServedModel model)
    {
        JsonElement prompt = fields.Find("prompt") ?? throw new ServingException(400,
            "prompt is missing: a text, a list of texts, or ids", "prompt");
        JsonElement[] parts = prompt.ValueKind == JsonValueKind.Array ? [.. prompt.EnumerateArray()] : [prompt];
        IReadOnlyList<int[]> prompts = parts switch
        {
            [] => [],
            [{ ValueKind: JsonValueKind.Number }, ..] => [Ids(prompt, "prompt", model)],
            _ => [.. parts.Select(part => part.ValueKind == JsonValueKind.String
                ? model.Tokenizer.Encode(part.GetString()!) : Ids(part, "prompt", model))],
        };
        return prompts.Count > 0 && prompts.All(ids => ids.Length > 0) ? prompts : throw new ServingException(400,
            "a prompt is empty; it needs at least one token, such as the text's beginning", "prompt");
    }

    static int[] Ids(JsonElement list, string field, ServedModel model)
    {
        if (list.ValueKind != JsonValueKind.Array)
            throw new ServingException(400, $"{field} must be a text, a list of texts, or lists of ids", field);
        int most = Math.Min(model.Tokenizer.Count, model.Model.Configuration.Vocabulary) - 1;
        return [.. list.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0 && id <= most ? id
                : throw new ServingException(400, $"{field} holds {item.GetRawText()}, and ids are from 0 to {most}",
                    field))];
    }

    static IReadOnlyList<string> Stops(RequestFields fields)
    {
        const int most = 16;
        if (fields.Find("stop") is not { } stop)
            return [];
        JsonElement[] all = stop.ValueKind == JsonValueKind.Array ? [.. stop.EnumerateArray()] : [stop];
        bool areTexts = all.All(one => one.ValueKind == JsonValueKind.String && one.GetString() is { Length: > 0 });
        return all.Length <= most && areTexts
            ? [.. all.Select(one => one.GetString()!)]
            : throw new ServingException(400, $"stop must be a text or a list of at most {most} texts", "stop");
    }
}

/// <summary>The fields of a JSON object, each checked as it is read; null stands for a missing one.</summary>
internal readonly struct RequestFields
{
    readonly JsonElement json;
    readonly string prefix;

    public RequestFields(JsonElement json, string prefix = "")
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            string what = prefix.Length > 0 ? prefix.TrimEnd('.') : "the request";
            throw new ServingException(400, $"{what} must be a JSON object");
        }
        (this.json, this.prefix) = (json, prefix);
    }

    public JsonElement? Find(string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Wrong(name, "a text", value),
    };

    public bool Flag(string name) => Find(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        { } value => throw Wrong(name, "true or false", value),
    };

    public int? Optional(string name, int least, int most) =>
        Find(name) is null ? null : (int)Integer(name, least, most);

    public int Whole(string name, int standard, int least, int most) => Optional(name, least, most) ?? standard;

    public long Integer(string name, long least, long most) => Find(name) is { } value
        && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= least
        && number <= most ? number : throw Wrong(name, Range("a whole number", least, most), Find(name));

    public double Number(string name, double standard, double least, double most) => Find(name) is not { } value
        ? standard
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= least
            && number <= most ? number : throw Wrong(name, Range("a number", least, most), value);

    static string Range(string kind, double least, double most)
    {
        if (least <= long.MinValue)
            return kind;
        return most >= int.MaxValue ? FormattableString.Invariant($"{kind} from {least} on")
            : FormattableString.Invariant($"{kind} from {least} to {most}");
    }

    ServingException Wrong(string name, string right, JsonElement? value) =>
        new(400, $"{prefix}{name} must be {right}, but is {Excerpt(value?.GetRawText() ?? "missing")}", prefix + name);

    static string Excerpt(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
