using RLSquared.Language.Tokenizers;
using RLSquared.Settings;

namespace RLSquared.Language.Environments;

/// <summary>What <see cref="ShopTask"/> can be told.</summary>
public sealed record ShopOptions
{
    /// <summary>Products of the shop.</summary>
    public int Products { get; init => field = Require.Within("products", value, 10, 999); } = 100;

    /// <summary>Products of a page of results: 10 in WebShop.</summary>
    public int PageSize { get; init => field = Require.Within("page-size", value, 1, 10); } = 5;

    /// <summary>The most turns of a play: 15 in verl-agent.</summary>
    public int Steps { get; init => field = Require.Within("steps", value, 1, 1000); } = 15;

    /// <summary>The options by name.</summary>
    public static OptionTable<ShopOptions> Table { get; } = new OptionTable<ShopOptions>("the task shop", new())
        .Integer("products", "products of the shop",
            options => options.Products, (options, value) => options with { Products = value },
            low: "few that are alike", high: "many that are nearly right")
        .Integer("page-size", "products of a page of results",
            options => options.PageSize, (options, value) => options with { PageSize = value },
            low: "short pages, many clicks", high: "long pages")
        .Integer("steps", "most turns of a play",
            options => options.Steps, (options, value) => options with { Steps = value });
}

/// <summary><see cref="Shop"/> for a language agent, with products that are made.</summary>
public sealed class ShopTask : AgentTask
{
    readonly ShopOptions options;
    readonly ShopCatalogue catalogue;

    /// <summary>The task.</summary>
    /// <param name="options">Null for a hundred products.</param>
    public ShopTask(ShopOptions? options = null)
    {
        this.options = options ?? new ShopOptions();
        catalogue = ShopCatalogue.Make(this.options.Products);
        string[] phrases =
        [
            "[SEP]", "Back to Search", "Search", "Next >", "< Prev", "Buy Now", "Page", "(Total results:", "Price:",
            "Description", "Features", "Reviews", "Thank you for shopping with us!", "No reviews", "search[", "click[",
            "find me", "with", "and", "price lower than", "dollars", "color", "color:", "size", "size:", "of", "is",
            "right", "wrong", .. catalogue.Products.Select(one => one.Id), .. ShopCatalogue.Words,
        ];
        Tokenizer = WordTokenizer.Create("abcdefghijklmnopqrstuvwxyz 0123456789.,:;$()[]<>!",
            [.. AgentTags.All, .. phrases, .. phrases.Select(one => " " + one)]);
    }

    /// <inheritdoc/>
    public override string Name => "shop";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => ShopOptions.Table.Show(options);

    /// <inheritdoc/>
    public override TextEnvironment Create() => new Shop(catalogue, options.PageSize);

    /// <inheritdoc/>
    public override Tokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public override int MostSteps => options.Steps;

    /// <summary>The head of a page of results, and an id, a title and a price of each with what parts them.</summary>
    public override int LongestObservation => 24 + 12 * options.PageSize;

    /// <inheritdoc/>
    public override int LongestInstruction => 24;

    /// <summary>A search for two attributes and a kind.</summary>
    public override int LongestAction => 6;

    /// <inheritdoc/>
    public override int LongestLesson => 3;
}
