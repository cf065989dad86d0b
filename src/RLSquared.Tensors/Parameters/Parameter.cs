namespace RLSquared.Tensors;

/// <summary>
/// A tensor that is learned: its value, and the gradient that the optimiser will apply. Both live as long as
/// the <see cref="ParameterSet"/> that made them.
/// </summary>
public sealed class Parameter
{
    internal Parameter(string name, Tensor value, Tensor gradient) => (Name, Value, Gradient) = (name, value, gradient);

    /// <summary>The name in weight files, such as <c>policy.gru.hidden_weight</c>.</summary>
    public string Name { get; }

    /// <summary>The learned numbers.</summary>
    public Tensor Value { get; }

    /// <summary>The gradient of the loss of the last minibatch, of the value's shape.</summary>
    public Tensor Gradient { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Value.Shape}";
}
