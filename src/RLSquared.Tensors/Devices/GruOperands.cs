namespace RLSquared.Tensors.Devices;

/// <summary>A gated recurrent unit and what it reads; the equations are at <see cref="GruCell"/>.</summary>
internal readonly struct GruOperands
{
    /// <summary>T steps of B rows.</summary>
    public required SequenceInput Input { get; init; }

    /// <summary>W, [I, 3H], gates z, r, h.</summary>
    public required Tensor InputWeight { get; init; }

    /// <summary>U, [H, 3H].</summary>
    public required Tensor HiddenWeight { get; init; }

    /// <summary>[4H]: b_z, b_r, b_h, b_q.</summary>
    public required Tensor Bias { get; init; }

    /// <summary>The state before the first step, [B, H]; the default for zeros.</summary>
    public required Tensor Initial { get; init; }

    /// <summary>
    /// From which row of the hidden states each row goes on, [T, B], an earlier one or −1 for zeros; the default for
    /// the same row of the step before. A row may be gone on from more than once.
    /// </summary>
    public Indices Sources { get; init; }

    /// <summary>Whether <see cref="Sources"/> say from where rows go on.</summary>
    public bool IsAddressed => Sources.Count > 0;

    /// <summary>Whether the candidate is a relu; else tanh.</summary>
    public required bool Relu { get; init; }
}

/// <summary>Where backward puts its results; the default for what is not wanted.</summary>
internal readonly struct GruGradients
{
    /// <summary>dL/d(dense input), [T, B, D].</summary>
    public required Tensor Dense { get; init; }

    /// <summary>dL/dW, [I, 3H]; zeros before, since the terms of one-hot inputs are added to it.</summary>
    public required Tensor InputWeight { get; init; }

    /// <summary>dL/dU, [H, 3H].</summary>
    public required Tensor HiddenWeight { get; init; }

    /// <summary>dL/db, [4H].</summary>
    public required Tensor Bias { get; init; }

    /// <summary>dL/d(initial state), [B, H]; zeros before, and always there: backward carries its sum in it.</summary>
    public required Tensor Initial { get; init; }
}
