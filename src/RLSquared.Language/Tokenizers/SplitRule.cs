using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace RLSquared.Language.Tokenizers;

/// <summary>What becomes of the places where a pattern matches.</summary>
enum SplitBehaviour
{
    /// <summary>Each match is a piece.</summary>
    Isolated,
    /// <summary>Matches are dropped.</summary>
    Removed,
    /// <summary>A match ends the piece before it.</summary>
    MergedWithPrevious,
    /// <summary>A match begins the piece after it.</summary>
    MergedWithNext,
    /// <summary>Matches that touch are one piece.</summary>
    Contiguous,
}

/// <summary>
/// Cuts a text at the matches of a regular expression from a tokenizer's file. Such expressions are written for engines
/// that see code points. .NET's sees UTF-16 units, so a code point beyond the BMP is shown to it as one unit of the
/// same general category.
/// </summary>
sealed class SplitRule
{
    // No real pattern takes a thousandth of this; one that backtracks without end is stopped.
    static readonly TimeSpan longest = TimeSpan.FromSeconds(10);

    const int WorthCompiling = 1 << 16;

    static readonly char[] standIns = StandIns();

    readonly string pattern;
    Regex regex;
    int seen;
    readonly SplitBehaviour behaviour;
    readonly bool invert;

    /// <exception cref="ArgumentException">.NET does not know the pattern.</exception>
    public SplitRule(string pattern, SplitBehaviour behaviour, bool invert)
    {
        this.pattern = InDotNet(pattern);
        regex = new Regex(this.pattern, RegexOptions.CultureInvariant, longest);
        this.behaviour = behaviour;
        this.invert = invert;
    }

    /// <summary>The pieces of a text that are not empty, in order.</summary>
    /// <exception cref="InvalidDataException">The pattern takes too long on this text.</exception>
    public void Cut(ReadOnlySpan<char> text, List<Piece> pieces)
    {
        pieces.Clear();
        CompileWhenWorth(text.Length);
        try
        {
            if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
                CutUnits(text, pieces);
            else
                CutCodePoints(text, pieces);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new InvalidDataException("the tokenizer's pattern takes more than " +
                $"{longest.TotalSeconds} seconds on a text of {text.Length} characters");
        }
        Arrange(pieces);
    }

    // To compile takes as long as to cut some hundred thousand characters. Two threads may both do it; no harm comes
    // of it.
    void CompileWhenWorth(int length)
    {
        if (seen > WorthCompiling)
            return;
        seen += Math.Min(length, WorthCompiling);
        if (seen > WorthCompiling)
            regex = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled, longest);
    }

    void CutUnits(ReadOnlySpan<char> text, List<Piece> pieces)
    {
        int end = 0;
        foreach (ValueMatch match in regex.EnumerateMatches(text))
        {
            Add(pieces, end, match.Index, isMatch: invert);
            Add(pieces, match.Index, end = match.Index + match.Length, isMatch: !invert);
        }
        Add(pieces, end, text.Length, isMatch: invert);
    }

    void CutCodePoints(ReadOnlySpan<char> text, List<Piece> pieces)
    {
        char[] shown = ArrayPool<char>.Shared.Rent(text.Length);
        int count = 0, end = 0;
        for (int at = 0; at < text.Length; count++)
        {
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out int length);
            shown[count] = length == 1 ? text[at] : standIns[(int)Rune.GetUnicodeCategory(rune)];
            at += length;
        }
        int units = 0, letters = 0;                            // how far both counts have come
        foreach (ValueMatch match in regex.EnumerateMatches(shown.AsSpan(0, count)))
        {
            int start = UnitsAt(text, match.Index), stop = UnitsAt(text, match.Index + match.Length);
            Add(pieces, end, start, isMatch: invert);
            Add(pieces, start, end = stop, isMatch: !invert);
        }
        Add(pieces, end, text.Length, isMatch: invert);
        ArrayPool<char>.Shared.Return(shown);

        int UnitsAt(ReadOnlySpan<char> text, int letter)
        {
            for (; letters < letter; letters++)
                units += char.IsHighSurrogate(text[units]) ? 2 : 1;
            return units;
        }
    }

    static void Add(List<Piece> pieces, int start, int end, bool isMatch)
    {
        if (end > start)
            pieces.Add(new Piece(start, end, isMatch));
    }

    void Arrange(List<Piece> pieces)
    {
        if (behaviour == SplitBehaviour.Isolated)
            return;
        int kept = 0;
        bool matchBefore = false;
        for (int i = 0; i < pieces.Count; i++)
        {
            Piece piece = pieces[i];
            bool joins = kept > 0 && behaviour switch
            {
                SplitBehaviour.MergedWithPrevious => piece.IsMatch && !matchBefore,
                SplitBehaviour.MergedWithNext => matchBefore && !piece.IsMatch,
                SplitBehaviour.Contiguous => piece.IsMatch == matchBefore,
                _ => false,
            };
            matchBefore = piece.IsMatch;
            if (joins)
                pieces[kept - 1] = pieces[kept - 1] with { End = piece.End };
            else if (behaviour != SplitBehaviour.Removed || !piece.IsMatch)
                pieces[kept++] = piece;
        }
        pieces.RemoveRange(kept, pieces.Count - kept);
    }

    // The same pattern as .NET must have it: where case is ignored, the long s and the kelvin sign are letters s and k.
    static string InDotNet(string pattern)
    {
        int start = pattern.IndexOf("(?i:", StringComparison.Ordinal);
        int end = start < 0 ? -1 : pattern.IndexOf(')', start);
        return end < 0 || pattern.AsSpan(start, end - start).ContainsAny('[', '\\') ? pattern
            : pattern[..start] + pattern[start..end].Replace("s", "[s\u017F]", StringComparison.Ordinal)
                .Replace("k", "[k\u212A]", StringComparison.Ordinal) + pattern[end..];
    }

    // For each general category a code point of the BMP that no pattern names.
    static char[] StandIns()
    {
        char[] found = new char[30];
        for (char letter = '\uFFFD'; letter > '\u0250'; letter--)
            found[(int)char.GetUnicodeCategory(letter)] = letter;
        return found;
    }
}

/// <summary>A part of a text: from <paramref name="Start"/> to before <paramref name="End"/>.</summary>
readonly record struct Piece(int Start, int End, bool IsMatch);
