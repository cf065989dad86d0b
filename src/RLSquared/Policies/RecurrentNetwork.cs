using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>The shape of a recurrent network.</summary>
public sealed record RecurrentNetworkOptions
{
    /// <summary>
    /// Units of each recurrent layer, H. Few (32) learn quickly and remember little; many (256) remember long trials
    /// and cost as their square. The paper uses 256.
    /// </summary>
    public int Hidden { get; init => field = Require.AtLeast("hidden", value, 1); } = 64;

    /// <summary>
    /// Units of a cell, when the policy's memory is a table with a recurrent cell for each pair of state and action,
    /// all with the same weights (<c>CellTable</c>), instead of one layer of H units. 16 to 64; 0, as in the paper: one
    /// layer. The policy sees nothing more than it would with a layer, but knows that names mean nothing.
    /// </summary>
    public int Cells { get; init => field = Require.AtLeast("cells", value, 0); }

    /// <summary>
    /// The same for the value, with a table of its own: units of a cell, 0 for one layer. The value is thrown away
    /// after training, so this changes no agent, only how well it is taught.
    /// </summary>
    public int ValueCells { get; init => field = Require.AtLeast("value-cells", value, 0); }

    /// <summary>
    /// Whether policy and value share one recurrent layer. Shared is half the work and was found more stable where
    /// observations are images; apart, the value's errors cannot disturb the policy. The paper: apart, but for mazes.
    /// </summary>
    public bool Shared { get; init; }

    /// <summary>
    /// Whether the hidden state is normalised before the heads. Steadier at high learning rates, a little
    /// slower.
    /// </summary>
    public bool LayerNorm { get; init; }

    /// <summary>
    /// Whether the candidate of the recurrent layer is a relu, as in the paper; else tanh, which cannot blow
    /// up.
    /// </summary>
    public bool Relu { get; init; }

    /// <summary>
    /// Whether all weight matrices are normalised (direction and length learned apart), as in the paper. Makes the step
    /// size independent of the weights' scale; costs a little time.
    /// </summary>
    public bool WeightNorm { get; init; }

    /// <summary>
    /// Whether the network sees what share of the trial is left. A value without it must count for itself, which is
    /// slow to learn when γ is 1. The paper's network does not see it.
    /// </summary>
    public bool TimeToGo { get; init; } = true;

    /// <summary>
    /// Whether the value also sees what only the simulator knows of the task
    /// (<see cref="TaskDistribution.PrivilegedWidth"/>). The value is a baseline that is thrown away after training, so
    /// the agent stays what it was; its advantages have less noise. Needs a value layer of its own. The paper: no.
    /// </summary>
    public bool PrivilegedValue { get; init; }

    /// <summary>
    /// Filters of both layers that look at an image; only images need them. 16, the paper's, fill one vector of the
    /// processor, so that fewer save nothing.
    /// </summary>
    public int Filters { get; init => field = Require.AtLeast("filters", value, 1); } = 16;

    /// <summary>Features that an image is turned into. Few are quick; the paper has 256.</summary>
    public int Features { get; init => field = Require.AtLeast("features", value, 1); } = 128;

    /// <summary>
    /// Length of the vector as which the previous action joins an image before the dense layer; the paper has 256. 0:
    /// it does not, for the recurrent layer sees it anyway.
    /// </summary>
    public int ActionEmbedding { get; init => field = Require.AtLeast("action-embedding", value, 0); }

    /// <summary>
    /// The first standard deviation of each number that the policy draws, where actions have numbers (from −1 to 1). It
    /// is learned, the same for all states. Small (0.2) explores near the mean; large (1) hits the limits often.
    /// </summary>
    public float Deviation { get; init => field = Require.Above("deviation", value, 0); } = 0.6f;
}

