using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Algorithms;

/// <summary>
/// Is shown the whole state of an algorithm, one part after the other, each by name: what a checkpoint holds. Writing
/// and reading are the same walk, so that no part can be forgotten in one of them.
/// <code>
/// public void VisitState(StateVisitor visitor)
/// {
///     visitor.Parameters(network.Parameters);
///     visitor.Optimiser(adam);
///     visitor.Integer("steps", ref steps);
/// }
/// </code>
/// </summary>
public abstract class StateVisitor
{
    /// <summary>Numbers of any shape, which the visitor reads or writes in place.</summary>
    /// <param name="name">The name, such as <c>policy.head.bias</c>; unique within the state.</param>
    /// <param name="tensor">The numbers, of any shape.</param>
    public abstract void Tensor(string name, Tensor tensor);

    /// <summary>A whole number.</summary>
    /// <param name="name">The name, such as <c>iteration</c>.</param>
    /// <param name="value">The number; from 0 on.</param>
    public abstract void Integer(string name, ref long value);

    /// <summary>Some bytes of any length, such as the state of a generator. What is large is a tensor.</summary>
    /// <param name="name">The name.</param>
    /// <param name="bytes">The bytes, of any length.</param>
    public abstract void Bytes(string name, ref byte[] bytes);

    /// <summary>A whole number.</summary>
    /// <param name="name">The name, such as <c>iteration</c>.</param>
    /// <param name="value">The number; from 0 on.</param>
    public void Integer(string name, ref int value)
    {
        long wide = value;
        Integer(name, ref wide);
        value = checked((int)wide);
    }

    /// <summary>All parameters under their own names.</summary>
    public void Parameters(ParameterSet parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        foreach (Parameter parameter in parameters.All)
            Tensor(parameter.Name, parameter.Value);
    }

    /// <summary>The moments of an optimiser and how many steps it took.</summary>
    /// <param name="adam">The optimiser.</param>
    /// <param name="of">Of which parameters, by name; null for all.</param>
    /// <param name="steps">The name of the number of its steps; one for each optimiser of an algorithm.</param>
    public void Optimiser(Adam adam, Predicate<string>? of = null, string steps = "updates")
    {
        ArgumentNullException.ThrowIfNull(adam);
        foreach ((string name, Tensor tensor) in adam.State)
        {
            if (of is null || of(name["adam.".Length..]))
                Tensor(name, tensor);
        }
        long taken = adam.Steps;
        Integer(steps, ref taken);
        adam.Steps = taken;
    }

    /// <summary>Running moments and how many batches they have seen.</summary>
    /// <param name="name">Of what, such as <c>returns</c>.</param>
    /// <param name="moments">The moments.</param>
    /// <param name="batches">The name of the number of batches.</param>
    public void Moments(string name, ExponentialMoments moments, string batches)
    {
        ArgumentNullException.ThrowIfNull(moments);
        foreach ((string part, Tensor tensor) in moments.State)
            Tensor($"{name}.{part}", tensor);
        long seen = moments.Count;
        Integer(batches, ref seen);
        moments.Count = seen;
    }

    /// <summary>Moments of all rows and how many these were.</summary>
    /// <param name="name">Of what, such as <c>observations</c>.</param>
    /// <param name="moments">The moments.</param>
    /// <param name="rows">The name of the number of rows.</param>
    public void Moments(string name, RunningMoments moments, string rows)
    {
        ArgumentNullException.ThrowIfNull(moments);
        foreach ((string part, Tensor tensor) in moments.State)
            Tensor($"{name}.{part}", tensor);
        long seen = moments.Count;
        Integer(rows, ref seen);
        moments.Count = seen;
    }
}

/// <summary>The state as a list, which changes nothing.</summary>
sealed class StateList : StateVisitor
{
    readonly List<(string Name, Tensor Tensor)> tensors = [];
    readonly Dictionary<string, long> integers = [];
    readonly Dictionary<string, byte[]> blobs = [];

    StateList() { }

    /// <summary>The state of an algorithm.</summary>
    public static StateList Of(IAlgorithm algorithm)
    {
        var list = new StateList();
        algorithm.VisitState(list);
        return list;
    }

    public IReadOnlyList<(string Name, Tensor Tensor)> Tensors => tensors;

    public IReadOnlyDictionary<string, long> Integers => integers;

    public IReadOnlyDictionary<string, byte[]> Blobs => blobs;

    public override void Tensor(string name, Tensor tensor) => tensors.Add((name, tensor));

    public override void Integer(string name, ref long value) => integers.Add(name, value);

    public override void Bytes(string name, ref byte[] bytes) => blobs.Add(name, bytes);
}
