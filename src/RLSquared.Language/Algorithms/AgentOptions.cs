using RLSquared.Language.Objectives;
using RLSquared.Settings;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Language.Algorithms;

/// <summary>What plays and steps are compared with.</summary>
public enum AgentBaseline
{
    /// <summary>The mean of the group, in its deviations: GRPO, and GiGPO's <c>mean_std_norm</c>.</summary>
    Deviations,
    /// <summary>The mean of the group: GiGPO's <c>mean_norm</c>.</summary>
    Mean,
    /// <summary>The mean of the others of the group: RLOO.</summary>
    Others,
}

/// <summary>Over what the mean and the deviation of a group of plays are taken.</summary>
public enum GroupStatistics
{
    /// <summary>Over all steps of all plays, so that long plays count more: what the published code does.</summary>
    Steps,
    /// <summary>Over plays: what the paper writes.</summary>
    Plays,
}

/// <summary>
/// What <see cref="GiGpo"/> can be told, and with it all that trains agents of many turns. γ, ω, the group, the clip
/// and the penalty are verl-agent's; the model and the step sizes are for a small model that begins with nothing.
/// </summary>
public sealed record AgentOptions
{
    // ---- the model ----

    /// <summary>Layers of the model. Few: fast; many: learns more.</summary>
    public int Layers { get; init => field = Require.AtLeast("layers", value, 1); } = 3;

    /// <summary>D of the model, a multiple of twice its heads.</summary>
    public int Hidden { get; init => field = Require.AtLeast("hidden", value, 2); } = 96;

    /// <summary>Heads of the model.</summary>
    public int Heads { get; init => field = Require.AtLeast("heads", value, 1); } = 4;

    /// <summary>
    /// The deviation of the first weights; 0 for 1/√D. With the 0.02 that is usual for large models a small one reads
    /// nothing for thousands of updates.
    /// </summary>
    public double InitialDeviation { get; init => field = Require.Within("initial-deviation", value, 0, 1); }

    /// <summary>
    /// Earlier turns in a prompt; −1 for all, so that a play is one transcript. 0 suits what is fully shown; 2 in
    /// verl-agent. Many turns make prompts long.
    /// </summary>
    public int History { get; init => field = Require.AtLeast("history", value, -1); }

    // ---- the warm start: imitation of demonstrations ----

    /// <summary>The most updates of the warm start; 0 for none.</summary>
    public int WarmStart { get; init => field = Require.AtLeast("warm-start", value, 0); } = 1500;

    /// <summary>Demonstrated plays of an update of the warm start.</summary>
    public int WarmStartPlays { get; init => field = Require.AtLeast("warm-start-plays", value, 1); } = 16;

    /// <summary>The step size of the warm start.</summary>
    public float WarmStartRate { get; init => field = Require.Above("warm-start-rate", value, 0); } = 1e-3f;

    /// <summary>The warm start ends as soon as a batch of plays succeeds this often.</summary>
    public float WarmStartSuccess
    {
        get;
        init => field = Require.Within("warm-start-success", value, 0, 2);
    } = 0.35f;

    /// <summary>The share of demonstrated actions that are random, and not learnt: they show the way back.</summary>
    public double WarmStartNoise { get; init => field = Require.Within("warm-start-noise", value, 0, 0.9); } = 0.2;

    // ---- plays ----

    /// <summary>Levels of a batch: 16 in verl-agent.</summary>
    public int Groups { get; init => field = Require.AtLeast("groups", value, 1); } = 16;

    /// <summary>G, plays of a level: 8 in verl-agent.</summary>
    public int GroupSize
    {
        get;
        init => field = value >= 2 ? value : throw new OptionException(
            "group-size", $"group-size must be at least 2, for plays of a level are compared, but is {value}");
    } = 8;

    /// <summary>Scores are divided by it while plays are drawn and learnt from.</summary>
    public float Temperature { get; init => field = Require.Above("temperature", value, 0); } = 1;

