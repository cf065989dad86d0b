namespace RLSquared.Tensors.Devices;

/// <summary>The gated recurrent unit made of primitives.</summary>
internal static class ComposedGru
{
    public static void Forward(Device device, in GruOperands gru, Arena scratch, Tensor gates, Tensor previous,
        Tensor hidden) => throw new NotSupportedException();

    public static void Backward(Device device, in GruOperands gru, Arena scratch, Tensor hidden, Tensor gates,
        Tensor previous, Tensor g, in GruGradients gradients) => throw new NotSupportedException();

    public static void Step(Device device, PackedGru weights, in SequenceInput input, Tensor previous, Arena scratch,
        Tensor hidden) => throw new NotSupportedException();
}
