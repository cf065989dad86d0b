using RLSquared.Tensors.Optimisers;

namespace RLSquared.Tensors.Tests.Optimisers;

public sealed class GradientClippingTests
{
    // Gradients (3, 0) and (0, −4) have the norm 5.
    static ParameterSet New(float first = 3)
    {
        var parameters = new ParameterSet();
        new[] { first, 0 }.CopyTo(parameters.Add("a", new Shape(2)).Gradient.Span);
        new[] { 0, -4f }.CopyTo(parameters.Add("b", new Shape(2)).Gradient.Span);
        return parameters;
    }

    static float[] Gradients(ParameterSet parameters) => [.. parameters.All.SelectMany(p => p.Gradient.Span.ToArray())];

    [Fact]
    public void The_common_norm_is_limited_and_the_direction_stays()
    {
        using ParameterSet parameters = New();
        Assert.Equal(5, GradientClipping.ByNorm(parameters, 2.5f));
        Assert.Equal([1.5f, 0, 0, -2], Gradients(parameters));
    }

    [Fact]
    public void Single_numbers_are_limited()
    {
        using ParameterSet parameters = New();
        Assert.Equal(5, GradientClipping.ByElement(parameters, 3.5f));
        Assert.Equal([3, 0, 0, -3.5f], Gradients(parameters));
    }

    [Fact]
    public void Gradients_within_the_limit_stay_as_they_are()
    {
        using ParameterSet parameters = New();
        Assert.Equal(5, GradientClipping.ByNorm(parameters, 5));
        Assert.Equal(5, GradientClipping.ByElement(parameters, 4));
        Assert.Equal([3, 0, 0, -4], Gradients(parameters));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_is_reported_and_not_hidden(float bad)
    {
        using ParameterSet parameters = New(bad);
        Assert.False(float.IsFinite(GradientClipping.ByNorm(parameters, 1)));
        Assert.False(float.IsFinite(GradientClipping.ByElement(parameters, 1)));
        Assert.Equal([bad, 0, 0, -4], Gradients(parameters));
    }

    [Fact]
    public void Limits_must_be_above_zero()
    {
        using ParameterSet parameters = New();
        Assert.StartsWith("the limit of a gradient's norm must be above 0",
            Assert.Throws<ArgumentOutOfRangeException>(() => GradientClipping.ByNorm(parameters, 0)).Message);
        Assert.StartsWith("the limit of a gradient's numbers must be above 0",
            Assert.Throws<ArgumentOutOfRangeException>(() => GradientClipping.ByElement(parameters, float.NaN)).Message);
    }
}
