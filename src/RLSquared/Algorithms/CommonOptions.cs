using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Algorithms;

/// <summary>
/// Options that several algorithms have, each with its name and its text in one place. What values an option may have
/// is said by the init accessor of the algorithm's own record.
/// <code>
/// new OptionTable&lt;MyOptions&gt;("the algorithm mine", new())
///     .Discount(options => options.Discount, (options, value) => options with { Discount = value })
///     .LearningRate(options => options.LearningRate, (options, value) => options with { LearningRate = value })
/// </code>
/// </summary>
public static class CommonOptions
{
    /// <summary>Adds <c>shards</c>: pieces that threads can take.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="get">Reads it from the options.</param>
    /// <param name="set">The options with another value.</param>
    public static OptionTable<TOptions> Shards<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, int> get, Func<TOptions, int, TOptions> set)
        where TOptions : class => Required(table).Integer("shards", "pieces that threads can take", get, set,
            low: "each piece is efficient", high: "keeps more threads busy");

    /// <summary>Adds <c>discount</c>, γ.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="get">Reads it from the options.</param>
    /// <param name="set">The options with another value.</param>
    /// <param name="high">What a high value does.</param>
    public static OptionTable<TOptions> Discount<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set,
        string high = "1 is exactly the sum that is scored")
        where TOptions : class => Required(table).Number("discount", "weight of a reward one step later, γ", get, set,
            low: "short-sighted, little variance", high: high);

    /// <summary>Adds <c>lambda</c>, λ of the advantages.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="get">Reads it from the options.</param>
    /// <param name="set">The options with another value.</param>
    /// <param name="baseline">What a low value trusts.</param>
    public static OptionTable<TOptions> Lambda<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set,
        string baseline = "value estimate")
        where TOptions : class => Required(table).Number("lambda", "λ of the advantages", get, set,
            low: $"trusts the {baseline}", high: "trusts the rewards that followed");

    /// <summary>Adds <c>value-lambda</c>, λ of the returns that the value is fitted to.</summary>
    /// <inheritdoc cref="Shards" path="/param"/>
    public static OptionTable<TOptions> ValueLambda<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set)
        where TOptions : class => Required(table).Number("value-lambda",
            "λ of the returns that the value is fitted to", get, set,
            low: "leans on the value's own later estimates", high: "fits what really followed");

    /// <summary>Adds <c>trials</c>, N of an iteration.</summary>
    /// <inheritdoc cref="Shards" path="/param"/>
    public static OptionTable<TOptions> Trials<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, int> get, Func<TOptions, int, TOptions> set)
        where TOptions : class => Required(table).Integer("trials", "trials per iteration, N", get, set,
            low: "many noisy improvements", high: "few sure ones");

    /// <summary>Adds <c>regret</c>: whether returns add up regrets.</summary>
    /// <inheritdoc cref="Shards" path="/param"/>
    public static OptionTable<TOptions> Regret<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, bool> get, Func<TOptions, bool, TOptions> set)
        where TOptions : class => Required(table).Switch("regret",
            "whether the return adds up what actions cost against the best play", get, set,
            low: "as in the paper", high: "far less luck; needs a task that knows");

    /// <summary>Adds <c>epochs</c>.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="get">Reads it from the options.</param>
    /// <param name="set">The options with another value.</param>
    /// <param name="of">What is learned from: a step, a trial.</param>
    public static OptionTable<TOptions> Epochs<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, int> get, Func<TOptions, int, TOptions> set, string of)
        where TOptions : class => Required(table).Integer("epochs", $"how often each {of} is learned from", get, set,
            low: "safe", high: $"squeezes more out of a {of}, strays further");

    /// <summary>Adds <c>minibatches</c> per epoch.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="get">Reads it from the options.</param>
    /// <param name="set">The options with another value.</param>
    /// <param name="of">Of what, such as <c> of the skills' steps</c>; empty for all.</param>
    public static OptionTable<TOptions> Minibatches<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, int> get, Func<TOptions, int, TOptions> set, string of = "")
        where TOptions : class => Required(table).Integer("minibatches", $"minibatches{of} per epoch", get, set,
            low: "fewer, surer updates", high: "more, each noisier");

    /// <summary>Adds <c>learning-rate</c>.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="get">Reads it from the options.</param>
    /// <param name="set">The options with another value.</param>
    /// <param name="of">Whose step size.</param>
    /// <param name="high">What a high value does.</param>
    public static OptionTable<TOptions> LearningRate<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set,
        string of = "the optimiser", string high = "unstable")
        where TOptions : class => Required(table).Number("learning-rate", $"step size of {of}", get, set,
            low: "slow", high: high);

    /// <summary>Adds <c>learning-rate-schedule</c>.</summary>
    /// <inheritdoc cref="Shards" path="/param"/>
    public static OptionTable<TOptions> LearningRateSchedule<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, Schedule> get, Func<TOptions, Schedule, TOptions> set)
        where TOptions : class => table.Schedule("learning-rate-schedule", get, set);

    /// <summary>Adds a schedule over the budget.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="name">Its name, such as <c>entropy-schedule</c>.</param>
    /// <param name="get">Reads it from the options.</param>
    /// <param name="set">The options with another value.</param>
    public static OptionTable<TOptions> Schedule<TOptions>(this OptionTable<TOptions> table, string name,
        Func<TOptions, Schedule> get, Func<TOptions, Schedule, TOptions> set)
        where TOptions : class => Required(table).Words(name, "constant, linear or cosine over the budget",
            options => get(options).ToString(), (options, text) => set(options, Read(name, text)));

    /// <summary>Adds <c>gradient-norm</c>, the limit of the gradient's length.</summary>
    /// <inheritdoc cref="Shards" path="/param"/>
    public static OptionTable<TOptions> GradientNorm<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set)
        where TOptions : class => Required(table).Number("gradient-norm",
            "limit of the gradient's length; 0 for none", get, set, low: "steady and slow", high: "no limit");

    /// <summary>Adds <c>clip</c>, ε of the clipped ratio.</summary>
    /// <inheritdoc cref="Shards" path="/param"/>
    public static OptionTable<TOptions> Clip<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set)
        where TOptions : class => Required(table).Number("clip", "ε of the clipped ratio", get, set,
            low: "small, safe changes", high: "fast and risky");

    /// <summary>Adds <c>value-clip</c>, ε of the clipped value.</summary>
    /// <inheritdoc cref="Shards" path="/param"/>
    public static OptionTable<TOptions> ValueClip<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set)
        where TOptions : class => Required(table).Number("value-clip", "ε of the clipped value; 0 for none", get, set,
            low: "0: no limit", high: "hardly holds anything back");

    /// <summary>Adds <c>value-weight</c>.</summary>
    /// <inheritdoc cref="Shards" path="/param"/>
    public static OptionTable<TOptions> ValueWeight<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set)
        where TOptions : class => Required(table).Number("value-weight", "weight of the value's squared error", get,
            set, low: "the policy learns first", high: "the value does, when layers are shared");

    /// <summary>Adds <c>entropy</c>, the weight of an entropy.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="get">Reads it from the options.</param>
    /// <param name="set">The options with another value.</param>
    /// <param name="of">Whose entropy.</param>
    public static OptionTable<TOptions> Entropy<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set,
        string of = "the policy's entropy")
        where TOptions : class => Required(table).Number("entropy", $"weight of {of}", get, set,
            low: "may settle too early", high: "never settles");

    /// <summary>Adds <c>normalise-rewards</c>: whether rewards are divided by the deviation of returns.</summary>
    /// <inheritdoc cref="Shards" path="/param"/>
    public static OptionTable<TOptions> NormaliseRewards<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, bool> get, Func<TOptions, bool, TOptions> set)
        where TOptions : class => Required(table).Switch("normalise-rewards",
            "whether rewards are divided by the deviation of returns", get, set,
            low: "for returns that are of size 1 already", high: "for rewards of any size");

    /// <summary>Adds <c>hidden</c>, <c>layers</c> and <c>activation</c> of a feed-forward network.</summary>
    /// <param name="table">The algorithm's table.</param>
    /// <param name="get">The network's shape within the options.</param>
    /// <param name="set">The options with another shape.</param>
    public static OptionTable<TOptions> HiddenLayers<TOptions>(this OptionTable<TOptions> table,
        Func<TOptions, MlpPolicyOptions> get, Func<TOptions, MlpPolicyOptions, TOptions> set)
        where TOptions : class => Required(table)
        .Integer("hidden", "units of each hidden layer",
            options => get(options).Hidden, (options, value) => set(options, get(options) with { Hidden = value }),
            low: "learns quickly", high: "says more, costs more")
        .Integer("layers", "hidden layers of a feed-forward network",
            options => get(options).Layers, (options, value) => set(options, get(options) with { Layers = value }),
            low: "simple", high: "says more, learns slower")
        .Choice("activation", "what follows each hidden layer",
            options => get(options).Activation,
            (options, value) => set(options, get(options) with { Activation = value }),
            ("tanh", Activation.Tanh), ("relu", Activation.Relu));

    /// <summary>Adds <c>normalise-observations</c>.</summary>
    /// <inheritdoc cref="HiddenLayers" path="/param"/>
    public static OptionTable<TOptions> NormaliseObservations<TOptions>(this OptionTable<TOptions> table,
        Func<TOptions, MlpPolicyOptions> get, Func<TOptions, MlpPolicyOptions, TOptions> set)
        where TOptions : class => Required(table).Switch("normalise-observations",
            "whether observations are brought to mean 0 and deviation 1",
            options => get(options).Normalise,
            (options, value) => set(options, get(options) with { Normalise = value }),
            low: "for numbers that are of size 1 already", high: "for numbers of any size");

    /// <summary>Adds <c>deviation</c>, the first standard deviation of an action's numbers.</summary>
    /// <inheritdoc cref="Shards" path="/param"/>
    public static OptionTable<TOptions> Deviation<TOptions>(
        this OptionTable<TOptions> table, Func<TOptions, float> get, Func<TOptions, float, TOptions> set)
        where TOptions : class => Required(table).Number("deviation",
            "the first standard deviation of an action's numbers", get, set,
            low: "explores near the mean", high: "hits the limits often");

    static Schedule Read(string option, string text)
    {
        try
        {
            return Tensors.Optimisers.Schedule.Parse(text);
        }
        catch (FormatException wrong)
        {
            throw new OptionException(option, $"{option}: {wrong.Message}");
        }
    }

    static OptionTable<TOptions> Required<TOptions>(OptionTable<TOptions> table) where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(table);
        return table;
    }
}
