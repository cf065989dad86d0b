using RLSquared.Tensors.Devices;

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

    // da[i] += g (1 − y²), the same for db[j], and dc += s g (1 − y²), on top of what is there already.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Backward_adds_what_a_plain_loop_adds_for_every_width(bool hasCoefficients)
    {
        int[] i = [2, 0, 2, 1], j = [1, 0, 0, 1];
        float[] s = [0.5f, -2, 0, 1.25f];
        for (int H = 0; H <= 67; H++)
        {
            float[] y = Spread(4 * H, 1, 1), g = Spread(4 * H, 2, 3);
            float[] da = Spread(3 * H, 3, 3), db = Spread(2 * H, 4, 3), dc = Spread(H, 5, 3);
            double[] left = Doubles(da), right = Doubles(db), row = Doubles(dc);
            for (int at = 0; at < 4 * H; at++)
            {
                (int r, int h) = Math.DivRem(at, H);
                double d = g[at] * (1 - (double)y[at] * y[at]);
                left[i[r] * H + h] += d;
                right[j[r] * H + h] += d;
                row[h] += hasCoefficients ? s[r] * d : 0;
            }
            fixed (float* values = y, gradient = g, ofLeft = da, ofRight = db, ofRow = dc, coefficients = s)
            fixed (int* leftRows = i, rightRows = j)
            {
                var rows = new GatheredTanh.Rows
                {
                    R = 4,
                    H = H,
                    I = leftRows,
                    J = rightRows,
                    S = hasCoefficients ? coefficients : null,
                };
                GatheredTanh.Backward(in rows, values, gradient, ofLeft, ofRight, hasCoefficients ? ofRow : null);
            }
            Near(left, da);
            Near(right, db);
            Near(row, dc);
        }

        static float[] Spread(int count, int seed, float most) =>
            GradientCheck.Spread(new Shape(count), seed, -most, most).Values;

        static double[] Doubles(float[] values) => [.. values.Select(value => (double)value)];

        static void Near(double[] expected, float[] found)
        {
            for (int k = 0; k < expected.Length; k++)
                Assert.Equal(expected[k], found[k], 1e-5);
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
