using System.Globalization;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Environments;

/// <summary>A product of a shop.</summary>
/// <param name="Id">What is clicked, such as <c>B012</c>.</param>
/// <param name="Title">Its title.</param>
/// <param name="Price">In dollars.</param>
/// <param name="Description">A sentence.</param>
/// <param name="Bullets">Its features.</param>
/// <param name="Attributes">What goals ask for, such as <c>cotton</c>.</param>
/// <param name="Options">Groups of values of which one each can be chosen, such as a colour.</param>
/// <param name="Query">What a customer would search to find its kind.</param>
/// <param name="Categories">From wide to narrow.</param>
sealed record ShopProduct(
    string Id, string Title, double Price, string Description, string[] Bullets, string[] Attributes,
    (string Name, string[] Values)[] Options, string Query, string[] Categories)
{
    /// <summary>What is indexed: title, description, first bullet and options.</summary>
    public string IndexedText => string.Join(' ',
        [Title, Description, .. Bullets.Take(1), .. Options.SelectMany(one => one.Values)]);
}

/// <summary>Products, and their search by BM25 with the constants of Lucene's users (k₁ 0.9, b 0.4).</summary>
sealed class ShopCatalogue
{
    /// <summary>The most hits of a search.</summary>
    public const int MostHits = 50;

    const double K1 = 0.9, B = 0.4;

    static readonly (string Department, string Kind)[] kinds =
    [
        ("clothing", "shirt"), ("clothing", "jacket"), ("clothing", "trousers"), ("shoes", "sandal"),
        ("shoes", "boot"), ("home", "curtain"), ("home", "rug"), ("home", "lamp"), ("kitchen", "kettle"),
        ("kitchen", "bowl"),
    ];

    static readonly string[] materials = ["cotton", "leather", "wool", "steel", "bamboo", "linen"];
    static readonly string[] manners = ["light", "sturdy", "washable", "folding", "slim", "warm"];
    static readonly string[] brands = ["arden", "belmo", "corvo", "delta"];
    static readonly string[] colours = ["red", "blue", "green", "black", "white", "grey"];
    static readonly string[] sizes = ["small", "medium", "large"];

    readonly Dictionary<string, (int Product, int Count)[]> postings = new(StringComparer.Ordinal);
    readonly int[] lengths;
    readonly double averageLength;

    public ShopCatalogue(IReadOnlyList<ShopProduct> products)
    {
        Products = products;
        string[][] terms = [.. products.Select(product => Terms(product.IndexedText))];
        lengths = [.. terms.Select(one => one.Length)];
        averageLength = lengths.Average();
        foreach (IGrouping<string, (string Term, int Product)> term in terms
            .SelectMany((one, product) => one.Select(term => (term, product))).GroupBy(one => one.term))
        {
            postings[term.Key] = [.. term.GroupBy(one => one.Product)
                .Select(one => (one.Key, one.Count())).OrderBy(one => one.Key)];
        }
    }

    public IReadOnlyList<ShopProduct> Products { get; }

    /// <summary>All words of products that are made.</summary>
    public static IEnumerable<string> Words =>
        kinds.SelectMany(kind => (string[])[kind.Department, kind.Kind])
            .Concat([.. materials, .. manners, .. brands, .. colours, .. sizes]).Distinct();

    public ShopProduct? Find(string id) =>
        Products.FirstOrDefault(product => string.Equals(product.Id, id, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// The products that fit a query best: Σ over its words of
    /// idf · tf (k₁ + 1)/(tf + k₁ (1 − b + b · length/average)), idf = ln(1 + (N − n + ½)/(n + ½)).
    /// Of equals the first.
    /// </summary>
    public List<ShopProduct> Search(string query)
    {
        double[] scores = new double[Products.Count];
        foreach (string term in Terms(query))
        {
            if (!postings.TryGetValue(term, out (int Product, int Count)[]? found))
                continue;
            double idf = Math.Log(1 + (Products.Count - found.Length + 0.5) / (found.Length + 0.5));
            foreach ((int product, int count) in found)
            {
                scores[product] += idf * count * (K1 + 1)
                    / (count + K1 * (1 - B + B * lengths[product] / averageLength));
            }
        }
        return [.. Enumerable.Range(0, scores.Length).Where(i => scores[i] > 0)
            .OrderByDescending(i => scores[i]).Take(MostHits).Select(i => Products[i])];
    }

    /// <summary>The words of a text: runs of letters and digits in lower case.</summary>
    public static string[] Terms(string text) => [.. string.Concat(text.ToLowerInvariant()
        .Select(letter => char.IsLetterOrDigit(letter) ? letter : ' '))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Products that are made: a manner, a material and a kind, with colours and sizes.</summary>
    public static ShopCatalogue Make(int count)
    {
        RandomSequence random = new RandomKey(0x5409, RandomPurpose.Data, 0).Sequence(0);
        var products = new ShopProduct[count];
        for (int i = 0; i < count; i++)
        {
            (string department, string kind) = kinds[random.NextInt(kinds.Length)];
            string manner = manners[random.NextInt(manners.Length)];
            string material = materials[random.NextInt(materials.Length)];
            string brand = brands[random.NextInt(brands.Length)];
            string[] colour = Some(ref random, colours, 2), size = Some(ref random, sizes, 2);
            products[i] = new ShopProduct(string.Create(CultureInfo.InvariantCulture, $"B{i:000}"),
                $"{brand} {manner} {material} {kind}", 10 + random.NextInt(80), $"a {manner} {kind} of {material}",
                [manner, material], [manner, material], [("color", colour), ("size", size)], kind, [department, kind]);
        }
        return new ShopCatalogue(products);
    }

    static string[] Some(ref RandomSequence random, string[] of, int count)
    {
        string[] all = [.. of];
        random.Shuffle(all.AsSpan());
        return all[..count];
    }
}
