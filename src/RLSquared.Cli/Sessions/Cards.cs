using RLSquared.Gpu;
using RLSquared.Runs;

namespace RLSquared.Cli.Sessions;

/// <summary>The cards that <c>--device</c> can name, by how they multiply matrices.</summary>
internal static class Cards
{
    /// <summary>The device of each precision.</summary>
    public static IReadOnlyList<DeviceEntry> Devices { get; } =
    [
        Of("gpu", "an NVIDIA card, products of matrices in 32 bits", Precision.F32),
        Of("gpu-tf32", "an NVIDIA card, operands of products with 10 bits of mantissa", Precision.Tf32),
        Of("gpu-bf16", "an NVIDIA card, operands of products with 7 bits of mantissa", Precision.Bf16),
    ];

    static DeviceEntry Of(string name, string description, Precision precision) => new(name, description, () =>
        GpuDevice.Complaint() is { } complaint
            ? throw new OptionException("--device", $"--device {name} cannot be used here: {complaint}")
            : GpuDevice.Open(new() { Precision = precision }));
}
