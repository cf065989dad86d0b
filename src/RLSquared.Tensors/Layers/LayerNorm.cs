namespace RLSquared.Tensors.Layers;

/// <summary>Layer normalisation with a learned gain (from 1) and bias (from 0) per column.</summary>
public sealed class LayerNorm
{
    /// <summary>Adds <c>{name}.gain</c> and <c>{name}.bias</c>, [features].</summary>
    /// <param name="parameters">Where to add them.</param>
    /// <param name="name">Such as <c>policy.norm</c>.</param>
    /// <param name="features">Columns of the input.</param>
    /// <param name="epsilon">Above 0, added to the variance; large values damp rows that hardly vary.</param>
    public LayerNorm(ParameterSet parameters, string name, int features, float epsilon = 1e-5f)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(features, 1);
        Epsilon = epsilon;
        Gain = parameters.Add($"{name}.gain", new Shape(features));
        Gain.SetAll(1);
        Bias = parameters.Add($"{name}.bias", new Shape(features));
    }

    /// <summary>[features].</summary>
    public Parameter Gain { get; }

    /// <summary>[features].</summary>
    public Parameter Bias { get; }

    /// <summary>What is added to the variance.</summary>
    internal float Epsilon { get; }

    /// <summary>[..., features] to the same shape.</summary>
    public Tensor Forward(Tensor x)
    {
        Tape tape = Tape.Of(x);
        return x.LayerNormalise(tape.Watch(Gain), tape.Watch(Bias), Epsilon);
    }
}
