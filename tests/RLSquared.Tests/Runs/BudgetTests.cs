using RLSquared.Runs;

namespace RLSquared.Tests.Runs;

public sealed class BudgetTests
{
    [Theory]
    [InlineData("20M", 20_000_000)]
    [InlineData("500k", 500_000)]
    [InlineData("1.5M", 1_500_000)]
    [InlineData("2G", 2_000_000_000)]
    [InlineData("100000", 100_000)]
    [InlineData("1_000_000", 1_000_000)]
    public void Steps_are_read(string text, long steps)
    {
        Budget budget = Budget.Parse(text);
        Assert.Equal((steps, null), (budget.Steps, budget.Seconds));
        Assert.Equal(0.25, budget.Progress(steps / 4, seconds: 1e9));
    }

    [Theory]
    [InlineData("60s", 60)]
    [InlineData("3min", 180)]
    [InlineData("1.5 min", 90)]
    [InlineData("1h", 3600)]
    public void Times_are_read(string text, double seconds)
    {
        Budget budget = Budget.Parse(text);
        Assert.Equal((null, seconds), (budget.Steps, budget.Seconds));
        Assert.Equal(0.25, budget.Progress(steps: 1 << 30, seconds / 4));
        Assert.Equal(1, budget.Progress(0, 2 * seconds));
    }

    [Theory]
    [InlineData("", "'' is no budget; write steps such as 20M, 500k or 100000, or a time such as 60s, 25min or 1h")]
    [InlineData("soon", "'soon' is no budget")]
    [InlineData("60 seconds", "is no budget")]
    [InlineData("1e6", "is no budget")]
    [InlineData("0", "a budget of 0 trains nothing")]
    [InlineData("-5s", "a budget of -5s trains nothing")]
    [InlineData("5m", "'5m' may mean minutes or millions of steps; write 5min or 5M")]
    [InlineData("0.5", "no whole number of steps")]
    [InlineData("99999999999999999999", "would never end")]
    [InlineData("99999999999999999h", "cannot be")]
    public void A_wrong_budget_says_what_would_do(string text, string message)
    {
        OptionException failure = Assert.Throws<OptionException>(() => Budget.Parse(text));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("60s")]
    [InlineData("20M")]
    public void A_budget_is_shown_as_it_is_read(string text) =>
        Assert.Equal(Budget.Parse(text), Budget.Parse(Budget.Parse(text).ToString()));
}
