using RLSquared.Algorithms;
using RLSquared.Language.Objectives;
using RLSquared.Settings;

namespace RLSquared.Language.Algorithms;

/// <summary>The options of <see cref="Rloo"/> by name, for the command line and for run folders.</summary>
static class RlooOptionTable
{
    public static OptionTable<RlooOptions> Create() => Loss(Credit(Generation(Model(
        new OptionTable<RlooOptions>("the algorithm rloo", new())))))
        .Updates(options => options.Updates, (options, value) => options with { Updates = value },
            of: "completion", limit: "; divides it")
        .Passes(options => options.Epochs, (options, value) => options with { Epochs = value }, of: "completion")
        .LearningRate(options => options.LearningRate, (options, value) => options with { LearningRate = value })
        .LearningRateSchedule(
            options => options.LearningRateSchedule, (options, value) => options with { LearningRateSchedule = value })
        .GradientNorm(options => options.GradientNorm, (options, value) => options with { GradientNorm = value })
        .Number("weight-decay", "share of each weight lost per unit of the step size",
            options => options.WeightDecay, (options, value) => options with { WeightDecay = value })
        .Shards(options => options.Shards, (options, value) => options with { Shards = value })
        .TokensAtOnce(options => options.TokensAtOnce, (options, value) => options with { TokensAtOnce = value });

    static OptionTable<RlooOptions> Model(OptionTable<RlooOptions> table) => table
        .Words("model", "folder of a model to begin with; empty for a new one",
            options => options.Model, (options, value) => options with { Model = value })
        .Integer("layers", "layers of a new model",
            options => options.Layers, (options, value) => options with { Layers = value },
            low: "fast", high: "learns more")
        .Integer("hidden", "numbers of a token in a new model, D",
            options => options.Hidden, (options, value) => options with { Hidden = value },
            low: "fast", high: "learns more")
        .Integer("heads", "heads of a new model",
            options => options.Heads, (options, value) => options with { Heads = value })
        .Number("initial-deviation", "deviation of a new model's first weights; 0 for 1/√D",
            options => options.InitialDeviation, (options, value) => options with { InitialDeviation = value },
            low: "0.02 suits large models; small ones read late", high: "begins with opinions")
        .Integer("adapter-rank", "rank of an adapter (LoRA) that learns in place of the model; 0 for none",
            options => options.AdapterRank, (options, value) => options with { AdapterRank = value },
            low: "few weights learn", high: "learns more")
        .Number("adapter-alpha", "what an adapter is multiplied with, times its rank",
            options => options.AdapterAlpha, (options, value) => options with { AdapterAlpha = value },
            low: "slow", high: "unstable")
        .Integer("warm-start", "most updates of the supervised warm start; 0 for none",
            options => options.WarmStart, (options, value) => options with { WarmStart = value },
            low: "rewards are rare at first", high: "little is left to be reinforced")
        .Integer("warm-start-batch", "examples of an update of the warm start",
            options => options.WarmStartBatch, (options, value) => options with { WarmStartBatch = value })
        .Number("warm-start-rate", "step size of the warm start",
            options => options.WarmStartRate, (options, value) => options with { WarmStartRate = value })
        .Number("warm-start-reward", "mean reward at which the warm start ends",
            options => options.WarmStartReward, (options, value) => options with { WarmStartReward = value });

    static OptionTable<RlooOptions> Generation(OptionTable<RlooOptions> table) => table
        .Integer("batch", "completions of a generation batch",
            options => options.Batch, (options, value) => options with { Batch = value },
            low: "many noisy updates", high: "few sure ones")
        .GroupSize(options => options.GroupSize, (options, value) => options with { GroupSize = value },
            of: "completions of a prompt", more: "prompts")
        .Integer("longest-completion", "most tokens of a completion; 0 for what the task says",
            options => options.LongestCompletion, (options, value) => options with { LongestCompletion = value })
        .Temperature(options => options.Temperature, (options, value) => options with { Temperature = value })
        .Number("top-p", "cumulative probability of the tokens that are drawn",
            options => options.TopP, (options, value) => options with { TopP = value })
        .Integer("top-k", "how many of the likeliest tokens are drawn; 0 for all",
            options => options.TopK, (options, value) => options with { TopK = value })
        .Number("min-p", "least share of the likeliest token's probability",
            options => options.MinP, (options, value) => options with { MinP = value })
        .Number("repetition-penalty", "what scores of tokens that are there already are divided by",
            options => options.RepetitionPenalty, (options, value) => options with { RepetitionPenalty = value })
        .InFlight(options => options.InFlight, (options, value) => options with { InFlight = value }, what: "sequences")
        .Integer("sampling-rounds", "most batches drawn for one that has no groups of equal rewards",
            options => options.SamplingRounds, (options, value) => options with { SamplingRounds = value },
            low: "1 takes groups as they are", high: "every group teaches")
        .Number("ask-again", "most of a batch that asks prompts again which went worse than the others",
            options => options.AskAgain, (options, value) => options with { AskAgain = value },
            low: "0 asks new prompts only", high: "dwells on what is hard");

