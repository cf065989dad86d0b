using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Algorithms;

/// <summary>
/// What <see cref="Rl2"/> can be told. The defaults are what learned fastest and most reliably on the bandits;
/// <see cref="Paper"/> is the recipe behind the paper's tables.
/// </summary>
public sealed record Rl2Options
{
    /// <summary>The network's shape.</summary>
    public RecurrentPolicyOptions Network { get; init; } = new();

    // ---- collection ----

    /// <summary>
    /// Trials per iteration, N. Few: many small, noisy improvements; many: few, sure ones. 256 to 4096. The paper's
    /// batch of 250,000 steps is 25,000 trials of ten pulls.
    /// </summary>
    public int Trials { get; init => field = Require.AtLeast("trials", value, 1); } = 1024;

    /// <summary>
    /// Independent pieces into which lanes and minibatches are cut. More pieces keep more threads busy, and each is
    /// less efficient. The last bits of the result depend on it, and never on the number of threads.
    /// </summary>
    public int Shards { get; init => field = Require.AtLeast("shards", value, 1); } = 4;

    // ---- targets ----

    /// <summary>
    /// Whether the return adds up negated regrets in place of rewards: what each action cost against the best play of
    /// the known task (<see cref="Tasks.Lanes.Regrets"/>). With γ = 1 the objective is the same but for a constant of
    /// the task, with far less luck in it, so that long trials learn from far fewer steps. The network still sees the
    /// rewards alone. Off: as in the paper, and for tasks that do not know.
    /// </summary>
    public bool Regret { get; init; }

    /// <summary>
    /// The first episodes of a trial of which nothing counts, p: they explore, and the returns add up what the others
    /// bring (<see cref="ERl2"/>). Low: little time to find out; high: few episodes are left that count. It must be
    /// below the episodes of a trial. 0 for RL², in which all of them count; the E-RL² paper: 3 of 5.
    /// </summary>
    public int ExploreEpisodes { get; init => field = Require.AtLeast("explore-episodes", value, 0); }

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

    // ---- optimisation ----

    /// <summary>
    /// How often each trial is learned from. More squeezes more out of a trial and strays further; 1 to
    /// 10.
    /// </summary>
    public int Epochs { get; init => field = Require.AtLeast("epochs", value, 1); } = 3;

    /// <summary>Whole trials per minibatch; must divide the trials. Small: more steps, each noisier.</summary>
    public int Minibatch { get; init => field = Require.AtLeast("minibatch", value, 1); } = 64;

    /// <summary>The optimiser's step size. Low: slow; high: unstable. 1e-4 to 5e-3.</summary>
    public float LearningRate { get; init => field = Require.Above("learning-rate", value, 0); } = 3e-3f;

    /// <summary>How the step size changes over the budget.</summary>
    public Schedule LearningRateSchedule { get; init; } = new(ScheduleKind.Linear);

    /// <summary>
    /// Limit of the length of the whole gradient; longer ones are shortened. Low: steady and slow. 0 for none.
    /// </summary>
    public float GradientNorm { get; init => field = Require.AtLeast("gradient-norm", value, 0); } = 0.5f;

    /// <summary>Limit of each single element of the gradient, in the paper 40. 0 for none.</summary>
    public float GradientElement { get; init => field = Require.AtLeast("gradient-element", value, 0); }

    // ---- loss ----

    /// <summary>
    /// ε of the clipped ratio. Low: small, safe changes of the policy; high: fast and risky. 0.05 to
    /// 0.3.
    /// </summary>
    public float Clip { get; init => field = Require.Above("clip", value, 0); } = 0.2f;

    /// <summary>
    /// Weight of the policy's entropy. Keeps the policy from settling too early; too high, and it never settles. 0 to
    /// 0.02.
    /// </summary>
    public float Entropy { get; init => field = Require.AtLeast("entropy", value, 0); } = 0.005f;

    /// <summary>How the entropy's weight changes over the budget.</summary>
    public Schedule EntropySchedule { get; init; } = new(ScheduleKind.Linear);

    /// <summary>Weight of the value's squared error. It matters most when the recurrent layer is shared.</summary>
    public float ValueWeight { get; init => field = Require.AtLeast("value-weight", value, 0); } = 0.5f;

    // ---- guard ----

    /// <summary>
    /// The most mean KL divergence by which an iteration may move the policy: the best epoch within it is kept, or else
    /// the step is halved until it is within. Costs one more forward pass per epoch. 0 for no guard; the paper: 0.01.
    /// </summary>
    public float MaxKl { get; init => field = Require.AtLeast("max-kl", value, 0); }

    /// <summary>
    /// What learns fastest and most reliably on a task: these defaults, or others where it shows images. There one
    /// recurrent layer serves policy and value, batches are smaller, since a trial is long and an image costs much, and
    /// the time to go is not seen, so that the agent can play longer trials than those it was trained with. Elsewhere
    /// they are what the task suggests (<see cref="Problem.SuggestedOptions"/>).
    /// A task that shows vectors and suggests nothing is often one of long episodes: there, a few minibatches of
    /// thousands of steps can move the policy so far that what was learned is lost, so a guard limits each iteration.
    /// Where lanes are few (<see cref="TaskDistribution.MaxLanes"/>), batches are smaller, and made of whole rounds.
    /// </summary>
    public static Rl2Options For(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        Rl2Options standard = ForAnyLanes(task);
        return task.MaxLanes == int.MaxValue ? standard : ForFewLanes(standard, task.MaxLanes);
    }

