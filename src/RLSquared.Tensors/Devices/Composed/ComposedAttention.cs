namespace RLSquared.Tensors.Devices;

/// <summary>Parts of attention made of primitives.</summary>
internal static class ComposedAttention
{
    public static void MaskedSoftmax(Device device, bool causal, Tensor x, Tensor mask, Tensor y)
    {
        int G = x.Shape[0], T = x.Shape[1], S = x.Shape[2];
        using var scratch = new Arena(device);
        device.Copy(x, y);
        if (causal)
            AddToEach(scratch.Copy(new Shape(T, S), Causal(T, S)));
        if (mask.Exists)
            AddToEach(mask);
        device.Softmax(false, y, y);

        void AddToEach(Tensor term)
        {
            for (int g = 0; g < G; g++)
            {
                Tensor part = y.RowsFrom((long)g * T, new Shape(T, S));
                device.Zip(Combination.Add, part, term, Repeat.None, part);
            }
        }
    }

    public static void Rotary(Device device, bool inverse, Tensor x, Tensor cosines, Tensor sines, Tensor y)
    {
        int G = x.Shape[0], T = x.Shape[1], half = x.Shape[2] / 2;
        using var scratch = new Arena(device);
        var shape = new Shape(T, half);
        Tensor left = scratch.Allocate(shape), right = scratch.Allocate(shape);
        Tensor turned = scratch.Allocate(shape), term = scratch.Allocate(shape);
        for (int g = 0; g < G; g++)
        {
            Tensor from = x.RowsFrom((long)g * T, new Shape(T, 2 * half));
            Tensor to = y.RowsFrom((long)g * T, new Shape(T, 2 * half));
            device.CopyColumns(from, 0, left, 0, half);
            device.CopyColumns(from, half, right, 0, half);
            Turn(left, right, inverse ? Combination.Add : Combination.Subtract);
            device.CopyColumns(turned, 0, to, 0, half);
            Turn(right, left, inverse ? Combination.Subtract : Combination.Add);
            device.CopyColumns(turned, 0, to, half, half);
        }

        void Turn(Tensor own, Tensor other, Combination combination)
        {
            device.Zip(Combination.Multiply, own, cosines, Repeat.None, turned);
            device.Zip(Combination.Multiply, other, sines, Repeat.None, term);
            device.Zip(combination, turned, term, Repeat.None, turned);
        }
    }

    /// <summary>0 where row t sees column s ≤ t + S − T, and −∞ elsewhere, [T, S].</summary>
    static float[] Causal(int T, int S)
    {
        float[] mask = new float[T * S];
        for (int t = 0; t < T; t++)
        {
            int seen = Math.Clamp(t + S - T + 1, 0, S);
            mask.AsSpan(t * S + seen, S - seen).Fill(float.NegativeInfinity);
        }
        return mask;
    }
}
