using System.Text.Json;

namespace RLSquared.Language.Tokenizers;

/// <summary>
/// A tokenizer of single characters, for small tasks of your own. It is written as the <c>tokenizer.json</c> of a BPE
/// model without merges, so that a model trained with it is an ordinary folder, which other tools read too.
/// </summary>
public static class CharacterTokenizer
{
    /// <summary>What <c>tokenizer.json</c> holds: special tokens first, then the characters in their order.</summary>
    /// <param name="characters">Each character once; a character beyond the BMP is one token too.</param>
    /// <param name="special">Tokens that are no text, such as <c>&lt;end&gt;</c>; their ids begin at 0.</param>
    /// <exception cref="ArgumentException">A token is there twice.</exception>
    public static byte[] Write(string characters, params IReadOnlyList<string> special)
    {
        ArgumentException.ThrowIfNullOrEmpty(characters);
        ArgumentNullException.ThrowIfNull(special);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string token in special.Concat(characters.EnumerateRunes().Select(rune => rune.ToString())))
        {
            if (!ids.TryAdd(token, ids.Count))
                throw new ArgumentException($"the token '{token}' is there twice", nameof(characters));
        }
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteStartArray("added_tokens");
            foreach (string token in special)
            {
                json.WriteStartObject();
                json.WriteNumber("id", ids[token]);
                json.WriteString("content", token);
                foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized"])
                    json.WriteBoolean(flag, false);
                json.WriteBoolean("special", true);
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
        return stream.ToArray();
    }
}
