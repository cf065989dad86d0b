using RLSquared.Language.Generation;
using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Settings;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Language.Algorithms;

/// <summary>What a completion is compared with.</summary>
public enum AdvantageKind
{
    /// <summary>The mean of the others of its group: RLOO.</summary>
    LeaveOneOut,
    /// <summary>The mean of its group: Dr. GRPO.</summary>
    Centred,
    /// <summary>The mean of its group, in deviations of the group: GRPO.</summary>
    Standardised,
    /// <summary>The mean of the batch, in deviations of the batch: REINFORCE++.</summary>
    Batch,
    /// <summary>The mean of the rewards so far: REINFORCE with a moving baseline.</summary>
    MovingMean,
    /// <summary>The best of a group counts 1, the others 0: RAFT.</summary>
    Best,
    /// <summary>What a value network expected before each token: PPO.</summary>
    Value,
}

/// <summary>Where the divergence from the reference policy is charged.</summary>
public enum DivergencePlace
{
    /// <summary>In the reward, k1 over the whole completion: RLOO.</summary>
    Reward,
    /// <summary>In the loss, k3 token by token: GRPO.</summary>
    Loss,
}

/// <summary>
/// What <see cref="Rloo"/> can be told. Each default that TRL has too is TRL's (its name stands in brackets), but for
/// what a small model from scratch needs: the learning rate and the batch. The members of the family
/// (<see cref="RlooFamily"/>) are these options with a few of them changed.
/// </summary>
public sealed record RlooOptions
{
    // ---- the model ----

    /// <summary>The folder of a model to begin with; empty for a new one of the shape below.</summary>
    public string Model { get; init; } = "";

    /// <summary>Layers of a new model. Few: fast; many: learns more. 2 to 8 here.</summary>
    public int Layers { get; init => field = Require.AtLeast("layers", value, 1); } = 4;

    /// <summary>D of a new model, a multiple of twice its heads.</summary>
    public int Hidden { get; init => field = Require.AtLeast("hidden", value, 2); } = 128;

    /// <summary>Heads of a new model.</summary>
    public int Heads { get; init => field = Require.AtLeast("heads", value, 1); } = 4;

    /// <summary>
    /// The deviation of a new model's first weights; 0 for 1/√D. 0.02 is usual for large models; a small one that has
    /// to look something up in its prompt begins to do so much sooner with 1/√D.
    /// </summary>
    public double InitialDeviation { get; init => field = Require.Within("initial-deviation", value, 0, 1); } = 0.02;

    /// <summary>
    /// The rank of a low-rank adapter (LoRA) that learns in place of the model; 0 for the model itself. The model
    /// without its adapter is the reference, so that no second copy of the weights is needed. 8 to 64.
    /// </summary>
    public int AdapterRank { get; init => field = Require.Within("adapter-rank", value, 0, 65_536); }

    /// <summary>α of the adapter, whose part is multiplied with α/rank. Twice the rank is usual.</summary>
    public float AdapterAlpha { get; init => field = Require.Above("adapter-alpha", value, 0); } = 16;

    // ---- the warm start: supervised, on prompts with a wanted completion ----

    /// <summary>
    /// The most updates of the supervised warm start; 0 for none. A new model says nothing that a reward could tell
    /// from anything else; it needs one. A model that can speak does not.
    /// </summary>
    public int WarmStart { get; init => field = Require.AtLeast("warm-start", value, 0); }

    /// <summary>Examples of an update of the warm start.</summary>
    public int WarmStartBatch { get; init => field = Require.AtLeast("warm-start-batch", value, 1); } = 256;

    /// <summary>The step size of the warm start.</summary>
    public float WarmStartRate { get; init => field = Require.Above("warm-start-rate", value, 0); } = 2e-3f;

    /// <summary>
    /// The warm start ends as soon as a batch that is drawn from the policy has this mean reward: the rest is what
    /// reinforcement learning is for.
    /// </summary>
    public float WarmStartReward { get; init => field = Require.AtLeast("warm-start-reward", value, 0); } = 0.3f;

    // ---- generation ----

