using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors.Layers;

namespace RLSquared.Algorithms;

/// <summary>
/// What all algorithms that learn to reach goals from recorded data share: networks, minibatches, steps.
/// </summary>
public sealed record GoalLearningOptions
{
    /// <summary>
    /// Units of each hidden layer. Few learn a coarse map quickly, many a fine one slowly; the cost is their square.
    /// 512 in the papers.
    /// </summary>
    public int Hidden { get; init => field = Require.Within("hidden", value, 1, 1 << 14); } = 512;

    /// <summary>
    /// Hidden layers. One learns little that is far from linear; many are slow. The papers have 3, 4 for large data.
    /// </summary>
    public int Layers { get; init => field = Require.Within("layers", value, 1, 16); } = 3;

    /// <summary>
    /// γ: a goal n steps away has the value γⁿ. Low tells near goals well apart and far ones not at all; high reaches
    /// far and learns slowly. 0.99 sees some 300 steps, 0.995 twice as many. Never 1: all goals would be equally near.
    /// </summary>
    public float Discount { get; init => field = Require.Between("discount", value, 0, 1); } = 0.99f;

    /// <summary>Rows of an update. Few: quick, noisy steps; many: slow, sure ones. 1024 in the papers.</summary>
    public int Batch { get; init => field = Require.AtLeast("batch", value, 1); } = 1024;

    /// <summary>
    /// Independent pieces of a minibatch. More pieces keep more threads busy, and each is less efficient. The last bits
    /// of the result depend on it, and never on the number of threads.
    /// </summary>
    public int Shards { get; init => field = Require.AtLeast("shards", value, 1); } = 4;

    /// <summary>Step size of the optimiser. Low is slow, high is unstable. 3e-4 in the papers.</summary>
    public float LearningRate { get; init => field = Require.Above("learning-rate", value, 0); } = 3e-4f;

    /// <summary>
    /// τ: the share by which target networks follow at each update. Low is steady and late; 1 copies at once, and
    /// values may then chase themselves. 0.005 in the papers.
    /// </summary>
    public float Follow { get; init => field = Require.Within("follow", value, 1e-6f, 1); } = 0.005f;

    /// <summary>
    /// Whether numbers of observations are brought to a mean of 0 and a deviation of 1 over the data. Off, as in the
    /// papers, networks see them as they are, which is slow where they lie far from 0.
    /// </summary>
    public bool Normalise { get; init; }

    /// <summary>
    /// The first scale of the first layer's weights. 1, as in the papers: a map that is smooth at first, also across
    /// walls; 2 to 8, with normalised observations: one that tells near places apart from the start.
    /// </summary>
    public float InputGain { get; init => field = Require.Above("input-gain", value, 0); } = 1;

    /// <summary>Updates of an iteration: how often figures are written. It moves no result.</summary>
    public int Updates { get; init => field = Require.AtLeast("updates", value, 1); } = 500;

    /// <summary>
    /// Episodes of each evaluation's goal that are played after an iteration, for the curve and for the best
    /// checkpoint. 0: none, and success is then not known; many cost time.
    /// </summary>
    public int Probes { get; init => field = Require.Within("probes", value, 0, 10_000); } = 2;

    /// <summary>The sizes of the papers, with the task's own discount: for hours on a few cores.</summary>
    /// <param name="problem">What is learned.</param>
    internal static GoalLearningOptions Paper(GoalProblem problem) => new() { Discount = (float)problem.Task.Discount };

    /// <summary>Sizes that learn something in two minutes on two cores.</summary>
    /// <param name="problem">What is learned.</param>
    internal static GoalLearningOptions Small(GoalProblem problem) => Paper(problem) with
    {
        Hidden = 128,
        Layers = 2,
        Batch = 256,
        Shards = 2,
        LearningRate = 1e-3f,
        Normalise = true,
        // Without it a map of a maze is smooth across walls for thousands of updates; see docs/log.md.
        InputGain = problem.Task.Observation.Kind == ObservationKind.Vector ? 4 : 1,
    };

    /// <summary>Checks what no single option can know.</summary>
    /// <exception cref="OptionException">There are more shards than rows.</exception>
    internal void Validate()
    {
        if (Shards > Batch)
            throw new OptionException("shards", $"{Shards} shards cannot share a batch of {Batch}; {Batch} can");
    }

    /// <summary>The shape of a network: GELU, then normalisation, after each hidden layer.</summary>
    /// <param name="outputGain">The first scale of the last layer; small for policies.</param>
    internal MlpOptions Network(float outputGain = 1) => new()
    {
        Hidden = [.. Enumerable.Repeat(Hidden, Layers)],
        Activation = Activation.Gelu,
        LayerNorm = true,
        Initialisation = Initialisation.XavierUniform,
        InputGain = InputGain,
        OutputGain = outputGain,
    };
}

/// <summary>The same options in the table of every algorithm that has them.</summary>
static class GoalLearningSettings
{
    /// <summary>Adds them.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="get">These within the algorithm's options.</param>
    /// <param name="with">A copy of the algorithm's options with others.</param>
    public static OptionTable<TOptions> Learning<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, GoalLearningOptions> get,
        Func<TOptions, GoalLearningOptions, TOptions> with) where TOptions : class => table
        .Integer("hidden", "units of each hidden layer",
            options => get(options).Hidden, (options, value) => with(options, get(options) with { Hidden = value }),
            low: "a coarse map, quickly", high: "a fine one, slowly; 512 in the papers")
        .Integer("layers", "hidden layers",
            options => get(options).Layers, (options, value) => with(options, get(options) with { Layers = value }),
            low: "little that is far from linear", high: "slow; 3 in the papers")
        .Number("discount", "γ: a goal n steps away has the value γⁿ",
            options => get(options).Discount,
            (options, value) => with(options, get(options) with { Discount = value }),
            low: "tells near goals apart", high: "reaches far; below 1")
        .Integer("batch", "rows of an update",
            options => get(options).Batch, (options, value) => with(options, get(options) with { Batch = value }),
            low: "quick, noisy steps", high: "slow, sure ones")
        .Integer("shards", "pieces of a minibatch, for threads to share",
            options => get(options).Shards, (options, value) => with(options, get(options) with { Shards = value }),
            low: "few threads are used", high: "each piece is less efficient")
        .Number("learning-rate", "step size of the optimiser",
            options => get(options).LearningRate,
            (options, value) => with(options, get(options) with { LearningRate = value }),
            low: "slow", high: "unstable")
        .Number("follow", "share by which target networks follow at each update, τ",
            options => get(options).Follow, (options, value) => with(options, get(options) with { Follow = value }),
            low: "steady and late", high: "values may chase themselves")
        .Switch("normalise", "whether networks see observations with mean 0 and deviation 1",
            options => get(options).Normalise,
            (options, value) => with(options, get(options) with { Normalise = value }),
            low: "as they are, like the papers", high: "learns faster where they lie far from 0")
        .Number("input-gain", "first scale of the first layer's weights",
            options => get(options).InputGain,
            (options, value) => with(options, get(options) with { InputGain = value }),
            low: "1 as in the papers: smooth, also across walls", high: "tells near places apart from the start")
        .Integer("updates", "updates of an iteration, after which figures are written",
            options => get(options).Updates, (options, value) => with(options, get(options) with { Updates = value }),
            low: "many lines", high: "few")
        .Integer("probes", "episodes of each goal that are played after an iteration",
            options => get(options).Probes, (options, value) => with(options, get(options) with { Probes = value }),
            low: "0 plays none", high: "a smoother curve, slower");
}
