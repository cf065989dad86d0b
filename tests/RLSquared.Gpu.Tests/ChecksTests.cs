using RLSquared.Gpu.Benchmark;

namespace RLSquared.Gpu.Tests;

public sealed class ChecksTests
{
    [Fact]
    public void Every_computation_agrees_with_plain_loops()
    {
        using var accelerator = new SimulatedAccelerator();
        using var math = new GpuMath(accelerator);
        string[] wrong =
        [
            .. new Checks(math, scale: 1).Run().Where(check => !(check.Error <= check.Bound))
                .Select(check => $"{check.Name}: error {check.Error:g3}, allowed {check.Bound:g3}"),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }
}
