namespace RLSquared.Tensors.Devices;

/// <summary>Normalisation by the root of the mean square, made of primitives.</summary>
internal static class ComposedRms
{
    public static void Forward(Device device, Tensor x, Tensor gain, float epsilon, Tensor y, Tensor scale)
    {
        device.Zip(Combination.Multiply, x, x, Repeat.None, y);
        device.Sum(Repeat.Column, y, scale);
        device.Affine(scale, 1f / x.Shape.Columns, epsilon, scale);
        device.Map(Function.Sqrt, scale, scale);
        device.Map(Function.Reciprocal, scale, scale);
        device.Zip(Combination.Multiply, x, scale, Repeat.Column, y);
        device.Zip(Combination.Multiply, y, gain, Repeat.Row, y);
    }

    // With n = x · scale and h = g · gain: dx = scale · (h − n · mean(h · n)), dgain = Σ g · n over the rows.
    public static void Backward(Device device, Tensor x, Tensor gain, Tensor scale, Tensor g, Tensor dx, Tensor dgain)
    {
        using var scratch = new Arena(device);
        Tensor normal = scratch.Allocate(x.Shape), term = scratch.Allocate(x.Shape);
        Tensor mean = scratch.Allocate(scale.Shape);
        device.Zip(Combination.Multiply, x, scale, Repeat.Column, normal);
        device.Zip(Combination.Multiply, g, normal, Repeat.None, term);
        device.Sum(Repeat.Row, term, dgain);
        device.Zip(Combination.Multiply, term, gain, Repeat.Row, term);
        device.Sum(Repeat.Column, term, mean);
        device.Affine(mean, 1f / x.Shape.Columns, 0, mean);
        device.Zip(Combination.Multiply, normal, mean, Repeat.Column, term);
        device.Zip(Combination.Multiply, g, gain, Repeat.Row, normal);
        device.Zip(Combination.Subtract, normal, term, Repeat.None, normal);
        device.Zip(Combination.Multiply, normal, scale, Repeat.Column, dx);
    }
}
