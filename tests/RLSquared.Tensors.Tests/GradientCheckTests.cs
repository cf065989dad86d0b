using static RLSquared.Tensors.Tests.GradientCheck;

namespace RLSquared.Tensors.Tests;

public sealed class GradientCheckTests
{
    static (Shape, float[]) X => Spread(new Shape(2, 3), 1);

    // x · constant(x) has the value of x² and half of its slope.
    [Fact]
    public void A_wrong_gradient_is_caught() =>
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => First(x => x[0] * x[0].Detach(), X));

    // The slope 2x is right here, but as a constant it has no slope itself.
    [Fact]
    public void A_wrong_second_derivative_is_caught()
    {
        Computation half = x =>
            x[0].Square() + (x[0] * x[0].Detach() - 0.5f * x[0].Square()) * 2 - x[0].Detach().Square();
        First(half, X);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Second(half, X));
    }
}
