namespace RLSquared.Tensors.Devices;

/// <summary>Filters over images whose channels lie side by side, made of primitives.</summary>
internal static class ComposedFilter
{
    public static void Forward(Device device, in Window window, Tensor x, Images bytes, Tensor weight, Tensor bias,
        Arena scratch, Tensor y) => throw new NotSupportedException();

    public static void Backward(Device device, in Window window, Tensor x, Images bytes, Tensor weight, Tensor y,
        Tensor g, Arena scratch, Tensor dweight, Tensor dbias, Tensor dx) => throw new NotSupportedException();
}
