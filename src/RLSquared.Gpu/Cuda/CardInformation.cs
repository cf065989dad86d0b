using System.Runtime.InteropServices;

namespace RLSquared.Gpu.Cuda;

/// <summary>What the driver says of a card.</summary>
sealed record CardInformation
{
    const int MultiprocessorCount = 16, Major = 75, Minor = 76, CacheSize = 38;

    /// <summary>Why the card cannot be used, in one sentence; null if it can.</summary>
    public string? Complaint { get; private init; }

    /// <summary>Its name, such as NVIDIA H100 80GB HBM3.</summary>
    public string Name { get; private init; } = "";

    /// <summary>The driver's number for it.</summary>
    public int Device { get; private init; }

    /// <summary>Bytes of memory.</summary>
    public long Memory { get; private init; }

    /// <summary>Multiprocessors.</summary>
    public int Multiprocessors { get; private init; }

    /// <summary>Compute capability, such as 9.0.</summary>
    public Version Capability { get; private init; } = new(0, 0);

    /// <summary>Bytes of the second-level cache.</summary>
    public int Cache { get; private init; }

    /// <summary>The CUDA version that the driver names, such as 13000 for 13.0.</summary>
    public int CudaVersion { get; private init; }

    /// <summary>The same in words.</summary>
    public string CudaName => $"{CudaVersion / 1000}.{CudaVersion % 1000 / 10}";

    /// <summary>Asks the driver for a card.</summary>
    public static unsafe CardInformation Ask(int ordinal = 0)
    {
        if (Driver.Handle == 0)
        {
            string library = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
            return Without($"there is no NVIDIA driver on this machine ({library} is not found): install the " +
                "driver of your card, or use --device cpu");
        }
        int result = Driver.cuInit(0);
        if (result != 0)
            return Without($"the NVIDIA driver does not start: it says {Driver.Describe(result)}; check nvidia-smi");
        int version, count, device;
        Driver.Check(Driver.cuDriverGetVersion(&version), "asking for the driver's version");
        Driver.Check(Driver.cuDeviceGetCount(&count), "counting the cards");
        if (ordinal < 0 || ordinal >= count)
        {
            return Without(count == 0 ? "the NVIDIA driver finds no card: check nvidia-smi, or use --device cpu"
                : $"there is no card {ordinal}: the cards are 0 to {count - 1}");
        }
        Driver.Check(Driver.cuDeviceGet(&device, ordinal), "asking for the card");
        byte* name = stackalloc byte[256];
        Driver.Check(Driver.cuDeviceGetName(name, 256, device), "asking for the card's name");
        nuint memory;
        Driver.Check(Driver.cuDeviceTotalMem_v2(&memory, device), "asking for the card's memory");
        return new CardInformation
        {
            Complaint = KernelTexts.Complaint(version),
            Name = Marshal.PtrToStringUTF8((nint)name) ?? "",
            Device = device,
            Memory = (long)memory,
            Multiprocessors = Attribute(MultiprocessorCount, device),
            Capability = new Version(Attribute(Major, device), Attribute(Minor, device)),
            Cache = Attribute(CacheSize, device),
            CudaVersion = version,
        };
    }

    static unsafe int Attribute(int attribute, int device)
    {
        int value;
        Driver.Check(Driver.cuDeviceGetAttribute(&value, attribute, device), "asking for what the card can do");
        return value;
    }

    static CardInformation Without(string complaint) => new() { Complaint = complaint };
}
