using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// A policy that reads its logits from a table of cells, each by the same small network: logit[a] = w · tanh(y[a]). A
/// permutation of the arms permutes the policy, and what is learned of one cell is learned of all (on this symmetry:
/// Petrov, Vyas and Janson 2024).
/// </summary>
sealed class CellPolicy : Policy
{
    readonly RecurrentPolicyOptions options;
    readonly CellTable table;
    readonly Linear head;
    readonly ValueFunction? value;

    public CellPolicy(
        TaskSpaces spaces, RecurrentPolicyOptions options, ParameterSet parameters, ulong seed, bool hasValue)
        : base(spaces, options.RowOf(spaces), parameters)
    {
        this.options = options;
        RandomKey random = WeightKey(seed);
        table = new CellTable(this, "policy", options.Cells, options.TimeToGo, options.Relu, random);
        // A first policy that is nearly uniform explores every action.
        head = new Linear(parameters, "policy.head", table.H, 1, random, gain: 0.01f);
        if (options.NormaliseRewardInputs)
            AddRewardScale();
        if (hasValue)
            value = ValueFunction.Create(this, options, random);
    }

    /// <summary>The cells.</summary>
    public CellTable Table => table;

    /// <summary>What reads a logit from a cell.</summary>
    public Linear Head => head;

    /// <summary>The value; null where the policy was loaded without it.</summary>
    public ValueFunction? Value => value;

    public override int PrivilegedWidth => options.PrivilegedValue ? Spaces.PrivilegedWidth : 0;

    public override (PolicyDistribution Policy, Tensor Values) Forward(Tape tape, in PolicyInput input) =>
        (Distribution(tape, in input), Values(tape, in input));

    public override PolicyDistribution Distribution(Tape tape, in PolicyInput input)
    {
        Tensor logits = head.Forward(table.Forward(tape, input.Rows).Shown);
        return DistributionOf(tape, logits.Reshape(new Shape(input.T, input.B, Action.Size)), in input);
    }

    public override Tensor Values(Tape tape, in PolicyInput input) =>
        ValueFunction.Required(value).Forward(tape, input.Rows, input.ValueRows(input.Rows));

    public override PolicyMemory CreateMemory(int lanes, int trialLength) =>
        new Cells(this, table.CreateMemory(lanes, trialLength), new Shape(lanes, Action.Size));

    sealed class Cells(CellPolicy policy, CellTable.CellMemory cells, Shape logits) : PolicyMemory
    {
        public override void Begin(Tape weights) => cells.Begin(weights);

        public override void Forget(int lane) => cells.Forget(lane);

        public override Tensor Step(Tape tape, in SequenceInput rows) =>
            policy.head.Forward(cells.Step(tape, rows.Indices.Span, rows.Dense.Span).Tanh()).Reshape(logits);

        protected override void Dispose(bool disposing)
        {
            cells.Dispose();
            base.Dispose(disposing);
        }
    }
}
