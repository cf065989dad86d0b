using RLSquared.Settings;

namespace RLSquared.Language.Algorithms;

/// <summary>What <see cref="LaMer"/> can be told.</summary>
public sealed record LaMerOptions
{
    /// <summary>All that <see cref="GiGpo"/> has; the group counts trials.</summary>
    public AgentOptions Agent { get; init; } = new();

    /// <summary>
    /// Episodes of a trial while it learns: attempts at one level, with memory between. 3 in the paper; 1 learns single
    /// attempts.
    /// </summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 8); } = 3;

    /// <summary>Attempts of an evaluation.</summary>
    public int Attempts { get; init => field = Require.Within("attempts", value, 1, 8); } = 3;

    /// <summary>
    /// γ_trial, what a later attempt counts for an earlier one: 0.6 in the paper. 0: each attempt for itself; 1: an
    /// attempt may be given away to learn something for the next.
    /// </summary>
    public double TrialDiscount { get; init => field = Require.Within("trial-discount", value, 0, 1); } = 0.6;

    /// <summary>Whether a trial ends with the first attempt that solves the level.</summary>
    public bool StopsAtSuccess { get; init; } = true;

    /// <summary>Whether what is noted after an attempt is remembered; without it attempts are independent.</summary>
    public bool Remembers { get; init; } = true;

    /// <summary>
    /// Whether demonstrations act on notes. Without it the warm start shows how notes are written, and only rewards
    /// teach what they are good for.
    /// </summary>
    public bool WarmStartNotes { get; init; } = true;

    /// <summary>The options by name.</summary>
    public static OptionTable<LaMerOptions> Table { get; } = new OptionTable<LaMerOptions>("the algorithm lamer", new())
        .Include(AgentOptions.Table, options => options.Agent, (options, agent) => options with { Agent = agent })
        .Integer("episodes", "attempts at a level while it learns",
            options => options.Episodes, (options, value) => options with { Episodes = value },
            low: "1 learns single attempts", high: "more to be learnt within a trial")
        .Integer("attempts", "attempts at a level when it is evaluated",
            options => options.Attempts, (options, value) => options with { Attempts = value })
        .Number("trial-discount", "what the next attempt counts for one",
            options => options.TrialDiscount, (options, value) => options with { TrialDiscount = value },
            low: "each attempt for itself", high: "explores for later attempts")
        .Switch("stops-at-success", "whether a trial ends when an attempt solves the level",
            options => options.StopsAtSuccess, (options, value) => options with { StopsAtSuccess = value })
        .Switch("remembers", "whether what is noted after an attempt is remembered",
            options => options.Remembers, (options, value) => options with { Remembers = value })
        .Switch("warm-start-notes", "whether demonstrations act on what was noted",
            options => options.WarmStartNotes, (options, value) => options with { WarmStartNotes = value });
}
