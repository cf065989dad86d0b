namespace RLSquared.Tensors;

/// <summary>
/// A tensor that is learned: its value, and the gradient that the optimiser will apply. Both live as long as
/// the <see cref="ParameterSet"/> that made them.
/// </summary>
public sealed class Parameter
{
    readonly Arena gradients;
    Tensor gradient;

    internal Parameter(string name, Tensor value, Arena gradients, ParameterGroup group, int place) =>
        (Name, Value, this.gradients, Group, Place) = (name, value, gradients, group, place);

    /// <summary>The name in weight files, such as <c>policy.gru.hidden_weight</c>.</summary>
    public string Name { get; }

    /// <summary>The learned numbers.</summary>
    public Tensor Value { get; }

    /// <summary>
    /// The gradient of the loss of the last minibatch, of the value's shape. Its memory is taken when it is first asked
    /// for, so that weights that do not learn have none.
    /// </summary>
    public Tensor Gradient => gradient.Exists ? gradient : gradient = gradients.Zeros(Value.Shape);

    /// <summary>Whether there is a gradient, or would be one as soon as it is asked for.</summary>
    internal bool Learns => gradient.Exists || !Group.Frozen;

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

    /// <summary>Copies the value to another tensor of the same device and shape.</summary>
    internal void CopyTo(Tensor to) => Value.Device.Copy(Value, to);

    /// <summary>Takes its value from another tensor of the same device and shape.</summary>
    internal void CopyFrom(Tensor from)
    {
        Value.Device.Copy(from, Value);
        Value.Arena.NoteWrite();
    }

    /// <summary>value ← there + share · (value − there), with another tensor of the same device and shape.</summary>
    internal void MoveTowards(Tensor there, float share)
    {
        Value.Device.MoveTowards(Value, there, share);
        Value.Arena.NoteWrite();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Value.Shape}";
}
