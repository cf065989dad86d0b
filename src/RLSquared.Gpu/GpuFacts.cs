using RLSquared.Gpu.Cuda;

namespace RLSquared.Gpu;

/// <summary>What a card offers, measured where a data sheet would not tell; or why there is none.</summary>
public sealed record GpuFacts
{
    const int Side = 2048, Repeats = 5;

    /// <summary>Why no card can be used, in one sentence; null if one can. All else is empty then.</summary>
    public string? Complaint { get; private init; }

    /// <summary>The card, such as <c>NVIDIA H100 80GB HBM3</c>.</summary>
    public string Name { get; private init; } = "";

    /// <summary>Memory, in GiB.</summary>
    public double MemoryGiB { get; private init; }

    /// <summary>Memory that is free now, in GiB.</summary>
    public double FreeMemoryGiB { get; private init; }

    /// <summary>The CUDA version that the driver names, such as 13.0.</summary>
    public string DriverCuda { get; private init; } = "";

    /// <summary>The newest PTX that the driver takes, and that of the kernels.</summary>
    public (Version OfDriver, Version OfKernels) Ptx { get; private init; } = (new(), new());

    /// <summary>cuBLAS's version, such as 13.0.2; empty where it is not found.</summary>
    public string Cublas { get; private init; } = "";

    /// <summary>A product of matrices of 2,048 rows and columns in 32 bits, in TFLOP/s.</summary>
    public double ProductTeraflops { get; private init; }

    /// <summary>The same with operands rounded for the tensor cores (TF32), in TFLOP/s; 0 without cuBLAS.</summary>
    public double Tf32Teraflops { get; private init; }

    /// <summary>Copying within the card, reading and writing counted, in GB/s.</summary>
    public double CopyGigabytesPerSecond { get; private init; }

    /// <summary>Asks the driver, and measures for some tenths of a second.</summary>
    /// <param name="card">Which card, from 0.</param>
    public static GpuFacts Measure(int card = 0)
    {
        CardInformation found = CardInformation.Ask(card);
        if (found.Complaint is not null)
            return new GpuFacts { Complaint = found.Complaint };
        try
        {
            return Measure(found, card);
        }
        catch (Exception error) when (error is GpuException or OutOfGpuMemoryException)
        {
            return new GpuFacts { Complaint = $"{found.Name} is there, but {error.Message}" };
        }
    }

    static GpuFacts Measure(CardInformation found, int card)
    {
        const double gibibyte = 1L << 30;
        using var accelerator = new CudaAccelerator(card);
        (long free, _) = accelerator.Memory();
        int version = accelerator.LibraryVersion;
        return new GpuFacts
        {
            Name = found.Name,
            MemoryGiB = found.Memory / gibibyte,
            FreeMemoryGiB = free / gibibyte,
            DriverCuda = found.CudaName,
            Ptx = (KernelTexts.NewestOf(found.CudaVersion), KernelTexts.Version),
            Cublas = version == 0 ? "" : $"{version / 10000}.{version % 10000 / 100}.{version % 100}",
            ProductTeraflops = Product(accelerator),
            Tf32Teraflops = version == 0 ? 0 : Tensor(card),
            CopyGigabytesPerSecond = Copy(accelerator),
        };
    }

    static double Tensor(int card)
    {
        using var accelerator = new CudaAccelerator(card, Precision.Tf32);
        return Product(accelerator);
    }

    static double Product(CudaAccelerator accelerator)
    {
        using var math = new GpuMath(accelerator);
        const long count = (long)Side * Side;
        nint a = accelerator.Allocate(3 * count * sizeof(float));
        nint b = a + (nint)(count * sizeof(float)), y = b + (nint)(count * sizeof(float));
        math.Fill(0.7f, 2 * count, a);
        var shape = new ProductShape(false, false, Side, Side, Side, Side, Side, Side);
        double seconds = Shortest(accelerator, () => math.Product(in shape, a, b, y));
        accelerator.Free(a);
        return 2.0 * Side * Side * Side / seconds / 1e12;
    }

    static double Copy(CudaAccelerator accelerator)
    {
        const long bytes = 256 << 20;
        nint from = accelerator.Allocate(2 * bytes);
        accelerator.Clear(from, 2 * bytes);
        double seconds = Shortest(accelerator, () => accelerator.Copy(from, from + (nint)bytes, bytes));
        accelerator.Free(from);
        return 2 * bytes / seconds / 1e9;
    }

    static double Shortest(CudaAccelerator accelerator, Action work)
    {
        work();
        double shortest = double.PositiveInfinity;
        for (int i = 0; i < Repeats; i++)
        {
            Func<double> clock = accelerator.StartClock();
            work();
            shortest = Math.Min(shortest, clock());
        }
        return shortest;
    }
}
