using System.Globalization;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Environments;

/// <summary>What a customer wants: a product of a kind with attributes and options, below a price.</summary>
/// <param name="Product">One that fits.</param>
/// <param name="Attributes">What it must be.</param>
/// <param name="Options">What must be chosen, group by group.</param>
/// <param name="MostPrice">The highest price, in dollars.</param>
sealed record ShopGoal(
    ShopProduct Product, string[] Attributes, (string Name, string Value)[] Options, double MostPrice)
{
    const int PriceStep = 10, MostPriceLimit = 990;
    const double Alike = 85;

    // The first of these in a text is its colour, so that 'dark blue' and 'blue' are the same.
    static readonly string[] colours =
    [
        "red", "blue", "green", "black", "white", "grey", "gray", "yellow", "orange", "purple", "pink", "brown",
    ];

    // Words of titles that say nothing of the kind: a stop list in place of a tagger of nouns.
    static readonly string[] stop = ["a", "an", "and", "for", "in", "of", "on", "the", "to", "with"];

    /// <summary>The goal in words.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture,
        $"find me {string.Join(' ', Attributes)} {Product.Query} with " +
        $"{string.Join(", and ", Options.Select(one => $"{one.Name}: {one.Value}"))}, and price lower than " +
        $"{MostPrice} dollars");

    /// <summary>
    /// A goal for a product: all attributes, a value of each option, and as the highest price the larger of two
    /// different values of the four multiples of 10 above its price.
    /// </summary>
    public static ShopGoal Make(ref RandomSequence random, ShopCatalogue catalogue)
    {
        ShopProduct product = catalogue.Products[random.NextInt(catalogue.Products.Count)];
        var options = new (string, string)[product.Options.Length];
        for (int i = 0; i < options.Length; i++)
        {
            (string name, string[] values) = product.Options[i];
            options[i] = (name, values[random.NextInt(values.Length)]);
        }
        double[] prices = [.. Enumerable.Range(1, 4).Select(
            step => Math.Min(MostPriceLimit, (Math.Floor(product.Price / PriceStep) + step) * PriceStep))];
        random.Shuffle(prices.AsSpan());
        return new ShopGoal(product, product.Attributes, options, Math.Max(prices[0], prices[1]));
    }

    /// <summary>
    /// WebShop's reward: r = r_type · (attributes + options + [price fits])/(all attributes + all options + 1).
    /// </summary>
    /// <param name="bought">What was bought.</param>
    /// <param name="chosen">The values that were chosen.</param>
    public double Reward(ShopProduct bought, IReadOnlyCollection<string> chosen)
    {
        string text = string.Join(' ', [bought.Title, .. bought.Bullets, bought.Description]).ToLowerInvariant();
        int attributes = Attributes.Count(wanted => text.Contains(wanted, StringComparison.OrdinalIgnoreCase)
            || bought.Attributes.Any(one => TokenSetRatio(one, wanted) > Alike));
        int options = Options.Count(wanted => chosen.Any(
            one => TokenSetRatio(Colour(one), Colour(wanted.Value)) > Alike));
        int price = bought.Price <= MostPrice ? 1 : 0;
        return Type(bought) * (attributes + options + price) / (Attributes.Length + Options.Length + 1);
    }

    // 1 for the same kind, ½ for another; less where next to no word of the title is the same.
    double Type(ShopProduct bought)
    {
        string[] wanted = [.. ShopCatalogue.Terms(Product.Title).Except(stop)];
        double title = wanted.Length == 0 ? 0.2
            : wanted.Count(ShopCatalogue.Terms(bought.Title).Contains) / (double)wanted.Length;
        bool isAlike = Product.Query == bought.Query || title > 0.2
            || Product.Categories.Intersect(bought.Categories).Count() >= 2;
        return title == 0 ? 0 : title < 0.1 ? 0.1 : isAlike ? 1 : 0.5;
    }

    static string Colour(string text) =>
        ShopCatalogue.Terms(text).FirstOrDefault(colours.Contains) ?? text.ToLowerInvariant();

    /// <summary>
    /// How alike two texts are, 0 to 100, whatever the order of their words: the best of three comparisons of the words
    /// that both have, alone and with what either has besides.
    /// </summary>
    public static double TokenSetRatio(string a, string b)
    {
        string[] first = ShopCatalogue.Terms(a), second = ShopCatalogue.Terms(b);
        string both = Sorted(first.Intersect(second));
        string one = Joined(both, Sorted(first.Except(second))), other = Joined(both, Sorted(second.Except(first)));
        return both.Length == 0 ? Ratio(one, other)
            : Math.Max(Ratio(one, other), Math.Max(Ratio(both, one), Ratio(both, other)));

        static string Sorted(IEnumerable<string> words) => string.Join(' ', words.Order(StringComparer.Ordinal));

        static string Joined(string left, string right) => $"{left} {right}".Trim();
    }

    // 200 · longest common subsequence / both lengths.
    static double Ratio(string a, string b)
    {
        if (a.Length + b.Length == 0)
            return 0;
        int[] row = new int[b.Length + 1];
        foreach (char letter in a)
        {
            int corner = 0;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = letter == b[j - 1] ? corner + 1 : Math.Max(row[j], row[j - 1]);
                corner = above;
            }
        }
        return 200.0 * row[^1] / (a.Length + b.Length);
    }
}
