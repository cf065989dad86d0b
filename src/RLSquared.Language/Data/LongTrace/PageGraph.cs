using System.Text.RegularExpressions;

namespace RLSquared.Language.Data.LongTrace;

/// <summary>A document about one thing.</summary>
/// <param name="Title">What the thing is called.</param>
/// <param name="Text">What is said about it.</param>
public sealed record Page(string Title, string Text);

/// <summary>A sentence of a page that names another page.</summary>
/// <param name="From">The number of the page that says it.</param>
/// <param name="To">The number of the page that it names.</param>
/// <param name="Masked">The sentence with a blank in place of the name.</param>
public sealed record PageLink(int From, int To, string Masked);

/// <summary>
/// Pages that name each other: what walks go along. An edge is a sentence that names exactly one other page and that,
/// with the name blanked out, stands once on its page: so it leads to one place.
/// </summary>
public sealed partial class PageGraph
{
    /// <summary>What stands in place of a name.</summary>
    public const string Blank = "___";

    const int MostPages = 1_000_000;
    const long LargestFile = 16 << 20;

    readonly PageLink[][] links;

    /// <summary>Finds the edges of pages.</summary>
    /// <param name="pages">Each title once; upper and lower case are the same.</param>
    /// <exception cref="ArgumentException">A title is there twice, or is empty.</exception>
    public PageGraph(IEnumerable<Page> pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        Pages = [.. pages];
        var titles = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        int longest = 1;
        for (int page = 0; page < Pages.Count; page++)
        {
            string title = Pages[page].Title.Trim();
            if (title.Length == 0 || !titles.TryAdd(string.Join(' ', Words(title).Select(w => w.Value)), page))
                throw new ArgumentException($"the title '{title}' is empty or there twice", nameof(pages));
            longest = Math.Max(longest, Words(title).Count);
        }
        links = [.. Pages.Select((page, number) => LinksOf(page, number, titles, longest))];
    }

    /// <summary>The pages, by number.</summary>
    public IReadOnlyList<Page> Pages { get; }

    /// <summary>The edges that leave a page.</summary>
    /// <param name="page">Its number.</param>
    public IReadOnlyList<PageLink> Links(int page) => links[page];

    /// <summary>Reads the <c>.md</c> and <c>.txt</c> files of a folder and the folders in it.</summary>
    /// <param name="folder">The folder. A file's name without its ending is the title of its page, behind
    /// the names of its folders where two files have one name.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">There are too few pages, or two of the same title.</exception>
    public static PageGraph Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"there is no folder {folder}");
        string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".md" or ".txt").Order(StringComparer.Ordinal).Take(MostPages)];
        foreach (string file in files)
        {
            if (new FileInfo(file).Length > LargestFile)
                throw new InvalidDataException($"{file} has more than {LargestFile >> 20} MiB; split it into pages");
        }
        if (files.Length < 2)
        {
            throw new InvalidDataException(
                $"{folder} holds {files.Length} .md and .txt files, and a walk needs pages that name each other");
        }
        try
        {
            string[] titles = [.. files.Select(file => Title(Path.GetFileName(file)))];
            HashSet<string> twice = [.. titles.GroupBy(title => title, StringComparer.OrdinalIgnoreCase)
                .Where(same => same.Count() > 1).SelectMany(same => same)];
            return new PageGraph(files.Select((file, i) => new Page(
                twice.Contains(titles[i]) ? Title(Path.GetRelativePath(folder, file)) : titles[i],
                File.ReadAllText(file))));
        }
        catch (ArgumentException twice)
        {
            throw new InvalidDataException($"{folder}: {twice.Message.Split(" (")[0]}", twice);
        }
    }

    static string Title(string file) => Path.ChangeExtension(file, null)
        .Replace('_', ' ').Replace('-', ' ').Replace(Path.DirectorySeparatorChar, ' ');

    static PageLink[] LinksOf(Page page, int number, Dictionary<string, int> titles, int longest)
    {
        List<PageLink> found = [];
        foreach (string sentence in Sentence().Matches(page.Text).Select(match => match.Value.Trim()))
        {
            (int To, int Start, int End)? only = null;
            bool isUnique = true;
            MatchCollection words = Words(sentence);
            for (int first = 0; first < words.Count;)
            {
                int used = Named(words, first, out int to);
                if (used > 0 && to != number)
                {
                    isUnique &= only is null || only.Value.To == to;
                    Match last = words[first + used - 1];
                    only ??= (to, words[first].Index, last.Index + last.Length);
                }
                first += Math.Max(1, used);
            }
            if (only is { } name && isUnique)
                found.Add(new PageLink(number, name.To, sentence[..name.Start] + Blank + sentence[name.End..]));
        }
        // The same blanked sentence twice would lead to two places.
        return [.. found.GroupBy(link => link.Masked).Where(group => group.Count() == 1)
            .Select(group => group.First())];

        // The longest title that begins at a word, and how many words it has.
        int Named(MatchCollection words, int first, out int to)
        {
            for (int count = Math.Min(longest, words.Count - first); count > 0; count--)
            {
                string name = string.Join(' ', words.Skip(first).Take(count).Select(word => word.Value));
                if (titles.TryGetValue(name, out to))
                    return count;
            }
            to = -1;
            return 0;
        }
    }

    static MatchCollection Words(string text) => Word().Matches(text);

    [GeneratedRegex(@"\w+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"[^.!?\n]+[.!?]?", RegexOptions.CultureInvariant)]
    private static partial Regex Sentence();
}
