using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>All that a network learns, in the order in which its layers were built.</summary>
public sealed class ParameterSet : IDisposable
{
    readonly Arena memory, gradientMemory;          // the weights lie in the memory of their groups
    readonly Action<string, Shape>? admit;
    readonly List<Parameter> parameters = [];
    readonly List<ParameterGroup> groups = [];
    Tape[] summed = [];                             // what several threads add up, and how
    bool keepsPresent;
    Action<int>? sumOne;
    readonly Lock publishing = new();
    readonly Stack<WeightSnapshot> spare = [];      // given back by all holders
    WeightSnapshot? latest;
    bool disposed;
    Tensor[] gradients = [];
    Tensor norm, flag;                              // [1] each, where they were asked for

    /// <summary>A set that takes every parameter.</summary>
    /// <param name="device">Where the weights live; null for <see cref="Devices.Device.Cpu"/>.</param>
    public ParameterSet(Device? device = null) =>
        (memory, gradientMemory) = (new Arena(device), new Arena(device));

    /// <summary>A set that asks before it takes memory for a parameter.</summary>
    /// <param name="admit">
    /// Is told the name and the shape of each, and throws if there should be none such, as when weights are read from a
    /// file that lacks them.
    /// </param>
    /// <param name="device">Where the weights live; null for <see cref="Devices.Device.Cpu"/>.</param>
    public ParameterSet(Action<string, Shape> admit, Device? device = null) : this(device) => this.admit = admit;

    /// <summary>Where the weights live.</summary>
    public Device Device => memory.Device;

    /// <summary>The groups in the order of their first parameters.</summary>
    public IReadOnlyList<ParameterGroup> Groups => groups;

