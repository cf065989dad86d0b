using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class AttentionTests(Device device) : DeviceTests(device)
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Products_of_many_matrices_differentiate_in_every_transposed_form(bool transposeA, bool transposeB)
    {
        Shape a = transposeA ? new(2, 4, 3) : new(2, 3, 4), b = transposeB ? new(2, 5, 4) : new(2, 4, 5);
        Both(x => x[0].BatchMatMul(x[1], transposeA, transposeB), Spread(a, 1), Spread(b, 2));
    }

    [Fact]
    public void Each_of_many_products_is_the_product_of_its_pair()
    {
        Tape tape = NewTape();
        Tensor a = tape.Constant(new Shape(3, 20, 17), Spread(new Shape(3, 20, 17), 1).Values);
        Tensor b = tape.Constant(new Shape(3, 17, 33), Spread(new Shape(3, 17, 33), 2).Values);
        float[] all = a.BatchMatMul(b).ToArray();
        for (int g = 0; g < 3; g++)
        {
            Tensor one = a.SliceRows(g, 1).Reshape(new Shape(20, 17)).MatMul(b.SliceRows(g, 1).Reshape(new Shape(17,
                33)));
            Assert.Equal(one.ToArray(), all.AsSpan(g * 20 * 33, 20 * 33).ToArray());
        }
    }

    [Theory]
    [InlineData(3, 3, true)]
    [InlineData(2, 4, true)]
    [InlineData(3, 5, false)]
    public void Masked_softmax_differentiates(int T, int S, bool causal)
    {
        float[] mask = new float[T * S];
        mask[1] = -0.5f;
        if (!causal)
            mask[S] = float.NegativeInfinity;
        Both(x => x[0].MaskedSoftmax(causal, x[0].Tape!.Constant(new Shape(T, S), mask)), Spread(new Shape(2, T, S),
            1));
    }

    [Fact]
    public void A_query_does_not_see_what_comes_after_it()
    {
        Tape tape = NewTape();
        Tensor equal = tape.Constant(tape.Arena.Zeros(new Shape(1, 2, 4)));
        AssertClose([1 / 3f, 1 / 3f, 1 / 3f, 0, 0.25f, 0.25f, 0.25f, 0.25f], equal.MaskedSoftmax(causal: true));
    }

    [Fact]
    public void Turned_rows_differentiate_and_keep_their_length()
    {
        const int T = 3, D = 6;
        float[] angles = Spread(new Shape(T, D / 2), 3, -3, 3).Values;
        float[] cosines = [.. angles.Select(MathF.Cos)], sines = [.. angles.Select(MathF.Sin)];
        Tensor Turned(Tensor x) => x.Rotate(
            x.Tape!.Constant(new Shape(T, D / 2), cosines), x.Tape!.Constant(new Shape(T, D / 2), sines));
        Both(x => Turned(x[0]), Spread(new Shape(2, T, D), 1));

        Tape tape = NewTape();
        Tensor rows = tape.Constant(new Shape(2, T, D), Spread(new Shape(2, T, D), 1).Values);
        AssertClose(rows.Square().SumOfColumns().ToArray(), Turned(rows).Square().SumOfColumns());
    }

    // By 90°, (1, 2) becomes (−2, 1).
    [Fact]
    public void The_halves_of_a_row_are_its_pairs()
    {
        Tape tape = NewTape();
        Tensor x = tape.Constant(new Shape(1, 1, 4), [1, 10, 2, 20]);
        Tensor y = x.Rotate(tape.Constant(new Shape(1, 2), [0, 1]), tape.Constant(new Shape(1, 2), [1, 0]));
        AssertClose([-2, 10, 1, 20], y);
    }

    [Fact]
    public void Rows_normalised_by_their_mean_square_differentiate()
    {
        Both(x => x[0].RmsNormalise(x[1], 0.1f), Spread(new Shape(3, 5), 1), Spread(new Shape(5), 2));
        Tape tape = NewTape();
        Tensor y = tape.Constant(new Shape(1, 2), [3, 4]).RmsNormalise(tape.Constant(new Shape(2), [1, 10]));
        AssertClose([3 / MathF.Sqrt(12.5f), 40 / MathF.Sqrt(12.5f)], y);
    }

    static void AssertClose(float[] expected, Tensor actual)
    {
        float[] values = actual.ToArray();
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], values[i], 1e-5f * (1 + MathF.Abs(expected[i])));
    }
}

public sealed class AttentionTestsOnCpu() : AttentionTests(Device.Cpu);

public sealed class AttentionTestsOnReference() : AttentionTests(new ReferenceDevice());
