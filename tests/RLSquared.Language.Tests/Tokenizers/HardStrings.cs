using System.Text;

namespace RLSquared.Language.Tests.Tokenizers;

/// <summary>Texts that tokenizers stumble over, from a seed.</summary>
static class HardStrings
{
    // Blocks of letters of many scripts, marks, numbers, symbols; old enough to be in everybody's tables.
    static readonly (int From, int To)[] blocks =
    [
        (0x20, 0x7E), (0x20, 0x7E), (0x20, 0x7E), (0xA1, 0x17F), (0x180, 0x24F), (0x250, 0x2AF), (0x300, 0x345),
        (0x391, 0x3A1), (0x3B1, 0x3C9), (0x400, 0x45F), (0x531, 0x556), (0x5B0, 0x5B9), (0x5D0, 0x5EA),
        (0x620, 0x652), (0x660, 0x669), (0x904, 0x939), (0x93C, 0x94D), (0x958, 0x96F), (0x985, 0x98C), (0x9BE, 0x9BE),
        (0xB95, 0xB95), (0xBC6, 0xBC8), (0xE01, 0xE3A), (0xE40, 0xE4E), (0xF40, 0xF47), (0xF71, 0xF76), (0x1100,
        0x1112),
        (0x1161, 0x1175), (0x11A8, 0x11C2), (0x1200, 0x1206), (0x1E00, 0x1EF9), (0x1F00, 0x1F15), (0x2000, 0x200F),
        (0x2010, 0x2027), (0x2028, 0x202F), (0x2070, 0x2070), (0x20D0, 0x20DC), (0x2126, 0x212B), (0x2150, 0x218B),
        (0x2190, 0x21FF), (0x2460, 0x24FF), (0x2600, 0x26FF), (0x3000, 0x3020), (0x3041, 0x3096), (0x3099, 0x309A),
        (0x30A1, 0x30FA), (0x4E00, 0x9FA5), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0xF900, 0xFA2D), (0xFB1D, 0xFB1D),
        (0xFB2A, 0xFB4E), (0xFE00, 0xFE0F), (0xFE20, 0xFE23), (0xFEFF, 0xFEFF), (0xFF01, 0xFF5E), (0xFFFD, 0xFFFD),
        (0x10000, 0x1000B), (0x10330, 0x1034A), (0x10400, 0x1044F), (0x1D15E, 0x1D164), (0x1D400, 0x1D454),
        (0x1D7CE, 0x1D7FF), (0x1F1E6, 0x1F1FF), (0x1F300, 0x1F320), (0x1F3FB, 0x1F3FF), (0x1F600, 0x1F64F),
        (0x1F680, 0x1F6C5), (0x20000, 0x2A6D6), (0x2F800, 0x2FA1D), (0xE0020, 0xE007F), (0xE000, 0xE010),
        (0x10FFFD, 0x10FFFD),
    ];

    static readonly string[] pieces =
    [
        "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪",
        "e\u0301", "o\u0323\u0302", "a\u0328\u0301", "\u1100\u1161\u11A8", "ﬁ", "Å",
            "Ω",
        "'s", "'S", "'ſ", "'ll", "'LL", "'Re", "'ſis", "don't", "I'M", "K", "İ", "ß", "1234567", "3.14159", "1,000",
        "٣٤٥", "Ⅷ", "½", "𝟘𝟙𝟚", "²", "  ", "   ", "\t", "\t\t", "\n", "\n\n", "\r\n", "\r", " \n ", "\n \n", " \t\n",
        "\u00A0", "\u3000", "\u2028", "\u0085", "\v", "\f", "\0", "\u0001", "\u001B", "\u007F", "\uFFFE", "\u200B",
        "\u200D", "\uFEFF", "\uD800", "\uDFFF", "\uDC00\uD800", "\uD83D", "x\uDE00", "def f(x):\n    return x\n",
        "</s>",
        "<|im_end|>", "<|im_start|>user\n", "<|endoftext|>", "<think>", "</think>", "<|eot_id|>", "<|begin_of_text|>",
        "<|start_header_id|>", "<|im_end", "|im_end|>", "<tool_call>", "<|reserved_special_token_12|>",
        "http://a.b/c?d=e",
        "ŉ", "ǆ", "हिन्दी", "தமிழ்", "ภาษาไทย", "日本語", "한국어", "Ελληνικά", "עברית", "العربية", "Привет", "中文，。",
        "...", "!!!", "!?\n\n", "#%&", "——", "$$$", "=====", "\\n", "{{}}", "(((", "aaaaaaaaaaaa", "Ġ", "Ċ", "▁",
    ];

    /// <summary>So many texts of random words, pieces, runs and letters of all scripts.</summary>
    public static string[] Make(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => i % 2500 == 0 ? VeryLong(random, i) : One(random))];
    }

    static string One(Random random)
    {
        var text = new StringBuilder();
        for (int parts = random.Next(1, 14); parts > 0; parts--)
        {
            switch (random.Next(6))
            {
                case 0:
                    Letters(text, random, random.Next(1, 9), anyBlock: true);
                    break;
                case 1:
                    Letters(text, random, random.Next(1, 9), anyBlock: false);
                    break;
                case 2:
                    text.Append(' ', random.Next(1, 5));
                    break;
                case 3:
                    text.Append("abcdefghijklmnopqrstuvwxyz".AsSpan(random.Next(20), random.Next(1, 7)));
                    break;
                default:
                    text.Append(pieces[random.Next(pieces.Length)]);
                    break;
            }
        }
        return text.ToString();
    }

    static void Letters(StringBuilder text, Random random, int count, bool anyBlock)
    {
        (int From, int To) block = blocks[random.Next(blocks.Length)];
        for (; count > 0; count--)
        {
            if (anyBlock)
                block = blocks[random.Next(blocks.Length)];
            int code = random.Next(block.From, block.To + 1);
            text.Append(code is >= 0xD800 and < 0xE000 ? "?" : char.ConvertFromUtf32(code));
        }
    }

    // One word without end, one run of blanks, one letter under a thousand marks.
    static string VeryLong(Random random, int i) => (i / 2500 % 4) switch
    {
        0 => string.Concat(Enumerable.Range(0, 3000).Select(_ => (char)('a' + random.Next(26)))),
        1 => new string(' ', 3000) + "x" + new string('\n', 500),
        2 => "a" + string.Concat(Enumerable.Range(0, 1000).Select(_ => (char)(0x300 + random.Next(0x40)))),
        _ => string.Concat(Enumerable.Range(0, 2000).Select(_ => (char)(0x4E00 + random.Next(3000)))),
    };
}
