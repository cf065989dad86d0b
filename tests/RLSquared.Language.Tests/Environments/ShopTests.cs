using RLSquared.Language.Environments;

namespace RLSquared.Language.Tests.Environments;

public sealed class ShopTests
{
    static readonly ShopCatalogue catalogue = ShopCatalogue.Make(100);

    static Shop Level(ulong level, int pageSize = 5)
    {
        var shop = new Shop(catalogue, pageSize);
        shop.Reset(level);
        return shop;
    }

    static ShopProduct Product(
        string title, double price = 20, string query = "shirt", string department = "clothing") =>
        new("B1", title, price, "a thing", ["soft"], ["cotton"], [("color", ["red", "blue"])], query,
            [department, query]);

    [Fact]
    public void Following_the_oracle_buys_what_is_wanted_in_as_many_steps_as_it_says()
    {
        for (ulong level = 0; level < 100; level++)
        {
            Shop shop = Level(level);
            float reward = 0;
            for (int distance = shop.OracleDistance!.Value; distance > 0; distance--)
            {
                Assert.Equal(distance, shop.OracleDistance);
                Assert.Contains(shop.OracleAction!, shop.AdmissibleActions);
                TextStep step = shop.Step(shop.OracleAction!);
                Assert.True(step.IsValid);
                reward += step.Reward;
            }
            Assert.Equal((true, true, 10f, 1.0), (shop.IsDone, shop.IsSolved, reward, shop.Score));
        }
    }

    [Fact]
    public void Every_button_is_a_click_that_changes_no_copy_and_the_oracle_finds_a_way_from_each_page()
    {
        Shop shop = Level(3);
        foreach (string action in (string[])
            ["search[cotton]", "click[next >]", "click[< prev]", "click[back to search]"])
        {
            Assert.True(shop.Step(action).IsValid, action);
            string before = shop.Observation;
            foreach (string one in shop.AdmissibleActions)
            {
                TextEnvironment copy = shop.Clone();
                Assert.True(copy.Step(one).IsValid);
                Assert.NotNull(copy.OracleDistance);
            }
            Assert.Equal(before, shop.Observation);
        }
    }

    [Fact]
    public void Pages_have_their_buttons_and_options_stay_chosen()
    {
        Shop shop = Level(0);
        Assert.Equal("Search", shop.Observation);
        Assert.False(shop.Step("click[Buy Now]").IsValid);
        Assert.False(shop.Step("search[ ]").IsValid);
        Assert.True(shop.Step("search[cotton]").IsValid);
        Assert.StartsWith("Back to Search [SEP] Page 1 (Total results: ", shop.Observation, StringComparison.Ordinal);
        Assert.Equal(5, shop.Observation.Split(" [SEP] ").Count(part => part.StartsWith('$')));
        Assert.DoesNotContain("< Prev", shop.Observation, StringComparison.Ordinal);
        Assert.False(shop.Step("search[wool]").IsValid);                                    // no box on this page
        string id = shop.Observation.Split(" [SEP] ").First(part => part.StartsWith('B') && part.Length == 4);
        Assert.True(shop.Step($"click[{id.ToLowerInvariant()}]").IsValid);
        ShopProduct item = catalogue.Find(id)!;
        Assert.Equal($"Back to Search [SEP] < Prev [SEP] color [SEP] {item.Options[0].Values[0]} [SEP] " +
            $"{item.Options[0].Values[1]} [SEP] size [SEP] {item.Options[1].Values[0]} [SEP] " +
            $"{item.Options[1].Values[1]} [SEP] {item.Title} [SEP] Price: ${item.Price} [SEP] Description [SEP] " +
            "Features [SEP] Reviews [SEP] Buy Now", shop.Observation);
        shop.Step($"click[{item.Options[0].Values[1]}]");
        Assert.Contains(item.Options[0].Values[1] + "!", shop.Observation, StringComparison.Ordinal);
        shop.Step("click[Description]");
        Assert.Equal($"Back to Search [SEP] < Prev [SEP] {item.Description}", shop.Observation);
        shop.Step("click[< Prev]");
        Assert.Contains(item.Options[0].Values[1] + "!", shop.Observation, StringComparison.Ordinal);
        shop.Step("click[< Prev]");
        Assert.StartsWith("Back to Search [SEP] Page 1", shop.Observation, StringComparison.Ordinal);
    }

