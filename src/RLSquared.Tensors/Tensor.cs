namespace RLSquared.Tensors;

/// <summary>
/// A dense, row-major array of 32-bit floats with one to four axes, on memory of an <see cref="Arena"/>. A tensor is a
/// small value: copying it copies the handle, not the numbers. Operations on tensors that a <see cref="Tape"/> knows
/// are recorded there and can be differentiated; they are found as methods (<c>x.Tanh()</c>) and operators
/// (<c>ratio * advantage</c>), one file each under <c>Operations/</c>.
/// </summary>
public readonly unsafe struct Tensor
{
    internal readonly float* Data;
    readonly Arena arena;
    readonly int generation;

    readonly int place;                              // the node's number plus one, so that the default is no node

    internal Tensor(float* data, Shape shape, Arena arena) : this(data, shape, arena, arena.Generation, null, -1) { }

    Tensor(float* data, Shape shape, Arena arena, int generation, Tape? tape, int node)
    {
        Data = data;
        Shape = shape;
        this.arena = arena;
        this.generation = generation;
        Tape = tape;
        place = node + 1;
    }

    /// <summary>The lengths of the axes.</summary>
    public Shape Shape { get; }

    /// <summary>The tape that records what is done with this tensor, or null for mere storage.</summary>
    public Tape? Tape { get; }

    /// <summary>The numbers, row by row.</summary>
    /// <exception cref="InvalidOperationException">The arena was reset since: the tensor's step has ended.</exception>
    public Span<float> Span
    {
        get
        {
            RequireAlive();
            return new Span<float>(Data, checked((int)Shape.Count));
        }
    }

    /// <summary>The only number of a tensor that holds one, such as a loss.</summary>
    public float Item => Shape.Count == 1
        ? Span[0]
        : throw new InvalidOperationException($"a tensor of shape {Shape} holds {Shape.Count} numbers, not one");

    /// <summary>The number of the operation on the tape that made this tensor, or −1 for a constant.</summary>
    internal int Node => place - 1;

    /// <summary>Whether a gradient can flow to this tensor.</summary>
    public bool IsDifferentiable => Node >= 0;

    /// <summary>Whether there is a tensor at all (the default value is none).</summary>
    internal bool Exists => Data != null;

    /// <summary>The same numbers under the same shape, cut off from the tape: a constant. Copies nothing.</summary>
    public Tensor Detach() => new(Data, Shape, arena, generation, Tape, -1);

    /// <summary>Shape and the first numbers, for debuggers.</summary>
    public override string ToString()
    {
        const int shown = 8;
        if (!Exists)
            return "no tensor";
        string numbers = string.Join(", ", Span[..(int)Math.Min(shown, Shape.Count)].ToArray());
        return $"{Shape} {{ {numbers}{(Shape.Count > shown ? ", …" : "")} }}";
    }

    // The views below keep the generation: a tensor that has died stays dead under another name.

    internal Tensor On(Tape tape, int node) => new(Data, Shape, arena, generation, tape, node);

    internal Tensor WithShape(Shape shape) => new(Data, shape, arena, generation, Tape, -1);

    /// <summary>The rows from <paramref name="first"/> on, as many as the shape has; the caller has checked.</summary>
    internal Tensor RowsFrom(int first, Shape shape) =>
        new(Data + (long)first * Shape.Columns, shape, arena, generation, Tape, -1);

    void RequireAlive()
    {
        if (arena is null || arena.Generation != generation)
        {
            throw new InvalidOperationException(arena is null
                ? "there is no tensor here: a default value was used"
                : $"the tensor {Shape} belongs to a step that has ended: its arena was reset");
        }
    }
}
