using RLSquared.Tensors.Random;

namespace RLSquared.Language.Data.LongTrace;

/// <summary>What a search agent does.</summary>
public enum SearchStep
{
    /// <summary>Asks the search engine.</summary>
    Search,
    /// <summary>Reads a page.</summary>
    Open,
    /// <summary>Names a page in its answer.</summary>
    Cite,
}

/// <summary>One line of an agent's log.</summary>
/// <param name="Step">What it did.</param>
/// <param name="Query">What it asked for; empty otherwise.</param>
/// <param name="Pages">The results, or the page that was opened or cited.</param>
public sealed record SearchEvent(SearchStep Step, string Query, IReadOnlyList<int> Pages);

/// <summary>How the scripted agent errs.</summary>
public sealed record SearchAgentOptions
{
    /// <summary>Results of a search.</summary>
    public int Results { get; init; } = 10;

    /// <summary>The most wrong pages that are opened before the right one, at each hop.</summary>
    public int MostDetours { get; init; } = 3;

    /// <summary>How likely a hop is missed, which fails the attempt.</summary>
    public double Misses { get; init; } = 0.1;

    /// <summary>Attempts at a question.</summary>
    public int Attempts { get; init; } = 5;
}

/// <summary>
/// What an agent did to answer a question, and the distractors that follow from it. Tier 1 are pages that it opened
/// and did not cite: they looked right. Tier 2 are pages that were among its results and were never opened.
/// </summary>
/// <param name="Events">Its log, in order.</param>
public sealed record SearchTrace(IReadOnlyList<SearchEvent> Events)
{
    /// <summary>The pages that it cited, each once.</summary>
    public IReadOnlyList<int> Cited => Of(SearchStep.Cite);

    /// <summary>Opened and not cited, in the order of opening.</summary>
    public IReadOnlyList<int> Tier1 => [.. Of(SearchStep.Open).Except(Cited)];

    /// <summary>Among the results and never opened, in the order of appearance.</summary>
    public IReadOnlyList<int> Tier2 => [.. Of(SearchStep.Search).Except(Of(SearchStep.Open)).Except(Cited)];

    int[] Of(SearchStep step) => [.. Events.Where(one => one.Step == step).SelectMany(one => one.Pages).Distinct()];

    /// <summary>
    /// A scripted agent answers the question of a walk: at each hop it searches for the next page, opens some wrong
    /// results, then the right one, and at the end cites all pages of the walk.
    /// </summary>
    /// <param name="graph">The pages.</param>
    /// <param name="search">Its search engine.</param>
    /// <param name="walk">What it has to find.</param>
    /// <param name="options">How it errs.</param>
    /// <param name="random">The draws.</param>
    /// <returns>The first attempt that found the answer; null if none did.</returns>
    public static SearchTrace? Play(
        PageGraph graph, PageSearch search, GraphWalk walk, SearchAgentOptions options, ref RandomSequence random)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(walk);
        ArgumentNullException.ThrowIfNull(options);
        for (int attempt = 0; attempt < options.Attempts; attempt++)
        {
            List<SearchEvent> events = [];
            bool found = true;
            for (int hop = 0; hop < walk.Pages.Count && found; hop++)
            {
                int gold = walk.Pages[hop];
                // It knows the title from the page before, and the sentence that it looks for next.
                PageLink next = hop < walk.Edges.Count ? walk.Edges[hop] : walk.Last;
                string query = $"{graph.Pages[gold].Title} {next.Masked.Replace(PageGraph.Blank, "",
                    StringComparison.Ordinal)}";
                IReadOnlyList<int> results = search.Find(query, options.Results);
                events.Add(new SearchEvent(SearchStep.Search, query, results));
                int[] wrong = [.. results.Where(page => page != gold)];
                random.Shuffle(wrong.AsSpan());
                foreach (int page in wrong.Take(random.NextInt(options.MostDetours + 1)))
                    events.Add(new SearchEvent(SearchStep.Open, "", [page]));
                found = random.NextUniform() >= options.Misses && results.Contains(gold);
                if (found)
                    events.Add(new SearchEvent(SearchStep.Open, "", [gold]));
            }
            if (found)
                return new SearchTrace(
                    [.. events, .. walk.Pages.Select(page => new SearchEvent(SearchStep.Cite, "", [page]))]);
        }
        return null;
    }
}
