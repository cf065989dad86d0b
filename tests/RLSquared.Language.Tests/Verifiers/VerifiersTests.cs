using System.Text.Json;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Tests.Verifiers;

public sealed class VerifiersTests
{
    [Theory]
    [InlineData("1,000", "1000", true)]
    [InlineData("$1,000.00", "1000", true)]
    [InlineData("-3", "3", false)]
    [InlineData("−3", "-3", true)]
    [InlineData("0.5", "1/2", true)]
    [InlineData("50%", "1/2", true)]
    [InlineData("50 \\%", "0.5", true)]
    [InlineData("3/4 cups", "0.75", true)]
    [InlineData(".25", "0.250", true)]
    [InlineData("18 dollars.", "18", true)]
    [InlineData("42.", "42", true)]
    [InlineData("+7", "7", true)]
    [InlineData("\\frac{1}{3}", "1/3", true)]
    [InlineData("0.3333", "1/3", false)]
    public void Numbers_are_equal_by_value(string a, string b, bool equal)
    {
        Assert.NotNull(Numbers.Parse(a));
        Assert.Equal(equal, Numbers.Parse(a) == Numbers.Parse(b));
    }

    [Theory]
    [InlineData("two")]
    [InlineData("")]
    [InlineData("1/0")]
    [InlineData("1 2")]
    public void What_is_no_number_is_none(string text) => Assert.Null(Numbers.Parse(text));

    [Theory]
    [InlineData("He has 3 and 4, so 3 + 4 = 7.\n#### 7", "7")]
    [InlineData("#### 1,234\nmore 5", "1234")]
    [InlineData("so \\boxed{-12.5} then 3", "-12.5")]
    [InlineData("The answer is $18 for 2 eggs.", "18")]
    [InlineData("first 1, then 2, at last 30 apples.", "30")]
    [InlineData("it falls from x-5", "5")]
    [InlineData("3-5", "5")]
    [InlineData("= -5", "-5")]
    [InlineData("she pays 2,000,000.", "2000000")]
    [InlineData("\\boxed{\\frac{3}{4}}", "0.75")]
    public void The_final_answer_is_found(string text, string wanted) =>
        Assert.Equal(Numbers.Parse(wanted), Numbers.FindAnswer(text));

    [Fact]
    public void Texts_without_numbers_and_of_digits_alone_take_no_time()
    {
        Assert.Null(Numbers.FindAnswer("none at all"));
        foreach (string one in (string[])["1", "1,", "1/", "-", ".", "1.", "$ ", "\\frac{1}"])
            Numbers.FindAnswer(string.Concat(Enumerable.Repeat(one, 100_000)));
    }

    [Fact]
    public void Number_equality_scores_one_zero_or_nothing()
    {
        Func<Completion, float?> reward = Rewards.NumberEquals();
        Assert.Equal(1, reward(Answered("so it is #### 18", "18")));
        Assert.Equal(0, reward(Answered("so it is 17", "18")));
        Assert.Equal(0, reward(Answered("no idea", "18")));
        Assert.Equal(1, reward(Answered("<think>maybe 20</think>18", "18")));
        Assert.Null(reward(Answered("18", "eighteen")));
        Assert.Null(reward(new Completion { Text = "18" }));
    }

    [Theory]
    [InlineData("", "<think>a</think>b", 1)]
    [InlineData("", "  <think>\na\n</think>\n\nb", 1)]
    [InlineData("x <think>\n", "a</think>b", 1)]
    [InlineData("", "<think>a</think>", 0)]
    [InlineData("", "a</think>b", 0)]
    [InlineData("", "<think>a<think>b</think>c", 0)]
    [InlineData("", "<think>a</think>b</think>", 0)]
    [InlineData("", "b<think>a</think>", 0)]
    public void The_think_format_is_one_thought_and_an_answer(string prompt, string text, float wanted) =>
        Assert.Equal(wanted, Rewards.ThinkFormat(new Completion { Prompt = prompt, Text = text }));

    [Fact]
    public void Lengths_cost_what_they_say()
    {
        Assert.Equal([1, 1, 0.5f, 0, 0], ((int[])[0, 10, 15, 20, 30]).Select(n => Rewards.Length(10, 20)(Long(
            n))!.Value));
        Assert.Equal([0, 0, -0.5f, -1, -1],
            ((int[])[0, 60, 80, 100, 200]).Select(n => Rewards.Overlong(100, 40)(Long(n))!.Value));

        static Completion Long(int count) => new() { Tokens = new int[count] };
    }

