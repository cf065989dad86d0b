using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

public class RowLoopsTests
{
    [Theory, MemberData(nameof(Sizes))]
    public void A_row_meets_every_row_with_the_bits_of_a_plain_loop(int rows, int columns)
    {
        float[] a = Numbers(rows * columns, 1), b = Numbers(columns, 2), sum = new float[a.Length];
        RowLoops.ZipRow<AddFunction>(a, b, sum);
        Assert.Equal(a.Select((x, i) => x + b[i % columns]), sum);
        RowLoops.ZipRow<MultiplyFunction>(a, b, a);                                     // in place
        Assert.Equal(Numbers(rows * columns, 1).Select((x, i) => x * b[i % columns]), a);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Rows_are_added_up_from_the_first_to_the_last(int rows, int columns)
    {
        float[] x = Numbers(rows * columns, 3), sum = new float[columns], expected = new float[columns];
        Array.Fill(sum, float.NaN);
        RowLoops.SumRows(x, sum);
        for (int i = 0; i < x.Length; i++)
            expected[i % columns] += x[i];
        Assert.Equal(expected, sum);
    }

    [Fact]
    public void What_is_no_matrix_of_such_rows_is_refused()
    {
        Assert.Throws<ArgumentException>(() => RowLoops.ZipRow<AddFunction>(new float[7], new float[2], new float[7]));
        Assert.Throws<ArgumentException>(() => RowLoops.ZipRow<AddFunction>(new float[6], new float[2], new float[5]));
        Assert.Throws<ArgumentException>(() => RowLoops.SumRows(new float[7], new float[2]));
    }

    public static TheoryData<int, int> Sizes()
    {
        var sizes = new TheoryData<int, int>();
        foreach (int rows in (int[])[0, 1, 2, 7])
        {
            foreach (int columns in (int[])[1, 2, 3, 8, 15, 16, 31, 64, 67, 130])
                sizes.Add(rows, columns);
        }
        return sizes;
    }

    static float[] Numbers(int count, int seed)
    {
        var random = new System.Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }
}