    // Two attributes, one option and the price: four parts. r_type is 1 for the same kind.
    [Fact]
    public void The_reward_counts_attributes_options_and_the_price_and_weighs_them_by_the_kind()
    {
        var goal = new ShopGoal(Product("arden soft cotton shirt"), ["soft", "cotton"], [("color", "red")], 30);
        Assert.Equal(1, goal.Reward(Product("delta cotton shirt"), ["red"]));
        Assert.Equal(0.75, goal.Reward(Product("delta cotton shirt"), ["blue"]));
        Assert.Equal(0.75, goal.Reward(Product("delta cotton shirt"), []));
        Assert.Equal(0.75, goal.Reward(Product("delta cotton shirt", price: 31), ["red"]));
        Assert.Equal(1, goal.Reward(Product("delta cotton shirt", price: 30), ["dark red"]));
        // Of another kind, with one of four title words: 0.25 is above 0.2, so the kind still counts as the same.
        Assert.Equal(1, goal.Reward(Product("cotton rug", query: "rug", department: "home"), ["red"]));
        // No word of the title at all.
        Assert.Equal(0, goal.Reward(Product("steel kettle", query: "kettle", department: "kitchen"), ["red"]));
        // One of five words, 0.2, of another kind: a half.
        var wide = new ShopGoal(Product("a b1 b2 b3 b4 lamp", query: "lamp"), ["soft"], [], 30);
        Assert.Equal(0.5, wide.Reward(Product("lamp of wool", query: "rug", department: "home"), []));
    }

    [Theory]
    [InlineData("red", "red", 100)]
    [InlineData("dark red", "red dark", 100)]
    [InlineData("red", "dark red", 100)]
    [InlineData("abcd", "abxd", 75)]
    [InlineData("red", "blue", 28.571428571428573)]
    [InlineData("", "", 0)]
    public void Texts_are_compared_by_their_words(string a, string b, double wanted) =>
        Assert.Equal(wanted, ShopGoal.TokenSetRatio(a, b), 9);

    // A has 2 words, C has 6, the mean is 10/3. 'red' is once in A: 1.9/(1 + 0.9 (0.6 + 0.4 · 0.6)) = 1.08, and twice
    // in C: 3.8/(2 + 0.9 (0.6 + 0.4 · 1.8)) = 1.19. 'hat' is once in each, so the shorter ones come first.
    [Fact]
    public void The_search_is_bm25()
    {
        static ShopProduct Of(string id, string title) => new(id, title, 1, "", [], [], [], "", []);
        var small = new ShopCatalogue([Of("A", "red hat"), Of("B", "blue hat"), Of("C", "red red hat and blue scarf")]);
        Assert.Equal(["C", "A"], small.Search("RED").Select(one => one.Id));
        Assert.Equal(["C", "B"], small.Search("blue scarf").Select(one => one.Id));
        Assert.Equal(["B", "A", "C"], small.Search("hat hat").Select(one => one.Id).OrderBy(id => id == "B" ? 0 : 1));
        Assert.Empty(small.Search("green"));
        Assert.Equal(ShopCatalogue.MostHits, ShopCatalogue.Make(500).Search("cotton leather wool").Count);
    }

    [Fact]
    public void The_highest_price_is_one_of_four_tens_above_the_price()
    {
        HashSet<double> seen = [];
        for (ulong level = 0; level < 300; level++)
        {
            ShopGoal goal = Level(level).Goal;
            double steps = goal.MostPrice / 10 - Math.Floor(goal.Product.Price / 10);
            Assert.Contains(steps, (double[])[2, 3, 4]);                                    // the larger of two
            seen.Add(steps);
        }
        Assert.Equal(3, seen.Count);
    }

    [Fact]
    public void Texts_are_short_and_come_back_from_their_tokens()
    {
        var task = new ShopTask();
        TextEnvironment shop = task.Create();
        for (ulong level = 0; level < 100; level++)
        {
            shop.Reset(level);
            Check(AgentTags.Instruction + shop.Instruction, task.LongestInstruction + 1);
            for (int step = 0; step < 15 && !shop.IsDone; step++)
            {
                Check(AgentTags.Observation + shop.Observation, task.LongestObservation);
                foreach (string action in shop.AdmissibleActions)
                    Check(action, task.LongestAction);
                Check(shop.Lesson, task.LongestLesson);
                shop.Step(shop.OracleAction!);
            }
        }

        void Check(string text, int most)
        {
            int[] ids = task.Tokenizer.Encode(text);
            Assert.True(ids.Length <= most, $"{ids.Length} tokens of {most}: {text}");
            Assert.Equal(text, task.Tokenizer.Decode(ids));
        }
    }
}
