namespace RLSquared.Tensors.Devices;

/// <summary>
/// A device owns memory and computes on it: the processor (<see cref="Cpu"/>), a graphics card, or the plain reference
/// device of the tests. Operations, layers and algorithms know nothing below it.
/// <para>Where numbers lie is said by an address that only their device can read: a pointer of the host, a pointer of a
/// graphics card, or a handle. Others may add bytes to it, and nothing else.</para>
/// <para>To add a device, derive from this class and write the members for memory and the primitives; the fused forms
/// are composed of these until the device has a faster one.</para>
/// </summary>
public abstract partial class Device
{
    /// <summary>A device of its name.</summary>
    /// <param name="name">What messages and options call it, such as <c>cpu</c>.</param>
    /// <param name="isHost">Whether an address is a pointer that the host can read.</param>
    internal Device(string name, bool isHost) => (Name, IsHost) = (name, isHost);

    /// <summary>The processor that the program runs on.</summary>
    public static Device Cpu { get; } = new CpuDevice();

    /// <summary>What messages and options call it.</summary>
    public string Name { get; }

    /// <summary>Whether an address is a pointer that the host can read.</summary>
    internal bool IsHost { get; }

    /// <summary>Memory, aligned to 64 bytes; its content is whatever it held.</summary>
    /// <param name="bytes">How much, from 1.</param>
    /// <exception cref="DeviceOutOfMemoryException">The device cannot give so much.</exception>
    internal abstract nint Allocate(long bytes);

    /// <summary>
    /// Gives back what <see cref="Allocate"/> gave. The finaliser of a forgotten arena calls it too, from its own
    /// thread.
    /// </summary>
    internal abstract void Free(nint address);

    /// <summary>Copies from the host; the source may be changed as soon as this returns.</summary>
    internal abstract void Upload(ReadOnlySpan<byte> source, nint to);

    /// <summary>Copies to the host, after all that was asked for before; waits until the bytes are there.</summary>
    internal abstract void Download(nint from, Span<byte> destination);

    /// <summary>Copies within the device; the two stretches do not overlap.</summary>
    internal abstract void Copy(nint from, nint to, long bytes);

    /// <summary>Sets bytes to zero.</summary>
    internal abstract void Clear(nint address, long bytes);

    /// <summary>Waits until all that was asked for has been done.</summary>
    internal abstract void Synchronise();

    /// <summary>
    /// The place of the first index below <paramref name="low"/> or not below <paramref name="high"/>, or −1 if there
    /// is none. A device that would have to wait for the answer may say −1 and guard its kernels instead.
    /// </summary>
    internal virtual int FirstOutside(Indices index, int low, int high)
    {
        int[] values = index.ToArray();
        return Array.FindIndex(values, value => value < low || value >= high);
    }

    /// <summary>
    /// The first row whose source is below −1, or not of an earlier step of B rows, or −1 if there is none; as
    /// <see cref="FirstOutside"/>.
    /// </summary>
    internal virtual int FirstSourceNotBefore(Indices sources, int B)
    {
        int[] values = sources.ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] < -1 || values[i] >= i / B * B)
                return i;
        }
        return -1;
    }

    /// <summary>Refuses to hand out a pointer of the host for memory that is none.</summary>
    internal void RequireHost()
    {
        if (!IsHost)
            throw NotOfHost();
    }

    // Apart from its condition, so that this is compiled into those who ask.
    InvalidOperationException NotOfHost() =>
        new($"the numbers lie in the memory of the device '{Name}', which the host cannot read; copy them out");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
