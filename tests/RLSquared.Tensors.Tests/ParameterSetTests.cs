namespace RLSquared.Tensors.Tests;

public sealed class ParameterSetTests
{
    [Fact]
    public void Values_are_copied_from_a_set_of_the_same_parameters()
    {
        using ParameterSet one = Set(new Shape(2)), other = Set(new Shape(2));
        other.All[0].Value.Span.Fill(3);
        one.CopyFrom(other);
        Assert.Equal([3, 3], one.All[0].Value.Span.ToArray());
    }

    [Fact]
    public void Sets_that_are_not_alike_are_refused_with_both_sides_and_nothing_is_copied()
    {
        using ParameterSet one = Set(new Shape(2), new Shape(3)), fewer = Set(new Shape(2)),
            wider = Set(new Shape(2), new Shape(4));
        wider.All[0].Value.Span.Fill(3);
        Assert.Equal("a set of 2 parameters cannot be copied from one of 1",
            Assert.Throws<ArgumentException>(() => one.CopyFrom(fewer)).Message);
        Assert.Equal("weight1 [3] cannot be copied from weight1 [4]",
            Assert.Throws<ArgumentException>(() => one.CopyFrom(wider)).Message);
        Assert.Equal([0, 0], one.All[0].Value.Span.ToArray());
    }

    static ParameterSet Set(params Shape[] shapes)
    {
        var set = new ParameterSet();
        for (int i = 0; i < shapes.Length; i++)
            set.Add($"weight{i}", shapes[i]);
        return set;
    }
}
