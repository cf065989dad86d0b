using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Algorithms;

/// <summary>
/// What <see cref="Rl2Trpo"/> can be told. The defaults are those of <see cref="Rl2Options"/> where both have the same
/// option, but for larger batches, of which each makes one step of the policy.
/// </summary>
public sealed record Rl2TrpoOptions
{
    /// <summary>The network's shape. Policy and value cannot share a recurrent layer: they are fitted apart.</summary>
    public RecurrentPolicyOptions Network { get; init; } = new();

    // ---- collection ----

    /// <summary>
    /// Trials per iteration, N. Each iteration makes one step of the policy. Few: many steps, in noisy directions;
    /// many: few sure ones. 1,000 to 25,000. The paper's batch of 250,000 steps is 25,000 trials of ten pulls.
    /// </summary>
    public int Trials { get; init => field = Require.AtLeast("trials", value, 1); } = 2048;

    /// <summary>
    /// Independent pieces into which lanes and minibatches are cut. More pieces keep more threads busy, and each is
    /// less efficient. The last bits of the result depend on it, and never on the number of threads.
    /// </summary>
    public int Shards { get; init => field = Require.AtLeast("shards", value, 1); } = 4;

    // ---- targets ----

    /// <summary>
    /// Whether the return adds up negated regrets in place of rewards: what each action cost against the best play of
    /// the known task (<see cref="Tasks.Lanes.Regrets"/>). Far less luck, the same objective but for a constant of the
    /// task. Off: as in the paper, and for tasks that do not know.
    /// </summary>
    public bool Regret { get; init; }

    /// <summary>
    /// γ, the weight of a reward one step later. Low: short-sighted, little variance; 1: exactly the sum that is
    /// scored. The paper: 0.99.
    /// </summary>
    public float Discount { get; init => field = Require.Within("discount", value, 0, 1); } = 1;

    /// <summary>
    /// λ of the advantages. Low trusts the value estimate, high the rewards that followed. 0.3 (the paper) to 0.99.
    /// </summary>
    public float Lambda { get; init => field = Require.Within("lambda", value, 0, 1); } = 0.7f;

    /// <summary>
    /// λ of the returns that the value is fitted to. 1 fits what really followed, as the paper does: noisy and without
    /// bias; lower values lean on the value's own later estimates, and a wrong value then corrects itself slowly.
    /// </summary>
    public float ValueLambda { get; init => field = Require.Within("value-lambda", value, 0, 1); } = 1;

    // ---- policy: one step within a trust region ----

    /// <summary>
    /// δ, the most mean KL divergence by which an iteration may move the policy, in nats. It takes the place of a step
    /// size. Low: slow and safe; high: the surrogate is trusted where it no longer holds. 0.002 to 0.05; the paper:
    /// 0.01.
    /// </summary>
    public float MaxKl { get; init => field = Require.Above("max-kl", value, 0); } = 0.01f;

    /// <summary>
    /// Products with the Fisher information from which the conjugate gradient makes the natural gradient. 1 is the
    /// plain gradient; 5 to 20.
    /// </summary>
    public int CgIterations { get; init => field = Require.AtLeast("cg-iterations", value, 1); } = 10;

    /// <summary>
    /// λ, added to the diagonal of the Fisher information. Low: directions of which the policy hardly depends are gone
    /// far along, on thin evidence; high: the natural gradient becomes the plain one. 1e-4 to 0.1.
    /// </summary>
    public float Damping { get; init => field = Require.AtLeast("damping", value, 0); } = 0.01f;

    /// <summary>
    /// Share of the trials that the Fisher information is taken from, rounded up to whole pieces of a minibatch. Low:
    /// quick, and far from the truth when few trials are left; 1: all of them. 0.1 to 1.
    /// </summary>
    public float FisherShare { get; init => field = Require.Within("fisher-share", value, 0, 1); } = 0.25f;

    /// <summary>
    /// How often a step that is too long, or does not help, is shortened by a fifth before it is given up. 0 tries
    /// only the whole step; 10 go down to a tenth.
    /// </summary>
    public int Backtracks { get; init => field = Require.AtLeast("backtracks", value, 0); } = 10;

    // ---- value: fitted apart ----

    /// <summary>
    /// How often the value learns from each trial. Few: it lags behind; many: it learns luck by heart.
    /// </summary>
    public int ValueEpochs { get; init => field = Require.AtLeast("value-epochs", value, 1); } = 3;

    /// <summary>
    /// Whole trials per minibatch of the value; must divide the trials. Small: more steps, each noisier.
    /// </summary>
    public int ValueMinibatch { get; init => field = Require.AtLeast("value-minibatch", value, 1); } = 64;

    /// <summary>Step size of the value's optimiser. Low: it lags behind; high: unstable. 1e-4 to 5e-3.</summary>
    public float ValueLearningRate { get; init => field = Require.Above("value-learning-rate", value, 0); } = 1e-3f;

