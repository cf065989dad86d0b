using RLSquared.Settings;

namespace RLSquared.Language.Algorithms;

/// <summary>What the look back itself learns from.</summary>
public enum ReflectionTraining
{
    /// <summary>Nothing: it only labels.</summary>
    None,
    /// <summary>Its own looks back at plays that were solved, where they have their form.</summary>
    Imitate,
    /// <summary>A reward of 1 for a look back in its form, compared within the group.</summary>
    Reinforce,
}

/// <summary>
/// What <see cref="RePro"/> can be told. The paper's coefficients are not known to us; those here are our choice for
/// rewards of about 10 for a success, and each can be swept.
/// </summary>
public sealed record ReProOptions
{
    /// <summary>All that <see cref="GiGpo"/> has.</summary>
    public AgentOptions Agent { get; init; } = new();

    /// <summary>
    /// β: r_p = β (p_{t+1} − p_t), with p from 0 to 1. The sum over a play is at most β; 0 leaves it out.
    /// </summary>
    public double ProgressWeight { get; init => field = Require.AtLeast("progress-weight", value, 0); } = 1;

    /// <summary>α: r_align = −α |p̃_t − p_t|, the gap between the estimate on the way and the look back.</summary>
    public double AlignWeight { get; init => field = Require.AtLeast("align-weight", value, 0); } = 0.1;

    /// <summary>
    /// w: r_format = −w for a step without a progress tag, and for the last step of a play whose look back is not in
    /// its form.
    /// </summary>
    public double FormatWeight { get; init => field = Require.AtLeast("format-weight", value, 0); } = 0.1;

    /// <summary>The most that a look back may say of the first step, in hundredths.</summary>
    public int FirstCap { get; init => field = Require.Within("first-cap", value, 0, 100); } = 30;

    /// <summary>What the look back itself learns from.</summary>
    public ReflectionTraining Reflection { get; init; } = ReflectionTraining.Imitate;

    /// <summary>The advantage of an imitated look back.</summary>
    public float ReflectionWeight
    {
        get;
        init => field = Require.AtLeast("reflection-weight", value, 0);
    } = 0.5f;

    /// <summary>
    /// The share of demonstrations that are clumsy and often fail, so that looks back at failures are shown too. The
    /// paper shows successes alone: 0.
    /// </summary>
    public double WarmStartClumsy { get; init => field = Require.Within("warm-start-clumsy", value, 0, 1); } = 0.5;

    /// <summary>The options by name.</summary>
    public static OptionTable<ReProOptions> Table { get; } = new OptionTable<ReProOptions>("the algorithm repro", new())
        .Include(AgentOptions.Table, options => options.Agent, (options, agent) => options with { Agent = agent })
        .Number("progress-weight", "reward for progress that the look back sees, β",
            options => options.ProgressWeight, (options, value) => options with { ProgressWeight = value },
            low: "only the environment rewards", high: "labels count as much as success")
        .Number("align-weight", "cost of the gap between the estimates on the way and in the look back, α",
            options => options.AlignWeight, (options, value) => options with { AlignWeight = value })
        .Number("format-weight", "cost of estimates that are not in their form",
            options => options.FormatWeight, (options, value) => options with { FormatWeight = value })
        .Integer("first-cap", "most progress that a look back may see before the first action, 0 to 100",
            options => options.FirstCap, (options, value) => options with { FirstCap = value })
        .Choice("reflection", "what the look back itself learns from",
            options => options.Reflection, (options, value) => options with { Reflection = value },
            ("none", ReflectionTraining.None), ("imitate", ReflectionTraining.Imitate),
            ("reinforce", ReflectionTraining.Reinforce))
        .Number("reflection-weight", "advantage of a look back that is imitated",
            options => options.ReflectionWeight, (options, value) => options with { ReflectionWeight = value })
        .Number("warm-start-clumsy", "share of demonstrations that are clumsy and often fail",
            options => options.WarmStartClumsy, (options, value) => options with { WarmStartClumsy = value },
            low: "0 shows successes alone", high: "few good actions are shown");
}
