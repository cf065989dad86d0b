using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

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
sealed class GruPolicy : Policy
{
    readonly RecurrentPolicyOptions options;
    readonly Gru layer;
    readonly LayerNorm? norm;
    readonly Linear head;
    readonly ImageEncoder? vision;
    readonly ValueFunction? value;
    readonly InputNormaliser? normaliser;
    Arena? layout;                                    // of weights that are fixed
    PackedGru? fixedWeights;

    public GruPolicy(
        TaskSpaces spaces, RecurrentPolicyOptions options, ParameterSet parameters, ulong seed, bool hasValue)
        : base(spaces, options.RowOf(spaces), parameters)
    {
        this.options = options;
        normaliser = options.Normalise && Observation.Kind == ObservationKind.Vector
            ? new InputNormaliser(parameters, Row) : null;
        RandomKey random = WeightKey(seed);
        int H = options.Hidden;
        if (Observation.Kind == ObservationKind.Image)
            vision = new ImageEncoder(parameters, spaces, options, random);
        layer = new Gru(parameters, "policy.gru", Row.Width, H, random, options.Relu, options.WeightNorm);
        norm = options.LayerNorm ? new LayerNorm(parameters, "policy.norm", H) : null;
        // A first policy that is nearly uniform explores every action.
        var headOptions = new LinearOptions { Gain = 0.01f, WeightNorm = options.WeightNorm };
        head = new Linear(parameters, "policy.head", H, Action.Size + Action.Numbers, random, headOptions);
        AddLogDeviations(options.Deviation);
        if (options.NormaliseRewardInputs)
            AddRewardScale();
        if (hasValue)
            value = ValueFunction.Create(this, options, random, layer);
    }

    /// <summary>A recurrent layer, a normalisation if any, and a head.</summary>
    public (Gru Layer, LayerNorm? Norm, Linear Head) Layers => (layer, norm, head);

    /// <summary>What turns images into features; null where there are none.</summary>
    public ImageEncoder? Vision => vision;

    /// <summary>The value; null where the policy was loaded without it.</summary>
    public ValueFunction? Value => value;

    internal override InputNormaliser? Normaliser => normaliser;

    public override int PrivilegedWidth => options.PrivilegedValue ? Spaces.PrivilegedWidth : 0;

    public override (PolicyDistribution Policy, Tensor Values) Forward(Tape tape, in PolicyInput input)
    {
        SequenceInput rows = Rows(tape, in input);
        Tensor hidden = layer.Forward(tape, rows);
        PolicyDistribution policy = DistributionOf(tape, Outputs(hidden), in input);
        return (policy, value is SharedValue shared ? shared.Of(hidden)
            : ValueFunction.Required(value).Forward(tape, rows, input.ValueRows(rows)));
    }

    public override PolicyDistribution Distribution(Tape tape, in PolicyInput input) =>
        DistributionOf(tape, Outputs(layer.Forward(tape, Rows(tape, in input))), in input);

    public override Tensor Values(Tape tape, in PolicyInput input)
    {
        SequenceInput rows = Rows(tape, in input);
        return ValueFunction.Required(value).Forward(tape, rows, input.ValueRows(rows));
    }

    public override PolicyMemory CreateMemory(int lanes, int trialLength) => new HiddenStates(this, lanes);

    protected internal override Tensor See(Tape tape, Images images, Indices previousActions) =>
        vision is null ? base.See(tape, images, previousActions) : vision.Forward(tape, images, previousActions);

    internal override void FixWeights() => fixedWeights = layer.Prepare(
        new Tape(layout = new Arena(Parameters.Device)) { Recording = false }, Row.Groups, Row.DenseWidth);

    protected override void Dispose(bool disposing)
    {
        layout?.Dispose();
        base.Dispose(disposing);
    }

    // The policy's A logits and C means from its hidden states.
    Tensor Outputs(Tensor hidden) => head.Forward(norm?.Forward(hidden) ?? hidden);

    /// <summary>The rows with the features that the images have by now.</summary>
    internal SequenceInput Rows(Tape tape, in PolicyInput input)
    {
        if (input.Unseen is not { } unseen)
            return normaliser?.Apply(tape, input.Rows) ?? input.Rows;
        Tensor features = See(tape, unseen.Images, unseen.PreviousActions).GatherRows(unseen.Places);
        var shape = new Shape(input.T, input.B, Row.Features);
        Tensor dense = Tensor.Concatenate(features.Reshape(shape), input.Rows.Dense);
        return new SequenceInput(input.T, input.B, dense, input.Rows.Indices, input.Rows.Groups);
    }

    /// <summary>The hidden states of N trials.</summary>
    sealed class HiddenStates : PolicyMemory
    {
        readonly GruPolicy policy;
        readonly Arena memory;
        Tensor hidden, next;                              // [N, H], swapped at each step
        PackedGru weights = null!;                        // from Begin on

        public HiddenStates(GruPolicy policy, int lanes)
        {
            (this.policy, memory) = (policy, new Arena(policy.Parameters.Device));
            hidden = memory.Zeros(new Shape(lanes, policy.options.Hidden));
            next = memory.Zeros(hidden.Shape);
        }

        public override void Begin(Tape weights)
        {
            this.weights = policy.fixedWeights
                ?? policy.layer.Prepare(weights, policy.Row.Groups, policy.Row.DenseWidth);
            memory.Device.Fill(hidden, 0);
        }

        public override void Forget(int lane) =>
            memory.Device.Fill(hidden.RowsFrom(lane, new Shape(1, policy.options.Hidden)), 0);

        public override Tensor Step(Tape tape, in SequenceInput rows)
        {
            SequenceInput read = policy.normaliser?.Apply(tape, in rows) ?? rows;
            tape.Device.GruStep(weights, in read, hidden, tape.Arena, next);
            (hidden, next) = (next, hidden);
            return policy.Outputs(tape.Constant(hidden));
        }

        protected override void Dispose(bool disposing)
        {
            memory.Dispose();
            base.Dispose(disposing);
        }
    }
}
