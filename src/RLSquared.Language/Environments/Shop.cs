using System.Globalization;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Environments;

/// <summary>
/// A shop as text, with WebShop's pages: search, results, an item, and what is behind its buttons. <c>search[…]</c>
/// searches where there is a search box, and <c>click[…]</c> clicks what is on the page. Buying ends the play; it
/// brings 10 when all fits, and nothing else does. <see cref="TextEnvironment.Score"/> is WebShop's reward, from
/// 0 to 1.
/// </summary>
public sealed class Shop : TextEnvironment
{
    const float SolvedReward = 10;
    const string Separator = " [SEP] ", Back = "Back to Search", Previous = "< Prev", Next = "Next >", Buy = "Buy Now";
    const string FirstPage = "Search";

    static readonly string[] tabs = ["Description", "Features", "Reviews"];

    enum Page
    {
        Search,
        Results,
        Item,
        Tab,
    }

    readonly ShopCatalogue catalogue;
    readonly int pageSize;
    ShopGoal goal = null!;
    Page page;
    List<ShopProduct> hits = [];
    int resultPage;
    ShopProduct? item;
    string tab = "", query = "";
    Dictionary<string, string> chosen = [];
    double? bought;

    internal Shop(ShopCatalogue catalogue, int pageSize)
    {
        (this.catalogue, this.pageSize) = (catalogue, pageSize);
        Reset(0);
    }

    /// <inheritdoc/>
    public override void Reset(ulong level)
    {
        RandomSequence random = new RandomKey(level, RandomPurpose.Environment, 0).Sequence(0);
        goal = ShopGoal.Make(ref random, catalogue);
        (page, hits, resultPage, item, tab, query, chosen, bought) = (Page.Search, [], 0, null, "", "", [], null);
    }

    /// <inheritdoc/>
    public override TextEnvironment Clone()
    {
        var copy = (Shop)MemberwiseClone();
        copy.chosen = new(chosen);
        return copy;
    }

    internal ShopGoal Goal => goal;

    /// <inheritdoc/>
    public override string Instruction => goal.Text;

    /// <inheritdoc/>
    public override bool IsDone => bought is not null;

    /// <inheritdoc/>
    public override bool IsSolved => bought == 1;

    /// <inheritdoc/>
    public override double Score => bought ?? 0;

    int Pages => Math.Max(1, (hits.Count + pageSize - 1) / pageSize);

    IEnumerable<ShopProduct> Shown => hits.Skip(resultPage * pageSize).Take(pageSize);

    /// <inheritdoc/>
    public override string Observation => string.Join(Separator, page switch
    {
        _ when IsDone => ["Thank you for shopping with us!"],
        Page.Search => [FirstPage],
        Page.Results =>
        [
            Back, string.Create(CultureInfo.InvariantCulture,
                $"Page {resultPage + 1} (Total results: {hits.Count})"),
            .. Turning, .. Shown.SelectMany(one => (string[])[one.Id, one.Title, Price(one)]),
        ],
        Page.Item =>
        [
            Back, Previous, .. item!.Options.SelectMany(one => (string[])[one.Name, .. one.Values.Select(Mark)]),
            item.Title, "Price: " + Price(item), .. tabs, Buy,
        ],
        _ =>
        [
            Back, Previous, .. tab switch
            {
                "Description" => [item!.Description],
                "Features" => item!.Bullets,
                _ => ["No reviews"],
            },
        ],
    });

    IEnumerable<string> Turning => (resultPage + 1 < Pages ? (string[])[Next] : [])
        .Concat(resultPage > 0 ? [Previous] : []);

    // What was chosen is marked, as a button that is pressed.
    string Mark(string value) => chosen.ContainsValue(value) ? value + "!" : value;

    static string Price(ShopProduct product) =>
        string.Create(CultureInfo.InvariantCulture, $"${product.Price}");

    IEnumerable<string> Buttons => page switch
    {
        Page.Search => [],
        Page.Results => [Back, .. Turning, .. Shown.Select(one => one.Id)],
        Page.Item => [Back, Previous, .. item!.Options.SelectMany(one => one.Values), .. tabs, Buy],
        _ => [Back, Previous],
    };

