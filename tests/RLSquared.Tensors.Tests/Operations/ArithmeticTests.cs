using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class ArithmeticTests(Device device) : DeviceTests(device)
{
    static readonly Shape matrix = new(3, 4);

    public static TheoryData<int[]> Repeats => new([3, 4], [4], [1, 4], [3, 1], [1]);

    static (Shape, float[]) Second(int[] axes) => Spread(Shape.Of(axes), 2, 0.6f, 1.9f);

    [Theory, MemberData(nameof(Repeats))]
    public void Sums_differentiate_in_every_broadcast_form(int[] axes) =>
        Both(x => x[0] + x[1], Spread(matrix, 1), Second(axes));

    [Theory, MemberData(nameof(Repeats))]
    public void Differences_differentiate_in_every_broadcast_form(int[] axes) =>
        Both(x => x[0] - x[1], Spread(matrix, 1), Second(axes));

    [Theory, MemberData(nameof(Repeats))]
    public void Multiplications_differentiate_in_every_broadcast_form(int[] axes) =>
        Both(x => x[0] * x[1], Spread(matrix, 1), Second(axes));

    [Theory, MemberData(nameof(Repeats))]
    public void Quotients_differentiate_in_every_broadcast_form(int[] axes) =>
        Both(x => x[0] / x[1], Spread(matrix, 1), Second(axes));

    // Twelve values 0.25 apart from −1.375 on meet second operands that lie at least 0.0625 > 2h from any of them.
    [Theory]
    [InlineData(new[] { 3, 4 }, 12)]
    [InlineData(new[] { 4 }, 4)]
    [InlineData(new[] { 3, 1 }, 3)]
    [InlineData(new[] { 1 }, 1)]
    public void Minima_and_maxima_differentiate_in_every_broadcast_form(int[] axes, int count)
    {
        float[] values = [.. Enumerable.Range(0, count).Select(i => -0.5f + 0.25f * (i % 5))];
        (Shape, float[]) second = (Shape.Of(axes), values);
        Both(x => Tensor.Min(x[0], x[1]), Spread(matrix, 1), second);
        Both(x => Tensor.Max(x[0], x[1]), Spread(matrix, 1), second);
    }

    [Fact]
    public void A_row_is_repeated_down_and_a_column_across()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        Tensor row = tape.Constant(new Shape(3), [10, 20, 30]), column = tape.Constant(new Shape(2, 1), [100, 200]);
        Assert.Equal([11, 22, 33, 14, 25, 36], (x + row).ToArray());
        Assert.Equal([101, 102, 103, 204, 205, 206], (x + column).ToArray());
    }

    [Fact]
    public void Equal_operands_send_the_gradient_to_the_first_of_a_minimum_and_the_second_of_a_maximum()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor a = tape.Variable(arena.Copy(new Shape(1), [2])), b = tape.Variable(arena.Copy(new Shape(1), [2]));
        tape.Backward(Tensor.Min(a, b));
        Assert.Equal((1, 0), (tape.GradientOf(a).Read(), tape.GradientOf(b).Read()));
        tape.Backward(Tensor.Max(a, b));
        Assert.Equal((0, 1), (tape.GradientOf(a).Read(), tape.GradientOf(b).Read()));
    }

    [Fact]
    public void Shapes_that_do_not_meet_are_named_with_what_would_do()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(arena.Zeros(matrix)), other = tape.Constant(arena.Zeros(new Shape(3)));
        string message = Assert.Throws<ArgumentException>(() => x + other).Message;
        Assert.Equal("shapes [3, 4] and [3] do not meet; the second must be of the first's shape, a row [4], " +
            "a column [3, 1] or one number", message);
    }
}

public sealed class ArithmeticTestsOnCpu() : ArithmeticTests(Device.Cpu);

public sealed class ArithmeticTestsOnReference() : ArithmeticTests(new ReferenceDevice());
