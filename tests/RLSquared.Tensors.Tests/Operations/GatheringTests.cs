using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class GatheringTests(Device device) : DeviceTests(device)
{
    Indices Of(params ReadOnlySpan<int> values) => IndicesOf(values);

    [Fact]
    public void Gather_differentiates()
    {
        Indices index = Of(2, 0, 3);
        Both(x => x[0].Gather(index), Spread(new Shape(3, 4), 1));
    }

    [Fact]
    public void Gathered_rows_differentiate_and_repeated_ones_add_up()
    {
        Indices index = Of(2, 0, 2, 2);
        Both(x => x[0].GatherRows(index), Spread(new Shape(3, 4), 1));
    }

    [Fact]
    public void Rows_are_summed_into_the_rows_that_they_name_and_differentiate()
    {
        using var arena = NewArena();
        Tensor x = new Tape(arena).Constant(new Shape(3, 2), [1, 2, 3, 4, 5, 6]);
        Assert.Equal([0, 0, 6, 8, 3, 4], x.SumIntoRows(Of(1, 2, 1), 3).ToArray());
        Indices index = Of(2, 0, 2, 2);
        Both(y => y[0].SumIntoRows(index, 3), Spread(new Shape(4, 3), 1));
        Assert.Equal("index 3 at place 1 names none of the 3 rows of [3, 2]",
            Assert.Throws<ArgumentException>(() => x.SumIntoRows(Of(0, 3, 0), 3)).Message);
    }

    [Fact]
    public void The_largest_of_columns_differentiates() =>
        Both(x => x[0].MaxOfColumns(), Spread(new Shape(3, 4), 1));

    [Fact]
    public void Of_equal_maxima_the_first_gets_the_gradient()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Variable(arena.Copy(new Shape(2, 3), [1, 5, 5, -2, -2, -3]));
        Tensor max = x.MaxOfColumns();
        Assert.Equal([5, -2], max.ToArray());
        tape.Backward(max.Sum());
        Assert.Equal([0, 1, 0, 1, 0, 0], tape.GradientOf(x).ToArray());
    }

    [Fact]
    public void Gather_takes_one_column_of_each_row()
    {
        using var arena = NewArena();
        Tensor x = new Tape(arena).Constant(new Shape(2, 1, 3), [1, 2, 3, 4, 5, 6]);
        Tensor y = x.Gather(Of(2, 0));
        Assert.Equal(new Shape(2, 1), y.Shape);
        Assert.Equal([3, 4], y.ToArray());
    }

    [Fact]
    public void Indices_outside_are_named_with_their_place()
    {
        using var arena = NewArena();
        Tensor x = new Tape(arena).Constant(arena.Zeros(new Shape(2, 3)));
        Assert.Equal("index 3 at place 1 names none of the 3 columns of [2, 3]",
            Assert.Throws<ArgumentException>(() => x.Gather(Of(0, 3))).Message);
        Assert.Equal("index -1 at place 0 names none of the 2 rows of [2, 3]",
            Assert.Throws<ArgumentException>(() => x.GatherRows(Of(-1))).Message);
        Assert.Equal("[2, 3] has 2 rows, but 1 indices were given",
            Assert.Throws<ArgumentException>(() => x.Gather(Of(0))).Message);
    }
}

public sealed class GatheringTestsOnCpu() : GatheringTests(Device.Cpu);

public sealed class GatheringTestsOnReference() : GatheringTests(new ReferenceDevice());
