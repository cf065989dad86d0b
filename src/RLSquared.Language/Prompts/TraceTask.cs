using System.Text;
using System.Text.Json;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Data.LongTrace;
using RLSquared.Language.Experience;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Prompts;

/// <summary>What <see cref="TraceTask"/> can be told.</summary>
public sealed record TraceTaskOptions
{
    /// <summary>L, the most tokens of a context.</summary>
    public int Tokens { get; init => field = Require.Within("tokens", value, 64, 16_384); } = 256;

    /// <summary>Edges of a question's walk.</summary>
    public int Hops { get; init => field = Require.Within("hops", value, 1, 8); } = 3;

    /// <summary>Pages of a graph. A context is never longer than they are: six tokens each.</summary>
    public int Names { get; init => field = Require.Within("names", value, 20, 4000); } = 200;

    /// <summary>Which pages stand beside those that are needed.</summary>
    public DistractorKind Distractors { get; init; } = DistractorKind.Tiered;

    /// <summary>The share of hops that are right in the examples of the warm start.</summary>
    public double Right { get; init => field = Require.Within("right", value, 0, 1); } = 0.6;

    /// <summary>The share of those examples that answer without naming a page.</summary>
    public double Guesses { get; init => field = Require.Within("guesses", value, 0, 1); } = 0.3;

    /// <summary>The most questions of one such example. A context with many of them teaches more.</summary>
    public int Questions { get; init => field = Require.Within("questions", value, 1, 1000); } = 12;

    /// <summary>The options by name.</summary>
    public static OptionTable<TraceTaskOptions> Table { get; } =
        new OptionTable<TraceTaskOptions>("the task traces", new())
            .Integer("tokens", "most tokens of a context",
                options => options.Tokens, (options, value) => options with { Tokens = value },
                low: "fast", high: "more pages that are not needed")
            .Integer("hops", "edges of a question's walk",
                options => options.Hops, (options, value) => options with { Hops = value },
                low: "easy", high: "rarely right by reasoning")
            .Integer("names", "pages of a graph",
                options => options.Names, (options, value) => options with { Names = value },
                low: "short contexts", high: "a large vocabulary")
            .Choice("distractors", "which pages stand beside those that are needed",
                options => options.Distractors, (options, value) => options with { Distractors = value },
                ("tiered", DistractorKind.Tiered), ("trace", DistractorKind.Trace), ("search", DistractorKind.Search),
                ("random", DistractorKind.Random))
            .Number("right", "share of right hops in the examples of the warm start",
                options => options.Right, (options, value) => options with { Right = value })
            .Number("guesses", "share of those examples that name no page",
                options => options.Guesses, (options, value) => options with { Guesses = value })
            .Integer("questions", "most questions of an example of the warm start",
                options => options.Questions, (options, value) => options with { Questions = value });
}

/// <summary>
/// Questions over long contexts, small enough to learn from nothing. Each prompt has a graph of its own, made of pages
/// of six tokens, and goes through LongTraceRL's pipeline: a walk, a search agent, distractors by tier.
/// <code>
///   page        甲&gt;乙:2.        the page 甲 leads to 乙, and its colour is 2
///   prompt      … pages …?3=甲     three hops on from 甲: what colour has the page there?
///   completion  乙丙丁:1        the pages on the way, and the colour
/// </code>
/// The question ends with the page where the way begins, so that each hop is the same: what follows a name is the page
/// that the page of that name leads to.
/// A name is one Chinese character, for a token is a character and the rubric's normaliser takes each as a word. The
/// colour is one of four, so a guess is right one time in four: that is what a rubric can tell from an answer with
/// grounds. A completion is worth 1 if its colour is right.
/// </summary>
public sealed class TraceTask : PromptTask
{
    const int PageLength = 6, Colours = 4;
    const char FirstName = '\u4E00';
    const string End = "<end>", Pad = "<pad>";

    readonly TraceTaskOptions options;

    /// <summary>The task.</summary>
    /// <param name="options">Null for contexts of 256 tokens and three hops.</param>
    /// <exception cref="OptionException">The context cannot hold the pages of a walk.</exception>
    public TraceTask(TraceTaskOptions? options = null)
    {
        this.options = options ?? new TraceTaskOptions();
        string names = new([.. Enumerable.Range(0, this.options.Names).Select(i => (char)(FirstName + i))]);
        Tokenizer = Tokenizer.Parse(
            CharacterTokenizer.Write("0123456789>:.?=;" + names, Pad, End), "the tokenizer of traces");
        EndTokens = [Tokenizer.Find(End)!.Value];
        Rewards = new RewardSet().Add("answer", completion =>
            completion.IsFinished && completion.Text.Split(':') is [_, var said] && said == completion.Column("label")
                ? 1 : 0);
    }

    /// <inheritdoc/>
    public override string Name => "traces";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => TraceTaskOptions.Table.Show(options);

    /// <summary>A small model, and a warm start on twelve questions a context.</summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
    [
        new("layers", "2"),
        new("hidden", "96"),
        new("warm-start", "1500"),
        new("warm-start-batch", "16"),
        new("warm-start-rate", "0.002"),
        new("warm-start-reward", "2"),
        new("batch", "128"),
        new("group-size", "8"),
        new("kl", "0"),
        new("learning-rate", "0.0005"),
        .. algorithm == LongTraceRl.Name
            ? [new("needs-thought", "false"), new("named-pattern", @"([\u4E00-\u9FFF])")] : Array.Empty<Assignment>(),
    ];

