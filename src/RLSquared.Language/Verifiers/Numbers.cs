using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace RLSquared.Language.Verifiers;

/// <summary>A number as people write it, exactly: a fraction.</summary>
/// <param name="Numerator">May be negative.</param>
/// <param name="Denominator">Above 0; the fraction is reduced.</param>
public readonly record struct ExactNumber(BigInteger Numerator, BigInteger Denominator);

/// <summary>
/// Finds numbers in answers and compares them exactly: 1,000 is 1000 is $1000.00, 0.5 is 1/2 is 50 %. Units and words
/// around a number do not matter, its value does.
/// </summary>
public static partial class Numbers
{
    const int LongestDigits = 100, LongestAnswer = 1 << 20;

    /// <summary>The number that a text is, with signs of currencies, units or a percent sign around it; or
    /// null.</summary>
    public static ExactNumber? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Match match = Whole().Match(text);
        return match.Success ? Value(match) : null;
    }

    /// <summary>
    /// The final answer of a text: what is behind the last <c>####</c>, else in the last <c>\boxed{}</c>, else behind
    /// the last 'answer is', else the last number of all; or null where there is none.
    /// </summary>
    public static ExactNumber? FindAnswer(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > LongestAnswer)
            text = text[^LongestAnswer..];
        if (Behind(text, "####") is { } marked)
            return First(marked);
        int boxed = text.LastIndexOf(@"\boxed{", StringComparison.Ordinal);
        if (boxed >= 0)
            return First(text[(boxed + 7)..]);
        if (Behind(text, "answer is") is { } said && First(said) is { } number)
            return number;
        ExactNumber? last = null;
        foreach (Match match in Anywhere().Matches(text))
            last = Value(match) ?? last;
        return last;
    }

    static string? Behind(string text, string mark)
    {
        int place = text.LastIndexOf(mark, StringComparison.OrdinalIgnoreCase);
        return place < 0 ? null : text[(place + mark.Length)..];
    }

    static ExactNumber? First(string text) => Anywhere().Match(text) is { Success: true } match ? Value(match) : null;

    static ExactNumber? Value(Match match)
    {
        string digits = match.Groups["whole"].Value.Replace(",", "", StringComparison.Ordinal);
        string decimals = match.Groups["decimals"].Value, below = match.Groups["below"].Value.Replace(",", "",
            StringComparison.Ordinal);
        if (digits.Length + decimals.Length + below.Length > LongestDigits)
            return null;
        var numerator = BigInteger.Parse("0" + digits + decimals, CultureInfo.InvariantCulture);
        BigInteger denominator = BigInteger.Pow(10, decimals.Length);
        if (match.Groups["latex"].Success)
        {
            numerator = BigInteger.Parse(match.Groups["top"].Value, CultureInfo.InvariantCulture);
            denominator = 1;
            below = match.Groups["latex"].Value;
        }
        if (below.Length > 0)
            denominator *= BigInteger.Parse(below, CultureInfo.InvariantCulture);
        if (match.Groups["percent"].Success)
            denominator *= 100;
        if (denominator.IsZero)
            return null;
        if (match.Groups["sign"].Value is "-" or "−")
            numerator = -numerator;
        var common = BigInteger.GreatestCommonDivisor(numerator, denominator);
        return new ExactNumber(numerator / common, denominator / common);
    }

    // sign, currency, 1,234,567 or 1234 or .5, decimals, / below, percent; or \frac{top}{below}. A minus behind a
    // letter or digit is a dash: 'x-5', '3-5'.
    const string Number = @"(?:(?<![\w)\]])(?<sign>[-−+])\s?)?[$€£¥]?\s?(?<![\d.])" +
        @"(?:\\[dt]?frac\{(?<top>\d{1,50})\}\{(?<latex>\d{1,50})\}" +
        @"|(?:(?<whole>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.(?<decimals>\d+))?|\.(?<decimals>\d+))" +
        @"(?:\s?/\s?(?<below>\d{1,3}(?:,\d{3})+(?!\d)|\d+))?)(?<percent>\s?\\?%)?";

    [GeneratedRegex(Number, RegexOptions.CultureInvariant)]
    private static partial Regex Anywhere();

    [GeneratedRegex(@"^\s*" + Number + @"\.?\s*[A-Za-z°²³. ]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}
