using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class ConvolutionsTests(Device device) : DeviceTests(device)
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public void Convolutions_differentiate(int stride, int padding) => Both(
        x => x[0].Convolve(x[1], x[2], stride, padding),
        Spread(new Shape(2, 2, 4, 5), 1), Spread(new Shape(3, 2, 2, 3), 2), Spread(new Shape(3), 3));

    // One image of two channels, each 3 × 3, under one filter of 2 × 2: y = 1 + Σ of the first channel's diagonal
    // of the window − the second channel's top left.
    [Fact]
    public void A_window_sees_what_lies_below_it()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(
            new Shape(1, 2, 3, 3), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
        Tensor weight = tape.Constant(new Shape(1, 2, 2, 2), [1, 0, 0, 1, -1, 0, 0, 0]);
        Tensor y = x.Convolve(weight, tape.Constant(new Shape(1), [1]));
        Assert.Equal(new Shape(1, 1, 2, 2), y.Shape);
        Assert.Equal([1 + 1 + 5 - 10, 1 + 2 + 6 - 20, 1 + 4 + 8 - 40, 1 + 5 + 9 - 50], y.ToArray());
    }

    [Fact]
    public void Impossible_windows_are_named()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(arena.Zeros(new Shape(1, 1, 3, 3))), bias = tape.Constant(arena.Zeros(new Shape(1)));
        Tensor large = tape.Constant(arena.Zeros(new Shape(1, 1, 5, 3)));
        Tensor deep = tape.Constant(arena.Zeros(new Shape(1, 2, 1, 1)));
        Assert.Equal("a window of 5 × 3 does not fit into images of 3 × 3 padded by 0",
            Assert.Throws<ArgumentException>(() => x.Convolve(large, bias)).Message);
        Assert.Equal("a convolution is of images [N, C, H, W] with weights [F, C, kh, kw], " +
            "not of [1, 1, 3, 3] with [1, 2, 1, 1]",
            Assert.Throws<ArgumentException>(() => x.Convolve(deep, bias)).Message);
    }
}

public sealed class ConvolutionsTestsOnCpu() : ConvolutionsTests(Device.Cpu);

public sealed class ConvolutionsTestsOnReference() : ConvolutionsTests(new ReferenceDevice());