/// <summary>
/// The network of RL² (Duan et al. 2016, §2.2): a recurrent layer reads what the agent perceives, namely the
/// observation, the previous action, the previous reward and whether an episode has just ended; linear heads give the
/// policy's logits and the value. What it has learned of the present task is in its hidden state.
/// <code>
///   observation ┐
///   action      ├─► GRU ─► linear ─► logits [A]
///   reward      │
///   ended       └─► GRU ─► linear ─► value          (or one GRU for both)
/// </code>
/// An image is first turned into features (<see cref="ImageEncoder"/>), which policy and value always share.
/// </summary>
public sealed class RecurrentNetwork : IDisposable
{
    readonly Gru? policy, value;
    readonly CellPolicy? cellPolicy;
    readonly CellValue? cellValue;
    readonly Linear? policyHead, valueHead;
    readonly LayerNorm? policyNorm, valueNorm;
    readonly ImageEncoder? vision;
    readonly Parameter? logDeviation;
    Arena? layout;                                    // of weights that are fixed
    GruWeights? fixedWeights;

    /// <summary>A network at its first weights.</summary>
    /// <param name="spaces">What goes in and what comes out: a task's <see cref="TaskDistribution.Spaces"/>.</param>
    /// <param name="options">The network's shape.</param>
    /// <param name="seed">Of the weights.</param>
    /// <exception cref="OptionException">An option does not go with the task or with another option.</exception>
    /// <exception cref="NotSupportedException">Images are too small for the filters.</exception>
    public RecurrentNetwork(TaskSpaces spaces, RecurrentNetworkOptions options, ulong seed)
        : this(spaces, options, new ParameterSet(), seed, hasValue: true) { }

    RecurrentNetwork(
        TaskSpaces spaces, RecurrentNetworkOptions options, ParameterSet parameters, ulong seed, bool hasValue)
    {
        ArgumentNullException.ThrowIfNull(spaces);
        (Spaces, Options, Parameters) = (spaces, options, parameters);
        Row = new InputRow(Observation, Action, options);
        SeesImages = Observation.Kind == ObservationKind.Image;

        PrivilegedWidth = options.PrivilegedValue ? spaces.PrivilegedWidth : 0;
        if (options.PrivilegedValue && (options.Shared || spaces.PrivilegedWidth == 0))
        {
            throw new OptionException("privileged-value", options.Shared
                ? "a value that sees more than the policy needs a layer of its own; set shared=false"
                : $"the task {spaces.Task} has nothing to tell a value; set privileged-value=false");
        }

        int I = Row.Width, H = options.Hidden;
        var random = new RandomKey(seed, RandomPurpose.Weights, 0);
        vision = SeesImages ? new ImageEncoder(Parameters, spaces, options, random) : null;
        bool canHaveCells = Observation.Kind is ObservationKind.Nothing or ObservationKind.Discrete;
        if (options.Cells + options.ValueCells > 0 && (!canHaveCells || options.Shared))
        {
            throw new OptionException(options.Cells > 0 ? "cells" : "value-cells", options.Shared
                ? "a layer that is shared leaves no room for cells; set shared=false"
                : $"cells need states with numbers, but the task {spaces.Task} shows vectors or images; " +
                    "set cells=0 and value-cells=0");
        }
        if (options.Cells + options.ValueCells > 0 && !Action.IsDiscrete)
        {
            throw new OptionException(options.Cells > 0 ? "cells" : "value-cells",
                $"there is a cell for each action, but the task {spaces.Task} has {Action}; " +
                    "set cells=0 and value-cells=0");
        }
        if (SeesImages && options.ActionEmbedding > 0 && !Action.IsDiscrete)
        {
            throw new OptionException("action-embedding", "one action can join an image, but the task " +
                $"{spaces.Task} has {Action}; set action-embedding=0");
        }
        if (options.Cells + options.ValueCells > 0 && (options.LayerNorm || options.WeightNorm))
        {
            throw new OptionException(options.LayerNorm ? "layer-norm" : "weight-norm",
                "cells are not normalised; set layer-norm=false and weight-norm=false, or cells=0 and value-cells=0");
        }
        if (options.ValueCells > 0 && options.PrivilegedValue && PrivilegedWidth != Action.Size)
        {
            throw new OptionException("value-cells", $"cells can be told one number for each action, but the task " +
                $"{spaces.Task} tells {PrivilegedWidth}; set value-cells=0 or privileged-value=false");
        }
        if (options.Cells > 0)
        {
            cellPolicy = new CellPolicy(Parameters, Table("policy", options.Cells), Action.Size, random);
        }
        else
        {
            policy = new Gru(Parameters, "policy.gru", I, H, random, options.Relu, options.WeightNorm);
            policyNorm = options.LayerNorm ? new LayerNorm(Parameters, "policy.norm", H) : null;
        }
        if (options.ValueCells > 0)
        {
            cellValue = new CellValue(
                Parameters, Table("value", options.ValueCells), Action.Size, options.PrivilegedValue, random);
        }
        // A first policy that is nearly uniform explores every action; a first value near 0 is its targets' mean.
        var head = new LinearOptions { Gain = 0.01f, WeightNorm = options.WeightNorm };
        if (cellPolicy is null)
            policyHead = new Linear(Parameters, "policy.head", H, Action.Size + Action.Numbers, random, head);
        if (Action.Numbers > 0)
        {
            logDeviation = Parameters.Add("policy.log_deviation", new Shape(Action.Numbers));
            logDeviation.SetAll(MathF.Log(options.Deviation));
        }
        if (hasValue && !options.Shared && cellValue is null)
        {
            value = new Gru(Parameters, "value.gru", I + PrivilegedWidth, H, random, options.Relu, options.WeightNorm);
            valueNorm = options.LayerNorm ? new LayerNorm(Parameters, "value.norm", H) : null;
        }
        if (hasValue && cellValue is null)
            valueHead = new Linear(Parameters, "value.head", H, 1, random, head);

        CellTable Table(string name, int units) => new(
            Parameters, name, Math.Max(1, Row.States), Action.Size, units, TrialLength, options, DenseWidth, random);
    }

