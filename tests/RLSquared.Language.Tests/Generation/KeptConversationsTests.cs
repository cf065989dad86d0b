using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Tests.Models;

namespace RLSquared.Language.Tests.Generation;

public class KeptConversationsTests
{
    static readonly SamplingOptions options = new() { MaximumTokens = 9, StopTokens = [7] };

    // Four conversations of four turns, each prompt being the last one with its reply and some more ids.
    static (List<string> Replies, long Computed, int Held) Talk(
        LanguageModel model, bool keeps, long cacheBytes = 1 << 30, int inFlight = 3, bool takesWeights = false)
    {
        using var generator = new Generator(
            model, new GeneratorOptions { MostInFlight = inFlight, CacheBytes = cacheBytes, PromptTokensPerStep = 11 });
        List<string> replies = [];
        int[][] prompts = [.. Enumerable.Range(0, 4).Select(i => SmallModels.Tokens(30 + i / 2, 37, (ulong)(i / 2)))];
        long?[] before = new long?[4];
        int held = 0;
        for (int turn = 0; turn < 4; turn++)
        {
            if (takesWeights && turn == 2)
                generator.TakeWeights(0);
            for (int i = 0; i < prompts.Length; i++)
                before[i] = generator.Submit(prompts[i], options, (ulong)(10 * turn + i), before[i], keeps);
            foreach ((int i, GeneratedSequence one) in generator.Run().Index())
            {
                replies.Add(string.Join(',', one.Tokens.Select((token, t) =>
                    $"{token}:{BitConverter.SingleToInt32Bits(one.LogProbabilities[t])}")));
                prompts[i] = [.. prompts[i], .. one.Tokens, .. SmallModels.Tokens(5 + i, 37, (ulong)(99 + turn))];
            }
            held = generator.PagesHeld;
        }
        generator.ForgetKept();
        Assert.Equal(0, generator.PagesHeld);
        return (replies, generator.PromptTokensComputed, held);
    }

    [Theory]
    [InlineData("llama3")]
    [InlineData("qwen3")]
    public void A_turn_that_goes_on_has_the_same_bits_and_computes_only_what_is_new(string name)
    {
        using LanguageModel model = SmallModels.Create(name);
        (List<string> anew, long all, int none) = Talk(model, keeps: false);
        (List<string> kept, long some, int held) = Talk(model, keeps: true);
        Assert.Equal(anew, kept);
        Assert.Equal(0, none);
        Assert.True(held >= 4 * 2);
        // Prompts of 30 or 31, of which two pairs are alike; then a last token and 5 to 8 new ones a turn.
        Assert.Equal(30 + 1 + 31 + 1 + 3 * (6 + 7 + 8 + 9), some);
        Assert.True(all > 2 * some);
    }

    [Fact]
    public void Where_memory_is_short_what_is_kept_gives_way()
    {
        using LanguageModel model = SmallModels.Create("llama3");
        ModelConfiguration c = model.Configuration;
        long page = 32L * c.Layers * 2 * c.KeyValueHeads * c.HeadSize * sizeof(float);
        (List<string> anew, _, _) = Talk(model, keeps: false);
        (List<string> scarce, long computed, _) = Talk(model, keeps: true, cacheBytes: 9 * page);
        Assert.Equal(anew, scarce);
        Assert.True(computed > 30 + 1 + 31 + 1 + 3 * (6 + 7 + 8 + 9));
    }

    [Fact]
    public void Other_weights_and_another_beginning_are_nothing_to_go_on_from()
    {
        using LanguageModel model = SmallModels.Create("llama3");
        (List<string> anew, _, _) = Talk(model, keeps: false);
        (List<string> same, long computed, _) = Talk(model, keeps: true, takesWeights: true);
        Assert.Equal(anew, same);                            // the weights that it took were the same
        Assert.True(computed > 30 + 1 + 31 + 1 + 3 * (6 + 7 + 8 + 9));

        using var generator = new Generator(model);
        int[] prompt = SmallModels.Tokens(40, 37, 1), other = SmallModels.Tokens(60, 37, 2);
        generator.Submit(other, options, 5);
        string wanted = string.Join(',', generator.Run()[0].LogProbabilities);
        long request = generator.Submit(prompt, options, 1, keeps: true);
        generator.Run();
        generator.Submit(other, options, 5, continues: request);
        Assert.Equal(wanted, string.Join(',', generator.Run()[0].LogProbabilities));
        Assert.Equal(0, generator.PagesHeld);
        long whole = generator.Submit(prompt, options, 1, keeps: true);
        generator.Run();
        generator.Submit(prompt.AsSpan(0, 20), options, 1, continues: whole);   // shorter than what was kept
        generator.Run();
        Assert.Equal(0, generator.PagesHeld);
    }
}