    /// <summary>
    /// What suits a task: these defaults, or <see cref="Rl2Options.For"/>'s batches and targets where it shows images;
    /// batches are of whole rounds where lanes are few.
    /// </summary>
    public static Rl2TrpoOptions For(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        Rl2TrpoOptions standard = ForObservation(task);
        if (task.MaxLanes == int.MaxValue)
            return standard;
        int minibatch = Minibatches.InWholeRounds(standard.ValueMinibatch, task.MaxLanes);
        return standard with
        {
            Trials = Minibatches.InWholeRounds(standard.Trials, 4 * minibatch),
            Shards = 4,
            ValueMinibatch = minibatch,
        };
    }

    static Rl2TrpoOptions ForObservation(TaskDistribution task)
    {
        if (task.Observation.Kind != ObservationKind.Image)
            return new();
        Rl2Options images = Rl2Options.For(task);
        return new()
        {
            Network = images.Network with { Shared = false },
            Trials = images.Trials,
            Shards = images.Shards,
            Discount = images.Discount,
            Lambda = images.Lambda,
            ValueLambda = images.ValueLambda,
            ValueMinibatch = images.Minibatch,
            ValueLearningRate = images.LearningRate,
        };
    }

    /// <summary>
    /// The paper's published figures, read as trust region policy optimisation: batches as in
    /// <see cref="Rl2Options.Paper"/>, with policy and value apart on images too.
    /// </summary>
    /// <param name="task">What is to be learned.</param>
    public static Rl2TrpoOptions Paper(TaskDistribution task)
    {
        Rl2Options clipped = Rl2Options.Paper(task);
        return new()
        {
            Network = clipped.Network with { Shared = false },
            Trials = clipped.Trials,
            Discount = clipped.Discount,
            Lambda = clipped.Lambda,
            MaxKl = clipped.MaxKl,
            ValueEpochs = clipped.Epochs,
            ValueMinibatch = clipped.Minibatch,
            ValueLearningRate = clipped.LearningRate,
        };
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<Rl2TrpoOptions> Table { get; } = new OptionTable<Rl2TrpoOptions>(
        "the algorithm rl2-trpo", new())
        .Network(options => options.Network, (options, network) => options with { Network = network })
        .Trials(options => options.Trials, (options, value) => options with { Trials = value })
        .Shards(options => options.Shards, (options, value) => options with { Shards = value })
        .Regret(options => options.Regret, (options, value) => options with { Regret = value })
        .Discount(options => options.Discount, (options, value) => options with { Discount = value })
        .Lambda(options => options.Lambda, (options, value) => options with { Lambda = value })
        .ValueLambda(options => options.ValueLambda, (options, value) => options with { ValueLambda = value })
        .Number("max-kl", "most mean KL divergence of an iteration, in nats",
            options => options.MaxKl, (options, value) => options with { MaxKl = value },
            low: "small sure changes", high: "leaves the ground where the surrogate holds")
        .Integer("cg-iterations", "products of the conjugate gradient",
            options => options.CgIterations, (options, value) => options with { CgIterations = value },
            low: "1 is the plain gradient", high: "nearer to the natural gradient, slower")
        .Number("damping", "added to the diagonal of the Fisher information",
            options => options.Damping, (options, value) => options with { Damping = value },
            low: "far along directions of thin evidence", high: "nearer to the plain gradient")
        .Number("fisher-share", "share of the trials that the Fisher information is taken from",
            options => options.FisherShare, (options, value) => options with { FisherShare = value },
            low: "quick and rough", high: "1 takes all of them")
        .Integer("backtracks", "how often a step is shortened before it is given up",
            options => options.Backtracks, (options, value) => options with { Backtracks = value },
            low: "gives up soon", high: "finds a step, however short")
        .Integer("value-epochs", "how often the value learns from each trial",
            options => options.ValueEpochs, (options, value) => options with { ValueEpochs = value },
            low: "the value lags behind", high: "learns luck by heart")
        .Integer("value-minibatch", "whole trials per minibatch of the value; must divide trials",
            options => options.ValueMinibatch, (options, value) => options with { ValueMinibatch = value },
            low: "more steps, each noisier", high: "fewer, surer")
        .Number("value-learning-rate", "step size of the value's optimiser",
            options => options.ValueLearningRate, (options, value) => options with { ValueLearningRate = value },
            low: "slow", high: "unstable");

    /// <summary>Checks what no single option can know.</summary>
    /// <exception cref="OptionException">The minibatch does not divide the trials, there are more shards than that, or
    /// policy and value are to share a layer.</exception>
    public void Validate()
    {
        Minibatches.Require("value-minibatch", ValueMinibatch, Trials, Shards);
        if (Network.Shared)
        {
            throw new OptionException("shared",
                "rl2-trpo fits policy and value apart, so they cannot share a layer; set shared=false, or take rl2");
        }
    }
}
