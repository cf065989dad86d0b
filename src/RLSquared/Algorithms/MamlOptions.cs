using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>
/// How the exploration term of E-MAML is scaled (<see cref="EMaml"/>): all seen in programs and papers. r̄′ is the mean
/// reward of a step after adaptation, on one task; n the steps that were played before it.
/// </summary>
public enum ExplorationScale
{
    /// <summary>
    /// (r̄′ − mean over tasks) / (deviation of single steps over all tasks), times the mean of log π over the first
    /// plays alone (Rothfuss et al. 2019, program). The default: small, steady, and the same for all sizes of reward.
    /// </summary>
    Standardised,

    /// <summary>The same times the plays, so that it grows with them as the exact term does.</summary>
    StandardisedSum,

    /// <summary>
    /// (r̄′ − mean over the other tasks), times the sum of log π over all steps before each adaptation: the gradient of
    /// the objective as it is derived. Unbiased, and by far the noisiest.
    /// </summary>
    Exact,

    /// <summary>
    /// (r̄′ − mean over tasks), times the mean of log π over all steps before each adaptation: no deviation is divided
    /// by, as in the program of the E-MAML paper.
    /// </summary>
    Published,
}

/// <summary>How the outer loss is descended.</summary>
public enum OuterUpdate
{
    /// <summary>Adam on the clipped ratio of proximal policy optimisation.</summary>
    Clipped,

    /// <summary>
    /// One step of trust region policy optimisation, within a divergence of the adapted policies (Finn et al. 2017).
    /// </summary>
    TrustRegion,
}

/// <summary>What <see cref="Maml"/> can be told.</summary>
public sealed record MamlOptions
{
    /// <summary>The policy's shape.</summary>
    public AdaptivePolicyOptions Policy { get; init; } = new();

    // ---- collection ----

    /// <summary>Tasks of an iteration, B. Few: noisy steps; many: sure and slow ones. 20 to 40.</summary>
    public int Tasks { get; init => field = Require.AtLeast("tasks", value, 1); } = 20;

    /// <summary>
    /// Plays of a task before each adaptation and after the last, K: trials of all their episodes. Few: each adaptation
    /// goes by luck; many cost time in proportion. Episodes and plays together are 10 to 40 in the papers.
    /// </summary>
    public int Plays { get; init => field = Require.AtLeast("plays", value, 1); } = 10;

    /// <summary>
    /// Pieces into which the tasks are cut. More keep more threads busy. The last bits depend on it, and never on the
    /// number of threads.
    /// </summary>
    public int Shards { get; init => field = Require.AtLeast("shards", value, 1); } = 4;

    // ---- inner: adaptation ----

    /// <summary>Gradient steps of an adaptation, each from plays of its own; at least 1. 1 is usual.</summary>
    public int InnerSteps { get; init => field = Require.Within("inner-steps", value, 1, 100); } = 1;

    /// <summary>
    /// α, the step size of an adaptation. Low: the adapted policy hardly differs; high: a single unlucky gradient ruins
    /// it. 0.05 to 0.5; the papers have 0.1, and 0.5 for points in the plane.
    /// </summary>
    public float StepSize { get; init => field = Require.Above("step-size", value, 0); } = 0.3f;

    /// <summary>
    /// Whether α is learned, one for each tensor of weights (after Li et al. 2017). Off: as in the papers.
    /// </summary>
    public bool LearnStepSize { get; init; }

    /// <summary>What an adaptation descends.</summary>
    public InnerLossKind InnerLoss { get; init; } = InnerLossKind.LikelihoodRatio;

    // ---- targets ----

    /// <summary>γ within an episode. Low: short-sighted, little variance; 1: the sum that is scored.</summary>
    public float Discount { get; init => field = Require.Within("discount", value, 0, 1); } = 0.99f;

    /// <summary>λ of the advantages. Low trusts the linear baseline; 1, as in the papers, the rewards.</summary>
    public float Lambda { get; init => field = Require.Within("lambda", value, 0, 1); } = 1;

    // ---- outer ----

    /// <summary>How the outer loss is descended.</summary>
    public OuterUpdate Outer { get; init; }

    /// <summary>Steps of Adam on the same plays. 1: no ratio ever moves; 5 squeezes more out of them.</summary>
    public int Epochs { get; init => field = Require.AtLeast("epochs", value, 1); } = 3;

    /// <summary>β, Adam's step size. Low: slow; high: unstable. 1e-4 to 1e-2.</summary>
    public float LearningRate { get; init => field = Require.Above("learning-rate", value, 0); } = 3e-3f;

    /// <summary>ε of the clipped ratio after adaptation. Low: small, safe changes; high: fast and risky.</summary>
    public float Clip { get; init => field = Require.Above("clip", value, 0); } = 0.2f;

    /// <summary>Limit of the gradient's length; 0 for none.</summary>
    public float GradientNorm { get; init => field = Require.AtLeast("gradient-norm", value, 0); } = 1;

    /// <summary>δ of the trust region: the most mean divergence of the adapted policies. 0.01 is usual.</summary>
    public float MaxKl { get; init => field = Require.Above("max-kl", value, 0); } = 0.01f;

