using RLSquared.Tensors;

namespace RLSquared.Policies;

/// <summary>
/// What a policy sees at T steps of B trials, as its <see cref="InputRow"/> wrote it down: a batch to learn from. All
/// tensors are constants of one tape.
/// </summary>
public readonly struct PolicyInput
{
    /// <summary>The rows, without what only the value sees; without features where there are images.</summary>
    public required SequenceInput Rows { get; init; }

    /// <summary>What only the value sees, [T, B, P]; the default for nothing.</summary>
    public Tensor Privileged { get; init; }

    /// <summary>
    /// What is added to the logits, [T · B, A]: 0, or a large negative number for an option that is not allowed; the
    /// default where all are.
    /// </summary>
    public Tensor Forbidden { get; init; }

    /// <summary>Images that are yet to be seen, through which gradients flow; null where there are none.</summary>
    internal UnseenImages? Unseen { get; init; }

    /// <summary>Steps.</summary>
    public int T => Rows.T;

    /// <summary>Trials.</summary>
    public int B => Rows.B;

    /// <summary>The rows that a value reads: the policy's with its own numbers after them.</summary>
    /// <param name="rows">What the policy reads.</param>
    internal SequenceInput ValueRows(SequenceInput rows) => !Privileged.Exists ? rows
        : new SequenceInput(T, B, Tensor.Concatenate(rows.Dense, Privileged), rows.Indices, rows.Groups);
}

/// <summary>Images of the steps that were played; padding gets the features of the first, and no gradient.</summary>
/// <param name="Images">M images.</param>
/// <param name="PreviousActions">The actions before them, [M].</param>
/// <param name="Places">The image of each step, [T · B].</param>
readonly record struct UnseenImages(Images Images, Indices PreviousActions, Indices Places);
