using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

public sealed class SoftmaxTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rows_of_every_length_equal_the_reference(bool logarithm)
    {
        var random = new System.Random(3);
        for (int columns = 1; columns <= 67; columns++)
        {
            foreach (int rows in new[] { 0, 1, 3, 100 })
            {
                float[] x = [.. Enumerable.Range(0, rows * columns).Select(_ => random.NextSingle() * 20 - 10)];
                float[] wanted = new float[x.Length], found = new float[x.Length];
                Softmax.Reference(logarithm, x, wanted, columns);
                Softmax.Forward(logarithm, x, found, columns);
                for (int i = 0; i < x.Length; i++)
                    Assert.Equal(wanted[i], found[i], 4e-6f * Math.Max(1, Math.Abs(wanted[i])));
            }
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(40)]
    [InlineData(5000)]
    public void A_row_with_a_number_that_is_none_is_lost_and_the_others_are_not(int columns)
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity })
        {
            float[] x = new float[3 * columns], y = new float[3 * columns];
            x[columns + 2] = bad;
            Softmax.Forward(false, x, y, columns);
            Assert.True(float.IsNaN(y[columns]));
            Assert.Equal(1f / columns, y[0], 1e-6f);
            Assert.Equal(1f / columns, y[^1], 1e-6f);
        }
    }
}
