using RLSquared.Language.Objectives;
using RLSquared.Language.Verifiers.Judges;
using RLSquared.Settings;

namespace RLSquared.Language.Algorithms;

/// <summary>What the judge of <see cref="ExpRl"/> grades.</summary>
public enum ExpRlReward
{
    /// <summary>Each step; every token has the advantage of its step: ExpRL-Process.</summary>
    Process,
    /// <summary>The whole completion, compared within its group: ExpRL-Outcome.</summary>
    Outcome,
}

/// <summary>What <see cref="ExpRl"/> can be told.</summary>
public sealed record ExpRlOptions
{
    /// <summary>All that is RLOO's: model, batch, generation, loss and optimiser.</summary>
    public RlooOptions Learning { get; init; } = ExpRl.Loss(new RlooOptions(), ExpRlReward.Process);

    /// <summary>Who grades.</summary>
    public JudgeOptions Judge { get; init; } = new();

    /// <summary>Steps or whole completions.</summary>
    public ExpRlReward Reward { get; init; } = ExpRlReward.Process;

    /// <summary>What the score of a step is compared with; only for steps.</summary>
    public SegmentCentring Centring { get; init; } = SegmentCentring.Delta;

    /// <summary>
    /// Whether all tokens of a completion that was cut have the lowest advantage of its group, and not 0. Not the
    /// paper's: with 0, being cut is better than steps that are graded below their comparison. Only for steps.
    /// </summary>
    public bool CutIsWorst { get; init; }

    /// <summary>How scores from 1 to 5 become numbers.</summary>
    public ScoreMap Scores { get; init; } = ScoreMap.Smooth;

    /// <summary>What ends a step. A character or two that the policy writes anyway.</summary>
    public string Delimiter
    {
        get;
        init => field = value.Length > 0 ? value : throw new OptionException(
            "delimiter", "delimiter must be some text, such as ###, for steps end with it");
    } = "###";

    /// <summary>
    /// Whether the judge reads all steps up to a cut (the paper's text) or one step alone (its published code).
    /// </summary>
    public bool JudgesPrefixes { get; init; }

    /// <summary>
    /// Whether a completion of one step gets its score as its advantage, as in the published code, and not 0. It
    /// rewards a policy that stops writing delimiters.
    /// </summary>
    public bool KeepsSingleSteps { get; init; }

    /// <summary>The column with the reference solution.</summary>
    public string ReferenceColumn { get; init; } = "reference";

    /// <summary>ExpRL-Process with the published figures, for models of billions of weights.</summary>
    public static ExpRlOptions PaperProcess { get; } = Paper(ExpRlReward.Process);

    /// <summary>ExpRL-Outcome with the published figures.</summary>
    public static ExpRlOptions PaperOutcome { get; } = Paper(ExpRlReward.Outcome);

    static ExpRlOptions Paper(ExpRlReward reward) => new()
    {
        Reward = reward,
        Learning = ExpRl.Loss(new RlooOptions
        {
            GroupSize = reward == ExpRlReward.Process ? 16 : 10,
            Batch = 36 * (reward == ExpRlReward.Process ? 16 : 10),
            Updates = reward == ExpRlReward.Process ? 1 : 2,
            LongestCompletion = 16_384,
            Temperature = 0.8f,
            LearningRate = 1e-6f,
            LearningRateSchedule = new(Tensors.Optimisers.ScheduleKind.Constant),
            Kl = 0.001f,
        }, reward),
    };

    /// <summary>The options by name.</summary>
    public static OptionTable<ExpRlOptions> Table { get; } =
        new OptionTable<ExpRlOptions>("the algorithm exprl", new())
            .Choice("reward", "what is graded",
                options => options.Reward, (options, value) => options with { Reward = value },
                ("process", ExpRlReward.Process), ("outcome", ExpRlReward.Outcome))
            .Choice("centring", "what the score of a step is compared with",
                options => options.Centring, (options, value) => options with { Centring = value },
                ("delta", SegmentCentring.Delta), ("end", SegmentCentring.End), ("group", SegmentCentring.Group),
                ("row", SegmentCentring.Row))
            .Switch("cut-is-worst", "whether a completion that was cut has the lowest advantage of its group",
                options => options.CutIsWorst, (options, value) => options with { CutIsWorst = value })
            .Choice("scores", "how scores from 1 to 5 become numbers",
                options => options.Scores, (options, value) => options with { Scores = value },
                ("smooth", ScoreMap.Smooth), ("extreme-only-clipped", ScoreMap.ExtremeOnlyClipped),
                ("extreme-only", ScoreMap.ExtremeOnly), ("semi-smooth", ScoreMap.SemiSmooth))
            .Words("delimiter", "what ends a step",
                options => options.Delimiter, (options, value) => options with { Delimiter = value })
            .Switch("judge-prefixes", "whether the judge reads all steps up to a cut",
                options => options.JudgesPrefixes, (options, value) => options with { JudgesPrefixes = value })
            .Switch("keep-single-steps", "whether a completion of one step keeps its score (the published code)",
                options => options.KeepsSingleSteps, (options, value) => options with { KeepsSingleSteps = value })
            .Words("reference-column", "the column with the reference solution",
                options => options.ReferenceColumn, (options, value) => options with { ReferenceColumn = value })
            .Include(JudgeOptions.Table,
                options => options.Judge, (options, value) => options with { Judge = value })
            .Include(RlooOptions.Table,
                options => options.Learning, (options, value) => options with { Learning = value });
}
