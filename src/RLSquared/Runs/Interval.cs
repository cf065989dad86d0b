using System.Globalization;

namespace RLSquared.Runs;

/// <summary>
/// How often something is done while a run trains: after each share of the budget (<c>5%</c>), or after so many steps
/// or so much time, as a <see cref="Budget"/> is written.
/// </summary>
public readonly record struct Interval
{
    readonly Budget? spent;
    readonly double share;
    readonly string? text;

    Interval(double share, Budget? spent, string text) => (this.share, this.spent, this.text) = (share, spent, text);

    /// <summary>After each share of the budget, above 0 and at most 1.</summary>
    /// <exception cref="OptionException">It is not.</exception>
    public static Interval OfShare(double share) => share is > 0 and <= 1
        ? new(share, null, string.Create(CultureInfo.InvariantCulture, $"{100 * share}%"))
        : throw new OptionException("interval", $"a share of the budget is above 0 and at most 1, but is {share}");

    /// <summary>Reads <c>5%</c>, or steps or a time as <see cref="Budget.Parse"/> does.</summary>
    /// <exception cref="OptionException">The text is none of these; the message says what would be.</exception>
    public static Interval Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string given = text.Trim();
        if (!given.EndsWith('%'))
            return new(0, Budget.Parse(given), given);
        return double.TryParse(given[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out double percent) && percent is > 0 and <= 100
            ? new(percent / 100, null, given)
            : throw new OptionException("interval",
                $"'{given}' is no share of a budget; write one above 0% and up to 100%, or steps or a time");
    }

    /// <summary>How often it was due up to some point of a run: it is due whenever this number grows.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1.</param>
    /// <param name="steps">Environment steps taken since training began.</param>
    /// <param name="seconds">Seconds spent training since then, over all sessions.</param>
    public long CountAt(double progress, long steps, double seconds) => spent switch
    {
        { Steps: { } each } => steps / each,
        { Seconds: { } each } => (long)(seconds / each),
        _ => share > 0 ? (long)(progress / share + 1e-9) : 0,
    };

    /// <summary>The text from which <see cref="Parse"/> makes the same interval again.</summary>
    public override string ToString() => text ?? "";
}
