using System.Text.RegularExpressions;
using RLSquared.Language.Verifiers;
using RLSquared.Settings;

namespace RLSquared.Language.Algorithms;

/// <summary>What <see cref="LongTraceRl"/> can be told.</summary>
public sealed record LongTraceRlOptions
{
    /// <summary>All that is RLOO's: model, batch, generation, loss and optimiser.</summary>
    public RlooOptions Learning { get; init; } = LongTraceRl.Loss(new RlooOptions());

    /// <summary>η, the rubric's share of the reward. 0: the outcome alone; 1: the rubric alone.</summary>
    public float Eta { get; init => field = Require.Within("eta", value, 0, 1); } = 0.3f;

    /// <summary>Whose rubric counts.</summary>
    public RubricSign Sign { get; init; } = RubricSign.Positive;

    /// <summary>Whether rubrics are divided by the largest of their group.</summary>
    public bool ScalesByGroup { get; init; } = true;

    /// <summary>
    /// Whether a completion needs a thought that <c>&lt;/think&gt;</c> ends, once, and an answer behind it.
    /// </summary>
    public bool NeedsThought { get; init; } = true;

    /// <summary>The column with the entities: a list of texts.</summary>
    public string RubricColumn { get; init; } = "rubrics";

    /// <summary>LongRLVR's reward in place of outcome and rubric: F_2 of what a completion names.</summary>
    public bool IsLongRlvr { get; init; }

    /// <summary>
    /// What a completion names, for LongRLVR: a regular expression whose first group is a name, compared with the
    /// column of the rubric.
    /// </summary>
    public string NamedPattern
    {
        get;
        init => field = Readable(value);
    } = @"\[(?:Document )?([^\]]+)\]";

    static string Readable(string pattern)
    {
        try
        {
            _ = new Regex(pattern, RegexOptions.NonBacktracking);
            return pattern;
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            throw new OptionException("named-pattern", $"named-pattern is no regular expression: {wrong.Message}");
        }
    }

    /// <summary>The published figures, for models of billions of weights.</summary>
    public static LongTraceRlOptions Paper { get; } = new()
    {
        Learning = LongTraceRl.Loss(new RlooOptions
        {
            Batch = 128,
            GroupSize = 8,
            LongestCompletion = 32_000,
            LearningRate = 2e-6f,
            LearningRateSchedule = new(Tensors.Optimisers.ScheduleKind.Constant),
            WeightDecay = 0.1f,
            ImportanceFloor = 0.5f,
            ImportanceCap = 2,
            Kl = 0,
        }),
    };

    /// <summary>The options by name.</summary>
    public static OptionTable<LongTraceRlOptions> Table { get; } =
        new OptionTable<LongTraceRlOptions>("the algorithm longtrace", new())
            .Number("eta", "the rubric's share of the reward, η",
                options => options.Eta, (options, value) => options with { Eta = value },
                low: "the outcome alone", high: "names count more than answers")
            .Choice("rubric", "whose rubric counts",
                options => options.Sign, (options, value) => options with { Sign = value },
                ("positive", RubricSign.Positive), ("both", RubricSign.Both), ("negative", RubricSign.Negative),
                ("none", RubricSign.None))
            .Switch("scale-by-group", "whether rubrics are divided by the largest of their group",
                options => options.ScalesByGroup, (options, value) => options with { ScalesByGroup = value })
            .Switch("needs-thought", "whether a completion needs a thought that </think> ends",
                options => options.NeedsThought, (options, value) => options with { NeedsThought = value })
            .Words("rubric-column", "the column with the entities",
                options => options.RubricColumn, (options, value) => options with { RubricColumn = value })
            .Switch("long-rlvr", "LongRLVR's reward instead",
                options => options.IsLongRlvr, (options, value) => options with { IsLongRlvr = value })
            .Words("named-pattern", "what a completion names, for LongRLVR: a regular expression",
                options => options.NamedPattern, (options, value) => options with { NamedPattern = value })
            .Include(RlooOptions.Table,
                options => options.Learning, (options, value) => options with { Learning = value });
}