    /// <summary>
    /// Completions of a generation batch, a multiple of the group size (generation_batch_size). Few: many noisy
    /// updates; many: few sure ones.
    /// </summary>
    public int Batch { get; init => field = Require.AtLeast("batch", value, 2); } = 256;

    /// <summary>
    /// G, completions of a prompt (num_generations). 2: more prompts, a noisy baseline; 4 to 16: a sure one.
    /// </summary>
    public int GroupSize
    {
        get;
        init => field = value >= 2 ? value : throw new OptionException(
            "group-size", $"group-size must be at least 2, for completions of a prompt are compared, but is {value}");
    } = 2;

    /// <summary>The most tokens of a completion (max_completion_length); 0 for what the task says.</summary>
    public int LongestCompletion { get; init => field = Require.AtLeast("longest-completion", value, 0); }

    /// <summary>
    /// Scores are divided by it, in sampling and in learning. Below 1: surer, tries less; above: tries more.
    /// </summary>
    public float Temperature { get; init => field = Require.Above("temperature", value, 0); } = 1;

    /// <summary>Tokens beyond this cumulative probability are not drawn (top_p); 1 for all.</summary>
    public float TopP { get; init => field = Require.Within("top-p", value, 1e-6f, 1); } = 1;

    /// <summary>Only so many of the likeliest tokens are drawn (top_k); 0 for all.</summary>
    public int TopK { get; init => field = Require.AtLeast("top-k", value, 0); }

    /// <summary>Tokens below this share of the likeliest are not drawn (min_p); 0 for all.</summary>
    public float MinP { get; init => field = Require.Within("min-p", value, 0, 1); }

    /// <summary>What the scores of tokens that are there already are divided by (repetition_penalty).</summary>
    public float RepetitionPenalty
    {
        get;
        init => field = Require.Above("repetition-penalty", value, 0);
    } = 1;

    /// <summary>Sequences that are generated at once. It changes speed and memory, and no number.</summary>
    public int InFlight { get; init => field = Require.AtLeast("in-flight", value, 1); } = 256;

    /// <summary>
    /// The most generation batches that are drawn for one where groups whose rewards are all alike are drawn anew
    /// (dynamic sampling, DAPO); 1 takes them as they are.
    /// </summary>
    public int SamplingRounds { get; init => field = Require.AtLeast("sampling-rounds", value, 1); } = 1;

    /// <summary>
    /// The share of a batch, at most, that asks prompts again whose group came below the mean reward of its batch when
    /// they were asked last. 0: each prompt is new.
    /// </summary>
    public double AskAgain { get; init => field = Require.Within("ask-again", value, 0, 0.9); }

    // ---- credit ----

    /// <summary>What a completion is compared with.</summary>
    public AdvantageKind Advantage { get; init; } = AdvantageKind.LeaveOneOut;

    /// <summary>
    /// β, what a nat of divergence from the reference costs (beta). 0: no reference model at all; high: stays near it.
    /// 0.01 to 0.1 for models that can speak.
    /// </summary>
    public float Kl { get; init => field = Require.AtLeast("kl", value, 0); } = 0.05f;

    /// <summary>Where it is charged.</summary>
    public DivergencePlace KlPlace { get; init; } = DivergencePlace.Reward;

    /// <summary>
    /// Rewards are cut to [−limit, limit] before the divergence is charged (reward_clip_range); 0 for no limit.
    /// </summary>
    public float RewardLimit { get; init => field = Require.AtLeast("reward-limit", value, 0); }

    /// <summary>Whether advantages are standardised over the batch (normalize_advantages).</summary>
    public bool NormaliseAdvantages { get; init; }

    /// <summary>
    /// γ of a value network: what a reward is worth a token earlier. 1 for rewards of whole completions.
    /// </summary>
    public float Discount { get; init => field = Require.Within("discount", value, 0, 1); } = 1;

    /// <summary>
    /// λ of a value network (lam): 1 trusts the rewards alone, less trusts the values of later tokens.
    /// </summary>
    public float Lambda { get; init => field = Require.Within("lambda", value, 0, 1); } = 0.95f;

