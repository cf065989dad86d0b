using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Algorithms;

/// <summary>
/// Options of <see cref="Ppo"/>. The defaults suit tasks with vectors as observations and many cheap steps; a task may
/// suggest others (<see cref="Problem.SuggestedOptions"/>).
/// </summary>
public sealed record PpoOptions
{
    // ---- network ----

    /// <summary>
    /// The feed-forward network's shape. Of these, <c>hidden</c>, <c>shared</c> and <c>deviation</c> hold for a
    /// recurrent network too.
    /// </summary>
    public MlpPolicyOptions Network { get; init; } = new() { Normalise = true };

    /// <summary>
    /// Whether the policy is a recurrent layer of <c>hidden</c> units that remembers within a trial. For tasks in which
    /// one observation does not tell the state. It learns from whole trials, in place of windows.
    /// </summary>
    public bool Recurrent { get; init; }

    // ---- collection ----

    /// <summary>
    /// Environments that are stepped together, N; at least 1. Few make short windows of each enough; many are faster
    /// and need fewer steps each. 8 to 256. A recurrent policy plays so many trials in each iteration.
    /// </summary>
    public int Lanes { get; init => field = Require.AtLeast("lanes", value, 1); } = 64;

    /// <summary>
    /// Steps of each lane in one iteration, T; at least 1. Short windows (16) lean on the value, long ones (2048) see
    /// more of what really followed. The next window goes on where this one stopped.
    /// </summary>
    public int Window { get; init => field = Require.AtLeast("window", value, 1); } = 64;

    /// <summary>
    /// Independent pieces into which lanes and minibatches are cut. The last bits of the result depend on it, and never
    /// on the number of threads.
    /// </summary>
    public int Shards { get; init => field = Require.AtLeast("shards", value, 1); } = 2;

    /// <summary>
    /// Whether rewards are divided by the running deviation of the discounted return, so that one value loss and one
    /// learning rate suit rewards of every size.
    /// </summary>
    public bool NormaliseRewards { get; init; } = true;

    // ---- targets ----

    /// <summary>
    /// γ, the weight of a reward one step later; 0 to 1. Low: short-sighted, little variance. 0.9 to 0.999.
    /// </summary>
    public float Discount { get; init => field = Require.Within("discount", value, 0, 1); } = 0.99f;

    /// <summary>
    /// λ of the advantages; 0 to 1. Low trusts the value estimate, high the rewards that followed. 0.8 to 0.98.
    /// </summary>
    public float Lambda { get; init => field = Require.Within("lambda", value, 0, 1); } = 0.95f;

    // ---- optimisation ----

    /// <summary>
    /// How often each step is learned from; 1 to 20. More squeeze more out of a step and stray further.
    /// </summary>
    public int Epochs { get; init => field = Require.AtLeast("epochs", value, 1); } = 4;

    /// <summary>
    /// Minibatches per epoch; at least 1. Many are more and noisier updates. 4 to 32.
    /// </summary>
    public int Minibatches { get; init => field = Require.AtLeast("minibatches", value, 1); } = 8;

    /// <summary>The optimiser's step size. Low: slow; high: unstable. 1e-4 to 3e-3.</summary>
    public float LearningRate { get; init => field = Require.Above("learning-rate", value, 0); } = 1e-3f;

    /// <summary>How the step size changes over the budget.</summary>
    public Schedule LearningRateSchedule { get; init; } = new(ScheduleKind.Linear);

    /// <summary>Limit of the length of the whole gradient; longer ones are shortened. 0 for none.</summary>
    public float GradientNorm { get; init => field = Require.AtLeast("gradient-norm", value, 0); } = 0.5f;

    // ---- loss ----

    /// <summary>
    /// ε of the clipped ratio. Low: small, safe changes of the policy; high: fast and risky. 0.1 to 0.3.
    /// </summary>
    public float Clip { get; init => field = Require.Above("clip", value, 0); } = 0.2f;

    /// <summary>ε of the clipped value, in units of normalised rewards; 0 for none, which is rarely worse.</summary>
    public float ValueClip { get; init => field = Require.AtLeast("value-clip", value, 0); }

    /// <summary>Weight of the value's squared error.</summary>
    public float ValueWeight { get; init => field = Require.AtLeast("value-weight", value, 0); } = 0.5f;

    /// <summary>
    /// Weight of the policy's entropy. Keeps the policy from settling too early; too high, and it never settles. 0 to
    /// 0.02.
    /// </summary>
    public float Entropy { get; init => field = Require.AtLeast("entropy", value, 0); }

