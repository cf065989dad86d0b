using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

public sealed class SelectionTests
{
    [Fact]
    public void The_maximum_of_rows_of_every_length_is_the_first_largest()
    {
        var random = new System.Random(2);
        for (int columns = 1; columns <= 67; columns++)
        {
            float[] x = [.. Enumerable.Range(0, 5 * columns).Select(_ => (float)random.Next(4))];   // many are equal
            float[] y = new float[5];
            int[] index = new int[5];
            Selection.MaxOfColumns(x, columns, y, index);
            for (int r = 0; r < 5; r++)
            {
                float[] row = x[(r * columns)..((r + 1) * columns)];
                Assert.Equal(row.Max(), y[r]);
                Assert.Equal(Array.IndexOf(row, row.Max()), index[r]);
            }
        }
    }

    [Fact]
    public void A_number_that_is_none_counts_as_the_largest()
    {
        float[] y = new float[1];
        int[] index = new int[1];
        Selection.MaxOfColumns([1, float.NaN, float.PositiveInfinity], 3, y, index);
        Assert.Equal((float.NaN, 1), (y[0], index[0]));
    }

    [Fact]
    public void Rows_scattered_to_one_place_add_up_in_order()
    {
        float[] y = new float[4];
        // In this order (10⁸ − 10⁸) + 1 = 1; in the other one 1 would be lost.
        Selection.ScatterRows([1e8f, 0, -1e8f, 0, 1, 7], 2, [1, 1, 1], y);
        Assert.Equal([0, 0, 1, 7], y);
    }
}
