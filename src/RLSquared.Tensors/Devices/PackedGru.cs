namespace RLSquared.Tensors.Devices;

/// <summary>The weights of a gated recurrent unit, laid out for single steps as their device likes it.</summary>
internal class PackedGru(
    Tensor inputWeight, Tensor hiddenWeight, Tensor bias, int groups, int denseWidth, bool relu)
{
    /// <summary>W, [I, 3H], gates z, r, h.</summary>
    public Tensor InputWeight { get; } = inputWeight;

    /// <summary>U, [H, 3H].</summary>
    public Tensor HiddenWeight { get; } = hiddenWeight;

    /// <summary>[4H]: b_z, b_r, b_h, b_q.</summary>
    public Tensor Bias { get; } = bias;

    /// <summary>One-hot groups per row.</summary>
    public int Groups { get; } = groups;

    /// <summary>Numbers per row, D.</summary>
    public int DenseWidth { get; } = denseWidth;

    /// <summary>Whether the candidate is a relu; else tanh.</summary>
    public bool Relu { get; } = relu;

    /// <summary>H.</summary>
    public int Hidden => HiddenWeight.Shape.Rows;
}
