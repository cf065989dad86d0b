namespace RLSquared.Tensors.Tests;

public sealed class ShapeTests
{
    [Fact]
    public void Rows_are_all_axes_but_the_last()
    {
        Assert.Equal((1, 5, 5L), Of(new Shape(5)));
        Assert.Equal((2, 3, 6L), Of(new Shape(2, 3)));
        Assert.Equal((6, 4, 24L), Of(new Shape(2, 3, 4)));
        Assert.Equal((24, 5, 120L), Of(new Shape(2, 3, 4, 5)));
        Assert.Equal((0, 0, 0L), Of(default));
        static (int, int, long) Of(Shape shape) => (shape.Rows, shape.Columns, shape.Count);
    }

    [Fact]
    public void Axes_replace_and_drop()
    {
        Shape shape = new(2, 3, 4);
        Assert.Equal(new Shape(2, 3, 9), shape.WithColumns(9));
        Assert.Equal(new Shape(9, 3, 4), shape.WithFirst(9));
        Assert.Equal(new Shape(2, 3), shape.WithoutLast);
        Assert.Equal(new Shape(1), new Shape(4).WithoutLast);
        Assert.Equal(new Shape(9), new Shape(4).WithColumns(9));
    }

    [Fact]
    public void Shapes_are_equal_by_their_axes()
    {
        Assert.True(new Shape(2, 3) == Shape.Of([2, 3]));
        Assert.True(new Shape(6) != new Shape(1, 6));
        Assert.Equal(new Shape(2, 3).GetHashCode(), new Shape(2, 3).GetHashCode());
        Assert.Equal("[2, 3, 4, 5]", Shape.Of([2, 3, 4, 5]).ToString());
    }

    [Fact]
    public void Impossible_shapes_and_axes_are_named()
    {
        Assert.Equal("a shape has no negative axis", Assert.Throws<ArgumentException>(() => new Shape(2, -1)).Message);
        Assert.Equal("a shape has one to four axes, not 5",
            Assert.Throws<ArgumentException>(() => Shape.Of([1, 2, 3, 4, 5])).Message);
        Assert.StartsWith("the shape [2, 3] has 2 axes",
            Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(2, 3)[2]).Message);
    }
}
