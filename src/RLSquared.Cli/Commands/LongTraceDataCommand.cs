using System.CommandLine;
using System.Text;
using RLSquared.Cli.Output;
using RLSquared.Language.Data.LongTrace;
using RLSquared.Language.Tokenizers;

namespace RLSquared.Cli.Commands;

/// <summary><c>rl2 datasets longtrace FOLDER</c>: questions over long contexts, from your own documents.</summary>
internal static class LongTraceDataCommand
{
    const string Source = "longtrace";

    static readonly (string Name, DistractorKind Kind)[] kinds =
    [
        ("tiered", DistractorKind.Tiered), ("trace", DistractorKind.Trace), ("search", DistractorKind.Search),
        ("random", DistractorKind.Random),
    ];

    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = new("FOLDER") { Description = "a folder of .md and .txt files that name each other" };
        Option<string> output = new("--output")
        {
            Description = "the file to write, one JSON object a line",
            HelpName = "FILE.jsonl",
            DefaultValueFactory = _ => "longtrace.jsonl",
        };
        Option<int> count = Arguments.Number("--count", "how many questions", 100, 1);
        Option<int> hops = Arguments.Number("--hops", "links that a question follows", 8, 1);
        Option<int> tokens = Arguments.Number("--tokens", "the most tokens of a context", 128 * 1024, 16);
        Option<string> distractors = new("--distractors")
        {
            Description = "pages beside the needed ones: " + string.Join(", ", kinds.Select(kind => kind.Name)),
            HelpName = "KIND",
            DefaultValueFactory = _ => kinds[0].Name,
        };
        Option<string?> tokenizer = new("--tokenizer")
        {
            Description = "a tokenizer.json that counts tokens; without one, four characters are one token",
            HelpName = "FILE",
        };
        Option<ulong> seed = Arguments.Seed("of walks and searches");
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("longtrace", "Make questions over long contexts from a folder of documents")
        {
            folder, output, count, hops, tokens, distractors, tokenizer, seed, json, quiet,
        };
        command.SetAction(parsed =>
        {
            string kind = parsed.GetRequiredValue(distractors);
            int known = Array.FindIndex(kinds, one => one.Name == kind);
            if (known < 0)
            {
                throw new OptionException("--distractors",
                    $"there are no distractors '{kind}'{Suggestions.Ask(kind, kinds.Select(one => one.Name))}");
            }
            Func<string, int>? counter = parsed.GetValue(tokenizer) is { } file ? Counter(Tokenizer.Load(file)) : null;
            var graph = PageGraph.Read(parsed.GetRequiredValue(folder));
            var dataset = new TraceDataset(graph, new TraceDatasetOptions
            {
                Hops = parsed.GetValue(hops),
                Tokens = parsed.GetValue(tokens),
                Distractors = kinds[known].Kind,
            }, counter);
            string path = parsed.GetRequiredValue(output);
            long all = 0, tier1 = 0, tier2 = 0, documents = 0;
            string temporary = path + ".part";
            using (var writer = new StreamWriter(temporary, append: false, new UTF8Encoding(false)) { NewLine = "\n" })
            {
                foreach (TraceExample example in dataset.Make(parsed.GetValue(count), parsed.GetValue(seed)))
                {
                    writer.WriteLine(example.ToJson(Source));
                    (all, documents) = (all + example.Tokens, documents + example.Pages.Count);
                    tier1 += example.Pages.Count(page => page.Tier == 1);
                    tier2 += example.Pages.Count(page => page.Tier == 2);
                }
            }
            File.Move(temporary, path, overwrite: true);
            TraceCounts counts = dataset.Counts;
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(terminal, writer =>
                {
                    writer.WriteString("file", path);
                    writer.WriteNumber("examples", counts.Examples);
                    writer.WriteNumber("unsolved", counts.Unsolved);
                    writer.WriteNumber("too_long", counts.TooLong);
                    writer.WriteNumber("tokens_mean", (double)all / counts.Examples);
                    writer.WriteNumber("documents", documents);
                    writer.WriteNumber("tier1", tier1);
                    writer.WriteNumber("tier2", tier2);
                });
            }
            else if (!parsed.GetValue(quiet))
            {
                terminal.Output.WriteLine($"{path}: {counts.Examples} questions from {graph.Pages.Count} pages, " +
                    $"{all / counts.Examples} tokens and {documents / counts.Examples} documents each; " +
                    $"{tier1} of Tier 1, {tier2} of Tier 2");
                if (counts.Unsolved + counts.TooLong > 0)
                {
                    terminal.Output.WriteLine($"dropped: {counts.Unsolved} questions that the agent never answered, " +
                        $"{counts.TooLong} whose needed pages alone were too long");
                }
            }
            return ExitCode.Done;
        });
        return command;
    }

    static Func<string, int> Counter(Tokenizer tokenizer) => text => tokenizer.Encode(text, addTemplate: false).Length;
}
