using System.Runtime.Intrinsics;
using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

public sealed unsafe class AdamUpdateTests
{
    static readonly AdamConstants constants = new(0.9f, 0.999f, 0.01f, 31.6f, 1e-8f, 0.999f);

    [Fact]
    public void Every_length_gives_the_bits_of_the_scalar_form()
    {
        for (int count = 0; count <= 67; count++)
        {
            float[][] wanted = Vectors(count), found = Vectors(count);
            fixed (float* g = wanted[0], m = wanted[1], v = wanted[2], w = wanted[3])
                Assert.Equal(count, AdamUpdate.Apply<float, SimdScalar>(in constants, g, m, v, w, 0, count));
            AdamUpdate.Apply(in constants, found[0], found[1], found[2], found[3]);
            Assert.Equal(wanted, found);

            int whole = count / 8 * 8;
            float[][] narrow = Vectors(count);
            fixed (float* g = narrow[0], m = narrow[1], v = narrow[2], w = narrow[3])
                Assert.Equal(whole, AdamUpdate.Apply<Vector256<float>, Simd256>(in constants, g, m, v, w, 0, count));
            for (int k = 0; k < 4; k++)
                Assert.Equal(wanted[k][..whole], narrow[k][..whole]);
        }
    }

    // Gradient, first and second moment, weight; with denormals, infinities and NaN among the gradients.
    static float[][] Vectors(int count)
    {
        var random = new System.Random(count);
        float[] kinds = [float.NaN, float.PositiveInfinity, 1e-40f, 0, float.MaxValue];
        float[] New(double low) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() + low))];
        float[][] vectors = [New(-0.5), New(-0.5), New(0), New(-0.5)];
        for (int i = 0; i < count; i += 11)
            vectors[0][i] = kinds[i / 11 % kinds.Length];
        return vectors;
    }
}
