using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Settings;

namespace RLSquared.Language.Algorithms;

/// <summary>How generation and training take turns.</summary>
public enum PipelineMode
{
    /// <summary>
    /// At once, in a fixed interleaving: generators advance by decode steps and not by the clock, so that a run is the
    /// same bits again, with any number of threads.
    /// </summary>
    Deterministic,
    /// <summary>At once, each as fast as it goes, on threads of its own. No two runs are alike.</summary>
    FreeRunning,
    /// <summary>One after the other: a batch for several updates is generated with frozen weights, then
    /// learnt.</summary>
    Conventional,
}

/// <summary>What limits how far generation runs ahead of training.</summary>
public enum LagRule
{
    /// <summary>PipelineRL's: samples that may be ahead (<see cref="LagRules.GroupsAllowed"/>).</summary>
    Samples,
    /// <summary>AReaL's: versions that a sample may lag behind (<see cref="LagRules.Capacity"/>).</summary>
    Capacity,
}

/// <summary>
/// What <see cref="PipelineRl"/> can be told: all that <see cref="Rloo"/> can, and how generation and training go on at
/// once. B is <see cref="RlooOptions.Batch"/>, the samples of an update; H is <see cref="RlooOptions.InFlight"/>, the
/// sequences in flight of each generator.
/// </summary>
public sealed record PipelineRlOptions
{
    /// <summary>Model, warm start, generation, credit, loss and optimiser.</summary>
    public RlooOptions Learning { get; init; } =
        Truncated(new RlooOptions { Batch = 64, GroupSize = 4, InFlight = 64 });

    /// <summary>How generation and training take turns.</summary>
    public PipelineMode Mode { get; init; } = PipelineMode.Deterministic;

    /// <summary>
    /// I, generators, each with H sequences in flight. More keep more threads busy; the lag grows with them.
    /// </summary>
    public int Generators { get; init => field = Require.Within("generators", value, 1, 256); } = 1;

    /// <summary>
    /// Decode steps of each generator during an update, in the deterministic mode; 0 for as many as the next batch
    /// takes. Few: the trainer waits; many: generation runs ahead, up to the limit of the lag.
    /// </summary>
    public int StepsPerUpdate { get; init => field = Require.AtLeast("steps-per-update", value, 0); }

    /// <summary>G of the conventional mode: updates for each batch that is generated.</summary>
    public int UpdatesPerBatch { get; init => field = Require.AtLeast("updates-per-batch", value, 1); } = 4;

    /// <summary>What limits the lag.</summary>
    public LagRule LagRule { get; init; } = LagRule.Samples;

    /// <summary>
    /// Samples that may be ahead of the update that is next, with the rule 'samples': at least a group. Low: on-policy,
    /// and generators rest; high: all stay busy, and tokens are older.
    /// </summary>
    public int MaxLag { get; init => field = Require.AtLeast("max-lag", value, 0); } = 512;

    /// <summary>η, versions that a sample may lag behind, with the rule 'capacity'. 0 is synchronous.</summary>
    public int Staleness { get; init => field = Require.AtLeast("staleness", value, 0); } = 4;

    /// <summary>
    /// Groups that began more versions ago than this are dropped and counted; 0 drops none.
    /// </summary>
    public int Oldest { get; init => field = Require.AtLeast("oldest", value, 0); }

    /// <summary>
    /// Below this effective sample size of an update the allowed lag is halved; above it, it grows back by a sixteenth
    /// an update. 0 never throttles.
    /// </summary>
    public float EssFloor { get; init => field = Require.Within("ess-floor", value, 0, 1); } = 0.5f;

    /// <summary>
    /// Whether sequences in flight keep the keys and values that older weights left; else all are computed anew after
    /// each update, which costs time and makes the tokens' policy purer.
    /// </summary>
    public bool KeepsCache { get; init; } = true;

    /// <summary>The longest wait for a batch, in seconds; then the run ends with the name of what did not
    /// come.</summary>
    public float WaitSeconds { get; init => field = Require.Above("wait-seconds", value, 0); } = 600;

    /// <summary>
    /// The longest that a reward may take for a completion, in seconds; one that does not answer leaves it without a
    /// score, and is counted.
    /// </summary>
    public float JudgeSeconds { get; init => field = Require.Above("judge-seconds", value, 0); } = 60;

    /// <summary>
    /// The objective of PipelineRL: −sg(min(c, π/μ))·A·log π by token, c = 5, compared with the others of the group;
    /// no division by lengths or deviations, no divergence, no clip.
    /// </summary>
    public static RlooOptions Truncated(RlooOptions options) => RlooFamily.Rloo(options) with
    {
        Ratio = RatioLevel.Token,
        Surrogate = SurrogateKind.ClippedWeight,
        WeightCap = 5,
        Kl = 0,
    };

    /// <summary>PPO's clipped surrogate by token, in place of the truncated weight.</summary>
    public static RlooOptions Ppo(RlooOptions options) => Truncated(options) with
    {
        Surrogate = SurrogateKind.Clipped,
    };

    /// <summary>GSPO's ratio of the whole sequence, its geometric mean, with clips a hundred times narrower.</summary>
    public static RlooOptions Gspo(RlooOptions options) => Truncated(options) with
    {
        Ratio = RatioLevel.SequenceMean,
        Surrogate = SurrogateKind.Clipped,
        Aggregation = Aggregation.SequenceMean,
        ClipLow = 3e-4f,
        ClipHigh = 4e-4f,
    };

