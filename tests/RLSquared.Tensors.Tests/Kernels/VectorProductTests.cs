using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

public sealed class VectorProductTests
{
    public static TheoryData<int, int> Sizes =>
        new() { { 1, 1 }, { 3, 5 }, { 1, 33 }, { 40, 17 }, { 7, 64 }, { 600, 3 }, { 300, 1030 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void All_three_agree_with_sums_in_double(int M, int K)
    {
        float[] a = GradientCheck.Spread(new Shape(M, K), 1).Values;
        float[] ofRow = GradientCheck.Spread(new Shape(K), 2).Values;
        float[] ofColumn = GradientCheck.Spread(new Shape(M), 3).Values;
        float[] rows = new float[M], columns = new float[K], outer = new float[M * K];
        VectorProduct.Rows(K, a, ofRow, rows);
        VectorProduct.Columns(K, a, ofColumn, columns);
        VectorProduct.Outer(ofColumn, ofRow, outer);
        for (int m = 0; m < M; m++)
            Assert.Equal(Enumerable.Range(0, K).Sum(k => (double)a[m * K + k] * ofRow[k]), rows[m], 1e-4);
        for (int k = 0; k < K; k++)
            Assert.Equal(Enumerable.Range(0, M).Sum(m => (double)a[m * K + k] * ofColumn[m]), columns[k], 1e-4);
        for (int i = 0; i < outer.Length; i++)
            Assert.Equal(ofColumn[i / K] * ofRow[i % K], outer[i]);
    }

    // One float as accumulator gives 100,958.
    [Fact]
    public void A_million_rows_of_a_tenth_make_a_hundred_thousand()
    {
        float[] a = new float[1_000_000], x = new float[1_000_000], y = new float[1];
        Array.Fill(a, 0.1f);
        Array.Fill(x, 1);
        VectorProduct.Columns(1, a, x, y);
        Assert.Equal(100_000, y[0], 100_000 * 1e-5);
    }
}
