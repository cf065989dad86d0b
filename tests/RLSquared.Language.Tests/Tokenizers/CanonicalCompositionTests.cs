using System.Text.Json;
using RLSquared.Language.Tokenizers;

namespace RLSquared.Language.Tests.Tokenizers;

public sealed class CanonicalCompositionTests
{
    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("a\u0301\u0323", "\u1EA1\u0301")]                 // the dot below comes first, and joins
    [InlineData("\u00E1\u0323", "\u1EA1\u0301")]                  // even where á was one letter already
    [InlineData("\u1100\u1161\u11A8", "\uAC01")]                  // Hangul
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\u212B\u2126\u212A", "\u00C5\u03A9K")]           // single letters that stand for others
    [InlineData("\u0958", "\u0915\u093C")]                        // excluded from composition
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\U00011099\U000110BA", "\U0001109A")]
    [InlineData("plain", "plain")]
    public void Texts_become_what_Unicode_says(string text, string wanted) =>
        Assert.Equal(wanted, CanonicalComposition.Compose(text));

    [Fact]
    public void A_text_in_the_form_comes_back_as_the_same_object()
    {
        foreach (string text in (string[])["", "plain ASCII", "dé日本語 한국어 😀", "\uD800"])
            Assert.Same(text, CanonicalComposition.Compose(text));
    }

    [Fact]
    public void Four_hundred_thousand_marks_take_no_quadratic_time()
    {
        string marks = string.Concat(Enumerable.Range(0, 400_000).Select(i => i % 2 == 0 ? "\u0301" : "\u0323"));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        string composed = CanonicalComposition.Compose("a" + marks);
        Assert.True(watch.Elapsed < Deadline.Far, $"{watch.Elapsed}");
        Assert.Equal("\u1EA1" + new string('\u0323', 199_999) + new string('\u0301', 200_000), composed);
    }

    [JudgedFact("node")]
    public void All_letters_and_hard_strings_are_as_the_JavaScript_engine_has_them()
    {
        // Letters that Unicode 15 gave no meaning may have got one since.
        IEnumerable<string> letters = Enumerable.Range(0, 0x30000)
            .Where(code => code is < 0xD800 or >= 0xE000 && code is not (
                >= 0x10D00 and < 0x11F60 or >= 0x16100 and < 0x17000))
            .Select(char.ConvertFromUtf32);
        string[] texts = [.. letters, .. HardStrings.Make(20_000, seed: 7)];
        string[] wanted = Judges.Judge("node", "normalise.mjs", texts.Select(text => JsonSerializer.Serialize(text)));
        Assert.Equal(texts.Length, wanted.Length);
        for (int i = 0; i < texts.Length; i++)
        {
            string well = JsonSerializer.Deserialize<string>(JsonSerializer.Serialize(texts[i]))!;
            Assert.Equal(JsonSerializer.Deserialize<string>(wanted[i]), CanonicalComposition.Compose(well));
        }
    }
}
