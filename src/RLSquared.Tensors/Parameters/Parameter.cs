namespace RLSquared.Tensors;

/// <summary>
/// A tensor that is learned: its value, and the gradient that the optimiser will apply. Both live as long as
/// the <see cref="ParameterSet"/> that made them.
/// </summary>
public sealed class Parameter
{
    internal Parameter(string name, Tensor value, Tensor gradient, ParameterGroup group, int place) =>
        (Name, Value, Gradient, Group, Place) = (name, value, gradient, group, place);

    /// <summary>The name in weight files, such as <c>policy.gru.hidden_weight</c>.</summary>
    public string Name { get; }

    /// <summary>The learned numbers.</summary>
    public Tensor Value { get; }

    /// <summary>The gradient of the loss of the last minibatch, of the value's shape.</summary>
    public Tensor Gradient { get; }

    /// <summary>The group that it belongs to: what its name has before the first dot.</summary>
    public ParameterGroup Group { get; }

    /// <summary>Where it stands in its set.</summary>
    internal int Place { get; }

    /// <summary>Sets every number of the value.</summary>
    public void SetAll(float number)
    {
        Value.Device.Fill(Value, number);
        Value.Arena.NoteWrite();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Value.Shape}";
}