    /// <summary>The clicks of the page; on the search page a search for what is wanted, for any words are admissible.
    /// </summary>
    public override IReadOnlyList<string> AdmissibleActions => IsDone ? []
        : page == Page.Search ? [$"search[{Query}]"] : [.. Buttons.Select(button => $"click[{button}]")];

    string Query => string.Join(' ', [.. goal.Attributes, goal.Product.Query]);

    /// <inheritdoc/>
    public override TextStep Step(string action)
    {
        ArgumentNullException.ThrowIfNull(action);
        RequireRunning();
        string? argument = Argument(action, "search[");
        if (argument is not null && page == Page.Search && ShopCatalogue.Terms(argument).Length > 0)
        {
            (query, hits, resultPage, page) = (argument, catalogue.Search(argument), 0, Page.Results);
            return new TextStep(0, true);
        }
        string? button = Argument(action, "click[") is { } wanted
            ? Buttons.FirstOrDefault(one => string.Equals(one, wanted, StringComparison.OrdinalIgnoreCase)) : null;
        if (button is null)
            return new TextStep(0, false);
        Click(button);
        return new TextStep(IsSolved ? SolvedReward : 0, true);
    }

    static string? Argument(string action, string verb)
    {
        action = action.Trim();
        return action.StartsWith(verb, StringComparison.OrdinalIgnoreCase) && action.EndsWith(']')
            ? action[verb.Length..^1] : null;
    }

    void Click(string button)
    {
        switch (button)
        {
            case Back:
                (page, item, chosen) = (Page.Search, null, []);
                break;
            case Next:
                resultPage++;
                break;
            case Previous when page == Page.Results:
                resultPage--;
                break;
            case Previous when page == Page.Item:
                (page, item, chosen) = (Page.Results, null, []);
                break;
            case Previous:
                page = Page.Item;
                break;
            case Buy:
                bought = goal.Reward(item!, chosen.Values);
                break;
            default:
                if (page == Page.Results)
                    (page, item) = (Page.Item, catalogue.Find(button));
                else if (tabs.Contains(button))
                    (page, tab) = (Page.Tab, button);
                else
                    chosen[item!.Options.First(one => one.Values.Contains(button)).Name] = button;
                break;
        }
    }

    /// <summary>
    /// The steps of a direct way to the product that the goal was made of: a search for its attributes and kind, pages,
    /// the product, its options, and the purchase. Others may fit as well. Null where the search does not find it.
    /// </summary>
    public override int? OracleDistance
    {
        get
        {
            var walk = (Shop)Clone();
            for (int steps = 0; steps < 2 * MostSteps; steps++)
            {
                if (walk.IsDone)
                    return walk.IsSolved ? steps : null;
                if (walk.OracleAction is not { } action)
                    return null;
                walk.Step(action);
            }
            return null;
        }
    }

    const int MostSteps = ShopCatalogue.MostHits;

    /// <inheritdoc/>
    public override string? OracleAction
    {
        get
        {
            ShopProduct wanted = goal.Product;
            switch (page)
            {
                case Page.Search:
                    return IsDone ? null : $"search[{Query}]";
                case Page.Results:
                    int place = hits.IndexOf(wanted) is var at and >= 0 ? at / pageSize : -1;
                    return place < 0 ? query == Query ? null : $"click[{Back}]"
                        : place == resultPage ? $"click[{wanted.Id}]"
                        : place > resultPage ? $"click[{Next}]" : $"click[{Previous}]";
                case Page.Item when item == wanted && !IsDone:
                    (string name, string value) = goal.Options.FirstOrDefault(
                        one => chosen.GetValueOrDefault(one.Name) != one.Value);
                    return name is null ? $"click[{Buy}]" : $"click[{value}]";
                default:
                    return IsDone ? null : $"click[{Previous}]";
            }
        }
    }

    /// <summary>What was bought or looked at last.</summary>
    public override string Lesson => item is null ? "" : $"{item.Id} is {(IsSolved ? "right" : "wrong")}";
}
