using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// A feed-forward policy: it sees the present observation and remembers nothing. First weights are orthogonal, scaled
/// by √2 in hidden layers, 0.01 before the actions and 1 before the value (Andrychowicz et al. 2021, Huang et al.
/// 2022).
/// <code>
///   observation ┬─► hidden layers ─► linear ─► logits [A], means [C]
///               └─► hidden layers ─► linear ─► value      (or the same hidden layers for both)
/// </code>
/// </summary>
public sealed class MlpPolicy : Policy
{
    readonly Trunk trunk;
    readonly Trunk? valueTrunk;                                   // null where it is shared
    readonly Linear head, valueHead;
    readonly InputNormaliser? normaliser;

    /// <summary>A policy at its first weights.</summary>
    /// <param name="spaces">What goes in and what comes out.</param>
    /// <param name="options">Its shape.</param>
    /// <param name="parameters">Receives the parameters.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="prefix">What all names begin with: one of several policies in one set. Each draws its own.</param>
    /// <param name="hasDeviations">Whether it has deviations of its own, where numbers are decided.</param>
    internal MlpPolicy(TaskSpaces spaces, MlpPolicyOptions options, ParameterSet parameters, ulong seed,
        string prefix = "", bool hasDeviations = true)
        : base(spaces, RowOf(spaces, options), parameters)
    {
        Options = options;
        normaliser = options.Normalise && Observation.Kind == ObservationKind.Vector
            ? new InputNormaliser(parameters, Row) : null;
        RandomKey random = WeightKey(seed);
        trunk = new Trunk(parameters, $"{prefix}policy", Row.Width, options, random);
        head = new Linear(parameters, $"{prefix}policy.head", options.Hidden, Action.Size + Action.Numbers, random,
            gain: 0.01f);
        if (hasDeviations)
            AddLogDeviations(options.Deviation);
        if (!options.Shared)
            valueTrunk = new Trunk(parameters, $"{prefix}value", Row.Width, options, random);
        valueHead = new Linear(parameters, $"{prefix}value.head", options.Hidden, 1, random);
    }

    /// <summary>Its shape.</summary>
    public MlpPolicyOptions Options { get; }

    /// <inheritdoc/>
    public override bool Remembers => false;

    /// <inheritdoc/>
    public override (PolicyDistribution Policy, Tensor Values) Forward(Tape tape, in PolicyInput input)
    {
        SequenceInput rows = Read(tape, input.Rows);
        Tensor hidden = trunk.Forward(tape, rows);
        return (DistributionOf(tape, head.Forward(hidden), in input),
            Value(rows, valueTrunk is null ? hidden : valueTrunk.Forward(tape, rows)));
    }

    /// <inheritdoc/>
    public override PolicyDistribution Distribution(Tape tape, in PolicyInput input) =>
        DistributionOf(tape, Outputs(tape, input.Rows), in input);

    /// <inheritdoc/>
    public override Tensor Values(Tape tape, in PolicyInput input) =>
        Value(input.Rows, (valueTrunk ?? trunk).Forward(tape, Read(tape, input.Rows)));

    /// <inheritdoc/>
    internal override InputNormaliser? Normaliser => normaliser;

    /// <inheritdoc/>
    public override PolicyMemory CreateMemory(int lanes, int trialLength) => new NoMemory(this);

    /// <summary>A logits and C means, [T · B, A + C].</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="rows">What is seen.</param>
    internal Tensor Outputs(Tape tape, in SequenceInput rows) =>
        head.Forward(trunk.Forward(tape, Read(tape, in rows)));

    /// <summary>The layers before the actions, then those before the value; empty where these are the same.</summary>
    internal (IReadOnlyList<Linear> Policy, Linear Head, IReadOnlyList<Linear> Value, Linear ValueHead) Layers =>
        (trunk.Layers, head, valueTrunk?.Layers ?? [], valueHead);

    SequenceInput Read(Tape tape, in SequenceInput rows) => normaliser?.Apply(tape, in rows) ?? rows;

    Tensor Value(in SequenceInput rows, Tensor hidden) =>
        valueHead.Forward(hidden).Reshape(new Shape(rows.T, rows.B, 1));

    /// <summary>What a feed-forward policy reads.</summary>
    /// <exception cref="OptionException">The task shows images.</exception>
    internal static InputRow RowOf(TaskSpaces spaces, MlpPolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(spaces);
        ArgumentNullException.ThrowIfNull(options);
        return spaces.Observation.Kind != ObservationKind.Image
            ? new InputRow(spaces.Observation, spaces.Action, options.TimeToGo, options.History)
            : throw new OptionException("task", $"the task {spaces.Task} shows {spaces.Observation}, and a " +
                "feed-forward policy sees states and vectors; use a recurrent policy, which looks at images");
    }

    /// <summary>Hidden layers with an activation after each.</summary>
    sealed class Trunk
    {
        readonly Linear[] layers;
        readonly Activation activation;

        public Trunk(ParameterSet parameters, string name, int inputs, MlpPolicyOptions options, RandomKey random)
        {
            activation = options.Activation;
            layers = new Linear[options.Layers];
            for (int i = 0; i < layers.Length; i++)
            {
                layers[i] = new Linear(parameters, $"{name}.{i}", i == 0 ? inputs : options.Hidden, options.Hidden,
                    random, gain: MathF.Sqrt(2));
            }
        }

        public IReadOnlyList<Linear> Layers => layers;

        /// <summary>Rows to [T · B, H].</summary>
        public Tensor Forward(Tape tape, in SequenceInput rows)
        {
            Tensor hidden = layers[0].Forward(tape, in rows).Activate(activation);
            for (int i = 1; i < layers.Length; i++)
                hidden = layers[i].Forward(hidden).Activate(activation);
            return hidden;
        }
    }

    sealed class NoMemory(MlpPolicy policy) : PolicyMemory
    {
        public override void Begin(Tape weights)
        {
        }

        public override void Forget(int lane)
        {
        }

        public override Tensor Step(Tape tape, in SequenceInput rows) => policy.Outputs(tape, in rows);
    }
}