    /// <summary>
    /// A policy alone, without the value that taught it: what it takes to act. Its weights are yet to be read.
    /// </summary>
    /// <param name="spaces">What goes in and what comes out.</param>
    /// <param name="options">The network's shape, of which what concerns the value does not count.</param>
    /// <param name="parameters">Receives the parameters, none of which it has yet.</param>
    internal static RecurrentNetwork PolicyAlone(
        TaskSpaces spaces, RecurrentNetworkOptions options, ParameterSet parameters) =>
        new(spaces, options with { ValueCells = 0, PrivilegedValue = false }, parameters, seed: 0, hasValue: false);

    /// <summary>
    /// The same with the value, if it is one that can be asked for where there is no simulator: a layer that sees what
    /// the policy sees.
    /// </summary>
    internal static RecurrentNetwork PolicyAndValue(
        TaskSpaces spaces, RecurrentNetworkOptions options, ParameterSet parameters) =>
        options is { ValueCells: 0, PrivilegedValue: false }
            ? new(spaces, options, parameters, seed: 0, hasValue: true) : PolicyAlone(spaces, options, parameters);

    /// <summary>All that the network learns.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>What it must know of a task.</summary>
    public TaskSpaces Spaces { get; }

    /// <summary>The network's shape.</summary>
    public RecurrentNetworkOptions Options { get; }

    /// <summary>What the network sees of a task.</summary>
    public ObservationSpace Observation => Spaces.Observation;

    /// <summary>What the policy decides.</summary>
    public ActionSpace Action => Spaces.Action;

    /// <summary>Whether the policy is told which options are allowed.</summary>
    public bool Masks => Spaces.Masks;

    /// <summary>The most steps of a trial in training.</summary>
    public int TrialLength => Spaces.TrialLength;

    /// <summary>Whether it sees images, whose features then are the first numbers of an input row.</summary>
    internal bool SeesImages { get; }

    /// <summary>What the policy reads at each step.</summary>
    internal InputRow Row { get; }

    /// <summary>One-hot groups of an input row.</summary>
    internal int Groups => Row.Groups;

    /// <summary>Plain numbers of an input row, D.</summary>
    internal int DenseWidth => Row.DenseWidth;

    /// <summary>Numbers that only the value sees, P, after the D of its input row.</summary>
    internal int PrivilegedWidth { get; }

    /// <summary>The features [M, F] of M images, with the actions before them, [M].</summary>
    internal Tensor See(Tape tape, Images images, Indices previousActions) =>
        vision!.Forward(tape, images, previousActions);

