using RLSquared.Tensors.Kernels;

namespace RLSquared.Tensors.Tests.Kernels;

public sealed unsafe class GatheredTanhTests
{
    [Fact]
    public void Vectors_give_the_bits_of_the_reference_for_every_width()
    {
        for (int H = 0; H <= 67; H++)
        {
            float[] a = Numbers(3 * H, 1), b = Numbers(2 * H, 2), c = Numbers(H, 3);
            float[] expected = new float[4 * H], found = new float[4 * H];
            int[] i = [2, 0, 2, 1], j = [1, 0, 0, 1];
            float[] s = [0.5f, -2, 0, float.PositiveInfinity];
            fixed (float* left = a, right = b, row = c, coefficients = s, reference = expected, fast = found)
            fixed (int* ofLeft = i, ofRight = j)
            {
                var rows = new GatheredTanh.Rows { R = 4, H = H, I = ofLeft, J = ofRight, S = coefficients };
                GatheredTanh.Reference(in rows, left, right, row, reference);
                GatheredTanh.Forward(in rows, left, right, row, fast);
            }
            Assert.Equal(expected, found);
        }
    }

    static float[] Numbers(int count, int seed)
    {
        float[] values = GradientCheck.Spread(new Shape(count), seed, -3, 3).Values;
        if (count > 5)
            (values[1], values[3], values[5]) = (float.NaN, float.NegativeInfinity, 1e-40f);
        return values;
    }
}
