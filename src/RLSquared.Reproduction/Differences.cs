using RLSquared.Runs;
using RLSquared.Settings;

namespace RLSquared.Reproduction;

/// <summary>In what a record differs from what would be done now, as a clause for a message.</summary>
internal static class Differences
{
    /// <summary>'hidden=64, not 128'; null where all agree.</summary>
    /// <param name="there">The recorded options.</param>
    /// <param name="here">The options of now.</param>
    /// <param name="table">
    /// Their defaults: an option that did not exist when the record was made had its default then.
    /// </param>
    public static string? OfOptions(
        IReadOnlyDictionary<string, string> there, IReadOnlyDictionary<string, string> here, OptionTable table)
    {
        foreach ((string name, string now) in here)
        {
            string? then = there.TryGetValue(name, out string? recorded) ? recorded
                : table.Settings.FirstOrDefault(setting => setting.Name == name)?.Default;
            if (then != now)
                return $"{name}={then}, not {now}";
        }
        string? surplus = there.Keys.FirstOrDefault(name => !here.ContainsKey(name));
        return surplus is null ? null : $"{surplus}={there[surplus]}, which is no option any more";
    }

    /// <summary>'a budget of 20M, not 40M'; null where both are the same, however they are written.</summary>
    public static string? OfBudgets(string there, string here)
    {
        (Budget then, Budget now) = (Budget.Parse(there), Budget.Parse(here));
        return then.Steps == now.Steps && then.Seconds == now.Seconds ? null : $"a budget of {there}, not {here}";
    }
}
