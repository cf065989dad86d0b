namespace RLSquared.Tensors.Devices;

/// <summary>The weights of a gated recurrent unit, laid out for single steps as their device likes it.</summary>
public class PackedGru
{
    internal PackedGru(
        Tensor inputWeight, Tensor hiddenWeight, Tensor bias, int groups, int denseWidth, bool relu)
    {
        (InputWeight, HiddenWeight, Bias) = (inputWeight, hiddenWeight, bias);
        (Groups, DenseWidth, Relu) = (groups, denseWidth, relu);
    }

    /// <summary>W, [I, 3H], gates z, r, h.</summary>
    internal Tensor InputWeight { get; }

    /// <summary>U, [H, 3H].</summary>
    internal Tensor HiddenWeight { get; }

    /// <summary>[4H]: b_z, b_r, b_h, b_q.</summary>
    internal Tensor Bias { get; }

    /// <summary>One-hot groups per row.</summary>
    public int Groups { get; }

    /// <summary>Numbers per row, D.</summary>
    public int DenseWidth { get; }

    /// <summary>Whether the candidate is a relu; else tanh.</summary>
    internal bool Relu { get; }

    /// <summary>H.</summary>
    public int Hidden => HiddenWeight.Shape.Rows;
}