    // Few lanes play in rounds: minibatches of whole rounds, and four of them for an iteration.
    static Rl2Options ForFewLanes(Rl2Options standard, int lanes)
    {
        int minibatch = Minibatches.InWholeRounds(standard.Minibatch, lanes);
        return standard with { Trials = 4 * minibatch, Shards = Math.Min(4, minibatch), Minibatch = minibatch };
    }

    static Rl2Options ForAnyLanes(TaskDistribution task)
    {
        if (task.Observation.Kind == ObservationKind.Image)
        {
            return new()
            {
                Network = new() { Hidden = 128, Shared = true, TimeToGo = false },
                Trials = 128,
                Shards = 8,
                Minibatch = 32,
                Discount = 0.99f,
                Lambda = 0.95f,
                ValueLambda = 0.95f,
                LearningRate = 5e-4f,
                Entropy = 0.01f,
            };
        }
        Assignment[] suggested = [.. task.SuggestedOptions("rl2")];
        return suggested.Length == 0 && task.Observation.Kind == ObservationKind.Vector
            ? new() { MaxKl = 0.03f } : Table.Apply(suggested);
    }

    /// <summary>
    /// The recipe that the paper's first author ran for its tables. For bandits and tabular MDPs: batches of about
    /// 250,000 steps in minibatches of 128 trials, policy and value apart. For a task that shows images: batches of
    /// about 50,000 steps in minibatches of 32 trials, a longer λ, and one recurrent layer for policy and value.
    /// Batches are rounded up to whole minibatches of trials that take all their time.
    /// </summary>
    /// <param name="task">What is to be learned.</param>
    public static Rl2Options Paper(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        bool images = task.Observation.Kind == ObservationKind.Image;
        (int batch, int minibatch, float lambda) = images ? (50_000, 32, 0.99f) : (250_000, 128, 0.3f);
        int minibatches = (int)Math.Ceiling((double)batch / task.TrialLength / minibatch);
        var network = new RecurrentPolicyOptions { Hidden = 256, Relu = true, WeightNorm = true, TimeToGo = false };
        return new()
        {
            Network = !images ? network
                : network with { Shared = true, Filters = 16, Features = 256, ActionEmbedding = 256 },
            Trials = minibatches * minibatch,
            Discount = 0.99f,
            Lambda = lambda,
            Epochs = 5,
            Minibatch = minibatch,
            LearningRate = 1e-3f,
            LearningRateSchedule = new(ScheduleKind.Constant),
            GradientNorm = 0,
            GradientElement = 40,
            Clip = 0.1f,
            Entropy = 0,
            ValueWeight = 0.5f,
            MaxKl = 0.01f,
        };
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<Rl2Options> Table { get; } =
        AddTo(new OptionTable<Rl2Options>("the algorithm rl2", new()));

    /// <summary>Adds the options that RL² and E-RL² share.</summary>
    internal static OptionTable<Rl2Options> AddTo(OptionTable<Rl2Options> table) => table
        .Network(options => options.Network, (options, network) => options with { Network = network })
        .Trials(options => options.Trials, (options, value) => options with { Trials = value })
        .Shards(options => options.Shards, (options, value) => options with { Shards = value })
        .Regret(options => options.Regret, (options, value) => options with { Regret = value })
        .Discount(options => options.Discount, (options, value) => options with { Discount = value })
        .Lambda(options => options.Lambda, (options, value) => options with { Lambda = value })
        .ValueLambda(options => options.ValueLambda, (options, value) => options with { ValueLambda = value })
        .Epochs(options => options.Epochs, (options, value) => options with { Epochs = value }, of: "trial")
        .Integer("minibatch", "whole trials per minibatch; must divide trials",
            options => options.Minibatch, (options, value) => options with { Minibatch = value },
            low: "more steps, each noisier", high: "fewer, surer")
        .LearningRate(options => options.LearningRate, (options, value) => options with { LearningRate = value })
        .LearningRateSchedule(
            options => options.LearningRateSchedule, (options, value) => options with { LearningRateSchedule = value })
        .GradientNorm(options => options.GradientNorm, (options, value) => options with { GradientNorm = value })
        .Number("gradient-element", "limit of each element of the gradient; 0 for none",
            options => options.GradientElement, (options, value) => options with { GradientElement = value },
            low: "steady and slow", high: "no limit; the paper has 40")
        .Clip(options => options.Clip, (options, value) => options with { Clip = value })
        .Entropy(options => options.Entropy, (options, value) => options with { Entropy = value })
        .Schedule("entropy-schedule",
            options => options.EntropySchedule, (options, value) => options with { EntropySchedule = value })
        .ValueWeight(options => options.ValueWeight, (options, value) => options with { ValueWeight = value })
        .Number("max-kl", "most mean KL divergence of an iteration; 0 for no guard",
            options => options.MaxKl, (options, value) => options with { MaxKl = value },
            low: "small sure changes", high: "rarely holds anything back");

    /// <summary>Checks what no single option can know.</summary>
    /// <exception cref="OptionException">The minibatch does not divide the trials, or there are more shards than
    /// that.</exception>
    public void Validate() => Minibatches.Require("minibatch", Minibatch, Trials, Shards);
}
