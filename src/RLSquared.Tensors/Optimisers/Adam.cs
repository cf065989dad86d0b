using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Optimisers;

/// <summary>What <see cref="Adam"/> can be told.</summary>
public sealed record AdamOptions
{
    /// <summary>
    /// Memory of the direction, 0 ≤ β₁ &lt; 1. Low follows each minibatch; high (0.9, 0.99) averages over some
    /// 1 / (1 − β₁) of them and reacts late.
    /// </summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>
    /// Memory of the gradient's size, 0 ≤ β₂ &lt; 1. Low adapts at once and trembles; high (0.999) is steady, but a
    /// sudden large gradient then moves the weights far.
    /// </summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>
    /// Added to √v̂, above 0, after the correction of the start (the form of the paper's algorithm 1, and of PyTorch).
    /// Low (1e-8) gives even tiny gradients whole steps; high (1e-5 to 1e-3) keeps weights still that have next to
    /// none.
    /// </summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>
    /// Share of each weight lost per unit of learning rate, from 0: AdamW when above. It touches weights (two axes or
    /// more), not biases and gains. 0.01 keeps weights small; high forgets.
    /// </summary>
    public float WeightDecay { get; init; }
}

/// <summary>
/// Adam (Kingma and Ba 2015), and AdamW (Loshchilov and Hutter 2019) when weights decay:
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← (1 − η d) w − η m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ) and
/// v̂ = v / (1 − β₂ᵗ).
/// </summary>
public sealed class Adam : IDisposable
{
    readonly Arena memory;
    readonly Slot[] slots;
    readonly AdamOptions options;
    readonly Action<int> move;
    AdamConstants plain, decaying;                  // of the present step

    /// <summary>An optimiser of the given parameters, as many as there are by now.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside of its range.</exception>
    public Adam(ParameterSet parameters, AdamOptions? options = null)
        : this((parameters ?? throw new ArgumentNullException(nameof(parameters))).All, parameters.Device, options) { }

    /// <summary>An optimiser of one group of parameters, as many as there are by now.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside of its range.</exception>
    public Adam(ParameterGroup group, AdamOptions? options = null)
        : this((group ?? throw new ArgumentNullException(nameof(group))).All,
            group.All.Count > 0 ? group.All[0].Value.Device : Device.Cpu, options)
    {
    }

    Adam(IReadOnlyList<Parameter> parameters, Device device, AdamOptions? options)
    {
        memory = new Arena(device);
        this.options = options ??= new AdamOptions();
        Require(options.Beta1 is >= 0 and < 1, nameof(options.Beta1), options.Beta1, "from 0 to below 1 (0.9)");
        Require(options.Beta2 is >= 0 and < 1, nameof(options.Beta2), options.Beta2, "from 0 to below 1 (0.999)");
        Require(options.Epsilon > 0, nameof(options.Epsilon), options.Epsilon, "above 0 (1e-8)");
        Require(options.WeightDecay >= 0, nameof(options.WeightDecay), options.WeightDecay, "0 (off) or more");

        slots = new Slot[parameters.Count];
        var state = new (string, Tensor)[2 * slots.Length];
        for (int i = 0; i < slots.Length; i++)
        {
            Parameter parameter = parameters[i];
            Shape shape = parameter.Value.Shape;
            slots[i] = new Slot(parameter, memory.Zeros(shape), memory.Zeros(shape), shape.Rank > 1);
            state[2 * i] = ($"adam.{parameter.Name}.first", slots[i].First);
            state[2 * i + 1] = ($"adam.{parameter.Name}.second", slots[i].Second);
        }
        State = state;
        move = Move;
    }

    /// <summary>
    /// How many steps were taken. Restore it along with the state: the correction of the start goes by it.
    /// </summary>
    public long Steps { get; set; }

    /// <summary>
    /// m and v of every parameter, named after it, for checkpoints; <see cref="Tensor.CopyFrom"/> restores them.
    /// </summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> State { get; }

    /// <summary>Moves every parameter against its gradient; those of frozen groups stay.</summary>
    /// <param name="learningRate">
    /// η, about how far each weight moves at most. Low (1e-5) is slow and safe; high (1e-2) is fast until it diverges.
    /// </param>
    /// <param name="workers">
    /// Threads that share the parameters among them; null for the calling one alone. The bits are the same.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is negative or not a number.</exception>
    public void Step(float learningRate, Workers? workers = null)
    {
        Require(float.IsFinite(learningRate) && learningRate >= 0, nameof(learningRate), learningRate, "0 or more");
        Steps++;
        // The powers are taken in double: at t = 1 the difference to 1 is 0.001 and would keep few digits.
        double correction1 = 1 - Math.Pow(options.Beta1, Steps), correction2 = 1 - Math.Pow(options.Beta2, Steps);
        plain = new AdamConstants(options.Beta1, options.Beta2, (float)(learningRate / correction1),
            (float)(1 / Math.Sqrt(correction2)), options.Epsilon, 1);
        decaying = plain with { Keep = 1 - learningRate * options.WeightDecay };
        // One thread takes the memory of gradients that are not there yet, and counts.
        foreach (ref readonly Slot slot in slots.AsSpan())
        {
            if (slot.Parameter.Group.Frozen)
                continue;
            _ = slot.Parameter.Gradient;
            slot.Parameter.Value.Arena.NoteWrite();
        }
        if (workers is not null)
        {
            workers.Run(slots.Length, move);
            return;
        }
        for (int i = 0; i < slots.Length; i++)
            Move(i);
    }

    void Move(int i)
    {
        ref readonly Slot slot = ref slots[i];
        if (slot.Parameter.Group.Frozen)
            return;
        memory.Device.Adam(slot.Decays ? decaying : plain,
            slot.Parameter.Gradient, slot.First, slot.Second, slot.Parameter.Value);
    }

    /// <summary>Returns the memory of m and v.</summary>
    public void Dispose() => memory.Dispose();

    static void Require(bool holds, string name, float value, string needed)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {needed}");
    }

    readonly record struct Slot(Parameter Parameter, Tensor First, Tensor Second, bool Decays);
}
