using System.Text.Json;
using RLSquared.Language.Files;

namespace RLSquared.Language.Templates;

/// <summary>A message of a conversation.</summary>
/// <param name="Role">Whose it is: <c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c>.</param>
/// <param name="Content">What it says; null where there are only calls of tools.</param>
public sealed record ChatMessage(string Role, string? Content)
{
    static readonly Dictionary<string, JsonElement> nothing = [];

    /// <summary>Whatever else the template knows, such as <c>tool_calls</c> or <c>reasoning_content</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> More { get; init; } = nothing;

    internal OrderedDictionary<string, object?> Value()
    {
        var value = new OrderedDictionary<string, object?>(StringComparer.Ordinal) { ["role"] = Role };
        if (!More.ContainsKey("content"))
            value["content"] = Content;
        foreach ((string name, JsonElement member) in More)
            value[name] = JinjaJson.Value(member);
        return value;
    }
}

/// <summary>What a conversation is rendered with.</summary>
public sealed record ChatOptions
{
    /// <summary>Whether the beginning of the assistant's next turn follows the last message.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>The tools as JSON schemas: a list, or null for none.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Whether a thinking model thinks; null leaves it to the template.</summary>
    public bool? EnableThinking { get; init; }

    /// <summary>What <c>strftime_now</c> takes for now; the clock when null.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>Further variables of the template.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Variables { get; init; }

    /// <summary>How far the template may go.</summary>
    public TemplateLimits Limits { get; init; } = new();
}

/// <summary>
/// How a model wants a conversation written: the <c>chat_template</c> of its <c>tokenizer_config.json</c>, or its
/// <c>chat_template.jinja</c>. The text has the special tokens in it: encode it without the tokenizer's template.
/// </summary>
public sealed class ChatTemplate
{
    const long Longest = 64 << 20;

    readonly JinjaTemplate template;
    readonly Dictionary<string, object?> tokens = [];

    /// <summary>Compiles a template.</summary>
    /// <param name="source">The template.</param>
    /// <param name="tokens">What it calls <c>bos_token</c>, <c>eos_token</c> and so on.</param>
    /// <exception cref="TemplateException">It is no template.</exception>
    public ChatTemplate(string source, IReadOnlyDictionary<string, string>? tokens = null)
    {
        Source = source;
        template = JinjaTemplate.Parse(source);
        foreach ((string name, string token) in tokens ?? new Dictionary<string, string>())
            this.tokens[name] = token;
    }

    /// <summary>The template as it was written.</summary>
    public string Source { get; }

    /// <summary>Reads the template of a model.</summary>
    /// <param name="folder">The folder with <c>tokenizer_config.json</c>, or that file.</param>
    /// <param name="name">Which one, where there are several by name.</param>
    /// <returns>The template, or null where the model has none.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no such file; one sentence says why.</exception>
    /// <exception cref="TemplateException">The template is none.</exception>
    public static ChatTemplate? Load(string folder, string name = "default")
    {
        bool isFolder = Directory.Exists(folder);
        string path = isFolder ? Path.Combine(folder, "tokenizer_config.json") : folder;
        (string? source, Dictionary<string, string> tokens) = File.Exists(path) || !isFolder
            ? JsonField.ReadFile(path, Longest, file => Read(file, name)) : (null, []);
        string own = Path.Combine(isFolder ? folder : Path.GetDirectoryName(path)!, "chat_template.jinja");
        if (File.Exists(own) && new FileInfo(own).Length <= Longest)
            source = File.ReadAllText(own);
        return source is null ? null : new ChatTemplate(source, tokens);
    }

    static (string? Source, Dictionary<string, string> Tokens) Read(JsonField file, string name)
    {
        Dictionary<string, string> tokens = [];
        foreach (string token in (string[])["bos_token", "eos_token", "unk_token", "pad_token"])
        {
            if (file.Find(token) is { } found)
                tokens[token] = found.Kind == JsonValueKind.Object ? found.Get("content").Text() : found.Text();
        }
        if (file.Find("chat_template") is not { } template)
            return (null, tokens);
        if (template.Kind == JsonValueKind.String)
            return (template.Text(), tokens);
        foreach (JsonField one in template.Items())
        {
            if (one.Get("name").Text() == name)
                return (one.Get("template").Text(), tokens);
        }
        throw template.Wrong($"has no template '{name}'");
    }

    /// <summary>Writes a conversation as the model wants it.</summary>
    /// <exception cref="TemplateException">
    /// The template raises, as some do for roles in the wrong order, or goes beyond a limit.
    /// </exception>
    public RenderedText Render(IEnumerable<ChatMessage> messages, ChatOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        options ??= new ChatOptions();
        Dictionary<string, object?> variables = new(tokens)
        {
            ["messages"] = messages.Select(message => (object?)message.Value()).ToList(),
            ["tools"] = options.Tools is { } tools ? JinjaJson.Value(tools) : null,
            ["documents"] = null,
            ["add_generation_prompt"] = options.AddGenerationPrompt,
            ["strftime_now"] = JinjaLibrary.Moment(options.Now ?? DateTimeOffset.Now),
        };
        if (options.EnableThinking is { } thinks)
            variables["enable_thinking"] = thinks;
        foreach ((string name, JsonElement value) in options.Variables ?? new Dictionary<string, JsonElement>())
            variables[name] = JinjaJson.Value(value);
        return template.Render(variables, options.Limits);
    }
}