    static OptionTable<RlooOptions> Credit(OptionTable<RlooOptions> table) => table
        .Choice("advantage", "what a completion is compared with",
            options => options.Advantage, (options, value) => options with { Advantage = value },
            ("leave-one-out", AdvantageKind.LeaveOneOut), ("centred", AdvantageKind.Centred),
            ("standardised", AdvantageKind.Standardised), ("batch", AdvantageKind.Batch),
            ("moving-mean", AdvantageKind.MovingMean), ("best", AdvantageKind.Best), ("value", AdvantageKind.Value))
        .Number("discount", "what a reward is worth a token earlier, γ, with advantage=value",
            options => options.Discount, (options, value) => options with { Discount = value })
        .Number("lambda", "how far advantages trust rewards over values, λ, with advantage=value",
            options => options.Lambda, (options, value) => options with { Lambda = value },
            low: "trusts the value network", high: "trusts the rewards")
        .Number("value-clip", "how far an update may move a value; 0 for no limit",
            options => options.ValueClip, (options, value) => options with { ValueClip = value },
            low: "steady and slow", high: "no limit")
        .Number("value-rate", "step size of the value network; 0 for that of the policy",
            options => options.ValueRate, (options, value) => options with { ValueRate = value },
            low: "values lag behind", high: "unstable")
        .Kl(options => options.Kl, (options, value) => options with { Kl = value })
        .Choice("kl-place", "where the divergence is charged",
            options => options.KlPlace, (options, value) => options with { KlPlace = value },
            ("reward", DivergencePlace.Reward), ("loss", DivergencePlace.Loss))
        .Number("reward-limit", "rewards are cut to ± this; 0 for no limit",
            options => options.RewardLimit, (options, value) => options with { RewardLimit = value })
        .Switch("normalise-advantages", "whether advantages are standardised over the batch",
            options => options.NormaliseAdvantages, (options, value) => options with { NormaliseAdvantages = value })
        .Switch("mask-truncated", "whether completions that were cut give no gradient",
            options => options.MaskTruncated, (options, value) => options with { MaskTruncated = value })
        .Integer("reference-every", "updates between two steps of the reference; 0 for none",
            options => options.ReferenceEvery, (options, value) => options with { ReferenceEvery = value })
        .Number("reference-mix", "how far such a step goes, 0 to 1",
            options => options.ReferenceMix, (options, value) => options with { ReferenceMix = value });

    static OptionTable<RlooOptions> Loss(OptionTable<RlooOptions> table) => table
        .Choice("ratio", "over what the ratio of probabilities is taken",
            options => options.Ratio, (options, value) => options with { Ratio = value },
            ("token", RatioLevel.Token), ("sequence-sum", RatioLevel.SequenceSum),
            ("sequence-mean", RatioLevel.SequenceMean))
        .Choice("surrogate", "what keeps a step near",
            options => options.Surrogate, (options, value) => options with { Surrogate = value },
            ("clipped", SurrogateKind.Clipped), ("unclipped", SurrogateKind.Unclipped),
            ("clipped-weight", SurrogateKind.ClippedWeight))
        .Choice("aggregation", "how losses of tokens become one",
            options => options.Aggregation, (options, value) => options with { Aggregation = value },
            ("sequence-sum", Aggregation.SequenceSum), ("sequence-mean", Aggregation.SequenceMean),
            ("token-mean", Aggregation.GlobalTokenMean), ("local-token-mean", Aggregation.LocalTokenMean),
            ("constant-length", Aggregation.ConstantLength))
        .ClipLow(options => options.ClipLow, (options, value) => options with { ClipLow = value })
        .ClipHigh(options => options.ClipHigh, (options, value) => options with { ClipHigh = value })
        .Number("weight-cap", "cap of the weights of the surrogate clipped-weight",
            options => options.WeightCap, (options, value) => options with { WeightCap = value })
        .Number("importance-cap", "cap of weights for what the sampler cut away; 0 for none",
            options => options.ImportanceCap, (options, value) => options with { ImportanceCap = value })
        .Number("importance-floor", "weights below it, or above the cap, count 0 (icepop); 0 cuts at the cap alone",
            options => options.ImportanceFloor, (options, value) => options with { ImportanceFloor = value })
        .Number("off-policy-limit", "mean log-ratio beyond which bad completions teach nothing; 0 for none",
            options => options.OffPolicyLimit, (options, value) => options with { OffPolicyLimit = value });
}
