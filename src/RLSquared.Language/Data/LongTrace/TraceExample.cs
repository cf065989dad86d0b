using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RLSquared.Language.Files;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Data.LongTrace;

/// <summary>Which pages stand beside the gold ones.</summary>
public enum DistractorKind
{
    /// <summary>Tier 1 first, then Tier 2: the published recipe.</summary>
    Tiered,
    /// <summary>Both tiers in random order.</summary>
    Trace,
    /// <summary>The results of one search for the whole question.</summary>
    Search,
    /// <summary>Any pages.</summary>
    Random,
}

/// <summary>A page of an example, and why it is there.</summary>
/// <param name="Page">Its number in the graph.</param>
/// <param name="Tier">0 for gold, 1 and 2 for distractors of a trace, 3 for others.</param>
public readonly record struct PlacedPage(int Page, int Tier);

/// <summary>A question over a long context: documents, of which a few are needed.</summary>
/// <param name="Question">The question.</param>
/// <param name="Label">The answer.</param>
/// <param name="Rubrics">The titles of the gold pages: what a grounded answer names.</param>
/// <param name="Pages">The documents in the order in which they stand.</param>
/// <param name="Context">Their text with the question at the end.</param>
/// <param name="Tokens">What the context has by the counter that made it.</param>
public sealed record TraceExample(
    string Question, string Label, IReadOnlyList<string> Rubrics, IReadOnlyList<PlacedPage> Pages, string Context,
    int Tokens)
{
    static readonly JsonWriterOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Puts an example together: the gold pages, then distractors in the order of their kind until the next one would
    /// pass the limit, all shuffled, with the question at the end.
    /// </summary>
    /// <param name="graph">The pages.</param>
    /// <param name="search">Their search engine; only for <see cref="DistractorKind.Search"/>.</param>
    /// <param name="walk">What is asked.</param>
    /// <param name="trace">What an agent did to answer it.</param>
    /// <param name="kind">Which distractors.</param>
    /// <param name="most">The most tokens of the context.</param>
    /// <param name="tokens">Counts the tokens of a text.</param>
    /// <param name="random">The draws.</param>
    /// <returns>Null where the gold pages and the question alone pass the limit.</returns>
    public static TraceExample? Assemble(
        PageGraph graph, PageSearch? search, GraphWalk walk, SearchTrace trace, DistractorKind kind, int most,
        Func<string, int> tokens, ref RandomSequence random)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(walk);
        ArgumentNullException.ThrowIfNull(trace);
        ArgumentNullException.ThrowIfNull(tokens);
        string question = walk.Question(graph);
        // Every document is counted with its heading, and the number in it at its longest.
        PlacedPage[]? order = Choose(graph, search, walk, trace, kind, most - tokens(question),
            page => tokens(Document(graph, page, graph.Pages.Count)), ref random);
        if (order is null)
            return null;
        string context = string.Concat(order.Select((one, i) => Document(graph, one.Page, i + 1))) + question;
        return new TraceExample(question, walk.Answer(graph),
            [.. walk.Pages.Select(page => graph.Pages[page].Title)], order, context, tokens(context));
    }

    /// <summary>
    /// The pages of an example in the order in which they stand; null where the gold ones alone pass the limit.
    /// </summary>
    internal static PlacedPage[]? Choose(
        PageGraph graph, PageSearch? search, GraphWalk walk, SearchTrace trace, DistractorKind kind, int most,
        Func<int, int> length, ref RandomSequence random)
    {
        List<PlacedPage> placed = [.. walk.Pages.Select(page => new PlacedPage(page, 0))];
        int used = placed.Sum(one => length(one.Page));
        if (used > most)
            return null;
        foreach (PlacedPage next in Distractors(graph, search, walk, trace, kind, ref random))
        {
            used += length(next.Page);
            if (used > most)
                break;
            placed.Add(next);
        }
        PlacedPage[] order = [.. placed];
        random.Shuffle(order.AsSpan());
        return order;
    }

    static IEnumerable<PlacedPage> Distractors(
        PageGraph graph, PageSearch? search, GraphWalk walk, SearchTrace trace, DistractorKind kind,
        ref RandomSequence random)
    {
        HashSet<int> gold = [.. walk.Pages];
        PlacedPage[] tiers =
        [
            .. trace.Tier1.Select(page => new PlacedPage(page, 1)),
            .. trace.Tier2.Select(page => new PlacedPage(page, 2)),
        ];
        int[] any = [];
        switch (kind)
        {
            case DistractorKind.Tiered:
                break;
            case DistractorKind.Trace:
                random.Shuffle(tiers.AsSpan());
                break;
            case DistractorKind.Search:
                any = [.. (search ?? throw new ArgumentNullException(nameof(search)))
                    .Find(walk.Question(graph), graph.Pages.Count)];
                tiers = [];
                break;
            default:
                any = [.. Enumerable.Range(0, graph.Pages.Count)];
                random.Shuffle(any.AsSpan());
                tiers = [];
                break;
        }
        return [.. tiers.Where(one => !gold.Contains(one.Page)),
            .. any.Where(page => !gold.Contains(page)).Select(page => new PlacedPage(page, 3))];
    }

    static string Document(PageGraph graph, int page, int number) =>
        $"[Document {number}: {graph.Pages[page].Title}]\n{graph.Pages[page].Text.Trim()}\n\n";

    /// <summary>
    /// One line of JSON in the published form: <c>source</c>, <c>input_messages</c>, <c>label</c>, and <c>metadata</c>
    /// with <c>question</c> and <c>rubrics</c>; <c>tiers</c> are added, one number for each document.
    /// </summary>
    /// <param name="source">What the data set is called.</param>
    public string ToJson(string source)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, plain))
        {
            json.WriteStartObject();
            json.WriteString("source", source);
            json.WriteStartArray("input_messages");
            json.WriteStartObject();
            json.WriteString("role", "user");
            json.WriteString("content", Context);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteString("label", Label);
            json.WriteStartObject("metadata");
            json.WriteString("question", Question);
            json.WriteStartArray("rubrics");
            foreach (string rubric in Rubrics)
                json.WriteStringValue(rubric);
            json.WriteEndArray();
            json.WriteStartArray("tiers");
            foreach (PlacedPage page in Pages)
                json.WriteNumberValue(page.Tier);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>
    /// Reads lines of that form as prompts: the messages, and the columns <c>label</c>, <c>question</c> and
    /// <c>rubrics</c>.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A line is wrong; the message says which, and which field.</exception>
    public static IEnumerable<PromptExample> Read(string path) => JsonLines.Read(path, Prompt);

    static PromptExample Prompt(JsonField line)
    {
        JsonField metadata = line.Get("metadata"), rubrics = metadata.Get("rubrics");
        if (!rubrics.Items().Any())
            throw rubrics.Wrong("is empty, and a rubric names at least one entity");
        foreach (JsonField rubric in rubrics.Items())
            _ = rubric.Text();
        _ = line.Get("label").Text();
        return new PromptExample("")
        {
            Messages = [.. line.Get("input_messages").Items().Select(message => new Templates.ChatMessage(
                message.Get("role").Text(), message.Get("content").Text()))],
            Columns = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
            {
                ["label"] = line.Get("label").Element.Clone(),
                ["question"] = metadata.Get("question").Element.Clone(),
                ["rubrics"] = rubrics.Element.Clone(),
            },
        };
    }
}
