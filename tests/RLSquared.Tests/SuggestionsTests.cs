namespace RLSquared.Tests;

public sealed class SuggestionsTests
{
    [Theory]
    [InlineData("bandit", "bandits")]
    [InlineData("badnits", "bandits")]          // a swap of neighbours is one slip
    [InlineData("UCB", "ucb1")]
    [InlineData("tompson", "thompson")]
    [InlineData("chess", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_suggested_when_it_is_near(string given, string? expected) =>
        Assert.Equal(expected, Suggestions.Nearest(given, ["bandits", "ucb1", "thompson", "random"]));

    [Theory]
    [InlineData("kitten", "sitting", 3)]        // k → s, e → i, + g
    [InlineData("ab", "ba", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("same", "same", 0)]
    public void Distance_counts_insertions_deletions_substitutions_and_swaps(string a, string b, int expected)
    {
        Assert.Equal(expected, Suggestions.Distance(a, b));
        Assert.Equal(expected, Suggestions.Distance(b, a));
    }
}
