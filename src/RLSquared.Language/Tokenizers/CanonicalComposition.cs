using System.IO.Compression;
using System.Text;

namespace RLSquared.Language.Tokenizers;

/// <summary>
/// Unicode's normal form C: letters and marks joined where one code point stands for both, marks in their canonical
/// order. .NET's own <see cref="string.Normalize()"/> leaves texts unchanged under invariant globalisation, so the
/// tables are ours. Most texts are in the form already and come back as they are.
/// </summary>
public static class CanonicalComposition
{
    // Hangul is composed by arithmetic: leading consonants L, vowels V, trailing consonants T, syllables LV and LVT.
    const int HangulL = 0x1100, HangulV = 0x1161, HangulT = 0x11A7, Hangul = 0xAC00;
    const char LastPlain = '\u02FF';                       // up to here nothing joins with what is before
    const int HangulLs = 19, HangulVs = 21, HangulTs = 28, HangulSyllables = HangulLs * HangulVs * HangulTs;

    static readonly Dictionary<int, byte> classes = [];                 // combining classes that are not 0
    static readonly Dictionary<int, (int First, int Second)> mappings = [];
    static readonly Dictionary<(int First, int Second), int> composites = [];
    static readonly HashSet<int> unsettled = [];                        // may change, or change what is before them
    static readonly bool[] unsettledChar = new bool[0x10000];

    static CanonicalComposition()
    {
        using var packed = new MemoryStream(Convert.FromBase64String(CanonicalTables.Packed));
        using var unpacked = new DeflateStream(packed, CompressionMode.Decompress);
        using var data = new BinaryReader(unpacked);
        for (int run = 0, runs = data.Read7BitEncodedInt(), end = 0; run < runs; run++)
        {
            int start = end + data.Read7BitEncodedInt();
            end = start + data.Read7BitEncodedInt() + 1;
            byte kind = (byte)data.Read7BitEncodedInt();
            for (int code = start; code < end; code++)
            {
                classes.Add(code, kind);
                unsettled.Add(code);
            }
        }
        int letter = 0, first = 0, second = 0;
        for (int left = data.Read7BitEncodedInt(); left > 0; left--)
        {
            letter += data.Read7BitEncodedInt();
            first += Signed(data.Read7BitEncodedInt());
            second += Signed(data.Read7BitEncodedInt());
            mappings.Add(letter, (first, second));
            bool composes = data.Read7BitEncodedInt() == 1;
            if (composes)
                composites.Add((first, second), letter);
            unsettled.Add(composes ? second : letter);
        }
        unsettled.UnionWith(Enumerable.Range(HangulV, HangulVs));
        unsettled.UnionWith(Enumerable.Range(HangulT + 1, HangulTs - 1));
        foreach (int code in unsettled)
        {
            if (code < unsettledChar.Length)
                unsettledChar[code] = true;
        }

        static int Signed(int zigzag) => (zigzag >> 1) ^ -(zigzag & 1);
    }

    /// <summary>The text in normal form C; the same object where it is so already. Half surrogates stay.</summary>
    public static string Compose(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = NextUnsettled(text, 0);
        if (at < 0)
            return text;
        var result = new StringBuilder(text.Length);
        var letters = new List<int>();
        int copied = 0;
        while (at >= 0)
        {
            // A stretch is the settled letter before, and all up to the next settled one.
            int start = at == copied ? at : at - (at > copied + 1 && char.IsSurrogatePair(text[at - 2], text[at - 1])
                ? 2 : 1);
            result.Append(text, copied, start - copied);
            letters.Clear();
            int end = start;
            do
            {
                Rune.DecodeFromUtf16(text.AsSpan(end), out Rune rune, out int length);
                Decompose(length == 1 ? text[end] : rune.Value, letters);
                end += length;
            }
            while (end < text.Length && (end <= at || IsUnsettled(text, end)));
            Order(letters);
            Join(letters, result);
            copied = end;
            at = NextUnsettled(text, end);
        }
        return result.Append(text, copied, text.Length - copied).ToString();
    }

    static int NextUnsettled(string text, int from)
    {
        for (int i = from; i < text.Length; i++)
        {
            int step = text.AsSpan(i).IndexOfAnyExceptInRange('\0', LastPlain);
            if (step < 0)
                return -1;
            i += step;
            if (IsUnsettled(text, i))
                return i;
        }
        return -1;
    }

    static bool IsUnsettled(string text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length
        ? char.IsLowSurrogate(text[at + 1]) && unsettled.Contains(char.ConvertToUtf32(text[at], text[at + 1]))
        : unsettledChar[text[at]];

    static void Decompose(int code, List<int> letters)
    {
        if (mappings.TryGetValue(code, out (int First, int Second) parts))
        {
            Decompose(parts.First, letters);
            if (parts.Second != 0)
                letters.Add(parts.Second);             // seconds have no mappings of their own
        }
        else
        {
            letters.Add(code);
        }
    }

    // Each run of marks by its classes; those of one class keep their order. A run may be as long as the text.
    static void Order(List<int> letters)
    {
        for (int start = 0; start < letters.Count; start++)
        {
            int end = start;
            while (end < letters.Count && classes.ContainsKey(letters[end]))
                end++;
            if (end - start > 1)
            {
                ulong[] keys = new ulong[end - start];
                for (int i = 0; i < keys.Length; i++)
                    keys[i] = ((ulong)classes[letters[start + i]] << 56) | ((ulong)i << 24) | (uint)letters[start + i];
                Array.Sort(keys);
                for (int i = 0; i < keys.Length; i++)
                    letters[start + i] = (int)(keys[i] & 0xFFFFFF);
            }
            start = Math.Max(start, end);
        }
    }

    // A letter joins the last starter unless one of its own class or of a higher one lies between.
    static void Join(List<int> letters, StringBuilder result)
    {
        int written = 0, starter = -1;
        byte last = 0;
        for (int i = 0; i < letters.Count; i++)
        {
            int letter = letters[i];
            byte kind = classes.GetValueOrDefault(letter);
            bool isFree = starter >= 0 && (written - 1 == starter || (last != 0 && last < kind));
            if (isFree && Composite(letters[starter], letter) is { } composite)
            {
                letters[starter] = composite;
                continue;
            }
            if (kind == 0)
                starter = written;
            last = kind;
            letters[written++] = letter;
        }
        for (int i = 0; i < written; i++)
        {
            if (letters[i] < 0x10000)
                result.Append((char)letters[i]);
            else
                result.Append(char.ConvertFromUtf32(letters[i]));
        }
    }

    static int? Composite(int first, int second)
    {
        if (composites.TryGetValue((first, second), out int composite))
            return composite;
        if (first - HangulL is >= 0 and < HangulLs && second - HangulV is >= 0 and < HangulVs)
            return Hangul + ((first - HangulL) * HangulVs + second - HangulV) * HangulTs;
        if (first - Hangul is >= 0 and < HangulSyllables && (first - Hangul) % HangulTs == 0
            && second - HangulT is > 0 and < HangulTs)
            return first + second - HangulT;
        return null;
    }
}
