using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class RearrangementsTests(Device device) : DeviceTests(device)
{
    static (Shape, float[]) X => Spread(new Shape(3, 4), 1);

    [Fact]
    public void Rearrangements_differentiate()
    {
        Both(x => x[0].Reshape(new Shape(2, 6)).SumOfRows(), X);
        Both(x => x[0].SliceRows(1, 2), X);
        Both(x => x[0].SliceColumns(1, 2), X);
        Both(x => x[0].Transpose(), X);
        Both(x => x[0].Transpose(), Spread(new Shape(2, 3, 2), 1));
        Both(x => Tensor.Concatenate(x[0], x[1], x[0]), X, Spread(new Shape(3, 1), 2));
    }

    [Fact]
    public void Overlapping_slices_of_rows_add_up_with_other_uses() => Both(
        x => x[0].SliceRows(0, 2) * x[0].SliceRows(1, 2) + x[0].SliceRows(0, 2) + x[0].Square().SliceRows(1, 2), X);

    [Fact]
    public void Slices_and_joins_take_the_right_numbers()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(new Shape(2, 2, 3), [.. Enumerable.Range(0, 12).Select(i => (float)i)]);
        Assert.Equal(new Shape(1, 2, 3), x.SliceRows(1, 1).Shape);
        Assert.Equal([6, 7, 8, 9, 10, 11], x.SliceRows(1, 1).ToArray());
        Assert.Equal(new Shape(2, 2, 1), x.SliceColumns(2, 1).Shape);
        Assert.Equal([2, 5, 8, 11], x.SliceColumns(2, 1).ToArray());
        Tensor joined = Tensor.Concatenate(x.SliceColumns(0, 1), x.SliceColumns(1, 2));
        Assert.Equal(x.Shape, joined.Shape);
        Assert.Equal(x.ToArray(), joined.ToArray());
        Assert.Equal([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11], x.Transpose().ToArray());
    }

    [Fact]
    public void A_slice_of_rows_is_a_view()
    {
        using var arena = NewArena();
        Tensor x = new Tape(arena).Constant(arena.Zeros(new Shape(2, 3)));
        x.SliceRows(1, 1).CopyFrom([7, 8, 9]);
        Assert.Equal([0, 0, 0, 7, 8, 9], x.ToArray());
    }

    [Fact]
    public void Wrong_shapes_are_named()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(arena.Zeros(new Shape(2, 3))), y = tape.Constant(arena.Zeros(new Shape(3, 3)));
        Assert.Equal("[2, 3] holds 6 numbers, which [5] with its 5 cannot show",
            Assert.Throws<ArgumentException>(() => x.Reshape(new Shape(5))).Message);
        Assert.StartsWith("[2, 3] has entries 0 to 1; 2 from 1 on are not all among them",
            Assert.Throws<ArgumentOutOfRangeException>(() => x.SliceRows(1, 2)).Message);
        Assert.StartsWith("[2, 3] has 3 columns; 1 from 3 on are not all among them",
            Assert.Throws<ArgumentOutOfRangeException>(() => x.SliceColumns(3, 1)).Message);
        Assert.Equal("tensors side by side need equal rows, but [2, 3] and [3, 3] were given",
            Assert.Throws<ArgumentException>(() => Tensor.Concatenate(x, y)).Message);
        Assert.Equal("one to 6 tensors can be joined at once, not 0",
            Assert.Throws<ArgumentException>(() => Tensor.Concatenate()).Message);
    }
}

public sealed class RearrangementsTestsOnCpu() : RearrangementsTests(Device.Cpu);

public sealed class RearrangementsTestsOnReference() : RearrangementsTests(new ReferenceDevice());
