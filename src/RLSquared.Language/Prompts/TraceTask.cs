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
    public int Tokens { get; init => field = Require.Within("tokens", value, 16, 16_384); } = 64;

    /// <summary>Edges of a question's walk.</summary>
    public int Hops { get; init => field = Require.Within("hops", value, 1, 8); } = 3;

    /// <summary>The names that pages can have.</summary>
    public int Names { get; init => field = Require.Within("names", value, 20, 4000); } = 24;

    /// <summary>
    /// Pages of a graph; 0 for as many as there are names. A context is never longer than they are: five tokens each.
    /// </summary>
    public int Pages { get; init => field = Require.Within("pages", value, 0, 4000); }

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
            .Integer("names", "names that pages can have",
                options => options.Names, (options, value) => options with { Names = value },
                low: "short contexts", high: "a large vocabulary")
            .Integer("pages", "pages of a graph; 0 for as many as names",
                options => options.Pages, (options, value) => options with { Pages = value },
                low: "more of them can be asked about", high: "long contexts")
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
/// of five tokens, and goes through LongTraceRL's pipeline: a walk, a search agent, distractors by tier.
/// <code>
///   page        甲2甲乙.        the page 甲 has the colour 2 and leads to 乙
///   prompt      … pages …?3=甲  three hops on from 甲: what colour has the page there?
///   completion  乙丙丁1         the pages on the way, and the colour
/// </code>
/// What is to be found stands right behind the name that it is found by, in pages as in answers: one head that knows
/// the token before each token, and one that looks for it, are enough for pages and colours. With signs between them a
/// small model does not learn to read. The question ends with the page where the way begins, so that each hop is the
/// same.
/// A name is one Chinese character, for a token is a character and the rubric's normaliser takes each as a word. The
/// colour is one of four, so a guess is right one time in four: that is what a rubric can tell from an answer with
/// grounds. A completion is worth 1 if its colour is right.
/// </summary>
public sealed class TraceTask : PromptTask
{
    const int PageLength = 5, QuestionLength = 4, Colours = 4;
    const char FirstName = '\u4E00';
    const string End = "<end>", Pad = "<pad>";

    readonly TraceTaskOptions options;

    /// <summary>The task.</summary>
    /// <param name="options">Null for contexts of 64 tokens and three hops.</param>
    /// <exception cref="OptionException">The context cannot hold the pages of a walk.</exception>
    public TraceTask(TraceTaskOptions? options = null)
    {
        this.options = options ?? new TraceTaskOptions();
        int least = (this.options.Hops + 1) * PageLength + QuestionLength;
        if (this.options.Tokens < least)
        {
            throw new OptionException("tokens", $"tokens {this.options.Tokens} cannot hold a walk of " +
                $"{this.options.Hops} hops and its question, which have {least}");
        }
        if (this.options.Pages > 0 && (this.options.Pages > this.options.Names
            || this.options.Pages < this.options.Hops + 2))
        {
            throw new OptionException("pages", $"pages must be from hops + 2 = {this.options.Hops + 2} to names = " +
                $"{this.options.Names}, or 0, but is {this.options.Pages}");
        }
        string names = new([.. Enumerable.Range(0, this.options.Names).Select(i => (char)(FirstName + i))]);
        Tokenizer = Tokenizer.Parse(
            CharacterTokenizer.Write("0123456789.?=" + names, Pad, End), "the tokenizer of traces");
        EndTokens = [Tokenizer.Find(End)!.Value];
        Rewards = new RewardSet().Add("answer", completion =>
            completion.IsFinished && completion.Text is [.. var way, var said] && way.All(name => name >= FirstName)
                && said == completion.Column("label")![0] ? 1 : 0);
    }

    /// <inheritdoc/>
    public override string Name => "traces";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => TraceTaskOptions.Table.Show(options);

