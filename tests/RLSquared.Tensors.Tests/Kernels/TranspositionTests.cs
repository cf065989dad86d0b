using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

public sealed class TranspositionTests
{
    [Fact]
    public void Every_shape_equals_the_reference()
    {
        for (int B = 0; B <= 67; B += 1 + B / 9)
        {
            for (int C = 0; C <= 67; C += 1 + C / 9)
            {
                float[] x = [.. Enumerable.Range(0, B * C).Select(i => (float)i)];
                float[] wanted = new float[x.Length], found = new float[x.Length];
                Transposition.Reference(x, wanted, B, C);
                Transposition.Transpose(x, found, B, C);
                Assert.Equal(wanted, found);
            }
        }
    }
}
