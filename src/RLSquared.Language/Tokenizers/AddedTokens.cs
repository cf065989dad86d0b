using System.Buffers;
using System.Globalization;
using System.Text;

namespace RLSquared.Language.Tokenizers;

/// <summary>A token that is found in the raw text as it stands, before the model sees the text.</summary>
/// <param name="Content">The text of the token.</param>
/// <param name="Id">Its id.</param>
/// <param name="IsSpecial">Whether it controls the model and is no text, such as the end of a turn.</param>
/// <param name="IsNormalised">Whether it is looked for after normalising.</param>
/// <param name="IsSingleWord">Whether it counts only where no word goes on before or behind it.</param>
/// <param name="StripsLeft">Whether it takes white space before it.</param>
/// <param name="StripsRight">Whether it takes white space behind it.</param>
sealed record AddedToken(
    string Content, int Id, bool IsSpecial, bool IsNormalised, bool IsSingleWord, bool StripsLeft, bool StripsRight);

/// <summary>Finds added tokens in a text: the leftmost, and of those that begin together the longest.</summary>
sealed class AddedTokens
{
    readonly SearchValues<string>? contents;
    readonly Dictionary<string, AddedToken> tokens = new(StringComparer.Ordinal);
    readonly Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> byText;
    readonly int[] lengths;                                    // of the contents, descending

    public AddedTokens(IEnumerable<AddedToken> added)
    {
        foreach (AddedToken one in added)
            tokens[one.Content] = one;
        byText = tokens.GetAlternateLookup<ReadOnlySpan<char>>();
        lengths = [.. tokens.Keys.Select(content => content.Length).Distinct().OrderDescending()];
        contents = tokens.Count > 0 ? SearchValues.Create([.. tokens.Keys], StringComparison.Ordinal) : null;
    }

    /// <summary>The next added token.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="from">Where what is left of it begins.</param>
    /// <returns>The token and where it begins and ends, or no token and the end of the text.</returns>
    public (AddedToken? Token, int Start, int End) Next(string text, int from)
    {
        for (int at = from; contents is not null;)
        {
            int step = text.AsSpan(at).IndexOfAny(contents);
            if (step < 0)
                break;
            at += step;
            AddedToken token = Longest(text.AsSpan(at));
            int start = at, end = at + token.Content.Length;
            at = end;
            if (token.IsSingleWord && (EndsInWord(text.AsSpan(0, start)) || StartsWithWord(text.AsSpan(end))))
                continue;
            while (token.StripsLeft && start > from && char.IsWhiteSpace(text[start - 1]))
                start--;
            while (token.StripsRight && end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
            return (token, start, end);
        }
        return (null, text.Length, text.Length);
    }

    AddedToken Longest(ReadOnlySpan<char> text)
    {
        foreach (int length in lengths)
        {
            if (length <= text.Length && byText.TryGetValue(text[..length], out AddedToken? token))
                return token;
        }
        throw new InvalidOperationException("an added token was found that is none");
    }

    static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && IsWord(rune);

    static bool EndsInWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && IsWord(rune);

    static bool IsWord(Rune rune) => Rune.IsLetter(rune) || rune.Value is 0x200C or 0x200D
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber
            or UnicodeCategory.ConnectorPunctuation;
}
