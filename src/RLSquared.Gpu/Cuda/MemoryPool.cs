namespace RLSquared.Gpu.Cuda;

/// <summary>
/// Memory of a card that was given back is kept for the next who asks for as much, because the driver takes long to
/// give and to take. When memory runs out, what is kept goes back to the driver first.
/// </summary>
sealed class MemoryPool(Func<long, nint> take, Action<nint> giveBack, Func<(long Free, long Total)> ask)
{
    const long Grain = 512, LargeGrain = 2 << 20, Large = 1 << 20;

    readonly Dictionary<long, Stack<nint>> kept = [];
    readonly Dictionary<nint, long> given = [];

    /// <summary>Bytes that are in use.</summary>
    public long Used { get; private set; }

    /// <summary>The most that were in use at once.</summary>
    public long Most { get; private set; }

    /// <summary>Bytes that are kept for later.</summary>
    public long Kept { get; private set; }

    /// <summary>Memory of at least so many bytes.</summary>
    public nint Allocate(long bytes)
    {
        lock (kept)
            return AllocateLocked(bytes);
    }

    nint AllocateLocked(long bytes)
    {
        long size = Rounded(bytes);
        nint address = 0;
        if (kept.TryGetValue(size, out Stack<nint>? stack) && stack.Count > 0)
        {
            address = stack.Pop();
            Kept -= size;
        }
        else
        {
            address = take(size);
            if (address == 0 && Kept > 0)
            {
                Release();
                address = take(size);
            }
            if (address == 0)
            {
                (long free, long total) = ask();
                throw new OutOfGpuMemoryException($"{Size(bytes)} do not fit on the card: {Size(free)} of its " +
                    $"{Size(total)} are free and {Size(Used)} are in use here; use fewer trials or lanes at once, " +
                    "or a shorter sequence");
            }
        }
        given.Add(address, size);
        Used += size;
        Most = Math.Max(Most, Used);
        return address;
    }

    /// <summary>Keeps memory for later.</summary>
    public void Free(nint address)
    {
        lock (kept)
        {
            if (!given.Remove(address, out long size))
                throw new GpuException($"the address {address:X} was not allocated here, or is free already");
            Used -= size;
            Kept += size;
            if (!kept.TryGetValue(size, out Stack<nint>? stack))
                kept.Add(size, stack = new());
            stack.Push(address);
        }
    }

    /// <summary>Gives what is kept back to the driver.</summary>
    public void Release()
    {
        lock (kept)
        {
            foreach (Stack<nint> stack in kept.Values)
            {
                foreach (nint address in stack)
                    giveBack(address);
                stack.Clear();
            }
            Kept = 0;
        }
    }

    static long Rounded(long bytes)
    {
        long grain = bytes > Large ? LargeGrain : Grain;
        return (Math.Max(bytes, 1) + grain - 1) / grain * grain;
    }

    /// <summary>A size in words.</summary>
    public static string Size(long bytes) => bytes >= 1L << 30
        ? FormattableString.Invariant($"{bytes / (double)(1L << 30):0.0} GiB")
        : FormattableString.Invariant($"{bytes / (double)(1L << 20):0.0} MiB");
}

/// <summary>Memory of a card ran out; the message says how much was asked for and how much is free.</summary>
sealed class OutOfGpuMemoryException(string message) : Exception(message);