    [Fact]
    public void Repetition_costs_the_share_of_what_was_there_before()
    {
        Func<Completion, float?> reward = Rewards.Repetition(n: 2);
        Assert.Equal(0, reward(new Completion { Text = "a b c d" }));
        Assert.Equal(-0.75f, reward(new Completion { Text = "la la la La la" })!.Value, 1e-6);
        Assert.Equal(0, reward(new Completion { Text = "" }));
    }

    [Fact]
    public async Task A_reward_that_throws_leaves_the_sample_without_a_score_and_is_counted()
    {
        RewardSet rewards = new RewardSet()
            .Add("even", one => one.Tokens.Count % 2 == 0 ? 1 : null, weight: 2)
            .Add("late", async (one, cancellation) =>
            {
                await Task.Delay(1, cancellation);
                return one.Tokens.Count == 3 ? throw new InvalidOperationException("no judge") : null;
            })
            .Add("odd number", one => one.Tokens.Count == 4 ? float.NaN : one.Tokens.Count == 5 ? 0.5f : null);
        IReadOnlyList<Completion> scored = await rewards.Score(
            [.. Enumerable.Range(1, 5).Select(n => new Completion { Tokens = new int[n] })]);
        Assert.Equal([null, 2, null, null, 0.5f], scored.Select(one => one.Reward));
        Assert.Equal(3, rewards.Unscorable);
        Assert.Equal((1L, "no judge"), rewards.Failures["late"]);
        Assert.Equal(1, rewards.Failures["odd number"].Count);
        Assert.Equal(1, scored[3].RewardParts["even"]);
        Assert.Equal(["even", "late", "odd number"], rewards.Names);
        Assert.Throws<ArgumentException>(() => rewards.Add("even", _ => 0));
        await Assert.ThrowsAsync<InvalidOperationException>(() => new RewardSet().Score([]));
    }

    [Fact]
    public async Task A_reward_of_whole_batches_that_throws_or_miscounts_leaves_the_batch_without_scores()
    {
        Completion[] three = [.. Enumerable.Range(1, 3).Select(n => new Completion { Tokens = new int[n] })];
        Func<IReadOnlyList<Completion>, IReadOnlyList<float?>> score = all => [.. all.Select(one =>
            one.Tokens.Count == 2 ? float.PositiveInfinity : (float?)one.Tokens.Count)];
        RewardSet rewards = new RewardSet().Add("one", _ => 1).AddBatch("judge", all => score(all), weight: 2);
        IReadOnlyList<Completion> scored = await rewards.Score(three);
        Assert.Equal([3, null, 7], scored.Select(one => one.Reward));
        Assert.Equal((1L, "it gave Infinity, which is no number"), rewards.Failures["judge"]);

        score = all => [1, 2];
        scored = await rewards.Score(three);
        Assert.All(scored, one => Assert.Null(one.Reward));
        score = _ => throw new InvalidOperationException("no judge");
        scored = await rewards.Score(three);
        Assert.All(scored, one => Assert.Equal((null, 1), (one.Reward, one.RewardParts["one"])));
        Assert.Equal((1 + 3 + 3, 1 + 3 + 3), (rewards.Failures["judge"].Count, rewards.Unscorable));
        Assert.Throws<ArgumentException>(() => rewards.AddBatch("one", all => []));
        Assert.Throws<ArgumentException>(() => rewards.AddBatch("two", all => [], weight: float.NaN));
    }

    [Fact]
    public void A_completion_has_one_number_for_each_token()
    {
        var whole = new Completion { Tokens = [1, 2], Mask = [1, 1], LogProbs = [-1, -2], Versions = [0, 0] };
        whole.RequireWhole();
        Assert.Contains("Segments has 1", Assert.Throws<InvalidOperationException>(
            () => (whole with { Segments = [0] }).RequireWhole()).Message);
    }

    static Completion Answered(string text, string answer) => new()
    {
        Text = text,
        Columns = new Dictionary<string, JsonElement> { ["answer"] = JsonSerializer.SerializeToElement(answer) },
    };
}
