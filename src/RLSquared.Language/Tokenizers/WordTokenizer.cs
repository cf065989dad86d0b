using System.Text.Json;

namespace RLSquared.Language.Tokenizers;

/// <summary>
/// A tokenizer of whole words and single characters, for small worlds whose words are known. It is written as the
/// <c>tokenizer.json</c> of a BPE model without merges. Words are added tokens, which are found before all else: the
/// leftmost first, and the longest of those that begin together.
/// </summary>
static class WordTokenizer
{
    /// <summary>The tokenizer.</summary>
    /// <param name="characters">Each character once.</param>
    /// <param name="words">Tokens of more than one character, each once; they are text, and may hold spaces.</param>
    /// <exception cref="ArgumentException">A token is there twice.</exception>
    public static Tokenizer Create(string characters, params IEnumerable<string> words)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        string[] whole = [.. words];
        foreach (string token in whole.Concat(characters.EnumerateRunes().Select(rune => rune.ToString())))
        {
            if (!ids.TryAdd(token, ids.Count))
                throw new ArgumentException($"the token '{token}' is there twice", nameof(words));
        }
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("added_tokens");
            foreach (string token in whole)
            {
                json.WriteStartObject();
                json.WriteNumber("id", ids[token]);
                json.WriteString("content", token);
                foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized", "special"])
                    json.WriteBoolean(flag, false);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartObject("decoder");
            json.WriteString("type", "Fuse");
            json.WriteEndObject();
            json.WriteStartObject("model");
            json.WriteString("type", "BPE");
            json.WriteStartObject("vocab");
            foreach ((string token, int id) in ids)
                json.WriteNumber(token, id);
            json.WriteEndObject();
            json.WriteStartArray("merges");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Tokenizer.Parse(stream.ToArray(), "the tokenizer of words");
    }
}
