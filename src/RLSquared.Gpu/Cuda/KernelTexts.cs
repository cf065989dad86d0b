using System.Globalization;
using System.Reflection;

namespace RLSquared.Gpu.Cuda;

/// <summary>The kernels' PTX as it is shipped, taken apart by kernel.</summary>
static class KernelTexts
{
    /// <summary>The whole text.</summary>
    public static string Whole { get; } = Read();

    /// <summary>PTX modules by kernel.</summary>
    public static IReadOnlyDictionary<string, string> ByName { get; } = Split(Whole);

    /// <summary>The version of PTX in which they are written, such as 7.0.</summary>
    public static Version Version { get; } = Version.Parse(
        Whole[(Whole.IndexOf(".version", StringComparison.Ordinal) + 9)..].Split('\n')[0].Trim());

    /// <summary>The newest PTX that a driver takes, by the CUDA version that it names (13000 for 13.0).</summary>
    public static Version NewestOf(int cudaVersion)
    {
        // 11.0 came with 7.0 and each minor version with one more; 12.0 with 8.0, 13.0 with 9.0.
        int major = cudaVersion / 1000, minor = cudaVersion % 1000 / 10;
        return major < 11 ? new Version(6, 5) : new Version(major - 4, minor);
    }

    /// <summary>Says in one sentence why a driver cannot run the kernels; null if it can.</summary>
    public static string? Complaint(int cudaVersion) => NewestOf(cudaVersion) >= Version ? null
        : string.Create(CultureInfo.InvariantCulture,
            $"the driver is of CUDA {cudaVersion / 1000}.{cudaVersion % 1000 / 10} and takes PTX up to " +
            $"{NewestOf(cudaVersion)}, but the kernels are PTX {Version}: install a driver of CUDA 11.0 or later");

    static string Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Kernels.ptx")
            ?? throw new GpuException("the kernels are missing in RLSquared.Gpu: build it again");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    static Dictionary<string, string> Split(string text) =>
        text.Split("// kernel ", StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(part => part[..part.IndexOf('\n', StringComparison.Ordinal)],
                part => part[(part.IndexOf('\n', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal);
}
