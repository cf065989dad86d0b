namespace RLSquared.Tensors.Devices;

/// <summary>x · σ(2u) and its slope, made of primitives; the formula is at <see cref="Gelus"/>.</summary>
internal static class ComposedGelu
{
    public static void Forward(Device device, Tensor x, Tensor y)
    {
        using var scratch = new Arena(device);
        Tensor s = scratch.Allocate(x.Shape);
        Gate(device, x, s);
        device.Zip(Combination.Multiply, x, s, Repeat.None, y);
    }

    public static void Backward(Device device, Tensor x, Tensor g, Tensor dx)
    {
        using var scratch = new Arena(device);
        Tensor s = scratch.Allocate(x.Shape), rest = scratch.Allocate(x.Shape), slope = scratch.Allocate(x.Shape);
        Gate(device, x, s);
        device.Affine(s, -1, 1, rest);
        device.Zip(Combination.Multiply, rest, s, Repeat.None, rest);
        device.Zip(Combination.Multiply, rest, x, Repeat.None, rest);                        // x s (1 − s)
        device.Zip(Combination.Multiply, x, x, Repeat.None, slope);
        device.Affine(slope, 3 * Gelus.Cubic * Gelus.Slope, Gelus.Slope, slope);             // 2u′
        device.Zip(Combination.Multiply, rest, slope, Repeat.None, rest);
        device.Zip(Combination.Add, rest, s, Repeat.None, rest);
        device.Zip(Combination.Multiply, g, rest, Repeat.None, dx);
    }

    // σ(2u)
    static void Gate(Device device, Tensor x, Tensor s)
    {
        device.Zip(Combination.Multiply, x, x, Repeat.None, s);
        device.Affine(s, Gelus.Cubic * Gelus.Slope, Gelus.Slope, s);
        device.Zip(Combination.Multiply, s, x, Repeat.None, s);
        device.Map(Function.Sigmoid, s, s);
    }
}
