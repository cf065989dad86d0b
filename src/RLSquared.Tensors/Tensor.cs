using System.Runtime.InteropServices;
using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>
/// A dense, row-major array of 32-bit floats with one to four axes, on memory of an <see cref="Arena"/>. A tensor is a
/// small value: copying it copies the handle, not the numbers. Operations on tensors that a <see cref="Tape"/> knows
/// are recorded there and can be differentiated; they are found as methods (<c>x.Tanh()</c>) and operators
/// (<c>ratio * advantage</c>), one file each under <c>Operations/</c>.
/// <para>The numbers lie in the memory of a device. The host reads them by <see cref="Read"/>, <see cref="CopyTo"/> or
/// <see cref="ToArray"/>, which wait for the device, and writes them by <see cref="CopyFrom"/>.</para>
/// </summary>
public readonly struct Tensor
{
    readonly nint address;                           // what it means is the device's affair
    readonly Arena arena;
    readonly int generation;
    readonly int place;                              // the node's number plus one, so that the default is no node

    internal Tensor(nint address, Shape shape, ElementType type, Arena arena)
        : this(address, shape, type, arena, arena.Generation, null, -1) { }

    Tensor(nint address, Shape shape, ElementType type, Arena arena, int generation, Tape? tape, int node)
    {
        this.address = address;
        this.arena = arena;
        this.generation = generation;
        (Shape, Type, Tape) = (shape, type, tape);
        place = node + 1;
    }

    /// <summary>The lengths of the axes.</summary>
    public Shape Shape { get; }

    /// <summary>How the device stores each number.</summary>
    public ElementType Type { get; }

    /// <summary>The tape that records what is done with this tensor, or null for mere storage.</summary>
    public Tape? Tape { get; }

    /// <summary>The device in whose memory the numbers lie.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which is no tensor.</exception>
    public Device Device => arena is null ? throw Dead() : arena.Device;

    /// <summary>The number of the operation on the tape that made this tensor, or −1 for a constant.</summary>
    internal int Node => place - 1;

    /// <summary>Whether a gradient can flow to this tensor.</summary>
    public bool IsDifferentiable => Node >= 0;

    /// <summary>Whether there is a tensor at all (the default value is none).</summary>
    internal bool Exists => arena is not null;

    /// <summary>The arena that holds it.</summary>
    internal Arena Arena => arena;

    /// <summary>
    /// Where the numbers lie, in the language of the device. Every kernel of every device takes it from here, so that
    /// none computes with memory that is used for something else by now.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The arena was reset since: the tensor's step has ended; or there is no tensor.
    /// </exception>
    internal nint Address => arena is not null && arena.Generation == generation ? address : throw Dead();

    /// <summary>The same, but 0 where there is no tensor.</summary>
    internal nint AddressOrNone => arena is null ? 0 : Address;

    /// <summary>Bytes that the numbers take.</summary>
    internal long Bytes => Shape.Count * Type.Size();

    /// <summary>The only number of a tensor that holds one, such as a loss; waits for the device.</summary>
    /// <exception cref="InvalidOperationException">
    /// There are more numbers, or the arena was reset since.
    /// </exception>
    public float Read()
    {
        if (Shape.Count != 1)
            throw new InvalidOperationException($"a tensor of shape {Shape} holds {Shape.Count} numbers, not one");
        float value = 0;
        CopyTo(new Span<float>(ref value));
        return value;
    }

    /// <summary>Copies the numbers to the host; waits for the device.</summary>
    /// <param name="destination">Row by row, exactly as long as the tensor.</param>
    /// <exception cref="ArgumentException">The destination is longer or shorter.</exception>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public void CopyTo(Span<float> destination)
    {
        if (destination.Length != Shape.Count)
            throw new ArgumentException($"a tensor of shape {Shape} does not fill {destination.Length} places");
        RequireFloats();
        Device.Download(Address, MemoryMarshal.AsBytes(destination));
    }

    /// <summary>The numbers, copied to the host, as many as the tensor or the indices have.</summary>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public float[] ToArray()
    {
        float[] values = new float[Shape.Count];
        CopyTo(values);
        return values;
    }

    /// <summary>Overwrites the numbers from the host, as a checkpoint restores them.</summary>
    /// <param name="values">Row by row, exactly as many as the tensor holds.</param>
    /// <exception cref="ArgumentException">There are more or fewer values.</exception>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public void CopyFrom(ReadOnlySpan<float> values)
    {
        if (values.Length != Shape.Count)
            throw new ArgumentException($"{values.Length} values do not fill a tensor of shape {Shape}");
        RequireFloats();
        nint to = Address;
        if (arena.IsReadOnly)
            throw new InvalidOperationException("the tensor belongs to a snapshot of weights, which never changes");
        arena.Device.Upload(MemoryMarshal.AsBytes(values), to);
        arena.NoteWrite();
    }

    /// <summary>The same numbers under the same shape, cut off from the tape: a constant. Copies nothing.</summary>
    public Tensor Detach() => new(address, Shape, Type, arena, generation, Tape, -1);

    /// <summary>Shape and the first numbers, for debuggers.</summary>
    public override string ToString()
    {
        const int shown = 8;
        if (!Exists)
            return "no tensor";
        if (arena.Generation != generation)
            return $"{Shape} of a step that has ended";
        float[] first = new float[Math.Min(shown, Shape.Count)];
        if (Type != ElementType.F32)
            return $"{Shape} of {Type}";
        Device.Download(Address, MemoryMarshal.AsBytes(first.AsSpan()));
        return $"{Shape} {{ {string.Join(", ", first)}{(Shape.Count > shown ? ", …" : "")} }}";
    }

    // The views below keep the generation: a tensor that has died stays dead under another name.

    internal Tensor On(Tape tape, int node) => new(address, Shape, Type, arena, generation, tape, node);

    internal Tensor WithShape(Shape shape) => new(address, shape, Type, arena, generation, Tape, -1);

    /// <summary>The rows from <paramref name="first"/> on, as many as the shape has; the caller has checked.</summary>
    internal Tensor RowsFrom(long first, Shape shape) =>
        new(address + (nint)(first * shape.Columns * Type.Size()), shape, Type, arena, generation, Tape, -1);

    // ---- the bridge for code that reads the host's memory -----------------------------------------------------------

    /// <summary>The numbers themselves, where the device is the host.</summary>
    /// <exception cref="InvalidOperationException">
    /// The arena was reset since, or the device has memory of its own.
    /// </exception>
    internal unsafe Span<float> Span
    {
        get
        {
            nint start = Address;
            arena.Device.RequireHost();
            return new Span<float>((void*)start, checked((int)Shape.Count));
        }
    }

    /// <summary>The old name of <see cref="Read"/>.</summary>
    internal float Item => Read();

    /// <summary>Where the numbers lie, where the device is the host; null for no tensor.</summary>
    internal unsafe float* Data
    {
        get
        {
            if (arena is null)
                return null;
            nint start = Address;
            arena.Device.RequireHost();
            return (float*)start;
        }
    }

    void RequireFloats()
    {
        if (Type != ElementType.F32)
            throw new InvalidOperationException(
                $"the tensor {Shape} holds {Type} numbers; F32 can be read and written");
    }

    InvalidOperationException Dead() => new(arena is null
        ? "there is no tensor here: a default value was used"
        : $"the tensor {Shape} belongs to a step that has ended: its arena was reset");
}
