using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// A policy that reads its logits from a table of cells, each by the same small network: logit[a] = w · tanh(y[a]). A
/// permutation of the arms permutes the policy, and what is learned of one cell is learned of all (on this symmetry:
/// Petrov, Vyas and Janson 2024).
/// </summary>
sealed class CellPolicy(ParameterSet parameters, CellTable table, int actions, RandomKey random)
{
    // A first policy that is nearly uniform explores every action.
    readonly Linear head = new(parameters, "policy.head", table.H, 1, random, gain: 0.01f);

    /// <summary>The cells.</summary>
    public CellTable Table => table;

    /// <summary>What reads a logit from a cell.</summary>
    public Linear Head => head;

    /// <summary>The logits over whole trials, [T, B, A].</summary>
    public Tensor Forward(Tape tape, SequenceInput input) =>
        head.Forward(table.Forward(tape, input).Shown).Reshape(new Shape(input.T, input.B, actions));

    /// <summary>The memory of N lanes while they play.</summary>
    public PolicyMemory CreateMemory(int lanes, int trialLength) =>
        new Memory(this, table.CreateMemory(lanes, trialLength), new(lanes, actions));

    sealed class Memory(CellPolicy policy, CellTable.CellMemory cells, Shape logits) : PolicyMemory
    {
        public override void Begin(Tape weightTape) => cells.Begin(weightTape);

        public override void Forget(int lane) => cells.Forget(lane);

        public override Tensor Step(Tape tape, ReadOnlySpan<int> indices, ReadOnlySpan<float> dense) =>
            policy.head.Forward(cells.Step(tape, indices, dense).Tanh()).Reshape(logits);

        public override void Dispose() => cells.Dispose();
    }
}
