using System.Runtime.InteropServices;
using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>
/// Whole numbers in an arena: which action was taken, which row of a table is meant. Not differentiated.
/// </summary>
public readonly struct Indices
{
    readonly nint address;
    readonly Arena arena;
    readonly int generation;

    internal Indices(nint address, int count, Arena arena) : this(address, count, arena, arena.Generation) { }

    Indices(nint address, int count, Arena arena, int generation) =>
        (this.address, Count, this.arena, this.generation) = (address, count, arena, generation);

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>The device in whose memory they lie.</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public Device Device => arena?.Device
        ?? throw new InvalidOperationException("there are no indices here: a default value was used");

    /// <summary>Whether there are indices at all (the default value is none).</summary>
    internal bool Exists => arena is not null;

    /// <summary>Where they lie, in the language of their device; 0 for none.</summary>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    internal nint Address
    {
        get
        {
            RequireAlive();
            return address;
        }
    }

    /// <summary>Some of them, in the same memory.</summary>
    /// <param name="first">The first, from 0.</param>
    /// <param name="count">How many.</param>
    public Indices Slice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - first);
        return new Indices(address + (nint)first * sizeof(int), count, arena, generation);
    }

    /// <summary>Copies the numbers to the host; waits for the device.</summary>
    /// <param name="destination">[Count].</param>
    /// <exception cref="ArgumentException">The destination is not as long.</exception>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public void CopyTo(Span<int> destination)
    {
        if (destination.Length != Count)
            throw new ArgumentException($"{Count} indices do not fill {destination.Length} places");
        if (Count > 0)
            Device.Download(Address, MemoryMarshal.AsBytes(destination));
    }

    /// <summary>Overwrites the numbers from the host.</summary>
    /// <param name="values">[Count].</param>
    /// <exception cref="ArgumentException">There are more or fewer values.</exception>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public void CopyFrom(ReadOnlySpan<int> values)
    {
        if (values.Length != Count)
            throw new ArgumentException($"{values.Length} values do not fill {Count} indices");
        if (Count > 0)
            Device.Upload(MemoryMarshal.AsBytes(values), Address);
    }

    /// <summary>The numbers, copied to the host.</summary>
    /// <exception cref="InvalidOperationException">The arena was reset since.</exception>
    public int[] ToArray()
    {
        int[] values = new int[Count];
        CopyTo(values);
        return values;
    }

    /// <summary>The numbers themselves, where the device is the host.</summary>
    /// <exception cref="InvalidOperationException">The arena was reset since, or the device has memory of its own.
    /// </exception>
    internal unsafe Span<int> Span
    {
        get
        {
            nint start = Address;
            arena?.Device.RequireHost();
            return new Span<int>((void*)start, Count);
        }
    }

    /// <summary>Where they lie, where the device is the host; null for none.</summary>
    internal unsafe int* Data
    {
        get
        {
            nint start = Address;
            arena?.Device.RequireHost();
            return (int*)start;
        }
    }

    void RequireAlive()
    {
        if (arena is not null && arena.Generation != generation)
            throw new InvalidOperationException("these indices belong to a step that has ended: its arena was reset");
    }
}
