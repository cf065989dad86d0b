namespace RLSquared.Language.Tokenizers;

/// <summary>
/// The letters with which GPT-2's byte-level vocabularies write bytes: printable ones of Latin-1 stand for themselves,
/// the others follow from U+0100 on, so a space is Ġ and a line feed Ċ.
/// </summary>
static class ByteAlphabet
{
    static readonly char[] letters = new char[256];
    static readonly short[] bytes = new short[0x144];

    static ByteAlphabet()
    {
        Array.Fill(bytes, (short)-1);
        char extra = '\u0100';
        for (int i = 0; i < 256; i++)
        {
            bool isPrintable = i is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            letters[i] = isPrintable ? (char)i : extra++;
            bytes[letters[i]] = (short)i;
        }
    }

    /// <summary>The letter of a byte.</summary>
    public static char Letter(byte value) => letters[value];

    /// <summary>The letters of bytes.</summary>
    public static string Letters(ReadOnlySpan<byte> values) => string.Create(values.Length, values,
        static (text, values) =>
        {
            for (int i = 0; i < text.Length; i++)
                text[i] = letters[values[i]];
        });

    /// <summary>The bytes of letters, or null where one is not of the alphabet.</summary>
    public static byte[]? Bytes(string text)
    {
        byte[] found = new byte[text.Length];
        for (int i = 0; i < found.Length; i++)
        {
            if (text[i] >= bytes.Length || bytes[text[i]] < 0)
                return null;
            found[i] = (byte)bytes[text[i]];
        }
        return found;
    }
}