    /// <summary>The same where plays only measure: 0.4 in verl-agent.</summary>
    public double EvaluationTemperature
    {
        get;
        init => field = Require.AtLeast("evaluation-temperature", value, 0);
    } = 0.4;

    /// <summary>Plays that are generated at once. It changes speed and memory, and no number.</summary>
    public int InFlight { get; init => field = Require.AtLeast("in-flight", value, 1); } = 256;

    // ---- credit ----

    /// <summary>γ within a play.</summary>
    public double Gamma { get; init => field = Require.Within("gamma", value, 0, 1); } = 0.95;

    /// <summary>
    /// ω, the weight of the comparison of steps from the same state beside that of whole plays; 0 leaves it out, which
    /// is GRPO or RLOO.
    /// </summary>
    public double StepWeight { get; init => field = Require.AtLeast("step-weight", value, 0); } = 1;

    /// <summary>What plays and steps are compared with.</summary>
    public AgentBaseline Baseline { get; init; } = AgentBaseline.Deviations;

    /// <summary>Over what mean and deviation of a group are taken.</summary>
    public GroupStatistics Statistics { get; init; } = GroupStatistics.Steps;

    /// <summary>What a step without a valid action costs: its play's score and its own return.</summary>
    public float InvalidPenalty { get; init => field = Require.AtLeast("invalid-penalty", value, 0); } = 0.1f;

    // ---- the loss ----

    /// <summary>β, what the divergence from the reference costs, k3 by token; 0 for no reference. 0.01 in verl-agent.
    /// </summary>
    public float Kl { get; init => field = Require.AtLeast("kl", value, 0); } = 0.01f;

    /// <summary>ε below 1 of the clipped ratio.</summary>
    public float ClipLow { get; init => field = Require.Above("clip-low", value, 0); } = 0.2f;

    /// <summary>ε above 1 of the clipped ratio.</summary>
    public float ClipHigh { get; init => field = Require.Above("clip-high", value, 0); } = 0.2f;

    /// <summary>Updates of one pass over a batch.</summary>
    public int Updates { get; init => field = Require.AtLeast("updates", value, 1); } = 4;

    /// <summary>Passes over a batch.</summary>
    public int Epochs { get; init => field = Require.AtLeast("epochs", value, 1); } = 1;

    /// <summary>The optimiser's step size. 1e-6 for models of billions; 1e-4 to 1e-3 for small ones.</summary>
    public float LearningRate { get; init => field = Require.Above("learning-rate", value, 0); } = 3e-4f;

    /// <summary>How it changes over the budget.</summary>
    public Schedule LearningRateSchedule { get; init; } = new(ScheduleKind.Linear);

    /// <summary>Limit of the gradient's length; 0 for none.</summary>
    public float GradientNorm { get; init => field = Require.AtLeast("gradient-norm", value, 0); } = 1;

    /// <summary>Independent pieces into which batches are cut; the last bits of the result depend on it.</summary>
    public int Shards { get; init => field = Require.AtLeast("shards", value, 1); } = 4;

    /// <summary>The most tokens of a piece: what memory allows.</summary>
    public int TokensAtOnce { get; init => field = Require.AtLeast("tokens-at-once", value, 1); } = 16_384;

    /// <summary>The loss: PPO's clipped ratio by token, k3 in the loss, the mean over tokens.</summary>
    internal RlooOptions Loss => RlooFamily.Grpo(new RlooOptions()) with
    {
        Aggregation = Aggregation.GlobalTokenMean,
        ClipLow = ClipLow,
        ClipHigh = ClipHigh,
        Kl = Kl,
    };

    /// <summary>Checks what no single option can know.</summary>
    /// <exception cref="OptionException">Heads do not divide the hidden size.</exception>
    public void Validate()
    {
        if (Hidden % (2 * Heads) != 0)
            throw new OptionException("heads", $"{Heads} heads do not cut {Hidden} numbers into even sizes");
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<AgentOptions> Table { get; } = AgentOptionTable.Create();
}
