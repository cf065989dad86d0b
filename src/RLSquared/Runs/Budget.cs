using System.Globalization;

namespace RLSquared.Runs;

/// <summary>How long to train: a number of environment steps, or a time. Exactly one of the two is set.</summary>
public readonly record struct Budget
{
    const string Examples = "write steps such as 20M, 500k or 100000, or a time such as 60s, 25min or 1h";

    readonly string? text;

    Budget(long? steps, double? seconds, string text) => (Steps, Seconds, this.text) = (steps, seconds, text);

    /// <summary>Environment steps, or null for a budget of time.</summary>
    public long? Steps { get; }

    /// <summary>Seconds, or null for a budget of steps.</summary>
    public double? Seconds { get; }

    /// <summary>A budget of environment steps.</summary>
    /// <exception cref="OptionException">There are less than one.</exception>
    public static Budget OfSteps(long steps) => steps > 0
        ? new(steps, null, steps.ToString(CultureInfo.InvariantCulture))
        : throw new OptionException("budget", $"a budget of {steps} steps trains nothing; {Examples}");

    /// <summary>A budget of time.</summary>
    /// <exception cref="OptionException">It is no time, or longer than a hundred years.</exception>
    public static Budget OfTime(TimeSpan time) => FromSeconds(
        time.TotalSeconds, string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds}s"));

    /// <summary>Reads <c>60s</c>, <c>25min</c>, <c>1h</c>, <c>20M</c>, <c>500k</c>, or a number of steps.</summary>
    /// <exception cref="OptionException">The text is none of these; the message says what would be.</exception>
    public static Budget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string given = text.Trim();
        int unitAt = given.Length;
        while (unitAt > 0 && char.IsAsciiLetter(given[unitAt - 1]))
            unitAt--;
        string digits = given[..unitAt].Replace("_", "", StringComparison.Ordinal).TrimEnd(), unit = given[unitAt..];
        if (unit.Length == 1 && unit[0] is 'm')
        {
            throw new OptionException("budget",
                $"'{given}' may mean minutes or millions of steps; write {digits}min or {digits}M");
        }
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out decimal number) || Factor(unit) is not { } factor)
        {
            throw new OptionException("budget", $"'{given}' is no budget; {Examples}");
        }
        if (number <= 0)
            throw new OptionException("budget", $"a budget of {given} trains nothing; {Examples}");
        if (factor.IsTime)
            return FromSeconds((double)number * factor.Value, given);
        const decimal most = long.MaxValue / 2;                 // room for what is added to it
        if (number > most / factor.Value)
            throw new OptionException("budget", $"a budget of {given} steps would never end; {Examples}");
        decimal steps = number * factor.Value;
        if (steps != decimal.Truncate(steps))
            throw new OptionException("budget", $"a budget of {given} is no whole number of steps; {Examples}");
        return new((long)steps, null, given);
    }

    /// <summary>The share of the budget that is spent, 0 to 1.</summary>
    /// <param name="steps">Environment steps taken since training began.</param>
    /// <param name="seconds">Seconds spent training since then, over all sessions.</param>
    public double Progress(long steps, double seconds) =>
        Math.Clamp(Steps is { } all ? (double)steps / all : seconds / Seconds!.Value, 0, 1);

    /// <summary>The text from which <see cref="Parse"/> makes the same budget again.</summary>
    public override string ToString() => text ?? "";

    static Budget FromSeconds(double seconds, string text) => seconds is > 0 and < 100.0 * 365 * 24 * 3600
        ? new(null, seconds, text)
        : throw new OptionException("budget", $"a budget of {text} cannot be; {Examples}");

    static (int Value, bool IsTime)? Factor(string unit) => unit switch
    {
        "" or "step" or "steps" => (1, false),
        "k" or "K" => (1_000, false),
        "M" => (1_000_000, false),
        "G" or "B" => (1_000_000_000, false),
        "s" or "sec" => (1, true),
        "min" => (60, true),
        "h" => (3600, true),
        _ => null,
    };
}
