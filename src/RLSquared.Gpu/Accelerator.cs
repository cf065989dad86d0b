namespace RLSquared.Gpu;

/// <summary>
/// What runs the kernels: the driver of a card, or in tests ILGPU's simulation of one. Addresses are opaque; adding n
/// bytes to one gives the place n bytes further. All work is done in the order in which it was asked for.
/// </summary>
abstract class Accelerator : IDisposable
{
    /// <summary>What it is, in words.</summary>
    public abstract string Name { get; }

    /// <summary>Threads of a group, a square that is a power of two: 256, or fewer where they are simulated.</summary>
    public abstract int GroupSize { get; }

    /// <summary>The most groups of a grid that strides over its work.</summary>
    public abstract int MostGroups { get; }

    /// <summary>Memory that holds whatever it held.</summary>
    /// <exception cref="GpuException">There is not enough; the message says what is free.</exception>
    public abstract nint Allocate(long bytes);

    /// <summary>Gives memory back.</summary>
    public abstract void Free(nint address);

    /// <summary>From the host to the card; the host's memory may be changed at once.</summary>
    public abstract void Upload(ReadOnlySpan<byte> from, nint to);

    /// <summary>From the card to the host; waits for all that was asked for before.</summary>
    public abstract void Download(nint from, Span<byte> to);

    /// <summary>From one place of the card to another; they do not overlap.</summary>
    public abstract void Copy(nint from, nint to, long bytes);

    /// <summary>Zeros.</summary>
    public abstract void Clear(nint address, long bytes);

    /// <summary>Waits until all is done.</summary>
    public abstract void Synchronise();

    /// <summary>Runs a kernel on x · y · z groups.</summary>
    public abstract void Launch(Kernel kernel, (int X, int Y, int Z) groups, ReadOnlySpan<Argument> arguments);

    /// <summary>
    /// y = op(a) op(b), or y += op(a) op(b), for a batch of matrices in row-major order; false where there is no
    /// library for it.
    /// </summary>
    public abstract bool TryProduct(in ProductShape shape, nint a, nint b, nint y);

    /// <summary>Whether there is a library for products.</summary>
    public abstract bool HasProductLibrary { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>
/// A product y[M, N] = op(a) op(b): rows lie lda, ldb and ldy numbers apart, the matrices of a batch StrideA, StrideB
/// and StrideY.
/// </summary>
readonly record struct ProductShape(
    bool TransposeA, bool TransposeB, int M, int N, int K, int Lda, int Ldb, int Ldy, bool Add = false)
{
    public int Batch { get; init; } = 1;

    public long StrideA { get; init; }

    public long StrideB { get; init; }

    public long StrideY { get; init; }
}
