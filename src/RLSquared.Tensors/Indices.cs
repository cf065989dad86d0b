namespace RLSquared.Tensors;

/// <summary>
/// Whole numbers in an arena: which action was taken, which row of a table is meant. Not differentiated.
/// </summary>
public readonly unsafe struct Indices
{
    internal readonly int* Data;
    readonly Arena arena;
    readonly int generation;

    internal Indices(int* data, int count, Arena arena)
    {
        Data = data;
        Count = count;
        this.arena = arena;
        generation = arena.Generation;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Some of them, in the same memory.</summary>
    /// <param name="first">The first, from 0.</param>
    /// <param name="count">How many.</param>
    public Indices Slice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - first);
        return new Indices(Data + first, count, arena);
    }

    /// <summary>The numbers themselves.</summary>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public Span<int> Span => arena is null || arena.Generation == generation
        ? new Span<int>(Data, Count)
        : throw new InvalidOperationException("these indices belong to a step that has ended: its arena was reset");
}