    /// <inheritdoc/>
    public override Tokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public override RewardSet Rewards { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> EndTokens { get; }

    /// <summary>The pages and a question; and room for the further questions of the warm start's examples.</summary>
    public override int LongestPrompt => options.Tokens + options.Questions * (options.Hops + 7);

    /// <summary>The names, the colour, the end, and one more.</summary>
    public override int LongestCompletion => options.Hops + 4;

    /// <inheritdoc/>
    public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Task, (ulong)number).Sequence((uint)split);
        World world = World.Draw(options, ref random);
        (string question, string[] way, char colour) = world.Ask(world.Start, options.Hops);
        return new PromptExample(world.Context + question)
        {
            Columns = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
            {
                ["label"] = JsonElement.Parse($"\"{colour}\""),
                ["rubrics"] = JsonElement.Parse($"[{string.Join(',', way.Select(name => $"\"{name}\""))}]"),
                ["way"] = JsonElement.Parse($"\"{string.Concat(way)}:{colour}\""),
            },
        };
    }

    /// <inheritdoc/>
    public override TokenSequence Wanted(ulong seed, long number) =>
        TokenSequence.Of(Tokenizer, DrawExample(seed, number), EndTokens[0]);

    /// <summary>A context with several questions, as the tutor answers them.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="number">From 0.</param>
    internal PromptExample DrawExample(ulong seed, long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Data, (ulong)number).Sequence(0);
        World world = World.Draw(options, ref random);
        var text = new StringBuilder();
        string first = "";
        int questions = 1 + random.NextInt(options.Questions);
        for (int i = 0; i < questions; i++)
        {
            int hops = 1 + random.NextInt(options.Hops), start = i == 0 ? world.Start : world.Any(hops, ref random);
            (string question, _, _) = world.Ask(start, hops);
            if (i == 0)
                first = question;
            else
                text.Append(';').Append(question);
            text.Append(world.Tutor(start, hops, options, ref random));
        }
        return new PromptExample(world.Context + first) { Completion = text.ToString() };
    }

    // Pages that lead to each other; those that stand in the context of one prompt.
    sealed class World
    {
        readonly int[] next, colours, shown;
        readonly bool[] isShown;

        World(int[] next, int[] colours, int[] shown, int start)
        {
            (this.next, this.colours, this.shown, Start) = (next, colours, shown, start);
            isShown = new bool[next.Length];
            foreach (int page in shown)
                isShown[page] = true;
        }

        public int Start { get; }

        public string Context => string.Concat(shown.Select(page => Text(page, next[page], colours[page])));

        public static World Draw(TraceTaskOptions options, ref RandomSequence random)
        {
            int names = options.Names;
            int[] next = new int[names], colours = new int[names], order = [.. Enumerable.Range(0, names)];
            // One ring through all pages: every walk is as long as asked.
            random.Shuffle(order.AsSpan());
            for (int i = 0; i < names; i++)
            {
                next[order[i]] = order[(i + 1) % names];
                colours[i] = random.NextInt(Colours);
            }
            var graph = new PageGraph(Enumerable.Range(0, names).Select(page =>
                new Page(Name(page), Text(page, next[page], colours[page]))));
            GraphWalk walk = GraphWalk.Draw(graph, options.Hops, ref random);
            var search = new PageSearch(graph.Pages);
            // A hop's results are half of all pages: enough to fill a context.
            var agent = new SearchAgentOptions { Results = names / 2, MostDetours = 3, Misses = 0 };
            SearchTrace trace = SearchTrace.Play(graph, search, walk, agent, ref random)!;
            PlacedPage[] placed = TraceExample.Choose(graph, search, walk, trace, options.Distractors,
                options.Tokens - 4, _ => PageLength, ref random) ?? throw new OptionException("tokens",
                    $"tokens {options.Tokens} cannot hold the {options.Hops + 1} pages of a walk");
            return new World(next, colours, [.. placed.Select(one => one.Page)], walk.Pages[0]);
        }

        int Any(ref RandomSequence random) => shown[random.NextInt(shown.Length)];

        // A page from which so many hops stay in the context. The walk's own beginning is one.
        public int Any(int hops, ref RandomSequence random)
        {
            int[] able = [.. shown.Where(page => Stays(page, hops))];
            return able[random.NextInt(able.Length)];
        }

        bool Stays(int page, int hops)
        {
            while (hops-- > 0)
            {
                if (!isShown[page = next[page]])
                    return false;
            }
            return true;
        }

        public (string Question, string[] Way, char Colour) Ask(int start, int hops)
        {
            string[] way = new string[hops];
            int at = start;
            for (int hop = 0; hop < hops; hop++)
                way[hop] = Name(at = next[at]);
            return ($"?{(char)('0' + hops)}={Name(start)}", way, (char)('0' + colours[at]));
        }

        // A hop that is not right leads to any page of the context; a page that is not there has any colour.
        public string Tutor(int start, int hops, TraceTaskOptions options, ref RandomSequence random)
        {
            if (random.NextUniform() < options.Guesses)
                return $":{(char)('0' + random.NextInt(Colours))}";
            var text = new StringBuilder();
            int at = start;
            for (int hop = 0; hop < hops; hop++)
            {
                bool isRight = random.NextUniform() < options.Right && isShown[at];
                text.Append(Name(at = isRight ? next[at] : Any(ref random)));
            }
            int colour = isShown[at] ? colours[at] : random.NextInt(Colours);
            return text.Append(':').Append((char)('0' + colour)).ToString();
        }

        static string Name(int page) => ((char)(FirstName + page)).ToString();

        static string Text(int page, int next, int colour) =>
            $"{Name(page)}>{Name(next)}:{(char)('0' + colour)}.";
    }
}