    /// <summary>Weight of the entropy of the policy that plays first. 0 to 0.01.</summary>
    public float Entropy { get; init => field = Require.AtLeast("entropy", value, 0); }

    // ---- exploration: E-MAML ----

    /// <summary>
    /// λ, the weight of the term that credits what was done before an adaptation with what it brought afterwards. 0 is
    /// MAML; 1 is E-MAML.
    /// </summary>
    public float Exploration { get; init => field = Require.AtLeast("exploration", value, 0); }

    /// <summary>How that term is scaled.</summary>
    public ExplorationScale ExplorationScale { get; init; }

    /// <summary>These defaults, or what the task suggests.</summary>
    public static MamlOptions For(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Table.Apply(task.SuggestedOptions("maml"));
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<MamlOptions> Table { get; } =
        AddTo(new OptionTable<MamlOptions>("the algorithm maml", new()));

    /// <summary>Adds the options that MAML and E-MAML share.</summary>
    internal static OptionTable<MamlOptions> AddTo(OptionTable<MamlOptions> table) => table
        .Integer("hidden", "units of each hidden layer",
            options => options.Policy.Hidden,
            (options, value) => options with { Policy = options.Policy with { Hidden = value } },
            low: "adapts in few directions", high: "costs its square")
        .Integer("layers", "hidden layers",
            options => options.Policy.Layers,
            (options, value) => options with { Policy = options.Policy with { Layers = value } },
            low: "0 is a linear policy", high: "adapts in more ways, learns slower")
        .Deviation(
            options => options.Policy.Deviation,
            (options, value) => options with { Policy = options.Policy with { Deviation = value } })
        .Number("least-deviation", "the least standard deviation of an action's numbers",
            options => options.Policy.LeastDeviation,
            (options, value) => options with { Policy = options.Policy with { LeastDeviation = value } },
            low: "an adaptation may end exploration", high: "acts stay noisy")
        .Integer("tasks", "tasks of an iteration, B",
            options => options.Tasks, (options, value) => options with { Tasks = value },
            low: "noisy steps", high: "sure and slow ones")
        .Integer("plays", "plays of a task before each adaptation and after the last, K",
            options => options.Plays, (options, value) => options with { Plays = value },
            low: "an adaptation goes by luck", high: "time in proportion")
        .Shards(options => options.Shards, (options, value) => options with { Shards = value })
        .Integer("inner-steps", "gradient steps of an adaptation",
            options => options.InnerSteps, (options, value) => options with { InnerSteps = value },
            low: "1 is usual", high: "adapts farther, costs in proportion")
        .Number("step-size", "step size of an adaptation, α",
            options => options.StepSize, (options, value) => options with { StepSize = value },
            low: "hardly adapts", high: "an unlucky gradient ruins the policy")
        .Switch("learn-step-size", "whether α is learned, for each tensor of weights",
            options => options.LearnStepSize, (options, value) => options with { LearnStepSize = value },
            low: "as in the papers", high: "finds what may move and what may not")
        .Choice("inner-loss", "what an adaptation descends",
            options => options.InnerLoss, (options, value) => options with { InnerLoss = value },
            ("published", InnerLossKind.Published), ("likelihood-ratio", InnerLossKind.LikelihoodRatio),
            ("dice", InnerLossKind.Dice))
        .Discount(options => options.Discount, (options, value) => options with { Discount = value })
        .Lambda(
            options => options.Lambda, (options, value) => options with { Lambda = value }, baseline: "linear baseline")
        .Choice("outer", "how the outer loss is descended",
            options => options.Outer, (options, value) => options with { Outer = value },
            ("clipped", OuterUpdate.Clipped), ("trust-region", OuterUpdate.TrustRegion))
        .Integer("epochs", "steps of Adam on the same plays",
            options => options.Epochs, (options, value) => options with { Epochs = value },
            low: "safe", high: "squeezes more out of the plays")
        .LearningRate(
            options => options.LearningRate, (options, value) => options with { LearningRate = value }, of: "Adam, β")
        .Clip(options => options.Clip, (options, value) => options with { Clip = value })
        .GradientNorm(options => options.GradientNorm, (options, value) => options with { GradientNorm = value })
        .Number("max-kl", "most mean KL divergence of a step in the trust region, δ",
            options => options.MaxKl, (options, value) => options with { MaxKl = value },
            low: "small sure steps", high: "fast and risky")
        .Entropy(
            options => options.Entropy, (options, value) => options with { Entropy = value },
            of: "the entropy of the policy that plays first");

    /// <summary>Checks what no single option can know.</summary>
    /// <exception cref="OptionException">More shards than tasks, or more plays than a trial can have.</exception>
    public void Validate()
    {
        if (Shards > Tasks)
            throw new OptionException("shards", $"{Shards} shards cannot share {Tasks} tasks; {Tasks} or fewer can");
        if ((long)Plays * (InnerSteps + 1) >= RandomKey.MostPlays)
        {
            throw new OptionException("plays", $"{Plays} plays before and after {InnerSteps} inner steps are more " +
                $"than the {RandomKey.MostPlays - 1} that a task can be played");
        }
    }
}
