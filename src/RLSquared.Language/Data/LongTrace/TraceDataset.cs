using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Data.LongTrace;

/// <summary>What <see cref="TraceDataset"/> can be told.</summary>
public sealed record TraceDatasetOptions
{
    /// <summary>Edges between the gold pages of a question.</summary>
    public int Hops { get; init => field = Require.Within("hops", value, 1, 64); } = 8;

    /// <summary>L, the most tokens of a context.</summary>
    public int Tokens { get; init => field = Require.AtLeast("tokens", value, 16); } = 128 * 1024;

    /// <summary>Which distractors.</summary>
    public DistractorKind Distractors { get; init; } = DistractorKind.Tiered;

    /// <summary>How the scripted agent errs.</summary>
    public SearchAgentOptions Agent { get; init; } = new();

    /// <summary>How often a walk begins in another region, and not where the last one ended.</summary>
    public double Jumps { get; init => field = Require.Within("jumps", value, 0, 1); } = 0.2;
}

/// <summary>What became of the walks of a data set.</summary>
/// <param name="Examples">Examples that were made.</param>
/// <param name="Unsolved">Questions that the agent never answered; they are dropped.</param>
/// <param name="TooLong">Questions whose gold pages alone pass the limit; they are dropped.</param>
public readonly record struct TraceCounts(int Examples, int Unsolved, int TooLong);

/// <summary>
/// LongTraceRL's data from pages (Lin, Zhang, Hou, Li 2026): a walk gives a question that needs every page of it; a
/// search agent answers the question; what it opened and what it passed over become the distractors of a long context.
/// The authors had language models write questions and search; here sentences with blanks are the questions, and a
/// script searches.
/// </summary>
public sealed class TraceDataset
{
    readonly PageGraph graph;
    readonly PageSearch search;
    readonly TraceDatasetOptions options;
    readonly Func<string, int> tokens;

    /// <summary>A data set over pages.</summary>
    /// <param name="graph">The pages.</param>
    /// <param name="options">Null for eight hops and 128 Ki tokens.</param>
    /// <param name="tokens">Counts tokens; null for a quarter of the characters, rounded up.</param>
    public TraceDataset(PageGraph graph, TraceDatasetOptions? options = null, Func<string, int>? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        (this.graph, this.options) = (graph, options ?? new TraceDatasetOptions());
        this.tokens = tokens ?? (text => (text.Length + 3) / 4);
        search = new PageSearch(graph.Pages);
    }

    /// <summary>What became of the walks so far.</summary>
    public TraceCounts Counts { get; private set; }

    /// <summary>Makes examples one by one.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Of all draws.</param>
    /// <exception cref="InvalidDataException">
    /// There is no walk of so many hops, or twenty walks in a row gave no example.
    /// </exception>
    public IEnumerable<TraceExample> Make(int count, ulong seed)
    {
        const int mostInVain = 20;
        int near = -1, inVain = 0;
        for (ulong number = 0; count > 0; number++)
        {
            TraceExample? example = One(seed, number, ref near);
            if (example is null && ++inVain == mostInVain)
            {
                throw new InvalidDataException($"{mostInVain} walks in a row gave no example: {Counts.TooLong} " +
                    $"questions had gold pages of more than {options.Tokens} tokens, and " +
                    $"{Counts.Unsolved} were never answered");
            }
            if (example is null)
                continue;
            (inVain, count) = (0, count - 1);
            yield return example;
        }
    }

    TraceExample? One(ulong seed, ulong number, ref int near)
    {
        RandomSequence random = new RandomKey(seed, RandomPurpose.Data, number).Sequence(0);
        bool jumps = random.NextUniform() < options.Jumps;
        GraphWalk walk = GraphWalk.Draw(graph, options.Hops, ref random, jumps ? -1 : near);
        near = walk.Pages[^1];
        SearchTrace? trace = SearchTrace.Play(graph, search, walk, options.Agent, ref random);
        TraceExample? example = trace is null ? null : TraceExample.Assemble(
            graph, search, walk, trace, options.Distractors, options.Tokens, tokens, ref random);
        Counts = trace is null ? Counts with { Unsolved = Counts.Unsolved + 1 }
            : example is null ? Counts with { TooLong = Counts.TooLong + 1 }
            : Counts with { Examples = Counts.Examples + 1 };
        return example;
    }
}
