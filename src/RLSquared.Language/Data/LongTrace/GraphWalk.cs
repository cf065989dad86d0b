using RLSquared.Tensors.Random;

namespace RLSquared.Language.Data.LongTrace;

/// <summary>
/// A walk along the edges of a graph, and the question that it answers: every page of it is needed, for each edge
/// names the next page only by a blank.
/// </summary>
/// <param name="Edges">The edges between its pages, in order.</param>
/// <param name="Last">The edge from its last page to the answer.</param>
public sealed record GraphWalk(IReadOnlyList<PageLink> Edges, PageLink Last)
{
    const int MostCandidates = 5, MostBeginnings = 500;

    /// <summary>The numbers of its pages, in order: the gold pages.</summary>
    public IReadOnlyList<int> Pages => [Edges.Count > 0 ? Edges[0].From : Last.From, .. Edges.Select(edge => edge.To)];

    /// <summary>
    /// Draws a walk. At each page, at most five pages that were not visited are candidates, and one is taken.
    /// </summary>
    /// <param name="graph">Where.</param>
    /// <param name="hops">Edges between gold pages; the answer is one edge further.</param>
    /// <param name="random">The draws.</param>
    /// <param name="near">A page near which to begin; −1 for any: a jump to another region.</param>
    /// <exception cref="InvalidDataException">There is no such walk; the message says how long one can be.</exception>
    public static GraphWalk Draw(PageGraph graph, int hops, ref RandomSequence random, int near = -1)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentOutOfRangeException.ThrowIfLessThan(hops, 1);
        int longest = 0;
        for (int beginning = 0; beginning < MostBeginnings; beginning++)
        {
            int start = near >= 0 && beginning == 0 ? near : random.NextInt(graph.Pages.Count);
            List<PageLink> edges = [];
            HashSet<int> visited = [start];
            while (edges.Count <= hops)
            {
                int at = edges.Count > 0 ? edges[^1].To : start;
                PageLink[] candidates = [.. graph.Links(at).Where(link => !visited.Contains(link.To))];
                if (candidates.Length == 0)
                    break;
                random.Shuffle(candidates.AsSpan());
                PageLink next = candidates[random.NextInt(Math.Min(MostCandidates, candidates.Length))];
                edges.Add(next);
                visited.Add(next.To);
            }
            if (edges.Count > hops)
                return new GraphWalk(edges[..hops], edges[hops]);
            longest = Math.Max(longest, edges.Count - 1);
        }
        throw new InvalidDataException($"no walk of {hops} hops was found from {MostBeginnings} beginnings; the " +
            $"longest had {Math.Max(0, longest)}; ask for fewer hops, or give pages that name each other more often");
    }

    /// <summary>The question. It names the first page alone; the others have to be found.</summary>
    public string Question(PageGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        IEnumerable<string> steps = Edges.Select((edge, i) =>
            $"{i + 1}. On that page, find the sentence \"{edge.Masked}\". Go to the page that fills the blank.");
        return $"Begin at the page \"{graph.Pages[Pages[0]].Title}\".\n{string.Join('\n', steps)}\n" +
            $"What fills the blank in the sentence \"{Last.Masked}\" on the last page? Name every page on the way.";
    }

    /// <summary>The answer: the title that fills the last blank.</summary>
    public string Answer(PageGraph graph) => (graph ?? throw new ArgumentNullException(nameof(graph)))
        .Pages[Last.To].Title;
}
