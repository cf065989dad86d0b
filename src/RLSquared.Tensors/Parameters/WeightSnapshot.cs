namespace RLSquared.Tensors;

/// <summary>
/// The weights of a <see cref="ParameterSet"/> as they were at one moment, for all who act while the set goes on
/// learning. It never changes. Snapshots of the same version are one object with several holders; each holder disposes
/// it once, and the memory is used again when the last has done so.
/// </summary>
public sealed class WeightSnapshot : IDisposable
{
    readonly Parameter[] owners;
    readonly Tensor[] values;
    int holders;

    internal WeightSnapshot(ParameterSet parameters, Arena memory, Tensor[] values, long version)
    {
        (Parameters, Memory, this.values, Version) = (parameters, memory, values, version);
        owners = [.. parameters.All];
        holders = 1;
    }

    /// <summary>Whose weights they are.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The set's version at that moment; a later snapshot of changed weights has a higher one.</summary>
    public long Version { get; }

    /// <summary>The weights of one parameter, of its shape.</summary>
    /// <exception cref="ArgumentException">The parameter is not of this set, or was added later.</exception>
    public Tensor this[Parameter parameter]
    {
        get
        {
            int place = parameter.Place;
            return (uint)place < (uint)values.Length && ReferenceEquals(owners[place], parameter)
                ? values[place]
                : throw new ArgumentException($"the snapshot holds no weights of the parameter {parameter.Name}");
        }
    }

    /// <summary>The same for one more holder, who disposes it as well.</summary>
    internal WeightSnapshot Share()
    {
        Parameters.Retain(this);
        return this;
    }

    internal Arena Memory { get; }

    internal Tensor[] Values => values;

    /// <summary>Says that one holder is done with it.</summary>
    public void Dispose() => Parameters.Release(this);

    /// <summary>One more holder.</summary>
    internal void Hold() => holders++;

    /// <summary>One holder less; whether that was the last.</summary>
    internal bool LetGo() => --holders == 0;
}
