using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace RLSquared.Tensors.Optimisers;

/// <summary>The way from the full value to the final one.</summary>
public enum ScheduleKind
{
    /// <summary>The full value throughout.</summary>
    Constant,
    /// <summary>A straight line: most of the way at large steps.</summary>
    Linear,
    /// <summary>Half a cosine: flat at both ends, so that large and small steps both last longer.</summary>
    Cosine,
}

/// <summary>
/// How a learning rate (or an entropy weight, or a clip) changes with the share of the budget that is spent: a factor
/// on its full value. As text: <c>constant</c>, <c>linear</c>, <c>cosine</c>; <c>linear:0.1</c> ends at a tenth;
/// <c>linear:0.1,warmup:0.05</c> also rises from 0 during the first 5 % of the budget.
/// </summary>
/// <param name="Kind">The way down.</param>
/// <param name="Final">The factor at the end, from 0; 0 brings learning to rest, high values keep it going.</param>
/// <param name="WarmUp">
/// Share of the budget during which the factor also rises from 0, from 0 to below 1. Little (0.01 to 0.05) protects the
/// first, badly scaled steps of Adam; much wastes them.
/// </param>
public readonly record struct Schedule(ScheduleKind Kind, float Final = 0, float WarmUp = 0) : IParsable<Schedule>
{
    /// <summary>
    /// The factor when <paramref name="progress"/> of the budget is spent; beyond 0…1 the nearer end counts.
    /// </summary>
    public float At(double progress)
    {
        double p = Math.Clamp(progress, 0, 1);
        double factor = Kind switch
        {
            ScheduleKind.Linear => 1 - p * (1 - Final),
            ScheduleKind.Cosine => Final + (1 - Final) * 0.5 * (1 + Math.Cos(Math.PI * p)),
            _ => 1,
        };
        return (float)(p < WarmUp ? factor * p / WarmUp : factor);
    }

    /// <inheritdoc/>
    /// <exception cref="FormatException">The text is none; the message says what would be.</exception>
    public static Schedule Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        string? error = Read(s, out Schedule schedule);
        return error is null ? schedule : throw new FormatException(error);
    }

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Schedule result)
    {
        result = default;
        return s is not null && Read(s, out result) is null;
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString()
    {
        string text = Kind switch
        {
            ScheduleKind.Linear => "linear",
            ScheduleKind.Cosine => "cosine",
            _ => "constant",
        };
        if (Kind != ScheduleKind.Constant && Final != 0)
            text += string.Create(CultureInfo.InvariantCulture, $":{Final}");
        return WarmUp == 0 ? text : text + string.Create(CultureInfo.InvariantCulture, $",warmup:{WarmUp}");
    }

    // Returns what is wrong, or null.
    static string? Read(string text, out Schedule schedule)
    {
        const string forms = "write constant, linear or cosine, then :FINAL if it should not end at 0, " +
            "then ,warmup:SHARE if it should begin slowly, as in linear:0.1,warmup:0.05";
        schedule = default;
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        string[] way = parts[0].Split(':');
        ScheduleKind? kind = way[0] switch
        {
            "constant" => ScheduleKind.Constant,
            "linear" => ScheduleKind.Linear,
            "cosine" => ScheduleKind.Cosine,
            _ => null,
        };
        if (kind is null || parts.Length > 2 || way.Length > 2 || (kind == ScheduleKind.Constant && way.Length > 1))
            return $"'{text}' is no schedule; {forms}";

        float final = 0, warmUp = 0;
        if (way.Length == 2 && !(Number(way[1], out final) && final >= 0 && float.IsFinite(final)))
            return $"the final factor '{way[1]}' of the schedule '{text}' is not a number from 0; {forms}";
        if (parts.Length == 2)
        {
            string[] warm = parts[1].Split(':');
            if (warm.Length != 2 || warm[0] != "warmup")
                return $"'{parts[1]}' in the schedule '{text}' is no warm-up; {forms}";
            if (!(Number(warm[1], out warmUp) && warmUp is >= 0 and < 1))
                return $"the warm-up '{warm[1]}' of the schedule '{text}' is not a share from 0 to below 1; {forms}";
        }
        schedule = new Schedule(kind.Value, final, warmUp);
        return null;
    }

    static bool Number(string text, out float number) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
