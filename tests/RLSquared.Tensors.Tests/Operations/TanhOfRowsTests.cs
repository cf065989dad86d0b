using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class TanhOfRowsTests(Device device) : DeviceTests(device)
{
    Indices Of(params ReadOnlySpan<int> values) => IndicesOf(values);

    [Theory]
    [InlineData(1)]
    [InlineData(19)]
    [InlineData(32)]
    public void It_is_the_tanh_of_the_sum_of_the_picked_rows(int H)
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor a = tape.Constant(new Shape(3, H), Spread(new Shape(3, H), 1).Values);
        Tensor b = tape.Constant(new Shape(2, H), Spread(new Shape(2, H), 2).Values);
        Tensor c = tape.Constant(new Shape(H), Spread(new Shape(H), 3).Values);
        Tensor s = tape.Constant(new Shape(4), [0.5f, -1, 0, 2]);
        Indices i = Of(2, 0, 2, 1), j = Of(0, 1, 1, 0);
        Tensor plain = a.TanhOfSums(i, b, j), whole = a.TanhOfSums(i, b, j, s, c);
        for (int r = 0; r < 4; r++)
        {
            for (int h = 0; h < H; h++)
            {
                double sum = a.ToArray()[i.ToArray()[r] * H + h] + (double)b.ToArray()[j.ToArray()[r] * H + h];
                Assert.Equal(Math.Tanh(sum), plain.ToArray()[r * H + h], 1e-6);
                Assert.Equal(Math.Tanh(sum + s.ToArray()[r] * c.ToArray()[h]), whole.ToArray()[r * H + h], 1e-6);
            }
        }
    }

    [Fact]
    public void It_differentiates_and_rows_that_are_picked_often_add_up()
    {
        Indices i = Of(2, 0, 2, 2), j = Of(0, 1, 1, 0);
        First(x => x[0].TanhOfSums(i, x[1], j), Spread(new Shape(3, 17), 1), Spread(new Shape(2, 17), 2));
    }

    [Fact]
    public void The_scaled_row_differentiates_too()
    {
        Indices i = Of(2, 0, 2), j = Of(0, 1, 1);
        First(
            x => x[0].TanhOfSums(i, x[1], j, x[0].Tape!.Constant(new Shape(3), [0.5f, -1, 2]), x[2]),
            Spread(new Shape(3, 18), 1), Spread(new Shape(2, 18), 2), Spread(new Shape(18), 3));
    }

    [Fact]
    public void A_second_derivative_goes_by_single_operations()
    {
        Indices i = Of(2, 0, 2), j = Of(0, 1, 1);
        GradientCheck.Second(Device, x => x[0].TanhOfSums(i, x[1], j), Spread(new Shape(3, 5), 1),
            Spread(new Shape(2, 5), 2));
        GradientCheck.Second(Device,
            x => x[0].TanhOfSums(i, x[1], j, x[0].Tape!.Constant(new Shape(3), [0.5f, -1, 2]), x[2]),
            Spread(new Shape(3, 5), 1), Spread(new Shape(2, 5), 2), Spread(new Shape(5), 3));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor a = tape.Variable(arena.Zeros(new Shape(2, 3))), b = tape.Variable(arena.Zeros(new Shape(2, 4)));
        Assert.Contains("cannot be added",
            Assert.Throws<ArgumentException>(() => a.TanhOfSums(Of(0), b, Of(0))).Message, StringComparison.Ordinal);
        Assert.Contains("index 2",
            Assert.Throws<ArgumentException>(() => a.TanhOfSums(Of(2), a, Of(0))).Message, StringComparison.Ordinal);
    }
}

public sealed class TanhOfRowsTestsOnCpu() : TanhOfRowsTests(Device.Cpu);

public sealed class TanhOfRowsTestsOnReference() : TanhOfRowsTests(new ReferenceDevice());
