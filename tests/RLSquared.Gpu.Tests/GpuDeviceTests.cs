using RLSquared.Gpu.Benchmark;

namespace RLSquared.Gpu.Tests;

public sealed class GpuDeviceTests
{
    [Fact]
    public void Every_primitive_and_fused_form_agrees_with_the_processors()
    {
        using var device = new GpuDevice(new SimulatedAccelerator());
        using var comparison = new DeviceComparison(device);
        string[] wrong =
        [
            .. comparison.Run().Where(result => !(result.Error <= 2e-5))
                .Select(result => $"{result.Name}: {result.Error:g3}"),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }
}
