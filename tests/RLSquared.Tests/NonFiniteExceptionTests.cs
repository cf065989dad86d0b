namespace RLSquared.Tests;

public sealed class NonFiniteExceptionTests
{
    [Theory]
    [InlineData(float.NaN, "not a number")]
    [InlineData(float.PositiveInfinity, "+infinity")]
    [InlineData(float.NegativeInfinity, "-infinity")]
    public void The_first_value_that_is_not_finite_is_named_with_its_place(float value, string text)
    {
        var error = Assert.Throws<NonFiniteException>(
            () => NonFiniteException.ThrowIfAny([0, 1, 2, 3, value, float.NaN], "observation", step: 7, width: 2));
        Assert.Equal(
            $"the observation of lane 2 at step 7, number 0 of 2 is {text}; only finite numbers can be learned from",
            error.Message);
        Assert.Equal(("observation", 7, 2), (error.Tensor, error.Step, error.Lane));
        Assert.Equal(value, error.Value);
    }

    [Fact]
    public void Finite_values_pass_however_large() =>
        NonFiniteException.ThrowIfAny([float.MaxValue, float.MaxValue, float.MinValue, float.Epsilon, 0], "reward", 0);
}
