namespace RLSquared.Tensors;

/// <summary>All that a network learns, in the order in which its layers were built.</summary>
public sealed class ParameterSet : IDisposable
{
    readonly Arena memory = new();
    readonly Action<string, Shape>? admit;
    readonly List<Parameter> parameters = [];

    /// <summary>A set that takes every parameter.</summary>
    public ParameterSet()
    {
    }

    /// <summary>A set that asks before it takes memory for a parameter.</summary>
    /// <param name="admit">
    /// Is told the name and the shape of each, and throws if there should be none such, as when weights are read from a
    /// file that lacks them.
    /// </param>
    public ParameterSet(Action<string, Shape> admit) => this.admit = admit;

    /// <summary>The parameters in order.</summary>
    public IReadOnlyList<Parameter> All => parameters;

    /// <summary>The number of learned numbers.</summary>
    public long Count => parameters.Sum(parameter => parameter.Value.Shape.Count);

    /// <summary>Adds a parameter of zeros.</summary>
    /// <exception cref="ArgumentException">There is one of that name already.</exception>
    public Parameter Add(string name, Shape shape)
    {
        if (parameters.Exists(parameter => parameter.Name == name))
            throw new ArgumentException($"there is a parameter '{name}' already; give each layer a name of its own");
        admit?.Invoke(name, shape);
        var added = new Parameter(name, memory.Zeros(shape), memory.Zeros(shape));
        parameters.Add(added);
        return added;
    }

    /// <summary>
    /// Sets every gradient to the sum of what the tapes found, always in the order of the list, so that the bits do not
    /// depend on which tape was ready first. A parameter that no tape reached gets a gradient of zero.
    /// </summary>
    /// <param name="tapes">One for each shard, after its <see cref="Tape.Backward"/>.</param>
    public void SumGradients(ReadOnlySpan<Tape> tapes)
    {
        for (int i = 0; i < parameters.Count; i++)
        {
            Parameter parameter = parameters[i];
            Span<float> sum = parameter.Gradient.Span;
            sum.Clear();
            foreach (Tape tape in tapes)
            {
                if (tape.TryGradientOf(parameter, out Tensor gradient))
                    System.Numerics.Tensors.TensorPrimitives.Add(sum, gradient.Span, sum);
            }
        }
    }

    /// <summary>Copies all values from a set of the same parameters, in the same order and of equal shapes.</summary>
    /// <exception cref="ArgumentException">The sets are not alike; nothing is copied then.</exception>
    public void CopyFrom(ParameterSet other)
    {
        if (other.parameters.Count != parameters.Count)
        {
            throw new ArgumentException(
                $"a set of {parameters.Count} parameters cannot be copied from one of {other.parameters.Count}");
        }
        foreach ((Parameter own, Parameter its) in parameters.Zip(other.parameters))
        {
            if (own.Value.Shape != its.Value.Shape)
                throw new ArgumentException($"{own} cannot be copied from {its}");
        }
        for (int i = 0; i < parameters.Count; i++)
            other.parameters[i].Value.Span.CopyTo(parameters[i].Value.Span);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => memory.Dispose();
}
