using RLSquared.Policies;
using RLSquared.Settings;

namespace RLSquared.Algorithms;

/// <summary>The settings of a recurrent network, for the option table of every algorithm that trains one.</summary>
static class NetworkSettings
{
    static readonly OptionTable<RecurrentPolicyOptions> alone =
        new OptionTable<RecurrentPolicyOptions>("the network", new()).Network(shape => shape, (_, shape) => shape);

    /// <summary>The network's shape among the options of a run, whatever algorithm trained it.</summary>
    /// <param name="options">Options of task and algorithm; what they do not say is as in a new network.</param>
    /// <exception cref="OptionException">A value cannot be.</exception>
    public static RecurrentPolicyOptions Read(IReadOnlyDictionary<string, string> options) =>
        alone.ApplyOwn(options);

    /// <summary>Adds the options of the network's shape.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="shape">The shape within the algorithm's options.</param>
    /// <param name="with">A copy of the algorithm's options with another shape.</param>
    public static OptionTable<TOptions> Network<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, RecurrentPolicyOptions> shape,
        Func<TOptions, RecurrentPolicyOptions, TOptions> with) where TOptions : class => table
        .Integer("hidden", "units of each recurrent layer, H",
            options => shape(options).Hidden,
            (options, value) => with(options, shape(options) with { Hidden = value }),
            low: "learns quickly, remembers little", high: "remembers long trials, costs its square")
        .Integer("cells", "units of a cell per state and action; 0 for one recurrent layer",
            options => shape(options).Cells,
            (options, value) => with(options, shape(options) with { Cells = value }),
            low: "0 as in the paper", high: "uses that names of arms and states mean nothing")
        .Integer("value-cells", "units of a cell of the value's own table; 0 for one recurrent layer",
            options => shape(options).ValueCells,
            (options, value) => with(options, shape(options) with { ValueCells = value }),
            low: "0 as in the paper", high: "a better teacher; the agent is the same")
        .Switch("shared", "whether policy and value share one recurrent layer",
            options => shape(options).Shared,
            (options, value) => with(options, shape(options) with { Shared = value }),
            low: "the value's errors cannot disturb the policy", high: "half the work")
        .Switch("layer-norm", "whether the hidden state is normalised before the heads",
            options => shape(options).LayerNorm,
            (options, value) => with(options, shape(options) with { LayerNorm = value }),
            low: "a little faster", high: "steadier at high learning rates")
        .Switch("relu", "whether the recurrent candidate is a relu; else tanh",
            options => shape(options).Relu,
            (options, value) => with(options, shape(options) with { Relu = value }),
            low: "cannot blow up", high: "as in the paper")
        .Switch("weight-norm", "whether weight matrices are normalised",
            options => shape(options).WeightNorm,
            (options, value) => with(options, shape(options) with { WeightNorm = value }),
            low: "a little faster", high: "as in the paper")
        .Switch("time-to-go", "whether the network sees what share of the trial is left",
            options => shape(options).TimeToGo,
            (options, value) => with(options, shape(options) with { TimeToGo = value }),
            low: "as in the paper; the network must count", high: "values are quickly right")
        .Switch("privileged-value", "whether the value sees what only the simulator knows",
            options => shape(options).PrivilegedValue,
            (options, value) => with(options, shape(options) with { PrivilegedValue = value }),
            low: "as in the paper", high: "less noise in training; the agent is the same")
        .Switch("normalise-reward-inputs", "whether rewards that the network sees are brought to size 1",
            options => shape(options).NormaliseRewardInputs,
            (options, value) => with(options, shape(options) with { NormaliseRewardInputs = value }),
            low: "as in the paper; for rewards around 1", high: "for rewards of any size")
        .Integer("filters", "filters of both layers that look at an image",
            options => shape(options).Filters,
            (options, value) => with(options, shape(options) with { Filters = value }),
            low: "tells little apart", high: "slower; multiples of 16 are used best")
        .Integer("features", "features that an image is turned into",
            options => shape(options).Features,
            (options, value) => with(options, shape(options) with { Features = value }),
            low: "quick", high: "as in the paper, 256")
        .Integer("action-embedding", "length of the previous action as it joins an image; 0 if it does not",
            options => shape(options).ActionEmbedding,
            (options, value) => with(options, shape(options) with { ActionEmbedding = value }),
            low: "only the recurrent layer sees the action", high: "as in the paper, 256")
        .Deviation(options => shape(options).Deviation,
            (options, value) => with(options, shape(options) with { Deviation = value }));
}