    /// <summary>
    /// The mean KL divergence of an epoch from which on an iteration's remaining epochs are left out. 0 for none; 0.01
    /// to 0.05.
    /// </summary>
    public float MaxKl { get; init => field = Require.AtLeast("max-kl", value, 0); }

    /// <summary>
    /// What suits a task: these defaults, without normalisation of observations where these are states. Where lanes are
    /// few, all of them are one piece. Images need a recurrent network, which looks at them.
    /// </summary>
    public static PpoOptions For(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var options = new PpoOptions
        {
            Network = new() { Normalise = task.Observation.Kind == ObservationKind.Vector },
            Recurrent = task.Observation.Kind == ObservationKind.Image,
        };
        if (task.MaxLanes < options.Lanes)
        {
            options = options with
            {
                Lanes = task.MaxLanes,
                Shards = 1,
                Window = Math.Max(64, 2048 / task.MaxLanes),
            };
        }
        return Table.Apply(options, task.SuggestedOptions("ppo"));
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<PpoOptions> Table { get; } = new OptionTable<PpoOptions>("the algorithm ppo", new())
        .HiddenLayers(options => options.Network, Shape)
        .Switch("shared", "whether policy and value share the hidden layers",
            options => options.Network.Shared,
            (options, value) => Shape(options, options.Network with { Shared = value }),
            low: "the value cannot disturb the policy", high: "half the work")
        .Deviation(
            options => options.Network.Deviation,
            (options, value) => Shape(options, options.Network with { Deviation = value }))
        .NormaliseObservations(options => options.Network, Shape)
        .NormaliseRewards(
            options => options.NormaliseRewards, (options, value) => options with { NormaliseRewards = value })
        .Switch("recurrent", "whether the policy remembers, and learns from whole trials",
            options => options.Recurrent, (options, value) => options with { Recurrent = value },
            low: "the observation tells all", high: "what was observed before matters")
        .Integer("lanes", "environments that are stepped together, N",
            options => options.Lanes, (options, value) => options with { Lanes = value },
            low: "more updates for the same steps", high: "more steps per second")
        .Integer("window", "steps of each lane in one iteration, T",
            options => options.Window, (options, value) => options with { Window = value },
            low: "leans on the value", high: "sees more of what followed")
        .Shards(options => options.Shards, (options, value) => options with { Shards = value })
        .Discount(options => options.Discount, (options, value) => options with { Discount = value }, high: "sees far")
        .Lambda(options => options.Lambda, (options, value) => options with { Lambda = value })
        .Epochs(options => options.Epochs, (options, value) => options with { Epochs = value }, of: "step")
        .Minibatches(options => options.Minibatches, (options, value) => options with { Minibatches = value })
        .LearningRate(options => options.LearningRate, (options, value) => options with { LearningRate = value })
        .LearningRateSchedule(
            options => options.LearningRateSchedule, (options, value) => options with { LearningRateSchedule = value })
        .GradientNorm(options => options.GradientNorm, (options, value) => options with { GradientNorm = value })
        .Clip(options => options.Clip, (options, value) => options with { Clip = value })
        .ValueClip(options => options.ValueClip, (options, value) => options with { ValueClip = value })
        .ValueWeight(options => options.ValueWeight, (options, value) => options with { ValueWeight = value })
        .Entropy(options => options.Entropy, (options, value) => options with { Entropy = value })
        .Number("max-kl", "mean KL divergence that ends an iteration's epochs; 0 for none",
            options => options.MaxKl, (options, value) => options with { MaxKl = value },
            low: "small sure changes", high: "rarely holds anything back");

    /// <summary>Those of the options of a run that are this algorithm's.</summary>
    /// <param name="options">Options of task and algorithm.</param>
    /// <exception cref="OptionException">A value cannot be.</exception>
    internal static PpoOptions Read(IReadOnlyDictionary<string, string> options) =>
        Table.ApplyOwn(options);

    static PpoOptions Shape(PpoOptions options, MlpPolicyOptions network) => options with { Network = network };

    /// <summary>Checks what no single option can know.</summary>
    /// <exception cref="OptionException">There are more pieces than there is to be cut.</exception>
    public void Validate()
    {
        long units = Recurrent ? Lanes : (long)Lanes * Window;
        if (Shards > Lanes)
            throw new OptionException("shards", $"{Shards} shards cannot share {Lanes} lanes; {Lanes} or fewer can");
        if (Minibatches > units / Shards)
        {
            throw new OptionException("minibatches", $"{units} {(Recurrent ? "trials" : "steps")} of an iteration in " +
                $"{Shards} shards cannot be cut into {Minibatches} minibatches; {units / Shards} or fewer can be");
        }
    }
}
