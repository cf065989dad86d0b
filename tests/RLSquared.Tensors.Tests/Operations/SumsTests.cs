using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class SumsTests(Device device) : DeviceTests(device)
{
    static (Shape, float[]) X => Spread(new Shape(2, 3, 4), 1);

    [Fact]
    public void Sums_and_means_differentiate()
    {
        Both(x => x[0].Sum(), X);
        Both(x => x[0].Mean(), X);
        Both(x => x[0].SumOfColumns(), X);
        Both(x => x[0].SumOfRows(), X);
    }

    [Fact]
    public void Sums_have_the_shapes_that_broadcasting_wants()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        Assert.Equal((new Shape(1), 21f), (x.Sum().Shape, x.Sum().Read()));
        Assert.Equal(3.5f, x.Mean().Read());
        Assert.Equal(new Shape(2, 1), x.SumOfColumns().Shape);
        Assert.Equal([6, 15], x.SumOfColumns().ToArray());
        Assert.Equal(new Shape(3), x.SumOfRows().Shape);
        Assert.Equal([5, 7, 9], x.SumOfRows().ToArray());
    }
}

public sealed class SumsTestsOnCpu() : SumsTests(Device.Cpu);

public sealed class SumsTestsOnReference() : SumsTests(new ReferenceDevice());