    /// <summary>How far an update may move a value, ε (cliprange_value); 0 for no limit.</summary>
    public float ValueClip { get; init => field = Require.AtLeast("value-clip", value, 0); } = 0.2f;

    /// <summary>The step size of the value network; 0 for that of the policy.</summary>
    public float ValueRate { get; init => field = Require.AtLeast("value-rate", value, 0); }

    /// <summary>
    /// Whether completions that were cut at their longest give no gradient (mask_truncated_completions). Their rewards
    /// still count for their siblings.
    /// </summary>
    public bool MaskTruncated { get; init; }

    /// <summary>
    /// Updates between two steps of the reference towards the policy (ref_model_sync_steps); 0: never.
    /// </summary>
    public int ReferenceEvery { get; init => field = Require.AtLeast("reference-every", value, 0); }

    /// <summary>How far, from 0 to 1 (ref_model_mixup_alpha).</summary>
    public float ReferenceMix { get; init => field = Require.Within("reference-mix", value, 0, 1); } = 0.6f;

    // ---- the loss ----

    /// <summary>Over what the ratio π/π_old is taken.</summary>
    public RatioLevel Ratio { get; init; } = RatioLevel.SequenceSum;

    /// <summary>What keeps a step near.</summary>
    public SurrogateKind Surrogate { get; init; } = SurrogateKind.Clipped;

    /// <summary>How tokens' losses become one.</summary>
    public Aggregation Aggregation { get; init; } = Aggregation.SequenceSum;

    /// <summary>ε_low of the clipped ratio (epsilon).</summary>
    public float ClipLow { get; init => field = Require.Above("clip-low", value, 0); } = 0.2f;

    /// <summary>ε_high (epsilon_high): 0.28 in DAPO.</summary>
    public float ClipHigh { get; init => field = Require.Above("clip-high", value, 0); } = 0.2f;

    /// <summary>The cap of CISPO's weight.</summary>
    public float WeightCap { get; init => field = Require.Above("weight-cap", value, 0); } = 5;

    /// <summary>
    /// Where the sampler's distribution is not the trainer's (top-p, top-k, min-p, a penalty, older weights), the loss
    /// of a token is weighted by min(π_old/μ, this); 0 for no weights.
    /// </summary>
    public float ImportanceCap { get; init => field = Require.AtLeast("importance-cap", value, 0); }

    /// <summary>
    /// Above 0: a token whose weight π_old/μ is below this or above <see cref="ImportanceCap"/> gets the weight 0
    /// (icepop: 0.5 and 2). 0: weights have no lower limit, and those above the cap become the cap.
    /// </summary>
    public float ImportanceFloor { get; init => field = Require.AtLeast("importance-floor", value, 0); }

    /// <summary>
    /// Completions with a negative advantage give no gradient once the mean of log μ − log π over their tokens is above
    /// this (off_policy_mask_threshold of TRL's GRPO); 0 for no such limit.
    /// </summary>
    public float OffPolicyLimit { get; init => field = Require.AtLeast("off-policy-limit", value, 0); }

    // ---- optimisation ----

    /// <summary>Updates of one pass over a generation batch (steps_per_generation); divides the batch.</summary>
    public int Updates { get; init => field = Require.AtLeast("updates", value, 1); } = 1;

    /// <summary>Passes over a generation batch (num_iterations).</summary>
    public int Epochs { get; init => field = Require.AtLeast("epochs", value, 1); } = 1;

    /// <summary>The optimiser's step size. 1e-6 for models of billions; 1e-4 to 2e-3 for those of a million.</summary>
    public float LearningRate { get; init => field = Require.Above("learning-rate", value, 0); } = 5e-4f;

    /// <summary>How it changes over the budget.</summary>
    public Schedule LearningRateSchedule { get; init; } = new(ScheduleKind.Linear);

    /// <summary>Limit of the gradient's length; 0 for none (max_grad_norm).</summary>
    public float GradientNorm { get; init => field = Require.AtLeast("gradient-norm", value, 0); } = 1;

    /// <summary>Share of each weight that is lost per unit of the step size.</summary>
    public float WeightDecay { get; init => field = Require.AtLeast("weight-decay", value, 0); }

