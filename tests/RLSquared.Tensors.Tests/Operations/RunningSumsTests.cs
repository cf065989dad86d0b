using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class RunningSumsTests(Device device) : DeviceTests(device)
{
    [Fact]
    public void A_running_sum_adds_up_what_came_before_in_each_place()
    {
        using var arena = NewArena();
        Tensor x = new Tape(arena).Constant(new Shape(3, 1, 2), [1, 10, 2, 20, 3, 30]);
        Assert.Equal([1, 10, 3, 30, 6, 60], x.RunningSum().ToArray());
    }

    [Fact]
    public void A_running_sum_differentiates() =>
        Both(x => x[0].RunningSum() * x[0], Spread(new Shape(4, 2, 3), 1));
}

public sealed class RunningSumsTestsOnCpu() : RunningSumsTests(Device.Cpu);

public sealed class RunningSumsTestsOnReference() : RunningSumsTests(new ReferenceDevice());
