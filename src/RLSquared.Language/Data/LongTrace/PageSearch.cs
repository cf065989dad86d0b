using System.Text.RegularExpressions;

namespace RLSquared.Language.Data.LongTrace;

/// <summary>
/// Searches pages by words (BM25, Robertson and Zaragoza 2009): a word counts more the rarer it is, and less the longer
/// its page.
/// </summary>
public sealed partial class PageSearch
{
    const double K1 = 1.2, B = 0.75;

    readonly Dictionary<string, List<(int Page, int Count)>> index = new(StringComparer.Ordinal);
    readonly int[] lengths;
    readonly double meanLength;

    /// <summary>Makes the index.</summary>
    /// <param name="pages">The pages; title and text are searched.</param>
    public PageSearch(IReadOnlyList<Page> pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        lengths = new int[pages.Count];
        for (int page = 0; page < pages.Count; page++)
        {
            string[] words = [.. Words($"{pages[page].Title} {pages[page].Text}")];
            lengths[page] = words.Length;
            foreach (IGrouping<string, string> word in words.GroupBy(word => word))
            {
                if (!index.TryGetValue(word.Key, out List<(int, int)>? places))
                    index.Add(word.Key, places = []);
                places.Add((page, word.Count()));
            }
        }
        meanLength = lengths.Length > 0 ? Math.Max(1, lengths.Average()) : 1;
    }

    /// <summary>The best pages for a query, best first; of equals, that with the lower number.</summary>
    /// <param name="query">Words.</param>
    /// <param name="most">How many.</param>
    /// <returns>Numbers of pages with at least one of the words.</returns>
    public IReadOnlyList<int> Find(string query, int most)
    {
        ArgumentNullException.ThrowIfNull(query);
        var scores = new Dictionary<int, double>();
        foreach (string word in Words(query).Distinct())
        {
            if (!index.TryGetValue(word, out List<(int Page, int Count)>? places))
                continue;
            double rarity = Math.Log(1 + (lengths.Length - places.Count + 0.5) / (places.Count + 0.5));
            foreach ((int page, int count) in places)
            {
                double saturated = count * (K1 + 1) / (count + K1 * (1 - B + B * lengths[page] / meanLength));
                scores[page] = scores.GetValueOrDefault(page) + rarity * saturated;
            }
        }
        return [.. scores.OrderByDescending(one => one.Value).ThenBy(one => one.Key).Take(most).Select(one => one.Key)];
    }

    static IEnumerable<string> Words(string text) => Word().Matches(text).Select(word => word.Value.ToLowerInvariant());

    [GeneratedRegex(@"\w+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