    /// <summary>
    /// Independent pieces into which batches are cut. More keep more threads busy. The last bits of the result depend
    /// on it, and never on the number of threads.
    /// </summary>
    public int Shards { get; init => field = Require.AtLeast("shards", value, 1); } = 4;

    /// <summary>The most tokens of a piece: what memory allows. Larger batches are learnt piece by piece.</summary>
    public int TokensAtOnce { get; init => field = Require.AtLeast("tokens-at-once", value, 1); } = 16_384;

    /// <summary>
    /// TRL's defaults for its RLOO: for a model of billions of weights that can speak already. 64 completions for an
    /// update is what its batch of 8 comes to on eight devices.
    /// </summary>
    public static RlooOptions Trl { get; } = new()
    {
        Batch = 64,
        GroupSize = 2,
        LongestCompletion = 512,
        Kl = 0.05f,
        LearningRate = 1e-6f,
        GradientNorm = 1,
    };

    /// <summary>
    /// Whether the sampler's log-probabilities are those of the trainer. Products with an adapter of rank 1 are rounded
    /// otherwise where there are many rows.
    /// </summary>
    internal bool SamplesAsItLearns =>
        TopP == 1 && TopK == 0 && MinP == 0 && RepetitionPenalty == 1 && AdapterRank != 1;

    /// <summary>The most tokens of a completion: what the option says, or else the task.</summary>
    internal int LongestOf(PromptTask task) => LongestCompletion > 0 ? LongestCompletion : task.LongestCompletion;

    /// <summary>How tokens are drawn.</summary>
    internal SamplingOptions Sampling(int longest, IReadOnlyList<int> endTokens) => new()
    {
        MaximumTokens = longest,
        Temperature = Temperature,
        TopP = TopP,
        TopK = TopK,
        MinP = MinP,
        RepetitionPenalty = RepetitionPenalty,
        StopTokens = endTokens,
    };

    /// <summary>
    /// With <see cref="MaskTruncated"/>, a completion that was cut gives no gradient and no divergence; its reward
    /// counts for its siblings.
    /// </summary>
    internal IReadOnlyList<Completion> Masked(IReadOnlyList<Completion> drawn) => !MaskTruncated ? drawn
        : [.. drawn.Select(one => one.IsFinished ? one : one with { Mask = new byte[one.Tokens.Count] })];

    internal SurrogateOptions SurrogateOptions => new()
    {
        Kind = Surrogate,
        Low = ClipLow,
        High = ClipHigh,
        WeightCap = WeightCap,
    };

    /// <summary>Checks what no single option can know.</summary>
    /// <exception cref="OptionException">
    /// The group size does not divide the batch, or the updates do not, or heads do not divide the hidden size; or a
    /// reference shall move that is the model without its adapter.
    /// </exception>
    public void Validate()
    {
        if (Batch % GroupSize != 0)
        {
            int below = Batch / GroupSize * GroupSize;
            throw new OptionException("batch", $"batch {Batch} is not whole groups of {GroupSize}; " +
                (below > 0 ? $"{below} and {below + GroupSize} are" : $"{GroupSize} is"));
        }
        if (Batch % Updates != 0)
            throw new OptionException("updates", $"{Updates} updates do not divide a batch of {Batch} completions");
        if (ImportanceFloor > 0 && ImportanceCap < ImportanceFloor)
        {
            throw new OptionException("importance-floor",
                $"importance-floor {ImportanceFloor} needs an importance-cap above it, such as 2, not {ImportanceCap}");
        }
        if (Model.Length == 0 && Hidden % (2 * Heads) != 0)
            throw new OptionException("heads", $"{Heads} heads do not cut {Hidden} numbers into even sizes");
        if (AdapterRank > 0 && ReferenceEvery > 0)
        {
            throw new OptionException("reference-every", "with adapter-rank the reference is the model without its " +
                "adapter, which does not move; set reference-every=0 or adapter-rank=0");
        }
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<RlooOptions> Table { get; } = RlooOptionTable.Create();
}