    /// <summary>
    /// The policy at T · B steps and the values [T, B, 1] over whole trials, from hidden states of zero.
    /// </summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">What the policy sees.</param>
    /// <param name="valueInput">What the value sees: the same, or more if it is privileged.</param>
    /// <param name="forbidden">What is added to the logits, [T · B, A]; the default for nothing.</param>
    public (PolicyDistribution Policy, Tensor Values) Forward(
        Tape tape, SequenceInput input, SequenceInput valueInput, Tensor forbidden = default)
    {
        if (!Options.Shared)
            return (Policy(tape, input, forbidden), Values(tape, input, valueInput));
        Tensor hidden = policy!.Forward(tape, input);
        return (new PolicyDistribution(Action, Outputs(hidden), LogDeviations(tape), forbidden), Value(hidden));
    }

    /// <summary>The policy alone, at T · B steps.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">What the policy sees.</param>
    /// <param name="forbidden">What is added to the logits, [T · B, A]; the default for nothing.</param>
    public PolicyDistribution Policy(Tape tape, SequenceInput input, Tensor forbidden = default) => new(
        Action, cellPolicy is not null ? cellPolicy.Forward(tape, input) : Outputs(policy!.Forward(tape, input)),
        LogDeviations(tape), forbidden);

    /// <summary>The values alone, [T, B, 1].</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">What the policy sees.</param>
    /// <param name="valueInput">What the value sees: the same, or more if it is privileged.</param>
    public Tensor Values(Tape tape, SequenceInput input, SequenceInput valueInput) => cellValue is not null
        ? cellValue.Forward(tape, input, valueInput) : Value((value ?? policy!).Forward(tape, valueInput));

    /// <summary>log σ of the numbers, [C]; the default where there are none.</summary>
    public Tensor LogDeviations(Tape tape) => logDeviation is null ? default : tape.Watch(logDeviation);

    /// <summary>Copies log σ of the numbers, [C].</summary>
    internal void CopyLogDeviations(Span<float> copy)
    {
        logDeviation?.Value.CopyTo(copy);
    }

    /// <summary>The policy's A logits and C means, [B, A + C], from its hidden states, [B, H].</summary>
    internal Tensor Outputs(Tensor hidden) => policyHead!.Forward(policyNorm?.Forward(hidden) ?? hidden);

    /// <summary>What turns images into features; null where there are none.</summary>
    internal ImageEncoder? Vision => vision;

    /// <summary>The policy as a table of cells; null where it is one layer.</summary>
    internal CellPolicy? CellPolicy => cellPolicy;

    /// <summary>The policy as one layer, a normalisation if any, and a head; nulls where it is cells.</summary>
    internal (Gru? Layer, LayerNorm? Norm, Linear? Head) PolicyLayers => (policy, policyNorm, policyHead);

    /// <summary>
    /// The value's layers: no recurrent layer where it shares the policy's, and no head where it is read from cells.
    /// </summary>
    internal (Gru? Layer, LayerNorm? Norm, Linear? Head) ValueLayers => (value, valueNorm, valueHead);

    /// <summary>
    /// The policy's recurrent weights, laid out for many single steps, on the arena of a tape that must not be reset
    /// meanwhile.
    /// </summary>
    internal GruWeights PackPolicy(Tape tape) => fixedWeights ?? policy!.Pack(tape, Groups, DenseWidth);

    /// <summary>
    /// Lays out the policy's recurrent weights once for all who play it, since they will not change any more.
    /// </summary>
    internal void FixWeights()
    {
        if (policy is not null)
            fixedWeights = policy.Pack(new Tape(layout = new Arena()) { Recording = false }, Groups, DenseWidth);
    }

    /// <summary>The policy's memory of N trials of at most so many steps.</summary>
    internal PolicyMemory CreateMemory(int lanes, int trialLength) =>
        cellPolicy is not null ? cellPolicy.CreateMemory(lanes, trialLength) : new HiddenMemory(this, lanes);

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        Parameters.Dispose();
        layout?.Dispose();
    }

    Tensor Value(Tensor hidden) => valueHead!.Forward(valueNorm?.Forward(hidden) ?? hidden);
}
