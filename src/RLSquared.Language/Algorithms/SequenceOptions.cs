using RLSquared.Settings;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// Options that algorithms of language models and of language agents share, each with its text in one place. What all
/// algorithms share is in <see cref="RLSquared.Algorithms.CommonOptions"/>.
/// </summary>
static class SequenceOptions
{
    public static OptionTable<TOptions> GroupSize<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, int> get, Func<TOptions, int, TOptions> set,
        string of, string more) where TOptions : class => table
        .Integer("group-size", $"{of}, G", get, set, low: $"more {more}, a noisy baseline", high: "a sure baseline");

    public static OptionTable<TOptions> Temperature<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set)
        where TOptions : class => table
        .Number("temperature", "what scores are divided by", get, set, low: "surer, tries less", high: "tries more");

    public static OptionTable<TOptions> InFlight<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, int> get, Func<TOptions, int, TOptions> set, string what)
        where TOptions : class => table
        .Integer("in-flight", $"{what} that are generated at once", get, set, low: "little memory", high: "fast");

    public static OptionTable<TOptions> Kl<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set)
        where TOptions : class => table
        .Number("kl", "cost of a nat of divergence from the reference, β; 0 for no reference", get, set,
            low: "goes wherever the reward is", high: "stays near the reference");

    public static OptionTable<TOptions> ClipLow<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set)
        where TOptions : class => table
        .Number("clip-low", "ε below 1 of the clipped ratio", get, set,
            low: "small, safe changes", high: "fast and risky");

    public static OptionTable<TOptions> ClipHigh<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set)
        where TOptions : class => table
        .Number("clip-high", "ε above 1 of the clipped ratio", get, set,
            low: "small, safe changes", high: "rare tokens can grow");

    public static OptionTable<TOptions> Updates<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, int> get, Func<TOptions, int, TOptions> set, string of,
        string limit = "") where TOptions : class => table
        .Integer("updates", $"updates of one pass over a batch{limit}", get, set,
            low: "on-policy", high: $"more steps from the same {of}s");

    public static OptionTable<TOptions> Passes<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, int> get, Func<TOptions, int, TOptions> set, string of)
        where TOptions : class => table
        .Integer("epochs", "passes over a batch", get, set,
            low: "on-policy", high: $"squeezes more out of a {of}, strays further");

    public static OptionTable<TOptions> TokensAtOnce<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, int> get, Func<TOptions, int, TOptions> set)
        where TOptions : class => table
        .Integer("tokens-at-once", "most tokens of a piece", get, set, low: "little memory", high: "efficient");
}
