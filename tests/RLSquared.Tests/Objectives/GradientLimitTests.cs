using RLSquared.Objectives;
using RLSquared.Tensors;

namespace RLSquared.Tests.Objectives;

public sealed class GradientLimitTests
{
    [Theory]
    [InlineData(0, 0, 3f, -4f)]
    [InlineData(2.5f, 0, 1.5f, -2f)]                            // 5 long: halved
    [InlineData(10, 0, 3f, -4f)]
    [InlineData(0, 3.5f, 3f, -3.5f)]
    [InlineData(2.5f, 3, 1.767767f, -1.767767f)]                // cut to (3, −3) first, which is √18 long
    public void A_gradient_is_cut_by_element_then_by_length_and_its_length_before_is_told(
        float norm, float element, float first, float second)
    {
        using ParameterSet parameters = With(3, -4);
        Assert.Equal(5f, GradientLimit.Apply(parameters, norm, iteration: 7, element));
        float[] left = parameters.All.Single().Gradient.ToArray();
        Assert.Equal(first, left[0], 1e-5f);
        Assert.Equal(second, left[1], 1e-5f);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void A_number_that_is_not_finite_stops_it_by_name_and_nothing_is_cut(float wrong)
    {
        using ParameterSet parameters = With(3, wrong);
        var thrown = Assert.Throws<NonFiniteException>(
            () => GradientLimit.Apply(parameters, norm: 1, iteration: 7, element: 1));
        Assert.Equal(("gradient of layer.weight", 7), (thrown.Tensor, thrown.Step));
        Assert.Equal(3, parameters.All.Single().Gradient.ToArray()[0]);
    }

    static ParameterSet With(params float[] gradient)
    {
        var parameters = new ParameterSet();
        parameters.Add("layer.weight", new Shape(gradient.Length)).Gradient.CopyFrom(gradient);
        return parameters;
    }
}
