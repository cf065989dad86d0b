using RLSquared.Language.Objectives;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// RLOO's siblings. Each is a change of a few options of <see cref="Rloo"/>: what a completion is compared with, over
/// what the ratio is taken, what keeps a step near, how tokens add up, and where the divergence is charged.
/// <para>To add one: 1. a method that says what differs, and why; 2. a line in <see cref="All"/>; 3. a test that its
/// loss is what the paper says.</para>
/// </summary>
public static class RlooFamily
{
    /// <summary>All members by their names on the command line, with a line on each.</summary>
    public static IReadOnlyList<(string Name, string Description, Func<RlooOptions, RlooOptions> Change)> All { get; } =
    [
        ("rloo", "REINFORCE leave-one-out (Ahmadian et al. 2024)", Rloo),
        ("grpo", "group-relative policy optimisation (Shao et al. 2024)", Grpo),
        ("dr-grpo", "GRPO without its biases of length and difficulty (Liu et al. 2025)", DrGrpo),
        ("dapo", "GRPO by token, with a higher upper clip and dynamic sampling (Yu et al. 2025)", Dapo),
        ("gspo", "GRPO with one ratio for each sequence (Zheng et al. 2025)", Gspo),
        ("cispo", "clipped weights in place of clipped updates (MiniMax 2025)", Cispo),
        ("reinforce-plus-plus", "REINFORCE with a baseline of the whole batch (Hu 2025)", ReinforcePlusPlus),
        ("reinforce", "REINFORCE with a moving baseline (Williams 1992)", Reinforce),
        ("raft", "supervised learning of the best of each group (Dong et al. 2023)", Raft),
        ("ppo", "proximal policy optimisation by token, with a value network (Schulman et al. 2017)", Ppo),
    ];

    /// <summary>Compared with the others of the group; one ratio, of the whole completion.</summary>
    public static RlooOptions Rloo(RlooOptions options) => (options ?? throw new ArgumentNullException(nameof(options)))
        with
    {
        Advantage = AdvantageKind.LeaveOneOut,
        Ratio = RatioLevel.SequenceSum,
        Surrogate = SurrogateKind.Clipped,
        Aggregation = Aggregation.SequenceSum,
        KlPlace = DivergencePlace.Reward,
    };

    /// <summary>
    /// Advantages in deviations of the group, a ratio for each token, the mean over a completion's tokens, k3 in the
    /// loss.
    /// </summary>
    public static RlooOptions Grpo(RlooOptions options) => (options ?? throw new ArgumentNullException(nameof(options)))
        with
    {
        Advantage = AdvantageKind.Standardised,
        Ratio = RatioLevel.Token,
        Surrogate = SurrogateKind.Clipped,
        Aggregation = Aggregation.SequenceMean,
        KlPlace = DivergencePlace.Loss,
    };

    /// <summary>
    /// GRPO without division by the deviation, which prefers prompts that are very easy or very hard, and without
    /// division by the length, which makes long wrong completions cheap.
    /// </summary>
    public static RlooOptions DrGrpo(RlooOptions options) => Grpo(options) with
    {
        Advantage = AdvantageKind.Centred,
        Aggregation = Aggregation.ConstantLength,
    };

    /// <summary>
    /// GRPO with every token of equal weight, an upper clip of 0.28 so that rare tokens can grow, groups without
    /// variation drawn anew, cut completions masked, and no divergence.
    /// </summary>
    public static RlooOptions Dapo(RlooOptions options) => Grpo(options) with
    {
        Aggregation = Aggregation.GlobalTokenMean,
        ClipLow = 0.2f,
        ClipHigh = 0.28f,
        SamplingRounds = 3,
        MaskTruncated = true,
        Kl = 0,
    };

    /// <summary>GRPO with the geometric mean of a completion's ratios, whose clips are much narrower.</summary>
    public static RlooOptions Gspo(RlooOptions options) => Grpo(options) with
    {
        Ratio = RatioLevel.SequenceMean,
        ClipLow = 3e-4f,
        ClipHigh = 4e-4f,
    };

    /// <summary>
    /// GRPO by token where the ratio is a weight that is cut and has no gradient: every token keeps one.
    /// </summary>
    public static RlooOptions Cispo(RlooOptions options) => Grpo(options) with
    {
        Surrogate = SurrogateKind.ClippedWeight,
        Aggregation = Aggregation.GlobalTokenMean,
        WeightCap = 5,
        Kl = 0,
    };

    /// <summary>No groups: compared with the whole batch, in its deviations; the divergence in the reward.</summary>
    public static RlooOptions ReinforcePlusPlus(RlooOptions options) => Grpo(options) with
    {
        Advantage = AdvantageKind.Batch,
        Aggregation = Aggregation.GlobalTokenMean,
        KlPlace = DivergencePlace.Reward,
    };

    /// <summary>Compared with the mean of the rewards so far, with nothing that holds a step back.</summary>
    public static RlooOptions Reinforce(RlooOptions options) => Rloo(options) with
    {
        Advantage = AdvantageKind.MovingMean,
        Surrogate = SurrogateKind.Unclipped,
    };

    /// <summary>
    /// Each token compared with what a value network expected before it (<c>Critic.cs</c>), in deviations of the
    /// batch; every token of equal weight; the divergence in the reward, token by token.
    /// </summary>
    public static RlooOptions Ppo(RlooOptions options) => Grpo(options) with
    {
        Advantage = AdvantageKind.Value,
        Aggregation = Aggregation.GlobalTokenMean,
        KlPlace = DivergencePlace.Reward,
        NormaliseAdvantages = true,
    };

    /// <summary>The best of each group is learnt as if it had been given.</summary>
    public static RlooOptions Raft(RlooOptions options) => Rloo(options) with
    {
        Advantage = AdvantageKind.Best,
        Ratio = RatioLevel.Token,
        Surrogate = SurrogateKind.Unclipped,
    };
}
