using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class LayerNormalisationsTests(Device device) : DeviceTests(device)
{
    [Theory]
    [InlineData(5)]
    [InlineData(18)]
    public void Layer_normalisation_differentiates(int columns) => Both(x => x[0].LayerNormalise(x[1], x[2], 0.01f),
        Spread(new Shape(3, columns), 1), Spread(new Shape(columns), 2, 0.5f, 1.5f), Spread(new Shape(columns), 3));

    // mean 2, variance (1 + 1)/2 = 1: x̂ = −1, 1 up to ε; gain (2, 3) and bias (10, 20).
    [Fact]
    public void A_row_is_centred_scaled_and_shifted()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(new Shape(1, 2), [1, 3]);
        Tensor y = x.LayerNormalise(tape.Constant(new Shape(2), [2, 3]), tape.Constant(new Shape(2), [10, 20]), 1e-12f);
        Assert.Equal([8, 23], y.ToArray());
    }

    [Fact]
    public void Wrong_shapes_and_epsilons_are_named()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(arena.Zeros(new Shape(2, 3))), two = tape.Constant(arena.Zeros(new Shape(2)));
        Assert.Equal("[2, 3] needs a gain and a bias of [3], but [2] and [2] were given",
            Assert.Throws<ArgumentException>(() => x.LayerNormalise(two, two)).Message);
        Assert.StartsWith("epsilon must be above 0",
            Assert.Throws<ArgumentOutOfRangeException>(() => two.LayerNormalise(two, two, 0)).Message);
    }
}

public sealed class LayerNormalisationsTestsOnCpu() : LayerNormalisationsTests(Device.Cpu);

public sealed class LayerNormalisationsTestsOnReference() : LayerNormalisationsTests(new ReferenceDevice());
