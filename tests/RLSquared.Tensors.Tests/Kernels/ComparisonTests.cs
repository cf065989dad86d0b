using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

public sealed class ComparisonTests
{
    [Fact]
    public void Masks_of_every_length_equal_the_reference()
    {
        float[] kinds = [1, -1, 0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon];
        for (int count = 0; count <= 67; count++)
        {
            float[] a = [.. Enumerable.Range(0, count).Select(i => kinds[i % 8])];
            float[] b = [.. Enumerable.Range(0, count).Select(i => kinds[i * 5 / 7 % 8])];
            float[] wanted = new float[count], found = new float[count];
            Comparison.Reference(a, b, wanted);
            Comparison.IsAtMost(a, b, found);
            Assert.Equal(wanted, found);
            foreach (float number in kinds)
            {
                Comparison.Reference(a, [number], wanted);
                Comparison.IsAtMost(a, number, found);
                Assert.Equal(wanted, found);
            }
        }
    }
}
