using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>
/// The parameters whose names begin alike, such as <c>policy</c>, <c>value</c>, <c>target</c> or <c>adapter</c>. A
/// group can be frozen, and an optimiser can be given one group instead of the whole set.
/// </summary>
public sealed class ParameterGroup
{
    readonly List<Parameter> parameters = [];

    internal ParameterGroup(string name, Device device) => (Name, Memory) = (name, new Arena(device));

    /// <summary>What its parameters' names have before the first dot.</summary>
    public string Name { get; }

    /// <summary>
    /// Whether its parameters are constants: no gradient flows to them, and no optimiser moves them. Tapes see a change
    /// from their next <see cref="Tape.Reset"/> on.
    /// </summary>
    public bool Frozen { get; set; }

    /// <summary>Its parameters in order.</summary>
    public IReadOnlyList<Parameter> All => parameters;

    /// <summary>The number of its learned numbers.</summary>
    public long Count => parameters.Sum(parameter => parameter.Value.Shape.Count);

    /// <summary>Grows with every change of its weights.</summary>
    internal long Version => Memory.Writes;

    /// <summary>Where its weights are.</summary>
    internal Arena Memory { get; }

    /// <inheritdoc/>
    public override string ToString() => Frozen ? $"{Name} (frozen)" : Name;

    internal void Add(Parameter parameter) => parameters.Add(parameter);
}