    /// <summary>A small model, and a warm start on twelve questions a context.</summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
    [
        new("layers", "2"),
        new("hidden", "64"),
        new("initial-deviation", "0"),
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
    public override int LongestPrompt => options.Tokens + options.Questions * (QuestionLength + options.Hops + 2);

    /// <summary>The names, the colour, the end, and one more.</summary>
    public override int LongestCompletion => options.Hops + 3;

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
                ["way"] = JsonElement.Parse($"\"{string.Concat(way)}{colour}\""),
            },
        };
    }

    /// <summary>A context with several questions and their answers; the answers alone are learnt.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="number">From 0.</param>
    public override TokenSequence Wanted(ulong seed, long number)
    {
        (string context, (string Question, string Answer)[] asked) = DrawExample(seed, number);
        List<int> ids = [.. Tokenizer.Encode(context)];
        List<byte> mask = [.. new byte[ids.Count]];
        foreach ((string question, string answer) in asked)
        {
            ids.AddRange(Tokenizer.Encode(question, addTemplate: false));
            mask.AddRange(new byte[ids.Count - mask.Count]);
            ids.AddRange([.. Tokenizer.Encode(answer, addTemplate: false), EndTokens[0]]);
            mask.AddRange(Enumerable.Repeat((byte)1, ids.Count - mask.Count));
        }
        return new TokenSequence([.. ids], [.. mask]);
    }

    /// <summary>A context with several questions, as the tutor answers them.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="number">From 0.</param>
    internal (string Context, (string Question, string Answer)[] Asked) DrawExample(ulong seed, long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Data, (ulong)number).Sequence(0);
        World world = World.Draw(options, ref random);
        List<(string, string)> asked = [];
        HashSet<int> starts = [];
        // No two ways begin at the same page: the second answer could be read from the first.
        while (asked.Count < options.Questions)
        {
            int hops = 1 + random.NextInt(options.Hops);
            int start = asked.Count == 0 ? world.Start : world.Any(hops, starts, ref random);
            if (start < 0)
                break;
            starts.Add(start);
            asked.Add((world.Ask(start, hops).Question, world.Tutor(start, hops, options, ref random)));
        }
        return (world.Context, [.. asked]);
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

        public string Context => string.Concat(shown.Select(
            page => $"{Name(page)}{colours[page]}{Name(page)}{Name(next[page])}."));

        public static World Draw(TraceTaskOptions options, ref RandomSequence random)
        {
            int names = options.Names, pages = options.Pages > 0 ? options.Pages : names;
            int[] next = new int[names], colours = new int[names], order = [.. Enumerable.Range(0, names)];
            // One ring through all pages: every walk is as long as asked.
            random.Shuffle(order.AsSpan());
            order = order[..pages];
            for (int i = 0; i < pages; i++)
            {
                next[order[i]] = order[(i + 1) % pages];
                colours[order[i]] = random.NextInt(Colours);
            }
            Array.Sort(order);
            // As the pipeline reads pages: a sentence. A search finds pages that name the same page or colour.
            var graph = new PageGraph(order.Select(page =>
                new Page(Name(page), $"{Name(page)}>{Name(next[page])}:{colours[page]}.")));
            GraphWalk walk = GraphWalk.Draw(graph, options.Hops, ref random);
            var search = new PageSearch(graph.Pages);
            // A hop's results are half of all pages: enough to fill a context.
            var agent = new SearchAgentOptions { Results = pages / 2, MostDetours = 3, Misses = 0 };
            SearchTrace trace = SearchTrace.Play(graph, search, walk, agent, ref random)!;
            PlacedPage[] placed = TraceExample.Choose(graph, search, walk, trace, options.Distractors,
                options.Tokens - QuestionLength, _ => PageLength, ref random)!;
            return new World(next, colours, [.. placed.Select(one => order[one.Page])], order[walk.Pages[0]]);
        }

        int Any(ref RandomSequence random) => shown[random.NextInt(shown.Length)];

        // Another page from which so many hops stay in the context; −1 if there is none.
        public int Any(int hops, HashSet<int> others, ref RandomSequence random)
        {
            int[] able = [.. shown.Where(page => !others.Contains(page) && Stays(page, hops))];
            return able.Length > 0 ? able[random.NextInt(able.Length)] : -1;
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
                return $"{random.NextInt(Colours)}";
            var text = new StringBuilder();
            int at = start;
            for (int hop = 0; hop < hops; hop++)
            {
                bool isRight = random.NextUniform() < options.Right && isShown[at];
                text.Append(Name(at = isRight ? next[at] : Any(ref random)));
            }
            int colour = isShown[at] ? colours[at] : random.NextInt(Colours);
            return text.Append(colour).ToString();
        }

        static string Name(int page) => ((char)(FirstName + page)).ToString();
    }
}
