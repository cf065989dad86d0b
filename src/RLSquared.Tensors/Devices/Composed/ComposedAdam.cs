namespace RLSquared.Tensors.Devices;

/// <summary>Adam made of primitives.</summary>
internal static class ComposedAdam
{
    public static void Step(Device device, in AdamConstants constants, Tensor g, Tensor m, Tensor v, Tensor w)
    {
        using var scratch = new Arena(device);
        Tensor term = scratch.Allocate(g.Shape), size = scratch.Allocate(g.Shape);
        device.Affine(g, 1 - constants.Beta1, 0, term);
        device.Affine(m, constants.Beta1, 0, m);
        device.Zip(Combination.Add, m, term, Repeat.None, m);

        device.Zip(Combination.Multiply, g, g, Repeat.None, term);
        device.Affine(term, 1 - constants.Beta2, 0, term);
        device.Affine(v, constants.Beta2, 0, v);
        device.Zip(Combination.Add, v, term, Repeat.None, v);

        device.Map(Function.Sqrt, v, size);
        device.Affine(size, constants.Correction, constants.Epsilon, size);
        device.Affine(m, constants.Step, 0, term);
        device.Zip(Combination.Divide, term, size, Repeat.None, term);
        device.Affine(w, constants.Keep, 0, w);
        device.Zip(Combination.Subtract, w, term, Repeat.None, w);
    }
}
