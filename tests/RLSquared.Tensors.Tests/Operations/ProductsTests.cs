using static RLSquared.Tensors.Tests.GradientCheck;

namespace RLSquared.Tensors.Tests.Operations;

public sealed class ProductsTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Products_differentiate_in_every_transposed_form(bool transposeA, bool transposeB)
    {
        Shape a = transposeA ? new(4, 3) : new(3, 4), b = transposeB ? new(2, 4) : new(4, 2);
        Both(x => x[0].MatMul(x[1], transposeA, transposeB), Spread(a, 1), Spread(b, 2));
    }

    [Fact]
    public void A_sequence_of_rows_is_multiplied_as_one_matrix()
    {
        Both(x => x[0].MatMul(x[1]), Spread(new Shape(2, 2, 3), 1), Spread(new Shape(3, 2), 2));
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(arena.Zeros(new Shape(5, 2, 3))), w = tape.Constant(arena.Zeros(new Shape(3, 7)));
        Assert.Equal(new Shape(5, 2, 7), x.MatMul(w).Shape);
    }

    [Fact]
    public void Inner_lengths_that_differ_are_named()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor a = tape.Constant(arena.Zeros(new Shape(2, 3))), b = tape.Constant(arena.Zeros(new Shape(4, 5)));
        Assert.Equal("a product needs equal inner lengths, but [2, 3] has 3 and [4, 5] transposed has 5",
            Assert.Throws<ArgumentException>(() => a.MatMul(b, transposeB: true)).Message);
    }
}
