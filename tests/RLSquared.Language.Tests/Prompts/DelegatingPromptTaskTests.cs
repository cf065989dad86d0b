using System.Reflection;
using RLSquared.Language.Data;
using RLSquared.Language.Prompts;

namespace RLSquared.Language.Tests.Prompts;

public sealed class DelegatingPromptTaskTests
{
    const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    static readonly GuessingTask guessing = new(new GuessingOptions { Largest = 100, Turns = 3 });

    [Fact]
    public void Whatever_a_task_may_override_is_asked_of_the_other_one() => Assert.Equal(
        typeof(PromptTask).GetMethods(Any)
            .Where(method => method is { IsVirtual: true, IsFinal: false } && method.DeclaringType != typeof(object))
            .Select(method => method.Name).Order(StringComparer.Ordinal),
        typeof(DelegatingPromptTask).GetMethods(Any | BindingFlags.DeclaredOnly)
            .Where(method => method.IsVirtual).Select(method => method.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void A_task_that_overrides_nothing_is_the_other_one()
    {
        var same = new Same(guessing);
        PromptExample example = same.Draw(5, 8, PromptSplit.HeldOut);
        Assert.Equal(guessing.Draw(5, 8, PromptSplit.HeldOut).Columns["target"].GetRawText(),
            example.Columns["target"].GetRawText());
        Assert.Equal(
            (guessing.Name, guessing.Kind, guessing.EvaluationInstances, guessing.LongestPrompt,
                guessing.LongestCompletion, guessing.LongestCompletionOf(example)),
            (same.Name, same.Kind, same.EvaluationInstances, same.LongestPrompt, same.LongestCompletion,
                same.LongestCompletionOf(example)));
        Assert.Equal(guessing.Settings, same.Settings);
        Assert.Equal(guessing.SuggestedOptions("rloo"), same.SuggestedOptions("rloo"));
        Assert.Same(guessing.Tokenizer, same.Tokenizer);
        Assert.Same(guessing.Rewards, same.Rewards);
        Assert.Equal(guessing.EndTokens, same.EndTokens);
        Assert.Equal(guessing.Encode(example), same.Encode(example));
        Assert.NotNull(same.Answer(example, ["50"]));
        Assert.Equal(guessing.Answer(example, ["50"]), same.Answer(example, ["50"]));
        Assert.Equal(guessing.Wanted(5, 8).Tokens, same.Wanted(5, 8).Tokens);
    }

    [Fact]
    public void Completions_of_uniform_lengths_have_one_turn_of_every_length_alike()
    {
        var uniform = new UniformLengths(guessing, 4);
        PromptExample[] drawn = [.. Enumerable.Range(0, 400).Select(number => uniform.Draw(5, number))];
        Assert.All(Enumerable.Range(1, 4), length => Assert.InRange(
            drawn.Count(example => uniform.LongestCompletionOf(example) == length), 70, 130));
        Assert.Empty(uniform.EndTokens);
        Assert.Contains(drawn, example => guessing.Answer(example, ["50"]) is not null);
        Assert.All(drawn, example => Assert.Null(uniform.Answer(example, ["50"])));
    }

    sealed class Same(PromptTask inner) : DelegatingPromptTask(inner);
}
