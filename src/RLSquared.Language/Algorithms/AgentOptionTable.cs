using RLSquared.Algorithms;
using RLSquared.Settings;

namespace RLSquared.Language.Algorithms;

/// <summary>The options of <see cref="GiGpo"/> by name.</summary>
static class AgentOptionTable
{
    public static OptionTable<AgentOptions> Create() => Learning(Credit(Plays(Model(
        new OptionTable<AgentOptions>("the algorithm gigpo", new())))));

    static OptionTable<AgentOptions> Model(OptionTable<AgentOptions> table) => table
        .Integer("layers", "layers of the model",
            options => options.Layers, (options, value) => options with { Layers = value },
            low: "fast", high: "learns more")
        .Integer("hidden", "numbers by token within the model",
            options => options.Hidden, (options, value) => options with { Hidden = value },
            low: "fast", high: "learns more")
        .Integer("heads", "attention heads",
            options => options.Heads, (options, value) => options with { Heads = value })
        .Number("initial-deviation", "deviation of the first weights; 0 for 1/√D",
            options => options.InitialDeviation, (options, value) => options with { InitialDeviation = value },
            low: "0.02 suits large models; small ones read nothing", high: "begins with opinions")
        .Integer("history", "earlier turns in a prompt; -1 for all",
            options => options.History, (options, value) => options with { History = value },
            low: "short prompts", high: "remembers what it has done")
        .Integer("warm-start", "most updates of the imitation of demonstrations; 0 for none",
            options => options.WarmStart, (options, value) => options with { WarmStart = value })
        .Integer("warm-start-plays", "demonstrated plays of such an update",
            options => options.WarmStartPlays, (options, value) => options with { WarmStartPlays = value })
        .Number("warm-start-rate", "step size of the imitation",
            options => options.WarmStartRate, (options, value) => options with { WarmStartRate = value },
            low: "slow", high: "unstable")
        .Number("warm-start-success", "share of successes at which it ends",
            options => options.WarmStartSuccess, (options, value) => options with { WarmStartSuccess = value },
            low: "more is left to learn by rewards", high: "a better start")
        .Number("warm-start-noise", "share of demonstrated actions that are random, and not learnt",
            options => options.WarmStartNoise, (options, value) => options with { WarmStartNoise = value },
            low: "only the best way", high: "many ways back");

    static OptionTable<AgentOptions> Plays(OptionTable<AgentOptions> table) => table
        .Integer("groups", "levels of a batch",
            options => options.Groups, (options, value) => options with { Groups = value },
            low: "many noisy updates", high: "few sure ones")
        .GroupSize(options => options.GroupSize, (options, value) => options with { GroupSize = value },
            of: "plays of a level", more: "levels")
        .Temperature(options => options.Temperature, (options, value) => options with { Temperature = value })
        .Number("evaluation-temperature", "the same where plays only measure",
            options => options.EvaluationTemperature,
            (options, value) => options with { EvaluationTemperature = value })
        .InFlight(options => options.InFlight, (options, value) => options with { InFlight = value }, what: "plays");

    static OptionTable<AgentOptions> Credit(OptionTable<AgentOptions> table) => table
        .Number("gamma", "discount within a play, γ",
            options => options.Gamma, (options, value) => options with { Gamma = value },
            low: "only what follows at once", high: "the end counts from the first step")
        .Number("step-weight", "weight of the comparison of steps from the same state, ω; 0 for none",
            options => options.StepWeight, (options, value) => options with { StepWeight = value },
            low: "whole plays are compared", high: "single steps are compared")
        .Choice("baseline", "what plays and steps are compared with",
            options => options.Baseline, (options, value) => options with { Baseline = value },
            ("deviations", AgentBaseline.Deviations), ("mean", AgentBaseline.Mean), ("others", AgentBaseline.Others))
        .Choice("statistics", "over what mean and deviation of a group of plays are taken",
            options => options.Statistics, (options, value) => options with { Statistics = value },
            ("steps", GroupStatistics.Steps), ("plays", GroupStatistics.Plays))
        .Number("invalid-penalty", "cost of a step without a valid action",
            options => options.InvalidPenalty, (options, value) => options with { InvalidPenalty = value },
            low: "errors cost only time", high: "errors are avoided at any price");

    static OptionTable<AgentOptions> Learning(OptionTable<AgentOptions> table) => table
        .Kl(options => options.Kl, (options, value) => options with { Kl = value })
        .ClipLow(options => options.ClipLow, (options, value) => options with { ClipLow = value })
        .ClipHigh(options => options.ClipHigh, (options, value) => options with { ClipHigh = value })
        .Updates(options => options.Updates, (options, value) => options with { Updates = value }, of: "play")
        .Passes(options => options.Epochs, (options, value) => options with { Epochs = value }, of: "play")
        .LearningRate(options => options.LearningRate, (options, value) => options with { LearningRate = value })
        .LearningRateSchedule(
            options => options.LearningRateSchedule, (options, value) => options with { LearningRateSchedule = value })
        .GradientNorm(options => options.GradientNorm, (options, value) => options with { GradientNorm = value })
        .Shards(options => options.Shards, (options, value) => options with { Shards = value })
        .TokensAtOnce(options => options.TokensAtOnce, (options, value) => options with { TokensAtOnce = value });
}
