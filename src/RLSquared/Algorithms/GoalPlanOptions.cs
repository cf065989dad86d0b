using RLSquared.Experience;
using RLSquared.Settings;

namespace RLSquared.Algorithms;

/// <summary>
/// Whether a rival of <see cref="TransitiveRl"/> reaches far goals over recorded places by its own values, as that does
/// with <see cref="Extraction.Plan"/>: what of its success is the plan's, and what the values'.
/// </summary>
public sealed record GoalPlanOptions
{
    /// <summary>Off, as published: one network makes for any goal. On: it learns goals within a hop alone.</summary>
    public bool Plan { get; init; }

    /// <summary>
    /// The most steps of a hop, and of the goals that the policy learns. Few: many landmarks are needed; many: hops
    /// lead through walls where the value is still coarse.
    /// </summary>
    public int Reach { get; init => field = Require.Within("reach", value, 2, 10_000); } = 20;

    /// <summary>Recorded places that are put together. Few leave gaps wider than a hop; many cost their square once.
    /// </summary>
    public int Landmarks { get; init => field = Require.Within("landmarks", value, 1, 4096); } = 500;

    /// <summary>The goals of the policy: within a hop where there is a plan, else as usual.</summary>
    /// <param name="random">The share that is any row where there is none.</param>
    internal GoalRule Goals(float random) => Plan ? GoalRule.Near(Reach) : new(0, random, Geometric: false);
}

/// <summary>The same options in the table of every rival that has them.</summary>
static class GoalPlanSettings
{
    /// <summary>Adds them.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="get">These within the algorithm's options.</param>
    /// <param name="with">A copy of the algorithm's options with others.</param>
    public static OptionTable<TOptions> Planning<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, GoalPlanOptions> get,
        Func<TOptions, GoalPlanOptions, TOptions> with) where TOptions : class => table
        .Switch("plan", "whether far goals are reached over recorded places, no part of the published method",
            options => get(options).Plan, (options, value) => with(options, get(options) with { Plan = value }),
            low: "one network makes for any goal", high: "it learns near goals alone")
        .Integer("reach", "steps of a hop with plan",
            options => get(options).Reach, (options, value) => with(options, get(options) with { Reach = value }),
            low: "many landmarks are needed", high: "hops through walls while values are coarse")
        .Integer("landmarks", "recorded places that plan puts together",
            options => get(options).Landmarks,
            (options, value) => with(options, get(options) with { Landmarks = value }),
            low: "gaps wider than a hop", high: "slow decisions");
}