    /// <summary>Grows with every change of the weights.</summary>
    public long Version
    {
        get
        {
            long version = 0;
            foreach (ParameterGroup group in groups)
                version += group.Version;
            return version;
        }
    }

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
        string groupName = name.Split('.', 2)[0];
        ParameterGroup? group = groups.Find(group => group.Name == groupName);
        if (group is null)
            groups.Add(group = new ParameterGroup(groupName, Device));
        var added = new Parameter(name, group.Memory.Zeros(shape), gradientMemory, group, parameters.Count);
        parameters.Add(added);
        group.Add(added);
        group.Memory.NoteWrite();
        return added;
    }

    /// <summary>The group of this name.</summary>
    /// <exception cref="ArgumentException">There is none; the message says which there are.</exception>
    public ParameterGroup Group(string name) => groups.Find(group => group.Name == name)
        ?? throw new ArgumentException($"there is no group of parameters '{name}'; there are " +
            string.Join(", ", groups.Select(group => group.Name)));

    /// <summary>
    /// The weights as they are now. As long as they do not change, every call gives the same snapshot. Call
    /// <see cref="WeightSnapshot.Dispose"/> once for each call.
    /// </summary>
    public WeightSnapshot Snapshot()
    {
        lock (publishing)
        {
            if (latest is null || latest.Version != Version)
            {
                WeightSnapshot made = Make();
                made.Update();
                if (latest is not null && latest.LetGo())
                    spare.Push(latest);
                latest = made;
            }
            latest.Hold();
            return latest;
        }
    }

    internal void Retain(WeightSnapshot snapshot)
    {
        lock (publishing)
            snapshot.Hold();
    }

    internal void Release(WeightSnapshot snapshot)
    {
        lock (publishing)
        {
            if (!snapshot.LetGo())
                return;
            if (disposed)
                snapshot.Memory.Dispose();
            else
                spare.Push(snapshot);
        }
    }

    /// <summary>The gradients of all parameters that learn, in order.</summary>
    internal ReadOnlySpan<Tensor> Gradients
    {
        get
        {
            if (gradients.Length != parameters.Count)
                gradients = new Tensor[parameters.Count];
            int count = 0;
            foreach (Parameter parameter in parameters)
            {
                if (parameter.Learns)
                    gradients[count++] = parameter.Gradient;
            }
            return gradients.AsSpan(0, count);
        }
    }

    /// <summary>Whether all weights are finite; waits for the device once.</summary>
    internal bool AreFinite()
    {
        if (!flag.Exists)
            flag = memory.Zeros(new Shape(1));
        Device.Fill(flag, 1);
        foreach (Parameter parameter in parameters)
            Device.AllFinite(parameter.Value, flag);
        return flag.Read() == 1;
    }

    /// <summary>√Σ g² over all gradients, [1], in memory of the set that the next call uses again.</summary>
    internal Tensor GradientNorm()
    {
        if (!norm.Exists)
            norm = memory.Zeros(new Shape(1));
        Device.Norm(Gradients, norm);
        return norm;
    }

    /// <summary>Says that the weights were changed on the device, by no optimiser of the library.</summary>
    internal void NoteChange()
    {
        foreach (ParameterGroup group in groups)
            group.Memory.NoteWrite();
    }

    WeightSnapshot Make()
    {
        while (spare.TryPop(out WeightSnapshot? old))
        {
            if (old.Values.Length == parameters.Count)
                return new WeightSnapshot(this, old.Memory, old.Values, old);
            old.Memory.Dispose();
        }
        var own = new Arena(Device);
        Tensor[] values = [.. parameters.Select(parameter => own.Allocate(parameter.Value.Shape))];
        own.IsReadOnly = true;
        return new WeightSnapshot(this, own, values);
    }

    /// <summary>
    /// Sets every gradient to the sum of what the tapes found, always in the order of the list, so that the bits do not
    /// depend on which tape was ready first. A parameter that no tape reached gets a gradient of zero.
    /// </summary>
    /// <param name="tapes">One for each shard, after its <see cref="Tape.Backward"/>.</param>
    /// <param name="addsToPresent">
    /// Whether the present gradients stay in the sum: for batches that are taken piece by piece.
    /// </param>
    /// <param name="workers">
    /// Threads that share the parameters among them; null for the calling one alone. The bits are the same.
    /// </param>
    public void SumGradients(ReadOnlySpan<Tape> tapes, bool addsToPresent = false, Workers? workers = null)
    {
        if (workers is null || workers.Threads == 1)
        {
            for (int i = 0; i < parameters.Count; i++)
                SumGradient(i, tapes, addsToPresent);
            return;
        }
        if (summed.Length != tapes.Length)
            summed = new Tape[tapes.Length];
        tapes.CopyTo(summed);
        keepsPresent = addsToPresent;
        _ = Gradients;                              // one thread takes the memory of those that have none yet
        workers.Run(parameters.Count, sumOne ??= i => SumGradient(i, summed, keepsPresent));
    }

    void SumGradient(int i, ReadOnlySpan<Tape> tapes, bool addsToPresent)
    {
        Parameter parameter = parameters[i];
        if (!parameter.Learns)
            return;
        Tensor sum = parameter.Gradient;
        if (!addsToPresent)
            Device.Clear(sum.Address, sum.Bytes);
        foreach (Tape tape in tapes)
        {
            if (tape.TryGradientOf(parameter, out Tensor gradient))
                Device.Zip(Combination.Add, sum, gradient, Repeat.None, sum);
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
            Transfer(other.parameters[i].Value, parameters[i].Value);
        NoteChange();
    }

    /// <summary>Returns the memory; that of a snapshot when its last holder has disposed it.</summary>
    public void Dispose()
    {
        foreach (ParameterGroup group in groups)
            group.Memory.Dispose();
        memory.Dispose();
        gradientMemory.Dispose();
        lock (publishing)
        {
            disposed = true;
            if (latest is not null && latest.LetGo())
                latest.Memory.Dispose();
            latest = null;
            while (spare.TryPop(out WeightSnapshot? old))
                old.Memory.Dispose();
        }
    }

    static void Transfer(Tensor from, Tensor to)
    {
        if (from.Device == to.Device)
            to.Device.Copy(from, to);
        else
            to.CopyFrom(from.ToArray());
    }
}
