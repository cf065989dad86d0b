using RLSquared.Gpu.Cuda;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Gpu;

/// <summary>How a <see cref="GpuDevice"/> is opened.</summary>
public sealed record GpuOptions
{
    /// <summary>Which card, from 0.</summary>
    public int Card { get; init; }

    /// <summary>How products of matrices are computed; everything else is in 32 bits.</summary>
    public Precision Precision { get; init; } = Precision.F32;

    /// <summary>Whether cuBLAS is used where it is found; else products run on kernels of our own.</summary>
    public bool UseCublas { get; init; } = true;
}

/// <summary>
/// An NVIDIA card as a device of the engine. Only the driver is needed: the kernels are shipped as PTX, which the
/// driver compiles for the card at hand, and cuBLAS multiplies matrices where it is found. Calls return at once;
/// reading a tensor waits for what was asked for before. The same card, driver and seed give the same bits.
/// </summary>
public sealed partial class GpuDevice : Device, IBanditDevice, IDisposable
{
    readonly Accelerator accelerator;
    readonly GpuMath math;

    internal GpuDevice(Accelerator accelerator) : base("gpu", isHost: false)
    {
        this.accelerator = accelerator;
        math = new GpuMath(accelerator);
    }

    /// <summary>The launches on plain addresses.</summary>
    internal GpuMath Math => math;

    /// <summary>What the card is called, such as <c>NVIDIA H100 80GB HBM3</c>.</summary>
    public string CardName => accelerator.Name;

    /// <summary>Whether cuBLAS multiplies matrices; else kernels of our own do.</summary>
    public bool UsesCublas => accelerator.HasProductLibrary;

    /// <summary>Opens a card.</summary>
    /// <exception cref="GpuException">There is no driver or no card, or the driver is too old.</exception>
    public static GpuDevice Open(GpuOptions? options = null)
    {
        options ??= new GpuOptions();
        return new GpuDevice(new CudaAccelerator(options.Card, options.Precision, options.UseCublas));
    }

    /// <summary>Why a card cannot be used here, in one sentence; null if it can.</summary>
    /// <param name="card">Which card, from 0.</param>
    public static string? Complaint(int card = 0) => CardInformation.Ask(card).Complaint;

    internal override nint Allocate(long bytes)
    {
        try
        {
            return accelerator.Allocate(bytes);
        }
        catch (OutOfGpuMemoryException error)
        {
            throw new DeviceOutOfMemoryException(bytes, Name, $"a block of memory ({error.Message})");
        }
    }

    internal override void Free(nint address) => accelerator.Free(address);

    internal override void Upload(ReadOnlySpan<byte> source, nint to)
    {
        if (source.Length > 0)
            accelerator.Upload(source, to);
    }

    internal override void Download(nint from, Span<byte> destination)
    {
        if (destination.Length > 0)
            accelerator.Download(from, destination);
    }

    internal override void Copy(nint from, nint to, long bytes)
    {
        if (bytes > 0)
            accelerator.Copy(from, to, bytes);
    }

    internal override void Clear(nint address, long bytes)
    {
        if (bytes > 0)
            accelerator.Clear(address, bytes);
    }

    internal override void Synchronise() => accelerator.Synchronise();

    // To look would be to wait for the card.
    internal override int FirstOutside(Indices index, int low, int high) => -1;

    internal override int FirstSourceNotBefore(Indices sources, int B) => -1;

    /// <summary>Gives the card's memory back. Tensors on it must not be used any more.</summary>
    public void Dispose()
    {
        math.Dispose();
        accelerator.Dispose();
    }
}
