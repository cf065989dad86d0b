using System.Buffers;
using System.Text;

namespace RLSquared.Language.Tokenizers;

/// <summary>
/// Decodes token by token. A letter may be spread over several tokens: its bytes are held back until it is whole, so
/// that all parts put together are what <see cref="Tokenizer.Decode"/> gives for all tokens.
/// </summary>
public sealed class StreamedText
{
    readonly Tokenizer tokenizer;
    readonly bool skipSpecial;
    readonly List<byte> held = [];
    byte[] strip;

    internal StreamedText(Tokenizer tokenizer, bool skipSpecial, byte[] strip)
    {
        this.tokenizer = tokenizer;
        this.skipSpecial = skipSpecial;
        this.strip = strip;
    }

    /// <summary>Takes one more token.</summary>
    /// <returns>The text that is now whole; may be empty.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public string Append(int id)
    {
        ReadOnlySpan<byte> bytes = tokenizer.TokenBytes(id);
        if (skipSpecial && tokenizer.IsSpecial(id))
            return "";
        held.AddRange(bytes);
        if (strip.Length > 0 && held.Count < strip.Length)
            return "";
        return Take(held.Count - Incomplete());
    }

    /// <summary>Ends the stream.</summary>
    /// <returns>U+FFFD for what was held back and never became a letter; empty when nothing was.</returns>
    public string Finish() => Take(held.Count);

    string Take(int count)
    {
        Span<byte> bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(held)[..count];
        if (bytes.Length == 0)
            return "";
        string text = Encoding.UTF8.GetString(
            strip.Length > 0 && bytes.StartsWith(strip) ? bytes[strip.Length..] : bytes);
        held.RemoveRange(0, count);
        strip = [];
        return text;
    }

    // How many bytes at the end are the beginning of a letter: at most three.
    int Incomplete()
    {
        Span<byte> bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(held);
        for (int length = 1; length <= Math.Min(3, bytes.Length); length++)
        {
            byte first = bytes[^length];
            if (first < 0x80)
                return 0;
            if (first >= 0xC0)
            {
                return Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData ? length : 0;
            }
        }
        return 0;
    }
}
