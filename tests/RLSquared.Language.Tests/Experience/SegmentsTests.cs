using RLSquared.Language.Experience;
using RLSquared.Language.Tokenizers;

namespace RLSquared.Language.Tests.Experience;

public sealed class SegmentsTests
{
    static readonly Tokenizer tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("ab# ", "<end>"));

    static int[] Of(string text, string delimiter) => Segments.Of(tokenizer.Encode(text), delimiter, Decode);

    static string Decode(int[] tokens) => tokenizer.Decode(tokens, skipSpecial: true, continues: true);

    [Theory]
    // A step ends with the token that completes the delimiter.
    [InlineData("a###b", "###", new[] { 0, 0, 0, 0, 1 })]
    [InlineData("a#b#", "#", new[] { 0, 0, 1, 1 })]
    // The end token and blanks are no step of their own.
    [InlineData("a###<end>", "###", new[] { 0, 0, 0, 0, 0 })]
    [InlineData("a### <end>", "###", new[] { 0, 0, 0, 0, 0, 0 })]
    [InlineData("a###b<end>", "###", new[] { 0, 0, 0, 0, 1, 1 })]
    // Two delimiters in a row: the second step is the delimiter alone. Four marks are one delimiter and a rest.
    [InlineData("a######b", "###", new[] { 0, 0, 0, 0, 1, 1, 1, 2 })]
    [InlineData("a####b", "###", new[] { 0, 0, 0, 0, 1, 1 })]
    [InlineData("ab<end>", "###", new[] { 0, 0, 0 })]
    [InlineData("<end>", "#", new[] { 0 })]
    [InlineData("", "#", new int[0])]
    public void Steps_end_with_the_token_that_completes_the_delimiter(string text, string delimiter, int[] wanted) =>
        Assert.Equal(wanted, Of(text, delimiter));

    [Fact]
    public void A_delimiter_longer_than_the_window_is_found_too()
    {
        int[] segments = Of("a" + new string('b', 12) + "a", "abbbbbbbbbbbb");
        Assert.Equal([.. new int[13], 1], segments);
        Assert.Equal(2, Segments.Count(segments));
        Assert.Equal(0, Segments.Count([]));
    }

    [Fact]
    public void Tokens_of_steps_are_those_between_the_first_and_the_last()
    {
        int[] tokens = tokenizer.Encode("a#b#ab"), segments = Of("a#b#ab", "#");
        Assert.Equal("b#", Decode(Segments.Tokens(tokens, segments, 1, 1)));
        Assert.Equal("a#b#", Decode(Segments.Tokens(tokens, segments, 0, 1)));
    }
}
