using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

public sealed class LayerNormalisationTests
{
    [Fact]
    public void Rows_of_every_length_equal_the_reference()
    {
        var random = new System.Random(3);
        for (int columns = 1; columns <= 67; columns++)
        {
            float[] x = Numbers(random, 4 * columns, 100);
            float[] gain = Numbers(random, columns, 1), bias = Numbers(random, columns, 1);
            float[] wanted = new float[x.Length], found = new float[x.Length];
            float[] mean = new float[4], scale = new float[4];
            LayerNormalisation.Reference(x, gain, bias, 1e-3f, wanted);
            LayerNormalisation.Forward(x, gain, bias, 1e-3f, found, mean, scale);
            for (int i = 0; i < x.Length; i++)
                Assert.Equal(wanted[i], found[i], 2e-5f);
        }
    }

    // The spread of 1 must survive next to a mean of 10⁴.
    [Fact]
    public void A_small_spread_around_a_large_mean_keeps_its_digits()
    {
        float[] x = [9999, 10001], y = new float[2], one = [1, 1], zero = [0, 0];
        LayerNormalisation.Forward(x, one, zero, 1e-6f, y, new float[1], new float[1]);
        Assert.Equal(-1, y[0], 1e-5f);
        Assert.Equal(1, y[1], 1e-5f);
    }

    [Fact]
    public void Backward_equals_the_formula_in_double()
    {
        var random = new System.Random(4);
        for (int C = 1; C <= 67; C++)
        {
            const int R = 3;
            float[] x = Numbers(random, R * C, 2), gain = Numbers(random, C, 2), g = Numbers(random, R * C, 2);
            float[] y = new float[R * C], mean = new float[R], scale = new float[R];
            float[] dx = new float[R * C], dgain = new float[C], dbias = new float[C];
            LayerNormalisation.Forward(x, gain, new float[C], 0.1f, y, mean, scale);
            LayerNormalisation.Backward(x, gain, mean, scale, g, dx, dgain, dbias);
            double[] wantedGain = new double[C], wantedBias = new double[C];
            for (int r = 0; r < R; r++)
            {
                double meanH = 0, meanHX = 0;
                for (int c = 0; c < C; c++)
                {
                    double normal = ((double)x[r * C + c] - mean[r]) * scale[r], h = (double)g[r * C + c] * gain[c];
                    meanH += h / C;
                    meanHX += h * normal / C;
                    wantedGain[c] += g[r * C + c] * normal;
                    wantedBias[c] += g[r * C + c];
                }
                for (int c = 0; c < C; c++)
                {
                    double normal = ((double)x[r * C + c] - mean[r]) * scale[r], h = (double)g[r * C + c] * gain[c];
                    Assert.Equal(scale[r] * (h - meanH - normal * meanHX), dx[r * C + c], 1e-5);
                }
            }
            for (int c = 0; c < C; c++)
            {
                Assert.Equal(wantedGain[c], dgain[c], 1e-5);
                Assert.Equal(wantedBias[c], dbias[c], 1e-5);
            }
        }
    }

    static float[] Numbers(System.Random random, int count, double size) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() - 0.5) * size))];
}
