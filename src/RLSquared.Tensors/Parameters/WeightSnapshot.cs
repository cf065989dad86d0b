namespace RLSquared.Tensors;

/// <summary>
/// The weights of a <see cref="ParameterSet"/> as they were at one moment, for all who act while the set goes on
/// learning. It never changes. Snapshots of the same version are one object with several holders; each holder disposes
/// it once, and the memory is used again when the last has done so.
/// <para>One that was made with <see cref="Of"/> holds a part of the weights, in memory of its maker.</para>
/// </summary>
public sealed class WeightSnapshot : IDisposable
{
    const long Never = -1;

    readonly Parameter[] owners;
    readonly Tensor[] values;
    readonly long[] versions;                       // of the groups when each was copied, by place
    readonly bool isPart;
    int holders;

    /// <summary>Weights that are yet to be copied, or those that an older one has left.</summary>
    internal WeightSnapshot(ParameterSet parameters, Arena memory, Tensor[] values, WeightSnapshot? older = null)
    {
        (Parameters, Memory, this.values) = (parameters, memory, values);
        owners = [.. parameters.All];
        versions = older?.versions ?? [.. Enumerable.Repeat(Never, owners.Length)];
        holders = 1;
    }

    WeightSnapshot(WeightSnapshot? source, ParameterSet parameters, IEnumerable<Parameter> chosen, Arena memory)
        : this(parameters, memory, new Tensor[parameters.All.Count])
    {
        (isPart, Version) = (true, source?.Version ?? parameters.Version);
        foreach (Parameter parameter in chosen)
        {
            Tensor from = source is null ? parameter.Value : source[parameter], copy = memory.Allocate(from.Shape);
            memory.Device.Copy(from, copy);
            values[parameter.Place] = copy;
            versions[parameter.Place] = source?.VersionOf(parameter) ?? parameter.Group.Version;
        }
    }

    /// <summary>Makes the weights those of the set; what has not changed since it was copied is left alone.</summary>
    internal void Update()
    {
        Version = Parameters.Version;
        for (int i = 0; i < owners.Length; i++)
        {
            long version = owners[i].Group.Version;
            if (version != versions[i])
                owners[i].CopyTo(values[i]);
            versions[i] = version;
        }
    }

    /// <summary>Some weights alone, copied from a snapshot or from the set as it is now.</summary>
    /// <param name="parameters">Whose weights they are.</param>
    /// <param name="source">Of these parameters; null for their present values.</param>
    /// <param name="chosen">Which.</param>
    /// <param name="memory">Where the copies go; its owner keeps it as long as they are read.</param>
    internal static WeightSnapshot Of(
        ParameterSet parameters, WeightSnapshot? source, IEnumerable<Parameter> chosen, Arena memory) =>
        new(source, parameters, chosen, memory);

    /// <summary>Whose weights they are.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The set's version at that moment; a later snapshot of changed weights has a higher one.</summary>
    public long Version { get; private set; }

    /// <summary>
    /// The version of a parameter's group when its weights were copied: where it is the same, so are the weights.
    /// </summary>
    internal long VersionOf(Parameter parameter) => versions[parameter.Place];

    /// <summary>The weights of one parameter, of its shape.</summary>
    /// <exception cref="ArgumentException">The parameter is not of this set, or was added later.</exception>
    public Tensor this[Parameter parameter]
    {
        get
        {
            int place = parameter.Place;
            return (uint)place < (uint)values.Length && ReferenceEquals(owners[place], parameter)
                && values[place].Exists
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
    public void Dispose()
    {
        if (!isPart)
            Parameters.Release(this);
    }

    /// <summary>One more holder.</summary>
    internal void Hold() => holders++;

    /// <summary>One holder less; whether that was the last.</summary>
    internal bool LetGo() => --holders == 0;
}