    /// <summary>CISPO: the truncated weight, with the mean over all tokens of the batch.</summary>
    public static RlooOptions Cispo(RlooOptions options) => Truncated(options) with
    {
        Aggregation = Aggregation.GlobalTokenMean,
    };

    /// <summary>
    /// What suits a task: what it suggests to RLOO, with one update for each batch in place of several.
    /// </summary>
    /// <param name="task">Prompts and rewards.</param>
    /// <param name="objective">One of the objectives above.</param>
    public static PipelineRlOptions For(PromptTask task, Func<RlooOptions, RlooOptions> objective)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(objective);
        var defaults = new PipelineRlOptions();
        RlooOptions suggested = RlooOptions.Table.Apply(defaults.Learning, task.SuggestedOptions(PipelineRl.Algorithm));
        int groups = Math.Max(1, suggested.Batch / suggested.Updates / suggested.GroupSize);
        return defaults with
        {
            Learning = objective(suggested with
            {
                Batch = groups * suggested.GroupSize,
                Updates = 1,
                Epochs = 1,
                SamplingRounds = 1,
                AskAgain = 0,
                InFlight = defaults.Learning.InFlight,
            }),
        };
    }

    /// <summary>Checks what no single option can know.</summary>
    /// <exception cref="OptionException">Options that do not go together; the message says which would.</exception>
    public void Validate()
    {
        Learning.Validate();
        foreach ((string name, int value) in ((string, int)[])[("updates", Learning.Updates),
            ("epochs", Learning.Epochs), ("sampling-rounds", Learning.SamplingRounds)])
        {
            if (value != 1)
            {
                throw new OptionException(name, $"pipeline-rl learns once from each sample, so {name} is 1 and not " +
                    $"{value}; updates-per-batch is for the conventional mode");
            }
        }
        if (Learning.AskAgain != 0)
        {
            throw new OptionException("ask-again", "pipeline-rl asks each prompt once, so ask-again is 0 and not " +
                $"{Learning.AskAgain}; rloo has it");
        }
        if (Learning.Advantage == AdvantageKind.Value)
        {
            throw new OptionException(
                "advantage", "pipeline-rl has no value network as yet; train with rloo, or leave it out");
        }
        if (Mode == PipelineMode.Conventional && Generators > 1)
        {
            throw new OptionException("generators", "the conventional mode has one generator on all threads, and " +
                $"not {Generators}; generators are for the other modes");
        }
        if (LagRule == LagRule.Samples && MaxLag < Learning.GroupSize)
        {
            throw new OptionException("max-lag", $"max-lag {MaxLag} is below one group of {Learning.GroupSize} " +
                $"samples, so that none could be ahead; {Learning.GroupSize} or more can, and mode=conventional has " +
                "no lag");
        }
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<PipelineRlOptions> Table { get; } = Create();

    static OptionTable<PipelineRlOptions> Create() =>
        new OptionTable<PipelineRlOptions>("the algorithm pipeline-rl", new())
        .Choice("mode", "how generation and training take turns",
            options => options.Mode, (options, value) => options with { Mode = value },
            ("deterministic", PipelineMode.Deterministic), ("free-running", PipelineMode.FreeRunning),
            ("conventional", PipelineMode.Conventional))
        .Integer("generators", "generators, each with in-flight sequences",
            options => options.Generators, (options, value) => options with { Generators = value },
            low: "little lag", high: "keeps more threads busy")
        .Integer("steps-per-update", "decode steps during an update; 0 for as many as the next batch takes",
            options => options.StepsPerUpdate, (options, value) => options with { StepsPerUpdate = value },
            low: "the trainer waits", high: "generation runs ahead")
        .Integer("updates-per-batch", "updates for each batch in the conventional mode",
            options => options.UpdatesPerBatch, (options, value) => options with { UpdatesPerBatch = value },
            low: "on-policy", high: "large batches, older samples")
        .Choice("lag-rule", "what limits how far generation runs ahead",
            options => options.LagRule, (options, value) => options with { LagRule = value },
            ("samples", LagRule.Samples), ("capacity", LagRule.Capacity))
        .Integer("max-lag", "samples that may be ahead; at least a group",
            options => options.MaxLag, (options, value) => options with { MaxLag = value },
            low: "on-policy, generators rest", high: "all stay busy, tokens are older")
        .Integer("staleness", "versions that a sample may lag behind, with lag-rule=capacity",
            options => options.Staleness, (options, value) => options with { Staleness = value },
            low: "0 is synchronous", high: "all stay busy, tokens are older")
        .Integer("oldest", "versions after which a group is dropped; 0 for never",
            options => options.Oldest, (options, value) => options with { Oldest = value })
        .Number("ess-floor", "effective sample size below which the lag is halved; 0 for never",
            options => options.EssFloor, (options, value) => options with { EssFloor = value },
            low: "trusts the weights", high: "stays near on-policy")
        .Switch("keeps-cache", "whether keys and values of older weights are kept",
            options => options.KeepsCache, (options, value) => options with { KeepsCache = value })
        .Number("wait-seconds", "longest wait for a batch",
            options => options.WaitSeconds, (options, value) => options with { WaitSeconds = value })
        .Number("judge-seconds", "longest that a reward may take for a completion",
            options => options.JudgeSeconds, (options, value) => options with { JudgeSeconds = value })
        .Include(RlooOptions.Table, options => options.Learning,
            (options, value) => options with { Learning = value });
}
